"""What the pattern holds, and its time."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import MOST_STEPS, MOST_TRACKS, AnyMessage, ranged

__all__ = [
    "ClearPattern",
    "PatternMessage",
    "SetStep",
    "SetSwing",
    "SetTempo",
]


@dataclass(frozen=True, slots=True)
class SetStep(AnyMessage):
    """Set one step of the pattern; velocity 0 is off."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    velocity: int = ranged(0, 127)


@dataclass(frozen=True, slots=True)
class ClearPattern(AnyMessage):
    """Switch every step of the pattern off; tempo and swing stay."""


@dataclass(frozen=True, slots=True)
class SetTempo(AnyMessage):
    """Set the tempo, in beats (four steps) a minute; a playing pattern goes on from where it is."""

    bpm: float = ranged(20, 300)


@dataclass(frozen=True, slots=True)
class SetSwing(AnyMessage):
    """Set the share of a pair of steps that its first one takes: 0.5 straight, 0.75 the most."""

    swing: float = ranged(0.5, 0.75)


PatternMessage: TypeAlias = SetStep | ClearPattern | SetTempo | SetSwing
