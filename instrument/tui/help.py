"""The keys, all of them."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Static

from instrument.tui.palette import ACCENT, BRIGHT, DIM, INK, PANEL, style

HELP = (
    ("space", "play, stop"),
    ("arrows, h j k l", "move the cursor; up and down choose the track the knobs act on"),
    ("x, enter", "step on, off"),
    ("+ -,  ] [", "louder, softer step"),
    ("> <,  T t", "tempo up, down by 1 bpm"),
    (". ,", "tempo up, down by 0.1 bpm"),
    ("1 – 8", "hit a track: draws a new sound of its class and plays it"),
    ("d", "draw a new sound for the track without playing it"),
    ("m", "mute the track, let it sound"),
    ("ctrl+k", "silence everything, at once"),
    ("?", "this page"),
    ("q", "leave; the instrument goes on playing"),
)


class Help(ModalScreen[None]):
    """A page over the machine, which plays on below; any key closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,q,question_mark,enter,space", "dismiss", "close")]

    def compose(self) -> ComposeResult:
        with Container(id="help"):
            yield Static(_page())


def _page() -> Text:
    page = Text("GRAINDRUM\n\n", style=style(ACCENT, PANEL, bold=True))
    for keys, what in HELP:
        page.append(f"{keys:>16}  ", style(BRIGHT, PANEL, bold=True)).append(f"{what}\n", style(INK, PANEL))
    page.append("\nEvery hit of a pad is a new draw: hit it again, it will not be the same.", style(DIM, PANEL))
    return page
