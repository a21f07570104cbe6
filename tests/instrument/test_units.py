"""Conversions of units."""

import pytest

from instrument.units import (
    SILENT_DB,
    db_to_gain,
    frames_per_step,
    gain_to_db,
    midi_to_hz,
    ms_to_frames,
    note_name,
)


def test_levels_and_gains_are_each_others_inverse() -> None:
    assert db_to_gain(0.0) == 1.0
    assert db_to_gain(-20.0) == pytest.approx(0.1)
    assert gain_to_db(db_to_gain(-7.5)) == pytest.approx(-7.5)
    assert gain_to_db(0.0) == SILENT_DB


def test_a_step_is_a_quarter_of_a_beat() -> None:
    assert frames_per_step(120.0, 48_000) == 6_000.0


def test_durations_are_rounded_up() -> None:
    assert ms_to_frames(50.0, 44_100) == 2_205
    assert ms_to_frames(0.001, 48_000) == 1


def test_pitches_have_frequencies_and_names() -> None:
    assert midi_to_hz(69) == 440.0
    assert midi_to_hz(60) == pytest.approx(261.626, abs=1e-3)
    assert [note_name(pitch) for pitch in (0, 21, 60, 61.4, 69, 127)] == [
        "C-1",
        "A0",
        "C4",
        "C#4",
        "A4",
        "G9",
    ]
