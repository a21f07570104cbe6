"""The last lines: what came in over MIDI, what the cursor stands on, and the keys."""

from rich.text import Text

from instrument.snapshot import Snapshot
from instrument.tui.palette import ACCENT, DIM, FAINT, GROUND, INK, PANEL, WARM, style
from instrument.tui.words import Words, cut, spread, words

KEYS = (
    ("space", "play"), ("x", "step"), ("+-", "vel"), ("<>", "bpm"), ("1–8", "hit"), ("m", "mute"),
    ("tab", "knobs"), ("?", "help"), ("q", "quit"),
)  # fmt: skip
LEAST_NEEDED = ("m", "<>", "+-", "1–8", "tab", "x")  # the first goes first where the line is short


class News(Words):
    """The last MIDI message on the left; the cursor's step, or what the instrument refused, on the right."""

    def show(self, snapshot: Snapshot | None, width: int, *, cursor: str, refusal: str) -> None:
        left, right = words(GROUND), words(GROUND)
        if refusal:
            left.append(f" {refusal}", style(WARM))
        elif snapshot is not None:
            left.append(" midi ", style(FAINT))
            room = width - len(cursor) - 9
            left.append(cut(snapshot.last_midi or "nothing yet", room), style(INK))
        right.append(cursor + " ", style(DIM))
        self.draw(spread(left, right, width))


class Keys(Words):
    """The keys most needed, in one line."""

    def show(self, width: int) -> None:
        self.draw(keys(width))


def keys(width: int) -> Text:
    """Write as many keys as fit; the rest are in the help."""
    shown = dict(KEYS)
    for key in LEAST_NEEDED:
        if sum(len(key) + len(what) + 3 for key, what in shown.items()) > width:
            del shown[key]
    line: Text = words()
    for key, what in shown.items():
        line.append(f" {key}", style(ACCENT, PANEL, bold=True)).append(f" {what} ", style(DIM, PANEL))
    return line
