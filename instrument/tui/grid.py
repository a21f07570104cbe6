"""The step grid: 8 tracks × 16 steps, drawn in half lines with glyphs every console font has.

A step lights up from its lower edge as far as its velocity goes, in a brighter shade the louder it is, so
that velocity can still be read where there are few colours.
"""

from dataclasses import dataclass
from math import ceil

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from instrument.tui.geometry import STEPS, STEPS_PER_BEAT, TRACKS, Geometry
from instrument.tui.palette import (
    ACCENT,
    BRIGHT,
    FAINT,
    GROUND,
    PAD,
    PAD_ON_BEAT,
    PAD_RUNNING,
    lit,
    shade,
    style,
)

LOUDEST = 127


@dataclass(frozen=True, slots=True, kw_only=True)
class GridView:
    """What the grid shows: velocities (0: off), silent tracks, the sequencer's step and the cursor."""

    pattern: tuple[tuple[int, ...], ...] = ((0,) * STEPS,) * TRACKS
    muted: tuple[bool, ...] = (False,) * TRACKS
    running: int | None = None
    cursor: tuple[int, int] = (0, 0)  # track, step
    cursor_ink: str = BRIGHT


class StepGrid(Widget):
    """Draws a GridView, and redraws only the steps that changed."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.view = GridView()
        self.geometry = Geometry()

    def resize(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.styles.width, self.styles.height = geometry.grid_width, geometry.grid_lines
        self.refresh()

    def show(self, view: GridView) -> None:
        before, self.view = self.view, view
        for track in range(TRACKS):
            if (before.pattern[track], before.muted[track]) != (view.pattern[track], view.muted[track]):
                lines = self.geometry.row_lines
                self.refresh(Region(0, track * lines, self.geometry.grid_width, lines))
        if before.running != view.running:
            self._refresh_column(before.running)
            self._refresh_column(view.running)
        if (before.cursor, before.cursor_ink) != (view.cursor, view.cursor_ink):
            self._refresh_column(before.cursor[1])
            self._refresh_column(view.cursor[1])

    def _refresh_column(self, step: int | None) -> None:
        if step is not None:
            x = self.geometry.step_x(step)
            self.refresh(Region(x, 0, self.geometry.pad_width + 2, self.geometry.grid_lines))

    def render_line(self, y: int) -> Strip:
        track, line = divmod(y, self.geometry.row_lines)
        if track >= TRACKS:
            return Strip.blank(self.size.width, style(GROUND))
        segments: list[Segment] = []
        for step in range(STEPS):
            segments += self._gap(track, step)
            segments.append(self._pad(track, step, line))
        segments += self._gap(track, STEPS)
        return Strip(segments)

    def _gap(self, track: int, step: int) -> list[Segment]:
        """Draw what is left of a step: half of the cursor's frame, or nothing; two columns before a beat."""
        left = "▌" if self.view.cursor == (track, step - 1) else " "
        right = "▐" if self.view.cursor == (track, step) else " "
        ink = style(self.view.cursor_ink)
        if 0 < step < STEPS and step % STEPS_PER_BEAT == 0:
            return [Segment(left + right, ink)]
        return [Segment(right if left == " " else left, ink)]

    def _pad(self, track: int, step: int, line: int) -> Segment:
        top, bottom = (self.colour(track, step, 2 * line + half) for half in (0, 1))
        if top == bottom:
            return Segment(" " * self.geometry.pad_width, style(top, top))
        return Segment("▀" * self.geometry.pad_width, style(top, bottom))

    def colour(self, track: int, step: int, half_line: int) -> str:
        """Return the colour of one half line of a step, counted from its upper edge."""
        lines = self.geometry.row_lines
        height = 2 * lines - 1 if lines > 1 else 2  # half lines of the pad; what is left separates the rows
        if half_line >= height:
            return self.view.cursor_ink if self.view.cursor == (track, step) else GROUND
        velocity, running = self.view.pattern[track][step], self.view.running == step
        if velocity == 0:
            return PAD_RUNNING if running else PAD_ON_BEAT if step % STEPS_PER_BEAT == 0 else PAD
        muted = self.view.muted[track]
        if half_line < height - ceil(velocity / LOUDEST * height):
            return PAD_RUNNING if running else shade(track, 0, muted=muted)
        index = ceil(velocity / LOUDEST * 3)
        return lit(track, muted=muted) if running else shade(track, index, muted=muted)


class Ruler(Widget):
    """The numbers above the grid; the running step stands out."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.running: int | None = None
        self.geometry = Geometry()

    def resize(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.styles.width = geometry.grid_width
        self.refresh()

    def show(self, running: int | None) -> None:
        if running != self.running:
            self.running = running
            self.refresh()

    def render_line(self, y: int) -> Strip:
        del y  # one line
        segments: list[Segment] = []
        width = self.geometry.pad_width
        for step in range(STEPS):
            gap = self.geometry.step_x(step) - sum(len(segment.text) for segment in segments) + 1
            on_beat = step % STEPS_PER_BEAT == 0
            ink = ACCENT if step == self.running else FAINT
            label = "▼" if step == self.running else str(step // STEPS_PER_BEAT + 1) if on_beat else "·"
            segments.append(Segment(" " * gap + label.center(width), style(ink, bold=on_beat)))
        return Strip(segments).adjust_cell_length(self.size.width, style(FAINT))
