"""The tracks: number, name and class, mute, and which one the knobs act on."""

from dataclasses import dataclass

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from instrument.tui.geometry import NAMES_WIDTH, TRACKS, Geometry
from instrument.tui.palette import ALARM, BRIGHT, DIM, FAINT, GROUND, INK, hue, style
from instrument.tui.words import cut


@dataclass(frozen=True, slots=True, kw_only=True)
class NameView:
    """One track's label."""

    name: str = ""  # words after the first go to the second line, where there is one
    draw: str = ""  # which draw of the model's the sound is, in four digits
    muted: bool = False
    selected: bool = False


class Names(Widget):
    """A column of labels beside the grid, each opened by its track's colour."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.views = (NameView(),) * TRACKS
        self.geometry = Geometry()

    def resize(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.styles.width, self.styles.height = NAMES_WIDTH, geometry.grid_lines
        self.refresh()

    def show(self, views: tuple[NameView, ...]) -> None:
        if views != self.views:
            self.views = views
            self.refresh()

    def render_line(self, y: int) -> Strip:
        track, line = divmod(y, self.geometry.row_lines)
        if track >= TRACKS or line > 1:
            return Strip.blank(self.size.width, style(GROUND))
        view = self.views[track]
        colour = hue(track, muted=view.muted)
        alone = self.geometry.row_lines == 1
        segments = _name(track, view, colour, alone=alone) if line == 0 else _note(view, colour)
        return Strip(segments).adjust_cell_length(self.size.width, style(GROUND))


def _name(track: int, view: NameView, colour: str, *, alone: bool) -> list[Segment]:
    ink = DIM if view.muted else BRIGHT if view.selected else INK
    name = view.name if alone else view.name.partition(" ")[0]
    width = NAMES_WIDTH - 5
    return [
        Segment("█" if view.selected else "▌", style(colour)),
        Segment(f"{track + 1} ", style(colour, bold=True)),
        Segment(cut(name, width).ljust(width), style(ink, bold=view.selected)),
        Segment("M" if alone and view.muted else " ", style(ALARM, bold=True)),
    ]


def _note(view: NameView, colour: str) -> list[Segment]:
    edge = Segment(("▀" if view.selected else " ") + "  ", style(colour))
    if view.muted:
        return [edge, Segment("muted", style(ALARM))]
    rest = view.name.partition(" ")[2]
    if not rest:
        return [edge, Segment(view.draw, style(FAINT))]
    room = NAMES_WIDTH - len(edge.text) - len(view.draw) - 1
    return [edge, Segment(cut(rest, room) + " ", style(DIM)), Segment(view.draw, style(FAINT))]
