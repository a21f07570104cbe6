"""Playing the tracks by hand."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import MOST_TRACKS, AnyMessage, ranged

__all__ = [
    "Draw",
    "Note",
    "PadMessage",
    "Trigger",
]


@dataclass(frozen=True, slots=True)
class Trigger(AnyMessage):
    """A pad press: draw a new embedding of the track's class, keep it as the track's sound and play it."""

    track: int = ranged(1, MOST_TRACKS)
    velocity: int = ranged(1, 127)


@dataclass(frozen=True, slots=True)
class Note(AnyMessage):
    """A MIDI note as it arrived; velocity 0 is a release and starts nothing."""

    channel: int = ranged(1, 16)
    note: int = ranged(0, 127)
    velocity: int = ranged(0, 127)


@dataclass(frozen=True, slots=True)
class Draw(AnyMessage):
    """Give a track a new sound of its class without playing it."""

    track: int = ranged(1, MOST_TRACKS)


PadMessage: TypeAlias = Trigger | Note | Draw
