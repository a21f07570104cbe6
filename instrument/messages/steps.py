"""What a step does beside its velocity, and what it locks of its track's sound."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import KNOBS, MOST_STEPS, MOST_TRACKS, AnyMessage, chosen, ranged, worded

__all__ = [
    "LOCKABLE",
    "CopyStep",
    "LockClass",
    "LockDraw",
    "LockFresh",
    "LockKnob",
    "LockLevel",
    "LockPan",
    "LockTune",
    "SetChance",
    "SetCondition",
    "SetRamps",
    "SetRepeats",
    "SetShift",
    "SetStep",
    "StepMessage",
    "Unlock",
]

LOCKABLE = ("class", "knobs", "level_db", "pan", "tune", "draw")
LARGEST_DRAW = 2**53 - 1


@dataclass(frozen=True, slots=True)
class SetStep(AnyMessage):
    """Set the velocity of one step of the pattern; 0 is off."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    velocity: int = ranged(0, 127)


@dataclass(frozen=True, slots=True)
class SetChance(AnyMessage):
    """Set how likely a step is to sound."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    chance: float = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class SetCondition(AnyMessage):
    """Set when a step sounds: 1:2 (of two rounds of its lane the first), first, fill, previous or !1:2."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    condition: str = worded(12)  # empty: always


@dataclass(frozen=True, slots=True)
class SetRepeats(AnyMessage):
    """Set how many hits a step plays within its length."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    repeats: int = ranged(1, 8)


@dataclass(frozen=True, slots=True)
class SetRamps(AnyMessage):
    """Set how velocity (-1 down to nothing, 1 up from it) and the first latent knob go over the repeats."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    velocity_ramp: float = ranged(-1, 1)
    latent_ramp: float = ranged(-1, 1)


@dataclass(frozen=True, slots=True)
class SetShift(AnyMessage):
    """Move a step by a share of its length, earlier (below 0) or later."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    shift: float = ranged(-0.5, 0.5)


@dataclass(frozen=True, slots=True)
class CopyStep(AnyMessage):
    """Copy a step, with all it has, onto another."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    to_track: int = ranged(1, MOST_TRACKS)
    to_step: int = ranged(1, MOST_STEPS)


@dataclass(frozen=True, slots=True)
class LockClass(AnyMessage):
    """Have a step sound another class than its track."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    class_name: str = worded()


@dataclass(frozen=True, slots=True)
class LockKnob(AnyMessage):
    """Have a step sound with a knob where the track does not have it."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    knob: int = ranged(1, KNOBS)
    value: float = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class LockLevel(AnyMessage):
    """Have a step sound at a level of its own."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    level_db: float = ranged(-60, 12)


@dataclass(frozen=True, slots=True)
class LockPan(AnyMessage):
    """Have a step sound at a place of its own between left (-1) and right (1)."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    pan: float = ranged(-1, 1)


@dataclass(frozen=True, slots=True)
class LockTune(AnyMessage):
    """Have a step sound at a tuning of its own, in semitones."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    tune: float = ranged(-24, 24)


@dataclass(frozen=True, slots=True)
class LockDraw(AnyMessage):
    """Have a step sound the draw of a seed."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    seed: int = ranged(0, LARGEST_DRAW)


@dataclass(frozen=True, slots=True)
class LockFresh(AnyMessage):
    """Have a step sound a new draw whenever it sounds."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)


@dataclass(frozen=True, slots=True)
class Unlock(AnyMessage):
    """Have a step sound as its track does, in one respect or in all."""

    track: int = ranged(1, MOST_TRACKS)
    step: int = ranged(1, MOST_STEPS)
    what: str = chosen("all", *LOCKABLE, default="all")


StepMessage: TypeAlias = (
    SetStep
    | SetChance
    | SetCondition
    | SetRepeats
    | SetRamps
    | SetShift
    | CopyStep
    | LockClass
    | LockKnob
    | LockLevel
    | LockPan
    | LockTune
    | LockDraw
    | LockFresh
    | Unlock
)
