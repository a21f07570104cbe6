"""The keys, all of them."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Static

from instrument.tui.palette import ACCENT, BRIGHT, DIM, INK, PANEL, style

HELP = (
    ("space", "play, stop"),
    ("arrows, h j k l", "move the cursor; up and down also choose the track"),
    ("x, enter", "step on, off"),
    ("+ -  ] [", "step louder, softer"),
    ("> <  T t", "tempo up, down by 1 bpm; with . , by 0.1 bpm"),
    ("tab", "to the knobs and back: there + - turn, x is neutral"),
    ("1–8", "hit a track: draw a new sound of its class, play it"),
    ("d", "draw a new sound without playing it"),
    ("m", "mute the track, or let it sound"),
    ("0 9", "track louder, softer by 1 dB"),
    ("ctrl+k", "stop and silence everything"),
    ("?", "open and close this page"),
    ("q", "leave; an instrument that runs on its own plays on"),
)


class Help(ModalScreen[None]):
    """A page over the machine, which plays on below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,question_mark,enter,space", "dismiss", "close"),
    ]

    def compose(self) -> ComposeResult:
        with Container(id="help"):
            yield Static(Text("KEYS\n", style=style(ACCENT, PANEL, bold=True)))
            yield Static(_table())
            yield Static(Text("\nEvery hit is a new draw from the model.", style=style(DIM, PANEL)))


def _table() -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style=style(BRIGHT, PANEL, bold=True), no_wrap=True)
    table.add_column(style=style(INK, PANEL))
    for keys, what in HELP:
        table.add_row(keys, what)
    return table
