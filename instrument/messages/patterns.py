"""What the pattern holds, and its time."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import MOST_STEPS, MOST_TRACKS, AnyMessage, chosen, ranged, worded

__all__ = [
    "SPEED_NAMES",
    "ClearLane",
    "ClearPattern",
    "CopyLane",
    "FillEuclid",
    "PatternMessage",
    "RenamePattern",
    "RotateLane",
    "SetBars",
    "SetHumanise",
    "SetLength",
    "SetSpeed",
    "SetSwing",
    "SetTempo",
]

SPEED_NAMES = ("1/8", "1/4", "1/2", "3/4", "1", "3/2", "2")


@dataclass(frozen=True, slots=True)
class ClearPattern(AnyMessage):
    """Switch every step of the pattern off; tempo, swing, lengths and speeds stay."""


@dataclass(frozen=True, slots=True)
class ClearLane(AnyMessage):
    """Switch every step of a track off."""

    track: int = ranged(1, MOST_TRACKS)


@dataclass(frozen=True, slots=True)
class CopyLane(AnyMessage):
    """Copy all steps of a track, its length and its speed onto another."""

    track: int = ranged(1, MOST_TRACKS)
    to_track: int = ranged(1, MOST_TRACKS)


@dataclass(frozen=True, slots=True)
class RotateLane(AnyMessage):
    """Move all steps of a track later, or earlier (below 0); what leaves at one end enters at the other."""

    track: int = ranged(1, MOST_TRACKS)
    by: int = ranged(-MOST_STEPS, MOST_STEPS)


@dataclass(frozen=True, slots=True)
class FillEuclid(AnyMessage):
    """Give a track `steps` steps of which `hits` sound, spread evenly, and that moved later by `rotate`."""

    track: int = ranged(1, MOST_TRACKS)
    hits: int = ranged(0, MOST_STEPS)
    steps: int = ranged(1, MOST_STEPS)
    rotate: int = ranged(-MOST_STEPS, MOST_STEPS, default=0)
    velocity: int = ranged(1, 127, default=100)


@dataclass(frozen=True, slots=True)
class SetLength(AnyMessage):
    """Set how many steps a track has; new ones repeat those there are."""

    track: int = ranged(1, MOST_TRACKS)
    steps: int = ranged(1, MOST_STEPS)


@dataclass(frozen=True, slots=True)
class SetSpeed(AnyMessage):
    """Set how many steps of a track go by in a sixteenth."""

    track: int = ranged(1, MOST_TRACKS)
    speed: str = chosen(*SPEED_NAMES)


@dataclass(frozen=True, slots=True)
class SetTempo(AnyMessage):
    """Set the tempo, in beats (four steps) a minute; a playing pattern goes on from where it is."""

    bpm: float = ranged(20, 300)


@dataclass(frozen=True, slots=True)
class SetSwing(AnyMessage):
    """Set the share of a pair of sixteenths that its first one takes: 0.5 straight, 0.75 the most."""

    swing: float = ranged(0.5, 0.75)


@dataclass(frozen=True, slots=True)
class SetHumanise(AnyMessage):
    """Set how far chance moves each step: in time, in level, and towards either end of the latent knobs."""

    ms: float = ranged(0, 50)
    db: float = ranged(0, 12)
    latent: float = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class SetBars(AnyMessage):
    """Set after how many bars another pattern may follow this one."""

    bars: int = ranged(1, 16)


@dataclass(frozen=True, slots=True)
class RenamePattern(AnyMessage):
    """Give the pattern another name."""

    name: str = worded()


PatternMessage: TypeAlias = (
    ClearPattern
    | ClearLane
    | CopyLane
    | RotateLane
    | FillEuclid
    | SetLength
    | SetSpeed
    | SetTempo
    | SetSwing
    | SetHumanise
    | SetBars
    | RenamePattern
)
