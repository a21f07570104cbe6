"""The eight knobs of the selected track, and which way a control has to go to take one over."""

from dataclasses import dataclass

from rich.text import Text

from instrument.messages import KNOBS
from instrument.snapshot import TrackView
from instrument.tui.palette import ACCENT, BRIGHT, DIM, FAINT, INK, PANEL, WARM, hue, style
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

    @property
    def waiting(self) -> tuple[float, ...]:
        return self.track.waiting or (0.0,) * KNOBS


class Knobs(Words):
    """Three lines: the track in words, the knobs' names and values, their positions."""

    def show(self, view: KnobsView | None, width: int) -> None:
        if self.differs(view, width):
            self.draw(words() if view is None else knobs(view, width))


def knobs(view: KnobsView, width: int) -> Text:
    """Write the knobs of a track across `width` columns."""
    room = width // KNOBS
    ink = hue(view.index, muted=view.track.mute)
    text = _title(view, ink, width)
    values = (view.track.knobs or (0.0,) * KNOBS)[:KNOBS]
    text.append("\n ")
    for number, value in enumerate(values):
        _number(text, view, number, value, room)
    text.append("\n")
    for number, value in enumerate(values):
        places = (value, value - view.waiting[number] if view.waiting[number] else None)
        text.append(" ").append_text(_position(*places, room - 1, ink, bipolar=NEUTRAL[number] == 0.5))
    return text


def _number(text: Text, view: KnobsView, number: int, value: float, room: int) -> None:
    """Write a knob's name and value, and which way and how far its control has to go."""
    far = view.waiting[number]
    wants = f" {'↑' if far > 0 else '↓'}{abs(far) * 100:.0f}" if far else ""
    percent = f" {value * 100:.0f}"
    name = KNOB_NAMES[number]
    if room < LEAST_ROOM or len(name + percent + wants) >= room:
        name = name[: max(2, min(3, room - 5, room - 1 - len(percent + wants)))]
    turning = number == view.turning
    text.append(name, style(PANEL, ACCENT, bold=True) if turning else style(DIM, PANEL))
    said = (percent + wants)[: max(0, room - 1 - len(name))]
    text.append(said[: len(percent)], style(INK, PANEL))
    text.append(said[len(percent) :], style(WARM, PANEL, bold=True))
    if number < KNOBS - 1:
        text.append(" " * (room - len(name) - len(said)))


def _title(view: KnobsView, ink: str, width: int) -> Text:
    track = view.track
    text = words().append(f" {view.index + 1} ", style(PANEL, ink, bold=True))
    text.append(f" {track.name or track.class_name}", style(BRIGHT, PANEL, bold=True))
    if track.class_name and track.class_name != track.name:
        text.append(f"  {track.class_name}", style(DIM, PANEL))
    if track.locked:
        text.append("  locked", style(WARM, PANEL))
    side = "left" if track.pan < 0 else "right"
    pan = "centre" if abs(track.pan) < 0.005 else f"{abs(track.pan):.0%} {side}"
    kept = f" {track.draw}/{track.draws}" if track.draw else ""
    tune = f"  tune {track.tune:+g}" if track.tune else ""
    tail = f"  {track.press}  level {track.level_db:+.1f} dB  pan {pan}{tune}  draw{kept} seed {track.seed}"
    return text.append(cut(tail, width - text.cell_len - 1), style(DIM, PANEL))


def _position(value: float, control: float | None, width: int, ink: str, *, bipolar: bool) -> Text:
    """Draw a slider: lit from the middle for knobs that turn both ways, else from the left.

    A control that stands elsewhere is an arrow that points at the value.
    """
    at, home = _column(value, width), (width - 1) // 2 if bipolar else 0
    stands = None if control is None else _column(control, width)
    low, high = min(at, home), max(at, home)
    text = words()
    for column in range(width):
        if column == at:
            text.append("■", style(BRIGHT, PANEL))
        elif column == stands:
            text.append("►" if column < at else "◄", style(WARM, PANEL))
        elif low <= column <= high:
            text.append("━" if column != home or not bipolar else "┿", style(ink, PANEL))
        else:
            text.append("┼" if bipolar and column == home else "─", style(FAINT, PANEL))
    return text


def _column(value: float, width: int) -> int:
    return round(min(1.0, max(0.0, value)) * (width - 1))
