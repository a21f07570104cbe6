"""What the running machine records is what it plays into a JACK server, sample for sample."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from instrument import wav
from instrument.messages import RecordStart, RecordStop
from tests.integration.jackbox import JackBox, Machine, note

pytestmark = pytest.mark.audio

SECONDS, RATE_HZ, PLAY = 8, 48_000, bytes([0xFA])
START_FRAME = 24_000


def recorded(machine: Machine, take: Callable[[], np.ndarray], *, stems: bool) -> tuple[np.ndarray, Path]:
    """Return what JACK heard of a take, and the master that was recorded meanwhile."""
    with machine.client() as client:
        client.send(RecordStart(stems))
        path = client.wait_for(lambda shown: shown.recorded_s > 0, 20).recording
        heard = take()
        client.send(RecordStop())
        ended = client.wait_for(lambda shown: shown.recording == "", 20)
        assert ended.warning == ""
    return heard, Path(path)


def aligned(heard: np.ndarray, path: Path) -> tuple[np.ndarray, np.ndarray]:
    """Return what both hold from the first sound on, as 24-bit whole numbers."""
    taped, rate_hz = soundfile.read(path, dtype="int32")
    assert rate_hz == RATE_HZ
    both = [wav.whole(heard), taped >> 8]
    begun = [whole[int(np.flatnonzero(whole.any(axis=1))[0]) :] for whole in both]
    length = min(map(len, begun))
    return begun[0][:length], begun[1][:length]


def test_the_recorded_master_is_what_jack_received_in_freewheel(
    jack_box: JackBox, start_machine: Callable[..., Machine]
) -> None:
    machine = start_machine()
    heard, path = recorded(
        machine, lambda: jack_box.take(SECONDS, [(START_FRAME, PLAY)], freewheel=True), stems=False
    )
    received, taped = aligned(heard, path)
    assert len(received) > SECONDS // 2 * RATE_HZ
    assert np.abs(received).max() > 2**20
    np.testing.assert_array_equal(taped, received)


def test_recorded_stems_add_up_to_the_master_that_jack_received(
    jack_box: JackBox, start_machine: Callable[..., Machine]
) -> None:
    machine = start_machine("--set", "sound.level_db=-12")
    pads = [(12_000 + 9_000 * at, note(36 + at)) for at in range(8)]
    heard, path = recorded(machine, lambda: jack_box.take(3, pads, freewheel=False), stems=True)
    received, taped = aligned(heard, path)
    np.testing.assert_array_equal(taped, received)
    stems = [soundfile.read(each)[0] for each in sorted(path.parent.glob(f"{path.stem}-*.wav"))]
    master = soundfile.read(path)[0]
    assert len(stems) == 8
    assert sum(stem.any() for stem in stems) > 3
    assert 0.01 < np.abs(master).max() < 0.7  # nothing is limited
    assert np.abs(10 ** (-12 / 20) * np.sum(stems, axis=0) - master).max() < 3 * 2**-23
