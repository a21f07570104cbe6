"""The recording process as control sees it: begin a take, hear how it goes, end it."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import instrument

STOP_S = 3.0
LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be recorded."""

    take: int  # its number; larger than any before
    tape: int  # descriptor of the engine's tape
    rate_hz: int
    stems: tuple[str, ...] = ()  # names of the tracks, when they are wanted too


@dataclass(frozen=True, slots=True)
class Progress:
    """How a take goes, by its own account."""

    path: str  # of the master
    seconds: float = 0.0
    lost_s: float = 0.0  # silence in place of what came too fast for the disk
    clipped: tuple[str, ...] = ()  # files
    trouble: str = ""


class Recorder:
    """One take at a time; the next begins when the last has been written out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None
        self._take = 0  # the newest begun
        self._told = b""
        self.progress: Progress | None = None  # while a take is recorded
        self.warning = ""  # what went wrong with the newest take

    def follow(self, wanted: Order | None) -> None:
        """Record what is wanted, and no longer than it is; cheap to call often."""
        if self._child is not None:
            self._hear()
            if wanted is None or wanted.take != self._take:
                self._release()
            if self._child.poll() is not None:
                self._end()
        if self._child is None and wanted is not None and wanted.take > self._take:
            self._begin(wanted)

    def gave_up(self, take: int) -> bool:
        """Return whether a take has ended, or is about to, though it was not told to."""
        troubled = self.progress is None or self.progress.trouble != ""
        return take == self._take and troubled

    def stop(self) -> None:
        """End the take at hand and wait until it is written."""
        if self._child is None:
            return
        self._release()
        try:
            self._child.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._end()

    def _begin(self, wanted: Order) -> None:
        self._take, self._told, self.warning = wanted.take, b"", ""
        master, stems = paths(self._folder, datetime.now(), wanted.stems)
        root = str(Path(instrument.__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        command = [sys.executable, "-m", "instrument.recording", str(master), *map(str, stems)]
        command += ["--tape", str(wanted.tape), "--take", str(wanted.take), "--rate", str(wanted.rate_hz)]
        command += ["--stems", *map(str, range(len(stems)))]
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                pass_fds=(wanted.tape,),
                env=os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"},
            )
        except OSError as error:
            self.warning = f"nothing is recorded: {error.strerror or error}"
            return
        assert self._child.stdout is not None
        os.set_blocking(self._child.stdout.fileno(), False)
        self.progress = Progress(str(master))

    def _hear(self) -> None:
        """Read what the process has told since the last time."""
        assert self._child is not None
        assert self._child.stdout is not None
        with suppress(BlockingIOError):
            while more := os.read(self._child.stdout.fileno(), 65536):
                self._told += more
        *lines, self._told = self._told.split(b"\n")
        if lines and self.progress is not None:
            told = json.loads(lines[-1])
            clipped = tuple(told.pop("clipped"))
            self.progress = Progress(self.progress.path, clipped=clipped, **told)
            self.warning = _warning(self.progress)

    def _release(self) -> None:
        """Tell the process that no more will come."""
        assert self._child is not None
        assert self._child.stdin is not None
        with suppress(BrokenPipeError):
            self._child.stdin.close()

    def _end(self) -> None:
        assert self._child is not None
        assert self._child.stdout is not None
        self._hear()
        self._release()
        self._child.stdout.close()
        if self._child.returncode < 0 or (self._child.returncode and not self.warning):
            self.warning = f"the recording has ended with status {self._child.returncode}; see the log"
        self._child, self.progress = None, None


def paths(folder: Path, now: datetime, stems: Sequence[str]) -> tuple[Path, list[Path]]:
    """Return the files of a take that begins now: its master, and a stem for each track's name."""
    stamp = first = now.strftime("%Y-%m-%d-%H%M%S")
    again = 1
    while (folder / f"{stamp}.wav").exists():
        again += 1
        stamp = f"{first}.{again}"
    return folder / f"{stamp}.wav", [folder / f"{stamp}-{name}.wav" for name in file_names(stems)]


def file_names(tracks: Sequence[str]) -> list[str]:
    """Return what files of the tracks are called: their names where they can be told apart, else numbered."""
    plain = [re.sub(r"[^\w]+", "-", name, flags=re.ASCII).strip("-")[:LONGEST_NAME] for name in tracks]
    if all(plain) and len(set(plain)) == len(plain):
        return plain
    return [f"{name or 'track'}-{number}" for number, name in enumerate(plain, start=1)]


def _warning(told: Progress) -> str:
    """Return what a player should know about a take."""
    folder = Path(told.path).parent
    if told.trouble:
        return f"the recording has ended: {told.trouble} ({folder})"
    if told.lost_s > 0:
        return f"the recording lacks {told.lost_s:.1f} s: {folder} takes it too slowly"
    if told.clipped:
        return f"louder than a file can hold, and clipped there: {', '.join(told.clipped)}; lower that level"
    return ""
