"""A file that grows is whole at every moment, and says so in its header, also beyond 4 GiB."""

import os
import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from instrument import wav
from instrument.wav_stream import FRAME_BYTES, HEADER_BYTES, WavStream, header

RATE_HZ = 48_000
GIGABYTE = 1 << 30


def noise(frames: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.2, 1.2, (frames, 2)).astype(np.float32)


def read(path: Path) -> np.ndarray:
    """Return a file's frames as 24-bit whole numbers."""
    sound, rate_hz = soundfile.read(path, dtype="int32")
    assert rate_hz == RATE_HZ
    return np.asarray(sound) >> 8


def test_after_each_settling_the_file_holds_all_that_was_written_before(tmp_path: Path) -> None:
    sound = noise(5000)
    stream = WavStream(tmp_path / "a.wav", RATE_HZ)
    assert len(read(stream.path)) == 0
    for begin, end in ((0, 1), (1, 1000), (1000, 5000)):
        before = read(stream.path)
        stream.append(sound[begin:end])
        np.testing.assert_array_equal(read(stream.path), before)  # what is not settled does no harm
        stream.settle()
        np.testing.assert_array_equal(read(stream.path), wav.whole(sound[:end]))
    stream.append(sound[:7])
    stream.close()
    assert len(read(stream.path)) == 5007 == stream.frames
    assert soundfile.info(stream.path).subtype == "PCM_24"


@pytest.mark.parametrize("size_bytes", [GIGABYTE, 4 * GIGABYTE - 200, 4 * GIGABYTE + 600, 20 * GIGABYTE])
def test_a_file_of_any_length_is_read_to_its_end(tmp_path: Path, size_bytes: int) -> None:
    frames = (size_bytes - HEADER_BYTES) // FRAME_BYTES
    path = tmp_path / "long.wav"
    path.write_bytes(header(RATE_HZ, frames))
    os.truncate(path, HEADER_BYTES + frames * FRAME_BYTES)  # all holes: it takes no room
    with path.open("r+b") as file:
        file.seek(-3, os.SEEK_END)
        file.write(b"\x03\x02\x01")
    info = soundfile.info(path)
    assert (info.frames, info.channels, info.samplerate, info.subtype) == (frames, 2, RATE_HZ, "PCM_24")
    assert (info.format == "RF64") == (size_bytes > 4 * GIGABYTE)
    last, _ = soundfile.read(path, start=frames - 1, dtype="int32")
    assert last.tolist() == [[0, 0x010203 << 8]]


@given(frames=st.integers(0, 2**40))
def test_the_header_never_changes_its_length(frames: int) -> None:
    made = header(RATE_HZ, frames)
    assert len(made) == HEADER_BYTES
    assert made[-8:-4] == b"data"
    (told,) = struct.unpack("<I", made[4:8])
    assert told == min(HEADER_BYTES - 8 + frames * FRAME_BYTES, 0xFFFF_FFFF)


def test_a_file_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(b"what was there")
    with pytest.raises(FileExistsError):
        WavStream(path, RATE_HZ)
    assert path.read_bytes() == b"what was there"
