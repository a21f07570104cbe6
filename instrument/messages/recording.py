"""Recording what is heard."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import AnyMessage

__all__ = [
    "RecordStart",
    "RecordStop",
    "RecordingMessage",
]


@dataclass(frozen=True, slots=True)
class RecordStart(AnyMessage):
    """Record the master to a file from now on, and with `stems` each track to one of its own."""

    stems: bool = False


@dataclass(frozen=True, slots=True)
class RecordStop(AnyMessage):
    """End the recording."""


RecordingMessage: TypeAlias = RecordStart | RecordStop
