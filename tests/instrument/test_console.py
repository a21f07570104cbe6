"""The console's keys and its line."""

import pytest

from instrument.console import Keys, status_line
from instrument.messages import (
    Back,
    Draw,
    Forward,
    LearnCancel,
    LearnInOrder,
    LearnStart,
    Redo,
    SetLocked,
    SetPress,
    TogglePlay,
    Trigger,
    Undo,
)
from instrument.snapshot import Snapshot, TrackView

SEEN = Snapshot(selected=2, tracks=(TrackView(), TrackView(press="walk", locked=True), *[TrackView()] * 6))


def said(keys: str, seen: Snapshot = SEEN) -> object:
    """Return what the last of some keys says."""
    console = Keys()
    return [console.message_of(key, seen) for key in keys][-1]


@pytest.mark.parametrize(
    ("keys", "message"),
    [(" ", TogglePlay()), ("1", Trigger(1, 100)), ("8", Trigger(8, 100))]
    + [(key, None) for key in ("0", "9", "x", "\n", "²", "٣", "k")]
    + [("d", Draw(2)), ("b", Back(2)), ("f", Forward(2)), ("l", SetLocked(2, False))]
    + [("p", SetPress(2, "fresh")), ("n", LearnInOrder()), ("u", Undo()), ("r", Redo())]
    + [("k3", LearnStart("knob 3")), ("k3 ", TogglePlay()), ("kk3", LearnStart("knob 3"))]
    + [("k3" + "3", Trigger(3, 100)), ("k9", None), ("kd", Draw(2))],
)
def test_keys_play(keys: str, message: object) -> None:
    assert said(keys) == message


def test_ten_tracks_have_ten_keys() -> None:
    ten = Snapshot(tracks=(TrackView(),) * 10)
    assert (said("9", ten), said("0", ten)) == (Trigger(9, 100), Trigger(10, 100))


def test_a_key_that_begins_to_learn_ends_it_too() -> None:
    assert said("n", Snapshot(learning="knob 1")) == LearnCancel()


def test_before_anything_was_seen_keys_act_on_the_first_track() -> None:
    assert said("l", Snapshot()) == SetLocked(1, True)


def test_the_line_says_what_matters() -> None:
    resting = Snapshot(tempo_bpm=104.0, voices=2, load=0.031, xruns=1)

    assert status_line(resting) == "104 bpm, stopped, 2 voices, load 3 %, 1 xruns"
    assert "step  4" in status_line(Snapshot(step=3))
    assert status_line(Snapshot(warning="no sound", last_midi="note 36")).endswith("no sound")
    assert status_line(Snapshot(learning="knob 1")).endswith("learning knob 1: move a control")
