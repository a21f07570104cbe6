"""`graindrum run` as a person starts it: it plays, it ends when told to, and nothing outlives it."""

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from instrument.client import Client
from instrument.errors import DeviceError
from instrument.messages import Trigger

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 30.0

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(tmp_path: Path, tiny_bundle: Path) -> Iterator[Start]:
    """Return a function that starts `graindrum run` on the null device, in a home of its own."""
    started: list[subprocess.Popen[bytes]] = []
    homes = {name: str(tmp_path) for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")}
    env = os.environ | homes | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"}
    arguments = ["run", "--audio", "null", "--bundle", str(tiny_bundle), "--set", "midi.backend=none"]

    def begin(*more: str, terminal: int | None = None, **homes: str) -> "subprocess.Popen[bytes]":
        command = [sys.executable, "-m", "instrument.cli", *arguments, *more]
        with (tmp_path / f"said-{len(started)}.txt").open("wb") as said:
            out = said if terminal is None else terminal
            stdin = subprocess.DEVNULL if terminal is None else terminal
            alone = terminal is not None
            child = subprocess.Popen(
                command, env=env | homes, stdin=stdin, stdout=out, stderr=out, start_new_session=alone
            )
        started.append(child)
        return child

    yield begin
    for child in started:
        child.kill()
        child.wait()


def _until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, f"{what} within {PATIENCE_S} s"
        time.sleep(0.02)


def _answers(socket_path: Path) -> bool:
    try:
        Client.connect(socket_path).close()
    except DeviceError:
        return False
    return True


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _runs(pid: int) -> bool:
    state = Path(f"/proc/{pid}/stat")
    return state.exists() and state.read_text().rpartition(")")[2].split()[0] != "Z"


class _Screen:
    """A terminal of 110 × 36 characters, and all that was drawn on it."""

    def __init__(self) -> None:
        self.watched, self.theirs = pty.openpty()
        self.drawn = bytearray()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 36, 110, 0, 0))

    def shows(self, *words: bytes) -> bool:
        """Read what has been drawn by now; return whether every one of `words` was."""
        with contextlib.suppress(OSError):  # EIO: nobody has the terminal any more
            while select.select([self.watched], [], [], 0.05)[0]:
                self.drawn.extend(os.read(self.watched, 65536))
        return all(word in self.drawn for word in words)


@contextlib.contextmanager
def _terminal() -> Iterator[_Screen]:
    screen = _Screen()
    yield screen
    os.close(screen.theirs)
    os.close(screen.watched)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_plays_and_ends_with_what_it_started(number: int, start: Start, tmp_path: Path):
    child = start("--no-tui")
    socket_path = tmp_path / "graindrum" / "control.sock"
    _until(lambda: _answers(socket_path), "an answer")
    with Client.connect(socket_path) as client:
        client.wait_for(lambda seen: seen.engine == "sounding", PATIENCE_S)
        client.send(Trigger(1, 100))
        client.wait_for(lambda seen: seen.hits > 0, PATIENCE_S)
    engines = _children(child.pid)
    assert engines
    child.send_signal(number)
    assert child.wait(PATIENCE_S) == 0
    _until(lambda: not any(map(_runs, engines)), "the end of the engine")


def test_killed_it_leaves_no_engine_behind(start: Start, tmp_path: Path):
    child = start("--no-tui")
    _until(lambda: _answers(tmp_path / "graindrum" / "control.sock"), "an answer")
    _until(lambda: bool(_children(child.pid)), "an engine")
    engines = _children(child.pid)
    child.kill()
    child.wait()
    _until(lambda: not any(map(_runs, engines)), "the end of the engine")


def test_a_second_instrument_on_the_same_socket_is_refused(start: Start, tmp_path: Path):
    start("--no-tui")
    _until(lambda: _answers(tmp_path / "graindrum" / "control.sock"), "an answer")
    second = start("--no-tui")
    assert second.wait(PATIENCE_S) == 2
    said = (tmp_path / "said-1.txt").read_text()
    assert said.startswith("graindrum: ")
    assert said.count("\n") == 1


def test_without_a_folder_for_its_state_it_plays_and_says_so(start: Start, tmp_path: Path):
    (tmp_path / "homes").mkdir()
    (tmp_path / "homes" / "graindrum").write_text("in the way")
    start("--no-tui", XDG_STATE_HOME=str(tmp_path / "homes"))
    socket_path = tmp_path / "graindrum" / "control.sock"
    _until(lambda: _answers(socket_path), "an answer")
    with Client.connect(socket_path) as client:
        seen = client.wait_for(lambda seen: seen.engine == "sounding" and seen.warning != "", PATIENCE_S)
        client.send(Trigger(1, 100))
        client.wait_for(lambda seen: seen.hits > 0, PATIENCE_S)
    assert "the state folder" in seen.warning
    assert "cannot be used" in (tmp_path / "said-0.txt").read_text()


def test_in_a_terminal_without_a_folder_for_its_log_the_tui_opens(start: Start, tmp_path: Path):
    (tmp_path / "homes").mkdir()
    (tmp_path / "homes" / "graindrum").write_text("in the way")
    with _terminal() as screen:
        child = start(terminal=screen.theirs, XDG_STATE_HOME=str(tmp_path / "homes"))
        _until(
            lambda: screen.shows(b"kick", b"what you change may not be kept"), "a drawn TUI with its warning"
        )
        os.write(screen.watched, b"q")
        _until(lambda: screen.shows() and child.poll() is not None, "an end")
        assert b"the log cannot be kept" in screen.drawn
        assert child.returncode == 0


def test_killed_it_leaves_no_tui_on_the_terminal(start: Start):
    with _terminal() as screen:
        child = start(terminal=screen.theirs)
        _until(lambda: screen.shows(b"kick", b"snare"), "a drawn TUI")
        processes = _children(child.pid)
        assert len(processes) == 2  # the engine and the TUI
        child.kill()
        _until(lambda: screen.shows() and not any(map(_runs, processes)), "the end of engine and TUI")
        assert b"\x1b[?1049l" in screen.drawn  # the terminal shows again what was there before


def test_in_a_terminal_the_tui_opens_and_quitting_it_ends_everything(start: Start):
    with _terminal() as screen:
        child = start(terminal=screen.theirs)
        _until(lambda: screen.shows(b"kick", b"snare"), "a drawn TUI")
        processes = _children(child.pid)
        assert len(processes) == 2  # the engine and the TUI
        os.write(screen.watched, b"q")
        _until(lambda: screen.shows() and child.poll() is not None, "an end")
        assert child.returncode == 0
        _until(lambda: not any(map(_runs, processes)), "the end of engine and TUI")
