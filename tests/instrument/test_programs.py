"""Banks, chains and songs: which pattern plays when, and that it is kept."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, library, parse, pattern, program
from instrument.bundle import Bundle
from instrument.errors import MessageError, StateError
from instrument.events import Event, Hit
from instrument.messages import (
    BANKS,
    SLOTS,
    SONGS,
    ClearPattern,
    CopyPattern,
    ErasePattern,
    EraseSong,
    Message,
    Play,
    PlayChain,
    PlaySong,
    SelectBank,
    SelectPattern,
    SetBars,
    SetChain,
    SetStep,
    SetTempo,
    StopChain,
    StoreSong,
)
from instrument.performance import Performance
from instrument.program import Link, Program, Song, chain_of, chain_text
from tests.instrument.strategies import NAMES, patterns

RATE_HZ = 48_000
BAR = 96_000  # frames at 120 bpm

addresses = st.tuples(st.integers(0, BANKS - 1), st.integers(0, SLOTS - 1))
chains = st.lists(st.builds(Link, addresses, st.integers(1, 64)), max_size=64).map(tuple)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    address = draw(addresses)
    made = Program(chain=draw(chains), loops=draw(st.booleans()), address=address, bank=address[0])
    for place in draw(st.lists(addresses, max_size=3)):
        made = made.stored(place, draw(patterns))
    songs = draw(st.lists(st.none() | st.builds(Song, NAMES, chains), min_size=SONGS, max_size=SONGS))
    return replace(made, songs=tuple(songs))


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


@pytest.fixture
def driven(tiny: Bundle) -> Performance:
    """Three patterns of one step, on tracks 1, 2 and 3; the first is played."""
    made = Performance(tiny, library.load_kit("plain", tiny, 1), library.load_pattern("four"), 1, RATE_HZ)
    say(made, ClearPattern(), SetTempo(120), CopyPattern(1, 2), CopyPattern(1, 3))
    for number in (1, 2, 3):
        say(made, SelectPattern(number), SetStep(number, 1, 100))
    say(made, SelectPattern(1))
    return made


def say(made: Performance, *said: Message, frame: int = 0) -> list[Event]:
    return [event for each in said for event in made.apply(each, frame)]


def heard(events: Sequence[Event]) -> list[tuple[int, int]]:
    return sorted((event.frame, event.track + 1) for event in events if isinstance(event, Hit))


def played(made: Performance, *said: Message, bars: int = 4) -> list[tuple[int, int]]:
    """Return the bars and the tracks of what is heard when messages are said at the beginning."""
    events = say(made, Play(), *said)
    return [(frame // BAR, track) for frame, track in heard([*events, *made.advance(bars * BAR)])]


@settings(deadline=None, max_examples=30)
@given(programs())
def test_a_program_is_read_back_as_it_was_written(made: Program) -> None:
    data = yaml.safe_load(parse.write_yaml(program.to_data(made)))
    banks = {name: pattern.to_data(kept) for name, kept in program.stored(made).items()}
    assert program.from_data("here", data, banks) == made


@given(chains)
def test_a_chain_is_read_back_as_it_was_written(chain: program.Chain) -> None:
    assert chain_of(chain_text(chain)) == chain


@pytest.mark.parametrize("text", ["A0", "A17", "I1", "a1", "A1x0", "A1x65", "A1x", "1", "A1,B2"])
def test_what_is_no_chain(text: str) -> None:
    with pytest.raises(MessageError, match="a chain is like A1x4 B2"):
        chain_of(text)


@pytest.mark.parametrize(
    "change",
    [{"address": "A1 A2"}, {"banks": {"Z1": {}}}, {"songs": {17: {}}}, {"songs": []}, {"tempo": 1}],
)
def test_a_damaged_program_is_an_error(change: dict[str, object]) -> None:
    told = program.to_data(Program()) | change
    banks = told.pop("banks", {})

    with pytest.raises(StateError, match="here"):
        program.from_data("here", told, banks)


def test_a_pattern_is_changed_at_the_end_of_its_bars(driven: Performance) -> None:
    assert played(driven, SelectPattern(2)) == [(0, 1), (1, 2), (2, 2), (3, 2)]


def test_a_long_pattern_is_played_to_its_end(driven: Performance) -> None:
    assert played(driven, SetBars(2), SelectPattern(3)) == [(0, 1), (1, 1), (2, 3), (3, 3)]


def test_the_last_choice_counts_and_choosing_what_plays_stays(driven: Performance) -> None:
    assert played(driven, SelectPattern(2), SelectPattern(3), bars=2) == [(0, 1), (1, 3)]
    say(driven, SelectPattern(1), SelectPattern(3), frame=2 * BAR + 1)
    assert driven.state.program.cue is None


def test_stopped_it_changes_at_once_and_keeps_what_was_edited(driven: Performance) -> None:
    say(driven, SetStep(8, 9, 77), SelectPattern(2), SetStep(8, 9, 11), SelectPattern(1))

    assert driven.state.pattern.rows[7][8] == 77
    assert driven.state.program.pattern((0, 1)).rows[7][8] == 11  # type: ignore[union-attr]


def test_a_bank_is_chosen_first_and_an_empty_place_keeps_the_tempo(driven: Performance) -> None:
    say(driven, SetTempo(133), SelectBank(8), SelectPattern(16))

    assert driven.state.program.address == (7, 15)
    assert (driven.state.pattern.name, driven.state.pattern.tempo_bpm) == ("H16", 133.0)


def test_the_tempo_of_a_pattern_holds_from_its_bar_on(driven: Performance) -> None:
    say(driven, SelectPattern(2), SetTempo(60), SelectPattern(1))

    assert heard([*say(driven, Play(), SelectPattern(2)), *driven.advance(6 * BAR)]) == [
        (0, 1), (BAR, 2), (3 * BAR, 2), (5 * BAR, 2),
    ]  # fmt: skip


def test_a_chain_goes_round_over_patterns_of_all_banks(driven: Performance) -> None:
    say(driven, CopyPattern(5, 7), SetChain("A2 E7x2 A3"))

    assert played(driven, PlayChain(), bars=9) == list(enumerate([1, 2, 1, 1, 3, 2, 1, 1, 3]))


def test_a_song_ends_on_its_last_pattern(driven: Performance) -> None:
    say(driven, SetChain("A3 A2"), StoreSong(4, "verse"), SetChain(""))

    assert played(driven, PlaySong(4), bars=5) == list(enumerate([1, 3, 2, 2, 2]))
    driven.apply(EraseSong(4), 0)
    with pytest.raises(MessageError, match="no song 4"):
        driven.apply(PlaySong(4), 0)


def test_a_chain_that_is_stopped_stays_and_playing_anew_begins_with_its_first(driven: Performance) -> None:
    say(driven, SetChain("A2 A3"), PlayChain())
    assert driven.state.program.address == (0, 1)
    events = [*say(driven, Play()), *driven.advance(2 * BAR)]
    driven.settle(BAR + 1)
    assert heard(events) == [(0, 2), (BAR, 3)]
    assert driven.state.program.address == (0, 2)

    again = [
        *say(driven, Play(), frame=2 * BAR),
        *say(driven, StopChain(), frame=2 * BAR),
        *driven.advance(5 * BAR),
    ]

    assert {track for _, track in heard(again)} == {2}


def test_a_place_of_the_banks_is_emptied(driven: Performance) -> None:
    say(driven, ErasePattern(1, 2), ErasePattern(1, 1))

    assert driven.state.program.pattern((0, 1)) is None
    assert not any(map(any, driven.state.pattern.rows))


def test_an_empty_chain_is_not_played(driven: Performance) -> None:
    with pytest.raises(MessageError, match="the chain is empty"):
        driven.apply(PlayChain(), 0)
