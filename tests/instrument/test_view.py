"""Snapshots made of states and readings."""

from dataclasses import replace
from pathlib import Path

import pytest

from instrument import bundle, library
from instrument.instrument import State
from instrument.messages import Back, Draw, LearnInOrder, LearnStart, SetLocked, SetPress, StoreCorner
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
