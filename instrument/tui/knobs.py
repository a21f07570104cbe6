"""The eight knobs of the selected track."""

from dataclasses import dataclass

from rich.text import Text

from instrument.messages import KNOBS
from instrument.snapshot import TrackView
from instrument.tui.palette import ACCENT, BRIGHT, DIM, FAINT, INK, PANEL, hue, style
from instrument.tui.words import Words, cut, words

KNOB_NAMES = ("e1", "e2", "e3", "e4", "z1", "z2", "morph", "decay")
LEAST_ROOM = 10  # columns of a knob for its whole name; in fewer it is cut short
NEUTRAL = (0.5,) * 6 + (0.0, 1.0)  # where each changes nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class KnobsView:
    """The selected track, counted from 0, and the knob that the keys turn, if they turn one."""

    index: int
    track: TrackView
    turning: int | None = None


class Knobs(Words):
    """Three lines: the track in words, the knobs' names and values, their positions."""

    def show(self, view: KnobsView | None, width: int) -> None:
        self.draw(words() if view is None else knobs(view, width))


def knobs(view: KnobsView, width: int) -> Text:
    """Write the knobs of a track across `width` columns."""
    room = width // KNOBS
    ink = hue(view.index, muted=view.track.mute)
    text = _title(view, ink, width)
    values = view.track.knobs or (0.0,) * KNOBS
    text.append("\n ")
    names = KNOB_NAMES if room >= LEAST_ROOM else [name[: max(2, min(3, room - 5))] for name in KNOB_NAMES]
    for number, (name, value) in enumerate(zip(names, values, strict=False)):
        text.append(name, style(PANEL, ACCENT, bold=True) if number == view.turning else style(DIM, PANEL))
        gap = " " * room if number < KNOBS - 1 else ""
        text.append(f" {value * 100:.0f}{gap}"[: room - len(name)], style(INK, PANEL))
    text.append("\n")
    for number, value in enumerate(values[:KNOBS]):
        text.append(" ").append_text(_position(value, room - 1, ink, bipolar=NEUTRAL[number] == 0.5))
    return text


def _title(view: KnobsView, ink: str, width: int) -> Text:
    track = view.track
    text = words().append(f" {view.index + 1} ", style(PANEL, ink, bold=True))
    text.append(f" {track.name or track.class_name}", style(BRIGHT, PANEL, bold=True))
    if track.class_name and track.class_name != track.name:
        text.append(f"  {track.class_name}", style(DIM, PANEL))
    side = "left" if track.pan < 0 else "right"
    pan = "centre" if abs(track.pan) < 0.005 else f"{abs(track.pan):.0%} {side}"
    tail = f"  level {track.level_db:+.1f} dB  pan {pan}  seed {track.seed}"
    return text.append(cut(tail, width - text.cell_len - 1), style(DIM, PANEL))


def _position(value: float, width: int, ink: str, *, bipolar: bool) -> Text:
    """Draw a slider: lit from the middle for knobs that turn both ways, else from the left."""
    at = round(min(1.0, max(0.0, value)) * (width - 1))
    home = (width - 1) // 2 if bipolar else 0
    low, high = min(at, home), max(at, home)
    text = words()
    for column in range(width):
        if column == at:
            text.append("■", style(BRIGHT, PANEL))
        elif low <= column <= high:
            text.append("━" if column != home or not bipolar else "┿", style(ink, PANEL))
        else:
            text.append("┼" if bipolar and column == home else "─", style(FAINT, PANEL))
    return text
