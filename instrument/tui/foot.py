"""The last lines: what came in over MIDI, what the cursor stands on, and the keys."""

from collections.abc import Mapping
from typing import Any

from rich.text import Text

from instrument.snapshot import Snapshot
from instrument.tui.cursor import GRID, KNOB
from instrument.tui.palette import ACCENT, DIM, FAINT, GROUND, INK, PANEL, WARM, style
from instrument.tui.words import Words, cut, spread, words

PLAYING = (
    ("space", "play"), ("x", "step"), ("+-", "vel"), ("e", "edit"), ("tab", "knobs"), ("1–8", "hit"),
    ("m", "mute"), ("F", "fill"),
)  # fmt: skip
TURNING = (("←→", "knob"), ("+-", "turn"), ("x", "neutral"), ("a", "learn"), ("tab", "on"), ("esc", "grid"))
EDITING = (
    ("arrows", "field"), ("+-", "turn"), ("x", "none"), ("h l", "step"), ("j k", "track"), ("tab", "on"),
    ("esc", "grid"),
)  # fmt: skip
ALWAYS = (("?", "help"), ("q", "quit"))
LEAST_MIDI = 16


class News(Words):
    """What is learned, refused or came last over MIDI; on the right what the cursor stands on."""

    def show(self, snapshot: Snapshot | None, width: int, *, cursor: str, refusal: str) -> None:
        left, right = words(GROUND), words(GROUND)
        cursor = cut(cursor, width - LEAST_MIDI)
        room = width - len(cursor) - 9
        if refusal:
            left.append(f" {refusal}", style(WARM))
        elif snapshot is not None and snapshot.learning:
            left.append(
                f" turn or press what is to be {snapshot.learning} ", style(GROUND, ACCENT, bold=True)
            )
        elif snapshot is not None:
            left.append(" midi ", style(FAINT))
            left.append(cut(snapshot.last_midi or "nothing yet", room), style(INK))
        right.append(cursor + " ", style(DIM))
        self.draw(spread(left, right, width))


class Keys(Words):
    """The keys most needed where the cursor is, in one line; undo and redo with their depth."""

    def show(self, snapshot: Snapshot | None, width: int, place: str) -> None:
        undos, redos = (snapshot.undos, snapshot.redos) if snapshot is not None else (0, 0)
        if self.differs(undos, redos, width, place):
            self.draw(keys(undos, redos, width, place))


def keys(undos: int, redos: int, width: int, place: str = GRID) -> Text:
    """Write as many keys as fit; the rest are in the help."""
    back = (("u", f"undo {undos}"),) if undos else ()
    again = (("r", f"redo {redos}"),) if redos else ()
    shown = [*(PLAYING if place == GRID else TURNING if place == KNOB else EDITING)]
    tail = [*back, *again, *ALWAYS]
    while shown and sum(len(key) + len(what) + 3 for key, what in (*shown, *tail)) > width:
        shown.pop()
    line: Text = words()
    for key, what in (*shown, *tail):
        line.append(f" {key}", style(ACCENT, PANEL, bold=True)).append(f" {what} ", style(DIM, PANEL))
    return line


def step_in_words(velocity: int, has: Mapping[str, Any]) -> str:
    """Write what a step is: `velocity 100 50% if 1:2 ×3 early, locks tune draw`."""
    said = [f"velocity {velocity}" if velocity else "off"]
    said += [f"{has['chance']:.0%}"] if "chance" in has else []
    said += [f"if {has['if']}"] if "if" in has else []
    said += [f"×{has['repeats']}"] if "repeats" in has else []
    shift = has.get("shift", 0.0)
    said += ["early" if shift < 0 else "late"] if shift else []
    locks = ", locks " + " ".join(name.removesuffix("_db") for name in has["lock"]) if "lock" in has else ""
    return " ".join(said) + locks
