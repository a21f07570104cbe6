"""Recording the running instrument: messages in, files out, and what goes wrong is told."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import soundfile

from instrument.client import Client
from instrument.drivers.recorder import file_names
from instrument.messages import RecordStart, RecordStop, Trigger
from instrument.snapshot import Snapshot

START = """
import sys
from instrument import config, daemon
from instrument.face import Face
sys.exit(daemon.run(config.load(None, sys.argv[1:]), Face.NONE))
"""
PATIENCE_S = 30.0


@pytest.fixture
def machine(tmp_path: Path, tiny_bundle: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a daemon on the null device whose state is in a folder of its own."""
    env = os.environ | dict.fromkeys(("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"), str(tmp_path))
    told = [
        f"sound.bundle={tiny_bundle}",
        "audio.device=null",
        "midi.backend=none",
        f"control.state={tmp_path}",
    ]
    running = subprocess.Popen([sys.executable, "-c", START, *told], env=env, stdin=subprocess.DEVNULL)
    until((tmp_path / "graindrum" / "control.sock").exists)
    yield running
    running.terminate()
    running.wait(10)


@pytest.fixture
def client(machine: "subprocess.Popen[bytes]", tmp_path: Path) -> Iterator[Client]:
    """Give a client that has seen the machine sound."""
    assert machine.poll() is None
    with Client.connect(tmp_path / "graindrum" / "control.sock") as connected:
        connected.wait_for(lambda shown: shown.engine == "sounding", PATIENCE_S)
        yield connected


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def records(shown: Snapshot) -> bool:
    return shown.recorded_s > 0.3


def rests(shown: Snapshot) -> bool:
    return shown.recording == ""


def test_a_recording_is_shown_while_it_lasts_and_holds_what_was_played(
    client: Client, tmp_path: Path
) -> None:
    client.send(RecordStart())
    client.send(Trigger(1, 127))
    path = client.wait_for(records, PATIENCE_S).recording
    client.send(RecordStop())
    assert client.wait_for(rests, PATIENCE_S).warning == ""
    assert list((tmp_path / "recordings").iterdir()) == [Path(path)]
    sound, rate_hz = soundfile.read(path)
    assert rate_hz == 48_000
    assert len(sound) > 0.3 * rate_hz
    assert sound.any()


def test_stems_are_named_after_their_tracks_and_as_long_as_the_master(client: Client, tmp_path: Path) -> None:
    names = file_names([track.name for track in client.wait_for(lambda shown: bool(shown.tracks)).tracks])
    client.send(RecordStart(stems=True))
    client.send(Trigger(2, 127))
    master = Path(client.wait_for(records, PATIENCE_S).recording)
    client.send(RecordStop())
    client.wait_for(rests, PATIENCE_S)
    files = {path.name: soundfile.read(path)[0] for path in (tmp_path / "recordings").iterdir()}
    assert set(files) == {master.name} | {f"{master.stem}-{name}.wav" for name in names}
    assert len({len(sound) for sound in files.values()}) == 1
    sounding = {name for name, sound in files.items() if sound.any()}
    assert sounding == {master.name, f"{master.stem}-{names[1]}.wav"}


def test_a_second_start_changes_nothing_and_a_second_recording_has_files_of_its_own(
    client: Client, tmp_path: Path
) -> None:
    client.send(RecordStart())
    first = client.wait_for(records, PATIENCE_S).recording
    client.send(RecordStart(stems=True))
    assert client.wait_for(lambda shown: shown.recorded_s > 0.8, PATIENCE_S).recording == first
    client.send(RecordStop())
    client.send(RecordStart())
    second = client.wait_for(lambda shown: records(shown) and shown.recording != first, PATIENCE_S).recording
    client.send(RecordStop())
    client.wait_for(rests, PATIENCE_S)
    assert {path.name for path in (tmp_path / "recordings").iterdir()} == {
        Path(first).name,
        Path(second).name,
    }


def test_a_folder_that_cannot_be_written_is_told_and_the_machine_plays_on(
    client: Client, tmp_path: Path
) -> None:
    (tmp_path / "recordings").write_text("in the way")
    client.send(RecordStart())
    warned = client.wait_for(lambda shown: "recording" in shown.warning, PATIENCE_S)
    assert warned.warning == f"the recording has ended: file exists ({tmp_path / 'recordings'})"
    client.send(Trigger(1, 127))
    assert client.wait_for(lambda shown: shown.hits > 0).engine == "sounding"
    (tmp_path / "recordings").unlink()
    client.send(RecordStart())  # the one that failed has ended
    assert client.wait_for(records, PATIENCE_S).warning == ""


def test_an_engine_that_is_lost_ends_a_recording_and_the_next_begins_another(
    client: Client, machine: "subprocess.Popen[bytes]"
) -> None:
    client.send(RecordStart())
    first = client.wait_for(records, PATIENCE_S).recording
    os.kill(child_of(machine.pid, b"instrument.engine.host"), signal.SIGKILL)
    second = client.wait_for(lambda shown: records(shown) and shown.recording != first, PATIENCE_S).recording
    assert len(soundfile.read(first)[0]) > 0
    client.send(RecordStop())
    client.wait_for(rests, PATIENCE_S)
    assert len(soundfile.read(second)[0]) > 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_end_of_the_machine_is_the_end_of_a_whole_file(
    client: Client, machine: "subprocess.Popen[bytes]", how: int
) -> None:
    client.send(RecordStart())
    path = client.wait_for(records, PATIENCE_S).recording
    writer = child_of(machine.pid, b"instrument.recording")
    machine.send_signal(how)
    machine.wait(10)
    until(lambda: not Path(f"/proc/{writer}").exists())
    assert len(soundfile.read(path)[0]) > 0.3 * 48_000


def child_of(pid: int, module: bytes) -> int:
    """Return the child of a process that runs a module."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    (found,) = [child for child in children if module in Path(f"/proc/{child}/cmdline").read_bytes()]
    return int(found)
