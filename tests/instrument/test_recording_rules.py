"""What record_start and record_stop do to the state, and say to the engine."""

from pathlib import Path

import pytest

from instrument import bundle, kit
from instrument.events import Record
from instrument.instrument import Instrument
from instrument.messages import RecordStart, RecordStop
from instrument.pattern import Pattern
from instrument.rules.state import State
from instrument.space import Space


@pytest.fixture
def instrument(tiny_bundle: Path) -> Instrument:
    return Instrument(Space(bundle.load(tiny_bundle)))


@pytest.fixture
def state(tiny_bundle: Path) -> State:
    return State(kit=kit.drawn(bundle.load(tiny_bundle), 1), pattern=Pattern(name="empty"), seed=1)


@pytest.mark.parametrize(("stems", "tracks"), [(False, 0), (True, 0xFF)])
def test_a_take_begins_and_ends_at_the_frame_of_the_message(
    instrument: Instrument, state: State, stems: bool, tracks: int
) -> None:
    begun, events = instrument.apply(state, RecordStart(stems), 1234)
    assert (begun.recording, begun.stems, begun.takes) == (True, stems, 1)
    assert events == [Record(1234, 1, tracks)]
    ended, events = instrument.apply(begun, RecordStop(), 5678)
    assert not ended.recording
    assert events == [Record(5678, 0)]


def test_what_is_asked_for_already_changes_nothing(instrument: Instrument, state: State) -> None:
    assert instrument.apply(state, RecordStop(), 1) == (state, [])
    begun, _ = instrument.apply(state, RecordStart(), 1)
    assert instrument.apply(begun, RecordStart(stems=True), 2) == (begun, [])


def test_every_take_has_a_number_of_its_own(instrument: Instrument, state: State) -> None:
    numbers = []
    for _ in range(3):
        state, _ = instrument.apply(state, RecordStart(), 1)
        numbers.append(state.takes)
        state, _ = instrument.apply(state, RecordStop(), 2)
    assert numbers == [1, 2, 3]
