"""Take a picture of an instrument as it plays.

Start one with `graindrum run --no-tui`, then beside it run
`python -m instrument.tui.picture hardware/pictures/tui.svg [--socket PATH] [--size 80x24]`.
"""

import argparse
import html
import re
import sys
from pathlib import Path

from instrument.errors import DeviceError, GraindrumError
from instrument.messages import Play
from instrument.tui.app import GraindrumApp
from instrument.tui.connection import SnapshotReceived

PATIENCE_S = 60.0
SETTLED_HITS = 40  # by then meters and load say something
TELLING_STEP = 4  # the second beat: a bass drum rings, a snare starts
LOOK_S = 1 / 30
CELL_WIDTH, CELL_HEIGHT, CELL_TOP, BASELINE = 12.2, 24.4, 1.5, 20.0  # of Rich's SVG, in its pixels
BLOCKS = {  # glyph: left, top, width and height of what it fills, in shares of its cell
    "█": (0.0, 0.0, 1.0, 1.0),
    "▀": (0.0, 0.0, 1.0, 0.5),
    "▌": (0.0, 0.0, 0.5, 1.0),
    "▐": (0.5, 0.0, 0.5, 1.0),
    "■": (0.15, 0.29, 0.7, 0.42),
}
_RUN = re.compile(
    r'<text class="(?P<style>[^"]+)" x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="[\d.]+"'
    rf' clip-path="[^"]+">(?P<text>[^<]*[{"".join(BLOCKS)}][^<]*)</text>'
)
_BLOCKS = re.compile("█+|▀+|▌|▐|■")  # those that join, joined
_FONTS = re.compile(r"@font-face \{.*?\}\s*", re.DOTALL)


def sharpen(svg: str) -> str:
    """Return a terminal's SVG with blocks as rectangles, without seams, and with no font to be fetched."""
    svg = _FONTS.sub("", svg).replace("Fira Code, monospace", "DejaVu Sans Mono, Menlo, Consolas, monospace")
    return _RUN.sub(_rectangles, svg)


def _rectangles(run: re.Match[str]) -> str:
    """Draw the blocks of one run of text as rectangles, and the rest of it as text."""
    text, drawn = html.unescape(run["text"]), ""
    x, y = float(run["x"]), float(run["y"]) - BASELINE + CELL_TOP
    for same in _BLOCKS.finditer(text):
        left, top, width, height = BLOCKS[same[0][0]]
        columns = len(same[0]) - 1 + width
        drawn += (
            f'<rect class="{run["style"]}" x="{x + (same.start() + left) * CELL_WIDTH:.1f}"'
            f' y="{y + top * CELL_HEIGHT:.1f}" width="{columns * CELL_WIDTH:.1f}"'
            f' height="{height * CELL_HEIGHT:.1f}" shape-rendering="crispEdges"/>'
        )
    rest = _BLOCKS.sub(lambda same: "\N{NO-BREAK SPACE}" * len(same[0]), text)
    return drawn + (run[0].replace(run["text"], html.escape(rest)) if rest.strip() else "")


class Camera(GraindrumApp):
    """The app without a terminal; it plays the instrument, and leaves with a picture of it."""

    picture = ""

    def on_mount(self) -> None:  # Textual calls the app's own as well
        self.set_interval(LOOK_S, self._look)
        self.set_timer(PATIENCE_S, self.exit)

    def on_snapshot_received(self, received: SnapshotReceived) -> None:
        if not received.snapshot.playing:
            self.say(Play())

    def _look(self) -> None:
        seen = self.snapshot
        if seen is None or seen.hits < SETTLED_HITS or seen.step != TELLING_STEP or self._stale:
            return
        self.picture = sharpen(self.export_screenshot(title="graindrum tui", simplify=True))
        self.exit()


def take(socket_path: Path | None, size: tuple[int, int]) -> str:
    """Return the picture of the instrument at `socket_path`; raise DeviceError when none plays there."""
    camera = Camera(socket_path)
    camera.run(headless=True, size=size)
    if not camera.picture:
        raise DeviceError("no instrument plays there; start one with `graindrum run --no-tui`")
    return camera.picture


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("svg", type=Path)
    parser.add_argument("--socket", type=Path)
    parser.add_argument("--size", default="80x24", help="columns x lines")
    options = parser.parse_args(arguments)
    columns, _, rows = options.size.partition("x")
    try:
        options.svg.write_text(take(options.socket, (int(columns), int(rows))), encoding="utf-8")
    except (GraindrumError, ValueError) as error:
        parser.error(str(error))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
