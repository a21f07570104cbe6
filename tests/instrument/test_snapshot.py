"""Snapshots: their way through JSON."""

import json

import pytest

from instrument import snapshot
from instrument.errors import MessageError
from instrument.snapshot import Snapshot, TrackView


def test_a_snapshot_survives_json() -> None:
    made = Snapshot(
        playing=True, step=3, pattern=((0, 127), (1, 2)), master_peak=(0.5, 0.25), midi_inputs=("a", "b"),
        details=({"1": {"velocity": 127, "lock": {"knobs": {"1": 0.5}}}}, {}),
        tracks=(TrackView(name="kick", knobs=(0.5, 1.0)), TrackView(mute=True)),
    )  # fmt: skip

    assert snapshot.from_json(json.loads(json.dumps(snapshot.to_json(made)))) == made


def test_a_newer_daemon_may_say_more() -> None:
    data = snapshot.to_json(Snapshot(tempo_bpm=90.0)) | {"moon": "full"}

    assert snapshot.from_json(data).tempo_bpm == 90.0


def test_what_is_no_snapshot_is_refused() -> None:
    with pytest.raises(MessageError):
        snapshot.from_json([])  # type: ignore[arg-type]
