"""A terminal without the TUI: one status line, and a few keys that play."""

import os
import sys
import termios
import tty
from contextlib import suppress
from typing import Any

from instrument.messages import (
    KNOBS,
    PRESSES,
    Back,
    Draw,
    Forward,
    LearnCancel,
    LearnInOrder,
    LearnStart,
    Message,
    Redo,
    SetLocked,
    SetPress,
    TogglePlay,
    Trigger,
    Undo,
)
from instrument.snapshot import Snapshot, TrackView

HELP = (
    "space plays and stops, 1–8 hit the pads; of the pad hit last, d draws, b and f go back and forth, "
    "l locks the sound, p changes what a press does; n learns pads and knobs in order, k1–k8 one knob; "
    "u undoes, r redoes, q quits"
)
PAD_VELOCITY = 100
PADS = "1234567890"
LEARN_KNOB = "k"  # and its number
QUIT = ("q", "\x04")


class Console:
    """Reads keys one by one from standard input, writes to standard error; `close` restores the terminal."""

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._before: list[Any] = termios.tcgetattr(self._input)
        self._shown = ""
        self._keys = Keys()
        self._seen = Snapshot()
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

    def message_of(self, key: str) -> Message | None:
        """Return what a key says to the instrument."""
        return self._keys.message_of(key, self._seen)

    def show(self, snapshot: Snapshot) -> None:
        """Bring the status line up to date."""
        self._seen = snapshot
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


class Keys:
    """What keys say to the instrument; one of them waits for a number."""

    def __init__(self) -> None:
        self._waits = False  # for the number of a knob

    def message_of(self, key: str, seen: Snapshot) -> Message | None:
        """Return what a key says, the instrument being as it was `seen` last."""
        number = PADS.find(key) + 1 if key else 0
        waited, self._waits = self._waits, key == LEARN_KNOB
        if waited and 1 <= number <= KNOBS:
            return LearnStart(f"knob {number}")
        if 1 <= number <= max(len(PADS) - 2, len(seen.tracks)):
            return Trigger(number, PAD_VELOCITY)
        if key == " ":
            return TogglePlay()
        if key == "n":
            return LearnCancel() if seen.learning else LearnInOrder()
        if key in ("u", "r"):
            return Undo() if key == "u" else Redo()
        return _of_track(key, seen)


def _of_track(key: str, seen: Snapshot) -> Message | None:
    """Return what a key says to the selected track."""
    track = seen.selected
    view = seen.tracks[track - 1] if track <= len(seen.tracks) else TrackView()
    press = PRESSES[(PRESSES.index(view.press) + 1) % len(PRESSES)] if view.press in PRESSES else PRESSES[0]
    says: dict[str, Message] = {
        "d": Draw(track),
        "b": Back(track),
        "f": Forward(track),
        "l": SetLocked(track, not view.locked),
        "p": SetPress(track, press),
    }
    return says.get(key)


def status_line(snapshot: Snapshot) -> str:
    """Return the instrument in one line."""
    place = f"step {snapshot.step + 1:2d}" if snapshot.step is not None else "stopped"
    learning = f"learning {snapshot.learning}: move a control" if snapshot.learning else ""
    trouble = learning or snapshot.warning or snapshot.last_midi
    load = f"load {100 * snapshot.load:.0f} %, {snapshot.xruns} xruns"
    return f"{snapshot.tempo_bpm:g} bpm, {place}, {snapshot.voices} voices, {load}  {trouble}".rstrip()
