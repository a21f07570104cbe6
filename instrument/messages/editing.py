"""Taking edits back."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import AnyMessage

__all__ = ["EditingMessage", "Redo", "Undo"]


@dataclass(frozen=True, slots=True)
class Undo(AnyMessage):
    """Take the last edit back: of a pattern, the kit, songs or what was learned."""


@dataclass(frozen=True, slots=True)
class Redo(AnyMessage):
    """Make the edit again that was taken back last."""


EditingMessage: TypeAlias = Undo | Redo
