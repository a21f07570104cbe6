"""MIDI in, fed as a driver feeds it."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.drivers.midi import Midi
from instrument.messages import (
    Arrival,
    ChannelPressure,
    Continue,
    ControlChange,
    Message,
    Note,
    PitchBend,
    Play,
    PolyPressure,
    ProgramChange,
    SongPosition,
    Stop,
    Tick,
)


def fed(*data: list[int]) -> list[Arrival]:
    arrived: list[Arrival] = []
    midi = Midi("none", ["*"], arrived.append)
    for each in data:
        midi.feed(each, "MPD218")
    return arrived


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([0x99, 36, 100], Note(10, 36, 100)),
        ([0x90, 36, 0], Note(1, 36, 0)),
        ([0x89, 36, 64], Note(10, 36, 0)),
        ([0xA9, 49, 80], PolyPressure(10, 49, 80)),
        ([0xD0, 5], ChannelPressure(1, 5)),
        ([0xC2, 7], ProgramChange(3, 7)),
        ([0xE0, 0, 0], PitchBend(1, 0)),
        ([0xE0, 127, 127], PitchBend(1, 16_383)),
        ([0xBF, 70, 127], ControlChange(16, 70, 127)),
        ([0xF8], Tick()),
        ([0xF2, 8, 1], SongPosition(136)),
        ([0xFA], Play()),
        ([0xFB], Continue()),
        ([0xFC], Stop()),
    ],
)
def test_what_is_listened_to_arrives_with_its_source_and_time(data: list[int], said: Message) -> None:
    before = time.monotonic_ns()

    (arrival,) = fed(data)

    assert arrival.message == said
    assert arrival.source == "MPD218"
    assert before <= arrival.arrived_ns <= time.monotonic_ns()


@pytest.mark.parametrize("data", [[0xFE], [0xF1, 5], [0xF6], [0xF0, 1, 2, 0xF7]])
def test_what_is_not_listened_to_is_let_go(data: list[int]) -> None:
    assert fed(data) == []


@given(st.lists(st.integers(-1, 300), max_size=6))
def test_any_bytes_are_taken_or_counted_as_bad(data: list[int]) -> None:
    arrived: list[Arrival] = []
    midi = Midi("none", ["*"], arrived.append)

    midi.feed(data, "noise")

    assert len(arrived) + midi.bad_messages <= 1


def test_without_a_backend_it_starts_and_stops_with_no_inputs() -> None:
    midi = Midi("none", ["*"], lambda _: None)
    midi.start()

    assert midi.inputs == ()
    midi.stop()


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("MPD218 MIDI 1", True),
        ("nanoKONTROL2", False),
        ("graindrum-midi:in", False),
        ("Midi Through Port-0", False),
        ("graindrum", False),
    ],
)
def test_inputs_are_chosen_by_name_and_never_our_own(name: str, heard: bool) -> None:
    assert Midi("none", ["MPD*", "grain*", "Midi*"], lambda _: None)._wanted(name) is heard


def test_without_a_backend_nothing_can_be_sent() -> None:
    midi = Midi("none", ["*"], lambda _: None)

    assert midi.outputs == ()
    assert not midi.send(b"\xf8", None)
