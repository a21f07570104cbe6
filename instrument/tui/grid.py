"""The step grid: a row for each track, sixteen steps at a time, in half lines and glyphs of every console.

A step lights up from its lower edge as far as its velocity goes, in a brighter shade the louder it is, so
that velocity can still be read where there are few colours; marks on it tell what else it has. A widget for
each beat, because Textual sends a line of a widget from its left edge up to what changed: in one piece the
grid alone took 100 kB/s over SSH.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any

from rich.segment import Segment
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.geometry import Region
from textual.strip import Strip

from instrument.messages import TRACKS
from instrument.tui.geometry import STEPS, STEPS_PER_BEAT, Geometry
from instrument.tui.palette import (
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
from instrument.tui.plain import Plain

LOUDEST = 127
MORE = "+"
LEGEND = (
    ("2–8", "repeats"), ("%", "chance"), ("?", "condition"), ("*", "locks its sound"), ("< >", "early, late"),
)  # fmt: skip


def marks(details: Mapping[str, Any]) -> str:
    """Return what marks a step that has these details, the most telling first."""
    repeats, shift = details.get("repeats", 1), details.get("shift", 0.0)
    return (
        (str(repeats) if repeats > 1 else "")
        + ("%" if "chance" in details else "")
        + ("?" if "if" in details else "")
        + ("*" if "lock" in details else "")
        + ("<" if shift < 0 else ">" if shift > 0 else "")
    )


@dataclass(frozen=True, slots=True)
class RowView:
    """The steps of a track that are shown: velocities (0 off, None beyond the lane's end) and marks."""

    velocities: tuple[int | None, ...] = (0,) * STEPS
    marks: tuple[str, ...] = ("",) * STEPS
    silent: bool = False

    def within(self, columns: slice) -> tuple[object, ...]:
        return self.velocities[columns], self.marks[columns], self.silent


@dataclass(frozen=True, slots=True, kw_only=True)
class GridView:
    """What the grid shows: rows, the column that each has come to, and the cursor."""

    rows: tuple[RowView, ...] = (RowView(),) * TRACKS
    running: tuple[int | None, ...] = (None,) * TRACKS
    cursor: tuple[int, int] = (0, 0)  # track, column
    cursor_ink: str = BRIGHT


class StepGrid(Horizontal):
    """Shows a GridView, a beat beside the other."""

    def compose(self) -> ComposeResult:
        for first in range(0, STEPS, STEPS_PER_BEAT):
            yield Beat(first)

    def on_mount(self) -> None:
        self._beats = tuple(self.query(Beat))

    def resize(self, geometry: Geometry) -> None:
        self.styles.width, self.styles.height = geometry.grid_width, geometry.grid_lines
        for beat in self._beats:
            beat.resize(geometry)

    def show(self, view: GridView) -> None:
        for beat in self._beats:
            beat.show(view)


class Beat(Plain):
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
        for track, (old, new) in enumerate(zip(before.rows, view.rows, strict=False)):
            if old != new and old.within(ours) != new.within(ours):
                self._refresh_rows(track, 1, 0, self.geometry.beat_width)
        if before.running != view.running:
            self._refresh_running(before.running, view.running)
        if (before.cursor, before.cursor_ink) != (view.cursor, view.cursor_ink):
            self._refresh_cursor(*before.cursor)
            self._refresh_cursor(*view.cursor)

    def _refresh_running(self, before: tuple[int | None, ...], now: tuple[int | None, ...]) -> None:
        """Redraw the steps that tracks leave and come to, for neighbours that go together at once."""
        track = 0
        for (old, new), together in groupby(zip(before, now, strict=False)):
            count = len(tuple(together))
            for step in {old, new} if old != new else ():
                if step is not None and step in self.steps:
                    x = self.geometry.step_x(step - self.steps.start) + 1
                    self._refresh_rows(track, count, x, self.geometry.pad_width)
            track += count

    def _refresh_cursor(self, track: int, step: int) -> None:
        if step in self.steps:
            x = self.geometry.step_x(step - self.steps.start)
            self._refresh_rows(track, 1, x, self.geometry.pad_width + 2)

    def _refresh_rows(self, track: int, count: int, x: int, width: int) -> None:
        lines = self.geometry.row_lines
        self.refresh(Region(x, track * lines, width, count * lines))

    def render_line(self, y: int) -> Strip:
        track, line = divmod(y, self.geometry.row_lines)
        if track >= len(self.view.rows):
            return Strip.blank(self.geometry.beat_width, style(GROUND))
        segments: list[Segment] = []
        for step in self.steps:
            segments += [self._gap(track, step), self._pad(track, step, line)]
        return Strip([*segments, self._gap(track, self.steps.stop)], self.geometry.beat_width)

    def _gap(self, track: int, step: int) -> Segment:
        """Draw what is left of a step: half of the cursor's frame, or nothing."""
        if self.view.cursor == (track, step) and step in self.steps:
            return Segment("▐", style(self.view.cursor_ink))
        if self.view.cursor == (track, step - 1) and step - 1 in self.steps:
            return Segment("▌", style(self.view.cursor_ink))
        return Segment(" ", style(GROUND))

    def _pad(self, track: int, step: int, line: int) -> Segment:
        width = self.geometry.pad_width
        top, bottom = (self.colour(track, step, 2 * line + half) for half in (0, 1))
        said = self.view.rows[track].marks[step] if line == 0 else ""
        if said:
            return self._marked(track, step, said, bottom)
        if top == bottom:
            return Segment(" " * width, style(top, top))
        return Segment("▀" * width, style(top, bottom))

    def _marked(self, track: int, step: int, said: str, ground: str) -> Segment:
        """Draw the upper line of a step with as many of its marks as there is room for."""
        width = self.geometry.pad_width
        text = said if len(said) <= width else said[: max(1, width - 1)] + MORE[: width - 1]
        row = self.view.rows[track]
        if row.velocities[step] == 0:
            return Segment(text.center(width), style(FAINT, ground))
        dark = ground != shade(track, 0, muted=row.silent) and ground != PAD_RUNNING
        return Segment(text.center(width), style(GROUND if dark else BRIGHT, ground, bold=True))

    def colour(self, track: int, step: int, half_line: int) -> str:
        """Return the colour of one half line of a step, counted from its upper edge."""
        lines, row = self.geometry.row_lines, self.view.rows[track]
        velocity, running = row.velocities[step], self.view.running[track] == step
        height = 2 * lines - 1 if lines > 1 else 2  # half lines of the pad; what is left separates the rows
        if half_line >= height or velocity is None:
            at_cursor = half_line >= height and self.view.cursor == (track, step)
            return self.view.cursor_ink if at_cursor else GROUND
        if velocity == 0:
            return PAD_RUNNING if running else PAD_ON_BEAT if step % STEPS_PER_BEAT == 0 else PAD
        if half_line < height - ceil(velocity / LOUDEST * height):
            return PAD_RUNNING if running else shade(track, 0, muted=row.silent)
        index = ceil(velocity / LOUDEST * 3)
        return lit(track, muted=row.silent) if running else shade(track, index, muted=row.silent)
