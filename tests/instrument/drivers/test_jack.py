"""JACK's MIDI client where there is no server, and the names JACK gives; with a server: tests/integration."""

import os
from pathlib import Path

import pytest

from instrument.drivers.jack import Client, counterpart


def test_without_a_server_there_is_no_client_and_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", f"nowhere-{os.getpid()}")
    assert Client.open() is None
    before = len(list(Path("/proc/self/fd").iterdir()))

    assert [Client.open() for _ in range(20)] == [None] * 20

    assert len(list(Path("/proc/self/fd").iterdir())) == before


@pytest.mark.parametrize(
    ("source", "sink"),
    [
        ("system:midi_capture_1", "system:midi_playback_1"),
        ("a2j:MPD218 [20] (capture): MPD218 MIDI 1", "a2j:MPD218 [20] (playback): MPD218 MIDI 1"),
        ("Midi-Bridge:MPD218 1:(capture_0) MPD218", "Midi-Bridge:MPD218 1:(playback_0) MPD218"),
        ("keys:out", "keys:out"),
    ],
)
def test_the_way_back_to_a_controller_is_known_by_its_name(source: str, sink: str) -> None:
    assert counterpart(source) == sink
