"""The numbers of the beats above the grid; a mark runs with the sequencer."""

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from instrument.tui.geometry import STEPS, STEPS_PER_BEAT, Geometry
from instrument.tui.palette import ACCENT, FAINT, style


class Ruler(Widget):
    """One line, as wide as the grid."""

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
