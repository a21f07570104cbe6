"""Snapshots made of states and readings."""

from dataclasses import replace
from pathlib import Path

import pytest

from instrument import bundle, library
from instrument.instrument import State
from instrument.view import UNSEEN, Surroundings, snapshot

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
