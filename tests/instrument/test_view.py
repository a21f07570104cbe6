"""Snapshots made of states and readings."""

from dataclasses import replace
from pathlib import Path

import pytest

from instrument import bundle, library
from instrument.instrument import State
from instrument.messages import (
    Back,
    Draw,
    LearnInOrder,
    LearnStart,
    LockFresh,
    LockKnob,
    SetChance,
    SetCondition,
    SetLocked,
    SetPress,
    StoreCorner,
)
from instrument.program import Cue
from instrument.rules.stage import REST, Due
from instrument.snapshot import CHANCE, CONDITION, LOCKS
from instrument.space import Space
from instrument.view import UNSEEN, Surroundings, snapshot
from tests.instrument.player import Player

AROUND = Surroundings(
    version="1", bundle="tiny", engine="sounding", audio_device="null", midi_inputs=("MPD218",),
    last_source="MPD218", warning="",
)  # fmt: skip


@pytest.fixture(scope="module")
def state(tiny_bundle: Path) -> State:
    kit = library.load_kit("plain", bundle.load(tiny_bundle), 1)
    return State(kit=kit, pattern=library.load_pattern("steady"), seed=1)


def test_state_reading_and_surroundings_are_all_shown(state: State) -> None:
    heard = replace(UNSEEN, rate_hz=48_000.0, load=0.01234, hits=5, track_peak=(0.5,) + (0.0,) * 15)
    now = replace(state, playing=True, selected=2, last_midi="note 36 ch 10 vel 9 → 1 kick")

    shown = snapshot(now, 23.5, heard, AROUND)

    assert (shown.playing, shown.step, shown.selected) == (True, 7, 3)
    assert shown.pattern == state.pattern.rows
    assert shown.last_midi == "MPD218: note 36 ch 10 vel 9 → 1 kick"
    assert (shown.rate_hz, shown.load, shown.hits) == (48_000, 0.012, 5)
    assert shown.tracks[0].meter_peak == 0.5
    assert [track.class_name for track in shown.tracks][:2] == ["kick", "snare"]


def test_a_stopped_pattern_has_no_step(state: State) -> None:
    assert snapshot(state, None, UNSEEN, AROUND).step is None


def test_trouble_of_the_surroundings_comes_before_that_of_a_note(state: State) -> None:
    now = replace(state, warning="note 1 plays nothing")

    assert snapshot(now, None, UNSEEN, AROUND).warning == "note 1 plays nothing"
    assert snapshot(now, None, UNSEEN, replace(AROUND, warning="no sound")).warning == "no sound"


def test_what_hands_do_is_shown(tiny_bundle: Path) -> None:
    player = Player(Space(bundle.load(tiny_bundle)))
    player.say(Draw(1), Draw(1), Back(1), SetPress(1, "walk"), SetLocked(1, True), StoreCorner(2))
    player.say(LearnStart("knob 3"))

    shown = snapshot(player.state, None, UNSEEN, AROUND)

    first = shown.tracks[0]
    assert (first.press, first.locked, first.draws, first.draw) == ("walk", True, 3, 2)
    assert (shown.learning, shown.corners) == ("knob 3", "B")
    player.say(LearnInOrder())
    assert snapshot(player.state, None, UNSEEN, AROUND).learning == "pad 1, knob 1 and on"


def test_a_step_that_has_more_than_its_velocity_is_shown_with_all_it_has(tiny_bundle: Path) -> None:
    player = Player(Space(bundle.load(tiny_bundle)))
    player.say(SetChance(2, 3, 0.5), SetCondition(2, 3, "1:2"), LockKnob(2, 3, 4, 0.7), LockFresh(2, 3))

    shown = snapshot(player.state, None, UNSEEN, AROUND)

    velocity = player.state.pattern.lane(1).steps[2].velocity
    lock = {"knobs": {4: 0.7}, "draw": "fresh"}
    assert shown.details[1] == {"2": {"velocity": velocity, "chance": 0.5, "if": "1:2", "lock": lock}}
    assert shown.marks[1][2] == CHANCE | CONDITION | LOCKS
    assert not shown.details[0]
    assert shown.undos == 4


def test_a_lane_that_has_not_changed_is_not_worked_out_again(state: State) -> None:
    one, other = (snapshot(now, None, UNSEEN, AROUND) for now in (state, replace(state, selected=3)))

    assert one.details[0] is other.details[0]


def test_a_queued_pattern_and_what_comes_at_the_bar_are_shown(state: State) -> None:
    program = replace(state.program, origin=32.0, cue=Cue((1, 2), 64.0))
    stage = replace(REST, due=(Due(64.0, 3, mute=True),), fill_latched=True)
    now = replace(state, pattern=replace(state.pattern, bars=2), program=program, stage=stage)

    shown = snapshot(now, 50.0, UNSEEN, AROUND)

    assert (shown.address, shown.queued, shown.bar, shown.bars, shown.step) == ("A1", "B3", 1, 2, 2)
    assert [track.coming for track in shown.tracks][2:5] == ["", "mute", ""]
    assert shown.fill
    assert shown.bank_names == (state.pattern.name,) + ("",) * 15
