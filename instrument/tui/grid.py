"""The step grid: 8 tracks × 16 steps, drawn in half lines with glyphs every console font has.

A step lights up from its lower edge as far as its velocity goes, in a brighter shade the louder it is, so
that velocity can still be read where there are few colours. A widget for each beat, because Textual sends a
line of a widget from its left edge up to what changed: in one piece the grid alone took 100 kB/s over SSH.
"""

from dataclasses import dataclass
from math import ceil

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from instrument.tui.geometry import STEPS, STEPS_PER_BEAT, TRACKS, Geometry
from instrument.tui.palette import (
    BRIGHT,
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


class StepGrid(Horizontal):
    """Shows a GridView, a beat beside the other."""

    def compose(self) -> ComposeResult:
        for first in range(0, STEPS, STEPS_PER_BEAT):
            yield Beat(first)

    def resize(self, geometry: Geometry) -> None:
        self.styles.width, self.styles.height = geometry.grid_width, geometry.grid_lines
        for beat in self.query(Beat):
            beat.resize(geometry)

    def show(self, view: GridView) -> None:
        for beat in self.query(Beat):
            beat.show(view)


class Beat(Widget):
    """Four steps of every track; redraws only those that changed."""

    def __init__(self, first: int) -> None:
        super().__init__()
        self.steps = range(first, first + STEPS_PER_BEAT)
        self.view = GridView()
        self.geometry = Geometry()

    def resize(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.styles.width, self.styles.height = geometry.beat_width, geometry.grid_lines
        self.refresh()

    def show(self, view: GridView) -> None:
        before, self.view = self.view, view
        ours = slice(self.steps.start, self.steps.stop)
        for track in range(TRACKS):
            steps = before.pattern[track][ours] != view.pattern[track][ours]
            if steps or before.muted[track] != view.muted[track]:
                lines = self.geometry.row_lines
                self.refresh(Region(0, track * lines, self.geometry.beat_width, lines))
        if before.running != view.running:
            self._refresh_steps(before.running)
            self._refresh_steps(view.running)
        if (before.cursor, before.cursor_ink) != (view.cursor, view.cursor_ink):
            self._refresh_cursor(*before.cursor)
            self._refresh_cursor(*view.cursor)

    def _refresh_steps(self, step: int | None) -> None:
        """Redraw a step of all tracks, without the gaps beside it."""
        if step is not None and step in self.steps:
            x = self.geometry.step_x(step - self.steps.start) + 1
            self.refresh(Region(x, 0, self.geometry.pad_width, self.geometry.grid_lines))

    def _refresh_cursor(self, track: int, step: int) -> None:
        if step in self.steps:
            x, lines = self.geometry.step_x(step - self.steps.start), self.geometry.row_lines
            self.refresh(Region(x, track * lines, self.geometry.pad_width + 2, lines))

    def render_line(self, y: int) -> Strip:
        track, line = divmod(y, self.geometry.row_lines)
        if track >= TRACKS:
            return Strip.blank(self.size.width, style(GROUND))
        segments: list[Segment] = []
        for step in self.steps:
            segments += [self._gap(track, step), self._pad(track, step, line)]
        return Strip([*segments, self._gap(track, self.steps.stop)])

    def _gap(self, track: int, step: int) -> Segment:
        """Draw what is left of a step: half of the cursor's frame, or nothing."""
        if self.view.cursor == (track, step) and step in self.steps:
            return Segment("▐", style(self.view.cursor_ink))
        if self.view.cursor == (track, step - 1) and step - 1 in self.steps:
            return Segment("▌", style(self.view.cursor_ink))
        return Segment(" ", style(GROUND))

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
