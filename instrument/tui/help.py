"""The keys, all of them, and what the marks on steps say."""

from typing import ClassVar

from rich.table import Table
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.screen import ModalScreen
from textual.widgets import Static

from instrument.tui.grid import LEGEND
from instrument.tui.palette import ACCENT, BRIGHT, DIM, INK, PANEL, style

HELP = (
    ("space", "play, stop", "1–9 0", "hit a track"),
    ("arrows hjkl", "move the cursor", "d  b f", "draw; draw before, after"),
    ("x enter", "step on, off; neutral", "L  p", "lock the sound; press mode"),
    ("+ -  ] [", "louder, softer; turn", "m s  M S", "mute, solo; at the bar"),
    ("tab", "knobs, step, pattern", "( )", "track softer, louder"),
    ("e  esc", "edit the step; grid", "{ }", "steps of track on, back"),
    ("!", "contrary condition", "y v  del", "copy, paste; clear track"),
    ("< >  , .", "tempo by 1, by 0.1", "pgup pgdn", "pattern, at the bars' end"),
    ("t  c", "tap the tempo; click", "a  n", "learn this; all in order"),
    ("F", "fill, until again", "R  ctrl+r", "record WAV; with stems"),
    ("w", "write what is hit", "u r", "undo, redo"),
    ("W", "over it, or beside it", "ctrl+k", "silence everything"),
)
EDITING = "Editing: arrows choose what + - turn, hjkl the step; – is as the track."


class Help(ModalScreen[None]):
    """A page over the machine, which plays on below."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,question_mark,enter,space", "dismiss", "close"),
    ]

    def compose(self) -> ComposeResult:
        with Container(id="help"):
            yield Static(Text("KEYS\n", style=style(ACCENT, PANEL, bold=True)))
            yield Static(_table())
            yield Static(_legend())


def _table() -> Table:
    table = Table.grid(padding=(0, 1))
    for _ in range(2):
        table.add_column(style=style(BRIGHT, PANEL, bold=True), no_wrap=True)
        table.add_column(style=style(INK, PANEL), no_wrap=True)
    for row in HELP:
        table.add_row(*row)
    return table


def _legend() -> Text:
    text = Text("\nMarks of a step: ", style=style(DIM, PANEL))
    for mark, what in LEGEND:
        text.append(f"{mark} ", style(BRIGHT, PANEL, bold=True)).append(f"{what}  ", style(INK, PANEL))
    text.append(f"\n{EDITING}\n", style(DIM, PANEL))
    return text.append("q leaves; an instrument that runs on its own plays on.", style(DIM, PANEL))
