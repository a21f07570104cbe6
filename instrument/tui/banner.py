"""What cannot be overlooked: a warning of the instrument's, in one line, or that it cannot be reached."""

from textwrap import wrap

from instrument.tui.palette import ALARM, GROUND, WARM, style
from instrument.tui.words import Words, cut, words

LOST_LINES = 3  # without an instrument there are no knobs, whose place is free


class Banner(Words):
    """Takes the place of the keys while there is something to say."""

    def show(self, width: int, *, lost: str, warning: str) -> None:
        """Show why the connection was `lost`, else the `warning`, else nothing."""
        self.display = bool(lost or warning)
        ink = style(GROUND, ALARM if lost else WARM, bold=True)
        said = wrap(lost, width - 4)[:LOST_LINES] if lost else [cut(warning, width - 4)]
        text = words()
        marked = (f" {mark} {line}".ljust(width) for mark, line in zip("!  ", said, strict=False))
        text.append("\n".join(marked), ink)
        self.styles.height = len(said)
        self.draw(text)
