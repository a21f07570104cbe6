"""Level, place and silence of the tracks."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import MOST_TRACKS, AnyMessage, ranged

__all__ = [
    "MixingMessage",
    "SetLevel",
    "SetMute",
    "SetPan",
]


@dataclass(frozen=True, slots=True)
class SetLevel(AnyMessage):
    """Set a track's level."""

    track: int = ranged(1, MOST_TRACKS)
    level_db: float = ranged(-60, 12)


@dataclass(frozen=True, slots=True)
class SetPan(AnyMessage):
    """Place a track between left (-1) and right (1)."""

    track: int = ranged(1, MOST_TRACKS)
    pan: float = ranged(-1, 1)


@dataclass(frozen=True, slots=True)
class SetMute(AnyMessage):
    """Mute a track or let it sound, at once or at the next bar."""

    track: int = ranged(1, MOST_TRACKS)
    mute: bool = ranged(0, 1)
    at_bar: bool = ranged(0, 1, default=False)


MixingMessage: TypeAlias = SetLevel | SetPan | SetMute
