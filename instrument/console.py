"""A terminal without the TUI: one status line, and a few keys that play."""

import os
import sys
import termios
import tty
from contextlib import suppress
from typing import Any

from instrument.messages import TRACKS, Message, TogglePlay, Trigger
from instrument.snapshot import Snapshot

HELP = "space plays and stops, 1–8 hit the pads, q quits"
PAD_VELOCITY = 100
QUIT = ("q", "\x04")


class Console:
    """Reads keys one by one from standard input, writes to standard error; `close` restores the terminal."""

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._before: list[Any] = termios.tcgetattr(self._input)
        self._shown = ""
        tty.setcbreak(self._input, termios.TCSADRAIN)

    def fileno(self) -> int:
        return self._input

    def pressed(self) -> str | None:
        """Return the keys pressed since the last call, None when the terminal has gone."""
        try:
            read = os.read(self._input, 64)
        except OSError:
            return None
        return read.decode(errors="ignore") if read else None

    def show(self, snapshot: Snapshot) -> None:
        """Bring the status line up to date."""
        line = status_line(snapshot)
        if line != self._shown:
            self._shown = line
            width = os.get_terminal_size(2).columns if os.isatty(2) else 200
            sys.stderr.write(f"\r{line[: width - 1]}\x1b[K")
            sys.stderr.flush()

    def close(self) -> None:
        with suppress(termios.error, OSError):  # the terminal may have gone
            termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def message_of(key: str) -> Message | None:
    """Return what a key says to the instrument."""
    if key == " ":
        return TogglePlay()
    if key.isdecimal() and key.isascii() and 1 <= int(key) <= TRACKS:
        return Trigger(int(key), PAD_VELOCITY)
    return None


def status_line(snapshot: Snapshot) -> str:
    """Return the instrument in one line."""
    place = f"step {snapshot.step + 1:2d}" if snapshot.step is not None else "stopped"
    trouble = snapshot.warning or snapshot.last_midi
    load = f"load {100 * snapshot.load:.0f} %, {snapshot.xruns} xruns"
    return f"{snapshot.tempo_bpm:g} bpm, {place}, {snapshot.voices} voices, {load}  {trouble}".rstrip()
