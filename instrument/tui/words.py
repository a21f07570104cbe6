"""Lines of styled text that are redrawn only when they change."""

from rich.text import Text
from textual.strip import Strip

from instrument.tui.palette import GROUND, INK, PANEL, style
from instrument.tui.plain import Plain


class Words(Plain):
    """A widget as wide as the terminal that shows one text; its height comes from the style sheet."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.text = Text()
        self._shown: object = None

    def differs(self, *shown: object) -> bool:
        """Return whether there is something else to show than last time."""
        before, self._shown = self._shown, shown
        return before != shown

    def draw(self, text: Text) -> None:
        if text != self.text:
            self.text = text
            self.refresh()

    def render_line(self, y: int) -> Strip:
        lines = self.text.split("\n", allow_blank=True)
        ground = self.text.style or style(INK, GROUND)
        line = lines[y] if y < len(lines) else Text(style=ground, end="")
        width = self.size.width
        line.truncate(width, overflow="ellipsis")
        line.end = ""
        return Strip(line.render(self.app.console)).adjust_cell_length(
            width, self.app.console.get_style(ground)
        )


def words(ground: str = PANEL) -> Text:
    """Return an empty line to append to, that is neither wrapped nor longer than its widget."""
    return Text(style=style(INK, ground), no_wrap=True, overflow="ellipsis", end="")


def cut(text: str, width: int) -> str:
    """Return `text` in at most `width` columns."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def bar(share: float, width: int) -> tuple[str, str]:
    """Return the lit and the unlit part of a thin horizontal bar, `width` columns together."""
    lit = round(min(1.0, max(0.0, share)) * width)
    return "━" * lit, "─" * (width - lit)


def spread(left: Text, right: Text, width: int) -> Text:
    """Return `left` and `right` at the ends of a line of `width` columns; what is right gives way."""
    room = width - left.cell_len
    line = left.copy()
    right = right.copy()
    right.truncate(max(0, room), overflow="ellipsis")
    line.append(" " * max(0, room - right.cell_len), left.style)
    line.append_text(right)
    return line
