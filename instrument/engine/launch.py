"""The engine process as control sees it: start it, ask whether it lives, end it."""

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import instrument
from instrument.engine.link import Link
from instrument.engine.tape import new_file
from instrument.errors import DeviceError

START_S = 20.0
STOP_S = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What an engine is started with."""

    bundle: Path
    audio: str = "auto"  # see instrument.outputs.candidates
    rate_hz: int = 48_000  # wished for; a JACK server has its own
    block_frames: int = 128  # likewise
    silent: bool = False  # play nothing, but keep the time: what lateness is compared with


@dataclass(frozen=True, slots=True)
class Info:
    """What an engine plays on."""

    device: str
    rate_hz: float
    block_frames: int
    locked: bool  # its memory cannot be paged out


class Engine:
    """A running engine process and the link to it."""

    def __init__(self, child: "subprocess.Popen[bytes]", link: Link, tape: int, info: Info) -> None:
        self._child = child
        self.link = link
        self.tape = tape  # descriptor of its tape
        self.info = info

    @classmethod
    def start(cls, settings: Settings) -> "Engine":
        """Start an engine and wait until it sounds; DeviceError when its device cannot be used."""
        link, tape = Link.create(), new_file()
        child = _spawn(settings, link, tape)
        try:
            return cls(child, link, tape, _answer(child))
        except BaseException:
            _end(child)
            link.close()
            os.close(tape)
            raise

    @property
    def pid(self) -> int:
        return self._child.pid

    def alive(self) -> bool:
        """Return whether the process still runs; it ends by itself when its device goes away."""
        return self._child.poll() is None

    @property
    def status(self) -> int | None:
        """Its exit status, None while it runs; see instrument.engine.host."""
        return self._child.poll()

    def stop(self) -> None:
        """End the process and unmap the link."""
        _end(self._child)
        self.link.close()
        os.close(self.tape)


def _spawn(settings: Settings, link: Link, tape: int) -> "subprocess.Popen[bytes]":
    assert link.fd is not None
    root = str(Path(instrument.__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "instrument.engine.host", "--link", str(link.fd), "--tape", str(tape)]
    command += ["--bundle", str(settings.bundle), "--audio", settings.audio]
    command += ["--rate", str(settings.rate_hz), "--block", str(settings.block_frames)]
    return subprocess.Popen(
        command + ["--silent"] * settings.silent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        pass_fds=(link.fd, tape),
        env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
    )


def _answer(child: "subprocess.Popen[bytes]") -> Info:
    """Wait for the one line the engine says."""
    assert child.stdout is not None
    line, deadline = b"", time.monotonic() + START_S
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([child.stdout], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise DeviceError(f"the audio device asked for no sound within {START_S:g} s; choose another")
        more = os.read(child.stdout.fileno(), 4096)
        if not more:
            raise DeviceError(f"the engine ended with status {child.wait()} before it sounded; see its log")
        line += more
    answer = json.loads(line)
    if "error" in answer:
        raise DeviceError(answer["error"])
    return Info(**answer)


def _end(child: "subprocess.Popen[bytes]") -> None:
    assert child.stdin is not None
    assert child.stdout is not None
    child.stdin.close()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    child.stdout.close()
