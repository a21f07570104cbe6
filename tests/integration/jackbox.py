"""What the integration tests hold on to: a JACK client that plays and records, and a running machine."""

import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import jack
import numpy as np
from numpy.typing import NDArray

from instrument.client import Client

NOTE_ON = 0x90
LONGEST_S = 420

Events: TypeAlias = list[tuple[int, bytes]]  # frame, MIDI message


@dataclass
class Machine:
    """A running `graindrum run`."""

    process: "subprocess.Popen[bytes]"
    log_path: Path
    socket: Path

    @classmethod
    def start(cls, command: list[str], env: dict[str, str], folder: Path) -> "Machine":
        log_path = folder / "machine.log"
        with log_path.open("wb") as log:
            process = subprocess.Popen(command, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return cls(process, log_path, folder / "graindrum" / "control.sock")

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")[-2000:]

    def client(self) -> Client:
        return Client.connect(self.socket)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(5)
        finally:
            self.process.kill()


@dataclass
class JackBox:
    """One JACK client: writes MIDI at exact frames and records what the machine plays.

    Frames are counted from the start of a take. In freewheel the server runs as fast as its clients do.
    """

    server: str
    client: jack.Client
    midi: jack.OwnMidiPort
    lights: jack.OwnMidiPort  # what is sent to us
    inputs: list[jack.OwnPort]
    events: Events = field(default_factory=list)
    tape: NDArray[np.float32] = field(default_factory=lambda: np.zeros((48_000 * LONGEST_S, 2), np.float32))
    position: int = 0
    length: int = 0
    xruns: int = 0
    lit: Events = field(default_factory=list)  # frames of the server here
    began_at: int = 0  # frame of the server at which the newest take began
    patience_s: float = 0.0  # how long a freewheeling graph waits after each message
    _written: bool = False

    @classmethod
    def connect(cls, server: str) -> "JackBox":
        client = _join(server)
        inputs = [client.inports.register(name) for name in ("left", "right")]
        pads, lights = client.midi_outports.register("pads"), client.midi_inports.register("lights")
        box = cls(server, client, pads, lights, inputs)
        client.set_process_callback(box._turn)
        client.set_xrun_callback(box._late)
        client.activate()
        return box

    def close(self) -> None:
        self.client.deactivate()
        self.client.close()

    def adopt(self, machine: Machine) -> bool:
        """Wire the machine's outputs to this client; return whether it is all there.

        The machine opens every MIDI input by itself, ours too.
        """
        if machine.process.poll() is not None:
            raise AssertionError(f"the machine ended: {machine.log()}")
        outs = self.client.get_ports("^graindrum:", is_audio=True, is_output=True)
        if len(outs) < 2 or not self.client.get_all_connections(self.midi):
            return False
        for out, own in zip(outs, self.inputs, strict=False):
            self.client.connect(out, own)
        return True

    def _late(self, _delayed_us: float) -> None:
        self.xruns += 1

    def _turn(self, frames: int) -> None:
        self.midi.clear_buffer()
        now = self.client.last_frame_time
        self.lit += [(now + at, bytes(data)) for at, data in self.lights.incoming_midi_events()]
        if self.position >= self.length:
            return
        if self.position == 0:
            self.began_at = now
        end = self.position + frames
        if self._written and self.patience_s:
            time.sleep(self.patience_s)  # this cycle; the one that carries the message goes through at once
        self._written = False
        while self.events and self.events[0][0] < end:
            self._written = True
            frame, message = self.events.pop(0)
            self.midi.write_midi_event(max(0, frame - self.position), message)
        for channel, port in enumerate(self.inputs):
            self.tape[self.position : end, channel] = port.get_array()
        self.position = end

    def take(self, seconds: float, events: Events, *, freewheel: bool) -> NDArray[np.float32]:
        """Play `events` (frame, message) and record for `seconds`; return the tape, (frames, 2)."""
        period = self.client.blocksize
        frames = -(-round(seconds * self.client.samplerate) // period) * period
        self.tape[:frames] = 0.0
        self.events, self.position, self.xruns = sorted(events), 0, 0
        if freewheel:
            self.client.set_freewheel(True)
        self.length = frames
        deadline = time.monotonic() + seconds * 2 + 30
        while self.position < frames and time.monotonic() < deadline:
            time.sleep(0.01)
        self.length = 0
        if freewheel:
            self.client.set_freewheel(False)
        if self.position < frames:
            raise AssertionError(f"JACK delivered {self.position} of {frames} frames")
        return self.tape[:frames].copy()


def _join(server: str) -> jack.Client:
    """Return a client of a server that may still be starting."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with suppress(jack.JackOpenError):
            return jack.Client("tester", no_start_server=True, servername=server)
        time.sleep(0.1)
    raise AssertionError("the JACK server did not come up")


def wait_until(condition: Callable[[], object]) -> None:
    """Wait for a condition that comes within 10 s."""
    deadline = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def note(number: int, velocity: int = 100, channel: int = 10) -> bytes:
    """Return a note-on; channels count from 1."""
    return bytes([NOTE_ON | (channel - 1), number, velocity])


def onsets(tape: NDArray[np.float32], silence_frames: int = 256) -> NDArray[np.int64]:
    """Return the frames at which sound begins after `silence_frames` of digital silence.

    A voice that has ended leaves exact zeros, so an onset is exact.
    """
    loud = np.flatnonzero(np.abs(tape).max(axis=1) > 0.0)
    if loud.size == 0:
        return loud
    starts = np.flatnonzero(np.diff(loud, prepend=-silence_frames - 1) > silence_frames)
    return loud[starts]


def pss_mb(pid: int) -> float:
    """Return the proportional set size of a process and all below it."""
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    own = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    children = [int(child) for task in tasks for child in task.read_text().split()]
    return own / 1024 + sum(map(pss_mb, children))
