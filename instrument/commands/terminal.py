"""What the commands write: lines on stdout, progress on stderr where a person watches it."""

import sys
import time
from types import TracebackType

BAR_CELLS = 24
REDRAW_S = 0.1
SHOW_AFTER_S = 0.3  # what is done sooner needs no bar


def say(text: str = "") -> None:
    """Write lines to stdout."""
    sys.stdout.write(f"{text}\n")


class Progress:
    """A bar on stderr for `total` units of work; silent when stderr is no terminal."""

    def __init__(self, label: str, total: float) -> None:
        self.label, self.total, self.done = label, total, 0.0
        self._began = self._drawn = time.monotonic()
        self._shown = False

    def add(self, amount: float) -> None:
        """Count work done and redraw at most every REDRAW_S."""
        self.done += amount
        now = time.monotonic()
        if sys.stderr.isatty() and now - self._drawn >= REDRAW_S and now - self._began >= SHOW_AFTER_S:
            self._drawn = now
            self._draw(now - self._began)

    def _draw(self, elapsed_s: float) -> None:
        share = min(1.0, self.done / self.total)
        cells = round(BAR_CELLS * share)
        left = f"{elapsed_s / share - elapsed_s:4.0f} s left" if share else ""
        bar = "█" * cells + "░" * (BAR_CELLS - cells)
        sys.stderr.write(f"\r{self.label} {bar} {100 * share:3.0f} % {left}\x1b[K")
        sys.stderr.flush()
        self._shown = True

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()
