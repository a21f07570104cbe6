"""The tracks: number, name and class, what silences them, and which one the knobs act on."""

from dataclasses import dataclass

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from instrument.messages import TRACKS
from instrument.tui.geometry import NAMES_WIDTH, Geometry
from instrument.tui.palette import ACCENT, ALARM, BRIGHT, DIM, FAINT, GOOD, GROUND, INK, hue, style
from instrument.tui.plain import Plain
from instrument.tui.words import cut

MUTED, SOLO, ERASING = "muted", "solo", "erasing"
_INK = {MUTED: ALARM, SOLO: GOOD, ERASING: ALARM}


@dataclass(frozen=True, slots=True, kw_only=True)
class NameView:
    """One track's label."""

    name: str = ""  # words after the first go to the second line, where there is one
    draw: str = ""  # which draw of the model's the sound is, in four digits
    lane: str = ""  # place, length and speed of its lane, where they are not the usual ones
    status: str = ""  # muted, solo, erasing
    coming: str = ""  # what the next bar brings
    silent: bool = False  # muted, or another is soloed
    locked: bool = False
    selected: bool = False


class Names(Plain):
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
        before, self.views = self.views, views
        lines = self.geometry.row_lines
        for track, view in enumerate(views):
            if track >= len(before) or before[track] != view:
                self.refresh(Region(0, track * lines, NAMES_WIDTH, lines))

    def render_line(self, y: int) -> Strip:
        track, line = divmod(y, self.geometry.row_lines)
        if track >= len(self.views) or line > 1:
            return Strip.blank(NAMES_WIDTH, style(GROUND))
        view = self.views[track]
        colour = hue(track, muted=view.silent)
        alone = self.geometry.row_lines == 1
        segments = _name(track, view, colour, alone=alone) if line == 0 else _note(view, colour)
        return Strip(segments).adjust_cell_length(NAMES_WIDTH, style(GROUND))


def _name(track: int, view: NameView, colour: str, *, alone: bool) -> list[Segment]:
    ink = DIM if view.silent else BRIGHT if view.selected else INK
    name = view.name if alone else view.name.partition(" ")[0]
    number = f"{track + 1} "
    width = NAMES_WIDTH - 4 - len(number)
    return [
        Segment("█" if view.selected else "▌", style(colour)),
        Segment(number, style(colour, bold=True)),
        Segment(cut(name, width).ljust(width), style(ink, bold=view.selected)),
        *_flags(view, alone=alone),
    ]


def _flags(view: NameView, *, alone: bool) -> list[Segment]:
    """Draw a letter for what there is no second line to say, and whether the sound is locked."""
    coming = Segment("►" if alone and view.coming else " ", style(ACCENT))
    if alone and view.status:
        return [coming, Segment(view.status[0].upper(), style(_INK[view.status], bold=True))]
    return [coming, Segment("=" if view.locked else " ", style(DIM))]


def _note(view: NameView, colour: str) -> list[Segment]:
    edge = Segment(("▀" if view.selected else " ") + "  ", style(colour))
    room = NAMES_WIDTH - len(edge.text)
    if view.coming:
        return [edge, Segment(cut(f"► {view.coming}", room), style(ACCENT))]
    if view.status:
        lane = view.lane if len(view.status) + len(view.lane) < room else ""
        said = Segment(view.status + " ", style(_INK[view.status]))
        return [edge, said, Segment(lane, style(DIM))]
    if view.lane:
        return [edge, Segment(cut(view.lane, room), style(DIM))]
    rest = view.name.partition(" ")[2]
    if not rest:
        return [edge, Segment(view.draw, style(FAINT))]
    room -= len(view.draw) + 1
    return [edge, Segment(cut(rest, room) + " ", style(DIM)), Segment(view.draw, style(FAINT))]
