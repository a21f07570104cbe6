"""Colours: a dark stage, a hue for each track, and shades that survive 256 colours."""

from functools import cache

from rich.style import Style

GROUND = "#121212"  # behind everything
PANEL = "#1c1c1c"  # header and foot
PAD = "#2a2a2a"  # an empty step
PAD_ON_BEAT = "#3c3c3c"  # an empty step that opens a beat
STOPPED = "#3a3a3a"  # behind the word
PAD_RUNNING = "#626262"  # an empty step as the sequencer passes it
FAINT = "#585858"
DIM = "#8a8a8a"
INK = "#d0d0d0"
BRIGHT = "#ffffff"
ACCENT = "#ffaf5f"  # what plays, what is selected
GOOD = "#87d75f"
WARM = "#ffd75f"
ALARM = "#ff5f5f"

HUES = (
    "#ff5f5f", "#ff9f4f", "#ffd75f", "#9fdf5f", "#4fd7af", "#5fafff", "#af87ff", "#ff87d7", "#d7d7af",
    "#87d7ff",
)  # fmt: skip
SHADES = (0.28, 0.60, 0.80, 1.0)  # share of a track's hue: the unlit part of a step, then soft, medium, loud
MUTED_HUE = "#767676"


def blend(under: str, over: str, share: float) -> str:
    """Return the colour that lies `share` (0–1) of the way from `under` to `over`, both `#rrggbb`."""
    pairs = zip(_channels(under), _channels(over), strict=True)
    return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in pairs)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def hue(track: int, *, muted: bool = False) -> str:
    """Return the colour of a track, counted from 0."""
    return MUTED_HUE if muted else HUES[track % len(HUES)]


@cache
def shade(track: int, index: int, *, muted: bool = False) -> str:
    """Return a track's shade: 0 unlit, 1 soft, 2 medium, 3 loud."""
    return blend(GROUND, hue(track, muted=muted), SHADES[index])


@cache
def lit(track: int, *, muted: bool = False) -> str:
    """Return the colour of a step as it sounds."""
    return blend(hue(track, muted=muted), BRIGHT, 0.65)


@cache
def style(ink: str, ground: str = GROUND, *, bold: bool = False) -> Style:
    """Return the style of a piece of text; built once for each combination."""
    return Style(color=ink, bgcolor=ground, bold=bold)
