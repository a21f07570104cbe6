"""Beginning and ending."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import AnyMessage

__all__ = [
    "Continue",
    "Panic",
    "Play",
    "Stop",
    "TogglePlay",
    "TransportMessage",
]


@dataclass(frozen=True, slots=True)
class Play(AnyMessage):
    """Play the pattern from its first step."""


@dataclass(frozen=True, slots=True)
class Continue(AnyMessage):
    """Play the pattern from where it was stopped."""


@dataclass(frozen=True, slots=True)
class Stop(AnyMessage):
    """Stop the pattern; what sounds rings out."""


@dataclass(frozen=True, slots=True)
class TogglePlay(AnyMessage):
    """Stop when playing, play when stopped."""


@dataclass(frozen=True, slots=True)
class Panic(AnyMessage):
    """Stop playing and fade everything that sounds."""


TransportMessage: TypeAlias = Play | Continue | Stop | TogglePlay | Panic
