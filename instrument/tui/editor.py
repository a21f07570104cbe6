"""Three lines in the place of the knobs: everything a step has and locks, or what holds for its pattern."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from instrument.tui.field import Field, Value
from instrument.tui.palette import ACCENT, BRIGHT, DIM, PANEL, style
from instrument.tui.words import Words, words

LINES = 3


@dataclass(frozen=True, slots=True)
class EditorView:
    """The fields with their values, the one that keys turn, and what they belong to."""

    title: str
    ink: str
    fields: Sequence[Field]
    values: tuple[Value, ...]
    turning: int


class Editor(Words):
    """Shows an EditorView."""

    def show(self, view: EditorView, width: int) -> None:
        if self.differs(view, width):
            self.draw(editor(view, width))


def editor(view: EditorView, width: int) -> Text:
    """Write the fields, line by line; in a narrow terminal with short names."""
    text = words()
    for line in range(LINES):
        title = words().append(f" {view.title} ", style(PANEL, view.ink, bold=True)) if line == 0 else words()
        cells = [(at, field, view.values[at]) for at, field in enumerate(view.fields) if field.line == line]
        row = _row(title, cells, view.turning, short=False)
        if row.cell_len > width:
            row = _row(title, cells, view.turning, short=True)
        while row.cell_len > width and len(cells) > 1 and cells[0][0] < view.turning:
            cells = cells[1:]  # what is turned is seen
            row = _row(title, cells, view.turning, short=True)
        row.truncate(width)
        text.append_text(row).append("\n" if line < LINES - 1 else "")
    return text


def _row(title: Text, cells: Sequence[tuple[int, Field, Value]], turning: int, *, short: bool) -> Text:
    row = title.copy()
    for at, field, value in cells:
        name, said = field.short if short else field.name, field.words(value)
        if at == turning:
            row.append(f" {name} {said} ", style(PANEL, ACCENT, bold=True))
        else:
            row.append(f" {name} ", style(DIM, PANEL))
            row.append(f"{said} ", style(DIM if value == field.neutral else BRIGHT, PANEL))
    return row
