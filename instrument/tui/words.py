"""Lines of styled text that are redrawn only when they change."""

from rich.text import Text
from textual.widget import Widget

from instrument.tui.palette import INK, PANEL, style


class Words(Widget):
    """A widget as wide as the terminal that shows one text; height and ground come from the style sheet."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.text = Text()

    def draw(self, text: Text) -> None:
        if text != self.text:
            self.text = text
            self.refresh()

    def render(self) -> Text:
        return self.text


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
