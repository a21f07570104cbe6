"""The console's keys and its line."""

import pytest

from instrument.console import message_of, status_line
from instrument.messages import TogglePlay, Trigger
from instrument.snapshot import Snapshot


@pytest.mark.parametrize(
    ("key", "said"),
    [(" ", TogglePlay()), ("1", Trigger(1, 100)), ("8", Trigger(8, 100))]
    + [(key, None) for key in ("0", "9", "x", "\n", "²", "٣")],
)
def test_keys_play(key: str, said: object) -> None:
    assert message_of(key) == said


def test_the_line_says_what_matters() -> None:
    resting = Snapshot(tempo_bpm=104.0, voices=2, load=0.031, xruns=1)

    assert status_line(resting) == "104 bpm, stopped, 2 voices, load 3 %, 1 xruns"
    assert "step  4" in status_line(Snapshot(step=3))
    assert status_line(Snapshot(warning="no sound", last_midi="note 36")).endswith("no sound")
