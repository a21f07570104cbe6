"""A recording in the making: a process of its own that turns what the engine tapes into files.

One thread reads the tape, the other writes: a disk that takes its time holds up nothing but what waits here.
Every second what was written is brought to the disk and the headers tell of it. It ends when its standard
input does and the take is over, or by itself, with its trouble told, when a file cannot be written.
"""

import argparse
import errno
import json
import os
import queue
import select
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instrument.engine.tape import MASTER, Tape
from instrument.wav_stream import WavStream

F32 = NDArray[np.float32]
NICE = 5  # behind what plays
POLL_S = 0.02
REPORT_S = 0.25
SETTLE_S = 1.0
LINGER_S = 0.2  # a take that was begun and ended at once still comes
PATIENCE_S = 1.0  # an engine that has gone never ends its take
WAITING = 128  # stretches that wait for the disk: some 10 s
SPARE_BYTES = 64_000_000  # a recording leaves the disk so much: the instrument keeps its state there
LONGEST_GAP_FRAMES = 10_000_000


class Files:
    """The files of one take, all of the same length: the master, and perhaps a stem for each track."""

    def __init__(self, rate_hz: int, paths: dict[int, Path], spare_bytes: int = SPARE_BYTES) -> None:
        """Make the files; `paths` are by row of the tape. An OSError leaves none."""
        self._spare_bytes = spare_bytes
        self._folder = paths[MASTER].parent
        self._next = -1  # frame of the engine that follows
        self.rate_hz, self.lost_frames = rate_hz, 0
        self.clipped: set[str] = set()
        self._streams: list[WavStream] = []
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._leave_room()
            for path in paths.values():
                self._streams.append(WavStream(path, rate_hz))
        except OSError:
            self.close()
            raise

    @property
    def frames(self) -> int:
        return self._streams[0].frames if self._streams else 0

    def write(self, frame: int, sound: F32) -> None:
        """Write what was heard from a frame on, (files, frames, 2); a gap before it becomes silence."""
        gap = frame - self._next if self._next >= 0 else 0
        if 0 < gap <= LONGEST_GAP_FRAMES:
            self.lost_frames += gap
            self._append(np.zeros((len(self._streams), gap, 2), np.float32))
        self._append(sound)
        self._next = frame + sound.shape[1]

    def settle(self) -> None:
        """Bring everything to the disk; OSError when it is nearly full."""
        for stream in self._streams:
            stream.settle()
        self._leave_room()

    def close(self) -> None:
        """Close the files; those that hold nothing are removed."""
        for stream in self._streams:
            stream.close()
            if stream.frames == 0:
                stream.path.unlink(missing_ok=True)

    def _append(self, sound: F32) -> None:
        peaks = np.abs(sound).max(axis=(1, 2), initial=0.0)
        for stream, heard, peak in zip(self._streams, sound, peaks, strict=True):
            stream.append(heard)
            if peak > 1.0:
                self.clipped.add(stream.path.name)

    def _leave_room(self) -> None:
        found = os.statvfs(self._folder)
        if found.f_bavail * found.f_frsize < self._spare_bytes:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class Scribe:
    """Reads one take from the tape and has it written."""

    def __init__(self, tape: Tape, take: int, files: Files, rows: list[int]) -> None:
        self._tape, self._take, self._files, self._rows = tape, take, files, rows
        self._waiting: queue.SimpleQueue[tuple[int, F32] | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="write", daemon=True)
        self._report_at = 0.0
        self.trouble = ""

    def run(self) -> None:
        """Read until the take is over or cannot be written."""
        self._writer.start()
        ended_at = 0.0  # when standard input did
        while not self.trouble:
            rolls = self._tape.take == self._take
            done = self._fetch() and not rolls and time.monotonic() > ended_at + LINGER_S
            if ended_at and (done or time.monotonic() > ended_at + PATIENCE_S):
                break
            self._report()
            if ended_at:
                time.sleep(POLL_S)
            elif select.select([0], [], [], POLL_S)[0] and not os.read(0, 4096):
                ended_at = time.monotonic()
        self._waiting.put(None)
        self._writer.join()
        self._report(last=True)

    def _fetch(self) -> bool:
        """Take over what waits on the tape, as far as there is room here; return whether that was all."""
        while self._waiting.qsize() < WAITING:
            stretch = self._tape.read(self._take)
            if stretch is None:
                return True
            self._waiting.put((stretch.frame, stretch.sound[self._rows]))
        return False

    def _write(self) -> None:
        """Write until there is no more to come (in the second thread)."""
        try:
            settle_at = time.monotonic() + SETTLE_S
            while (piece := self._waiting.get()) is not None:
                self._files.write(*piece)
                if time.monotonic() > settle_at:
                    self._files.settle()
                    settle_at = time.monotonic() + SETTLE_S
        except OSError as error:
            self.trouble = _reason(error)
        finally:
            self._files.close()

    def _report(self, *, last: bool = False) -> None:
        now = time.monotonic()
        if last or now > self._report_at:
            self._report_at = now + REPORT_S
            files = self._files
            _say(
                seconds=files.frames / files.rate_hz,
                lost_s=files.lost_frames / files.rate_hz,
                clipped=sorted(files.clipped),
                trouble=self.trouble,
            )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _say(**told: object) -> None:
    with suppress(BlockingIOError, BrokenPipeError):  # nobody listens: record on
        os.write(1, json.dumps(told).encode() + b"\n")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="instrument.recording", description=__doc__)
    parser.add_argument("--tape", type=int, required=True, metavar="FD")
    parser.add_argument("--take", type=int, required=True, metavar="NUMBER")
    parser.add_argument("--rate", type=int, required=True, metavar="HZ")
    parser.add_argument("--spare", type=int, default=SPARE_BYTES, metavar="BYTES")
    parser.add_argument("--stems", type=int, nargs="*", default=[], metavar="TRACK", help="from 0")
    parser.add_argument("paths", nargs="+", metavar="PATH", help="of the master, then of the stems")
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Record one take; return 0, or 1 when it could not be written as far as it went."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)  # control ends us, with the take complete
    os.setpriority(os.PRIO_PROCESS, 0, NICE)
    os.set_blocking(1, False)
    options = _options(arguments)
    rows = [MASTER, *options.stems]
    paths = dict(zip(rows, map(Path, options.paths), strict=True))
    try:
        files = Files(options.rate, paths, options.spare)
    except OSError as error:
        _say(seconds=0.0, lost_s=0.0, clipped=[], trouble=_reason(error))
        return 1
    scribe = Scribe(Tape.open(options.tape), options.take, files, rows)
    scribe.run()
    return 1 if scribe.trouble else 0


if __name__ == "__main__":
    sys.exit(main())
