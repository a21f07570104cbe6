"""The numbers of the beats above the grid; a mark runs with the lane that the cursor is on."""

from rich.segment import Segment
from textual.strip import Strip

from instrument.tui.geometry import NAMES_WIDTH, STEPS, STEPS_PER_BEAT, Geometry
from instrument.tui.palette import ACCENT, DIM, FAINT, GROUND, style
from instrument.tui.plain import Plain


class Ruler(Plain):
    """One line, as wide as names and grid."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.running: int | None = None
        self.page, self.pages = 0, 1
        self.geometry = Geometry()

    def resize(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.styles.width = NAMES_WIDTH + geometry.grid_width
        self.refresh()

    def show(self, running: int | None, page: int, pages: int) -> None:
        """Show the column that is `running` and which of `pages` of sixteen steps is seen, from 0."""
        if (running, page, pages) != (self.running, self.page, self.pages):
            self.running, self.page, self.pages = running, page, pages
            self.refresh()

    def render_line(self, y: int) -> Strip:
        del y  # one line
        first = self.page * STEPS
        where = f" steps {first + 1}–{first + STEPS}" if self.pages > 1 else ""
        segments = [Segment(where.ljust(NAMES_WIDTH), style(DIM))]
        width, drawn = self.geometry.pad_width, 0
        for step in range(STEPS):
            gap = self.geometry.step_x(step) - drawn + 1
            segments.append(Segment(" " * gap, style(GROUND)))
            segments.append(self._label(step, width))
            drawn += gap + width
        return Strip(segments).adjust_cell_length(NAMES_WIDTH + self.geometry.grid_width, style(GROUND))

    def _label(self, step: int, width: int) -> Segment:
        on_beat = step % STEPS_PER_BEAT == 0
        beat = (self.page * STEPS + step) // STEPS_PER_BEAT + 1
        label = "▼" if step == self.running else str(beat) if on_beat else "·"
        ink = ACCENT if step == self.running else FAINT
        return Segment(label.center(width)[:width], style(ink, bold=on_beat))
