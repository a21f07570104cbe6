"""From one sound to another, and from one kit to another."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import MOST_TRACKS, AnyMessage, ranged

__all__ = [
    "CORNERS",
    "KEPT_DRAWS",
    "ClearCorners",
    "MorphTo",
    "MorphingMessage",
    "SetXY",
    "StoreCorner",
]

KEPT_DRAWS = 8  # of each track
CORNERS = 4


@dataclass(frozen=True, slots=True)
class MorphTo(AnyMessage):
    """Choose what a track's morph knob leads to: a draw of its history (1 the oldest), 0 a second draw."""

    track: int = ranged(1, MOST_TRACKS)
    entry: int = ranged(0, KEPT_DRAWS)


@dataclass(frozen=True, slots=True)
class StoreCorner(AnyMessage):
    """Put the kit as it is now into a corner: 1 A (left, below), 2 B (right), 3 C (left, above), 4 D."""

    corner: int = ranged(1, CORNERS)


@dataclass(frozen=True, slots=True)
class ClearCorners(AnyMessage):
    """Empty all corners; the kit stays as it is."""


@dataclass(frozen=True, slots=True)
class SetXY(AnyMessage):
    """Morph the kit between its corners: A to B along x; with four corners to C and D along y."""

    x: float = ranged(0, 1)
    y: float = ranged(0, 1)


MorphingMessage: TypeAlias = MorphTo | StoreCorner | ClearCorners | SetXY
