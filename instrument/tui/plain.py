"""A widget without border, padding or styles of its own, that draws whole lines and keeps them.

Textual lays a widget's CSS over every one of its lines, and asks all widgets for theirs whenever one of them
changes: three quarters of what this face cost while it played.
"""

from textual.color import Color
from textual.filter import Monochrome
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from instrument.tui.palette import GROUND

_GROUND = Color.parse(GROUND)


class Plain(Widget):
    """Subclasses draw `render_line`, as wide as the widget; what they `refresh` is drawn anew."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self._kept: dict[int, Strip] = {}

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> "Plain":
        """Forget the lines of the regions, of all when there are none."""
        for y in {y for region in regions for y in region.line_range} if regions else tuple(self._kept):
            self._kept.pop(y, None)
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def notify_style_update(self) -> None:
        self._kept.clear()
        super().notify_style_update()

    def render_lines(self, crop: Region) -> list[Strip]:
        return [self._line(y).crop(crop.x, crop.right) for y in crop.line_range]

    def _line(self, y: int) -> Strip:
        strip = self._kept.get(y)
        if strip is None or strip.cell_length != self.size.width:
            strip = self.render_line(y).adjust_cell_length(self.size.width)
            if self.app.no_color:
                strip = strip.apply_filter(Monochrome(), _GROUND)
            self._kept[y] = strip
        return strip
