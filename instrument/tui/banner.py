"""One line that cannot be overlooked: a warning of the instrument's, or that it cannot be reached."""

from instrument.tui.palette import ALARM, GROUND, WARM, style
from instrument.tui.words import Words, cut, words


class Banner(Words):
    """Takes the place of the keys while there is something to say."""

    def show(self, width: int, *, lost: str, warning: str) -> None:
        """Show why the connection was `lost`, else the `warning`, else nothing."""
        said = lost or warning
        self.display = bool(said)
        ink = style(GROUND, ALARM if lost else WARM, bold=True)
        line = words()
        line.append(f" ! {cut(said, width - 4)}".ljust(width), ink)
        self.draw(line)
