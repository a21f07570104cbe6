"""Undo and redo."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.errors import MessageError
from instrument.events import Mix
from instrument.instrument import Instrument, State
from instrument.messages import (
    ClearPattern,
    Message,
    Redo,
    SetKnob,
    SetLevel,
    SetMute,
    SetStep,
    SetTempo,
    Trigger,
    Undo,
)
from instrument.space import Space
from tests.instrument.test_messages import any_message


@pytest.fixture(scope="module")
def player(tiny_bundle: Path) -> Instrument:
    return Instrument(Space(bundle.load(tiny_bundle)))


@pytest.fixture(scope="module")
def state(tiny_bundle: Path) -> State:
    loaded = bundle.load(tiny_bundle)
    return State(kit=library.load_kit("plain", loaded, 1), pattern=library.load_pattern("four"), seed=1)


def after(player: Instrument, state: State, *said: Message) -> State:
    for each in said:
        with suppress(MessageError):
            state, _ = player.apply(state, each, 0)
    return state


def content(state: State) -> tuple[object, ...]:
    """Return all that can be edited."""
    program = state.program
    banks = program.stored(program.address, state.pattern).banks
    return (state.kit, state.bindings, state.corners, banks, program.songs, program.chain, program.loops)


@settings(deadline=None, max_examples=100)
@given(said=st.lists(any_message(), max_size=30))
def test_undo_then_redo_is_the_identity(player: Instrument, state: State, said: list[Message]) -> None:
    now = after(player, state, *said)
    undone = len(now.edits.past)

    back = after(player, now, *[Undo()] * undone)
    again = after(player, back, *[Redo()] * undone)

    assert content(again) == content(now)
    if undone:
        assert content(after(player, again, Undo(), Redo())) == content(now)


def test_sixty_edits_are_taken_back_one_by_one(player: Instrument, state: State) -> None:
    states = [state]
    for velocity in range(1, 61):
        states.append(after(player, states[-1], SetStep(1, 1 + velocity % 16, velocity)))

    now = states[-1]
    for before in reversed(states[:-1]):
        now = after(player, now, Undo())
        assert now.pattern == before.pattern


def test_a_turn_of_a_knob_is_one_edit_however_many_values_it_takes(player: Instrument, state: State) -> None:
    swept = after(player, state, *(SetKnob(1, 1, value / 100) for value in range(90)))
    other = after(player, swept, SetKnob(1, 2, 0.9), SetTempo(90), SetTempo(91))

    assert len(swept.edits.past) == 1
    assert after(player, swept, Undo()).kit == state.kit
    assert len(other.edits.past) == 3
    assert after(player, other, Undo()).pattern.tempo_bpm == state.pattern.tempo_bpm


def test_what_is_played_is_no_edit(player: Instrument, state: State) -> None:
    assert after(player, state, Trigger(1, 100), SetMute(1, True)).edits.past == ()


def test_undoing_an_edit_of_the_pattern_leaves_what_pads_have_drawn(player: Instrument, state: State) -> None:
    played = after(player, state, SetStep(1, 1, 3), Trigger(2, 100))

    undone = after(player, played, Undo())

    assert undone.pattern == state.pattern
    assert undone.kit == played.kit


def test_a_new_edit_forgets_what_was_taken_back(player: Instrument, state: State) -> None:
    now = after(player, state, SetStep(1, 1, 3), Undo(), ClearPattern())

    assert after(player, now, Redo()).pattern == now.pattern
    assert after(player, now, Redo()).warning == "there is nothing to redo"
    assert after(player, state, Undo()) == replace(state, warning="there is nothing to undo")


def test_a_level_that_is_taken_back_is_heard(player: Instrument, state: State) -> None:
    loud = after(player, state, SetLevel(1, 12.0))

    _, events = player.apply(loud, Undo(), 7)

    mixes = [event for event in events if isinstance(event, Mix) and event.track == 0]
    assert [mix.gain for mix in mixes] == [pytest.approx(1.0)]
