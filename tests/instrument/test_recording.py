"""The recording process: what is taped comes to be files, and trouble with the disk is told."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from instrument import bundle, wav
from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.offline import Offline
from instrument.engine.tape import Tape, new_file
from instrument.recording import Files
from tests.instrument.engine.playing import hit

RATE_HZ = 48_000
BLOCK = 4800

Begin = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(scope="module")
def drums(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


@pytest.fixture
def tape_fd() -> Iterator[int]:
    fd = new_file()
    yield fd
    os.close(fd)


@pytest.fixture
def begin(tape_fd: int, tmp_path: Path) -> Iterator[Begin]:
    """Return a function that starts the process for take 1 of the master and two tracks."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*more: str) -> "subprocess.Popen[bytes]":
        files = [str(tmp_path / "takes" / f"{name}.wav") for name in ("master", "one", "two")]
        command = [sys.executable, "-m", "instrument.recording", *files, "--stems", "0", "1"]
        command += ["--tape", str(tape_fd), "--take", "1", "--rate", str(RATE_HZ), *more]
        pipe = subprocess.PIPE
        child = subprocess.Popen(command, stdin=pipe, stdout=pipe, pass_fds=[tape_fd])
        started.append(child)
        return child

    yield start
    for child in started:
        child.kill()
        child.communicate()


@pytest.fixture
def engine(drums: Bundle, tape_fd: int) -> Iterator[Offline]:
    """Give an engine that records take 1 of all tracks from its first frame, and plays a few hits."""
    with Offline(drums, tape=Tape.open(tape_fd)) as made:
        made.push(link.record(0, 1, 0b11))
        for index in range(8):
            made.push(hit(6000 * index, index % 2, index, gain=0.05))
        yield made


def end(child: "subprocess.Popen[bytes]") -> dict[str, object]:
    """End a recording; return its last account of itself."""
    said, _ = child.communicate(timeout=20)
    told: dict[str, object] = json.loads(said.splitlines()[-1])
    return told


def read(path: Path) -> np.ndarray:
    sound, rate_hz = soundfile.read(path, dtype="int32")
    assert rate_hz == RATE_HZ
    return np.asarray(sound) >> 8


def test_a_take_becomes_files_that_hold_it_sample_for_sample(
    begin: Begin, engine: Offline, tmp_path: Path
) -> None:
    child = begin()
    heard = np.concatenate([engine.render(BLOCK) for _ in range(20)])
    engine.push(link.record(0, 0))
    engine.render(1)
    told = end(child)
    master, one, two = (read(tmp_path / "takes" / f"{name}.wav") for name in ("master", "one", "two"))
    assert 0.01 < np.abs(heard).max() < 0.7  # nothing is limited
    np.testing.assert_array_equal(master, wav.whole(heard))
    assert np.abs(one + two - master).max() <= 1  # each rounded by itself
    assert one.any()
    assert two.any()
    assert told == {"seconds": 2.0, "lost_s": 0.0, "clipped": [], "trouble": ""}
    assert child.returncode == 0


def test_a_take_of_an_engine_that_has_gone_is_kept_as_far_as_it_came(
    begin: Begin, engine: Offline, tmp_path: Path
) -> None:
    child = begin()
    engine.render(BLOCK)
    assert end(child)["seconds"] == 0.1
    assert len(read(tmp_path / "takes" / "master.wav")) == BLOCK


def test_a_process_that_is_killed_leaves_files_that_can_be_read(
    begin: Begin, engine: Offline, tmp_path: Path
) -> None:
    child = begin()
    assert child.stdout is not None
    files = [tmp_path / "takes" / f"{name}.wav" for name in ("master", "one", "two")]
    child.stdout.readline()  # the files are there
    while not all(len(read(path)) for path in files):
        engine.render(BLOCK)
        child.stdout.readline()
    engine.render(BLOCK)
    child.kill()
    child.wait()
    assert all(len(read(path)) >= BLOCK for path in files)


def test_a_disk_with_too_little_room_is_told_and_nothing_is_left_on_it(
    begin: Begin, engine: Offline, tmp_path: Path
) -> None:
    child = begin("--spare", str(2**60))
    engine.render(BLOCK)
    assert end(child)["trouble"] == "no space left on device"
    assert child.returncode == 1
    assert list((tmp_path / "takes").iterdir()) == []


def test_a_disk_that_fills_up_ends_the_recording_with_files_of_what_came_before(
    begin: Begin, engine: Offline, tmp_path: Path
) -> None:
    import resource

    child = begin()
    resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (500_000, 500_000))  # a file's room, as a disk's
    while child.poll() is None:
        engine.render(BLOCK)
    assert end(child)["trouble"] == "file too large"
    assert child.returncode == 1
    longest = (500_000 - 80) // 6
    assert len(read(tmp_path / "takes" / "master.wav")) == longest


def test_what_was_lost_becomes_silence_of_the_same_length(tmp_path: Path) -> None:
    sound = np.full((1, 100, 2), 0.5, np.float32)
    files = Files(RATE_HZ, {16: tmp_path / "a.wav"})
    files.write(1000, sound)
    files.write(1300, sound)
    files.close()
    assert files.lost_frames == 200
    expected = np.concatenate([sound[0], np.zeros((200, 2), np.float32), sound[0]])
    np.testing.assert_array_equal(read(tmp_path / "a.wav"), wav.whole(expected))


def test_a_stem_beyond_full_scale_is_told(tmp_path: Path) -> None:
    files = Files(RATE_HZ, {16: tmp_path / "a.wav", 0: tmp_path / "a-kick.wav"})
    files.write(0, np.array([[[1.0, -1.0]], [[0.5, -1.01]]], np.float32))
    files.close()
    assert files.clipped == {"a-kick.wav"}


def test_a_take_without_a_frame_leaves_no_file(tmp_path: Path) -> None:
    Files(RATE_HZ, {16: tmp_path / "a.wav"}).close()
    assert list(tmp_path.iterdir()) == []
