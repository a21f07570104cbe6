"""Which control moves what: learned by moving it, or said.

Controls and targets are words, as in `cc 70 ch 1` and `track 4 level_db`.
"""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import SOURCE, AnyMessage, chosen, ranged, worded

__all__ = [
    "CURVES",
    "ENCODINGS",
    "TAKEOVERS",
    "Bind",
    "LearnCancel",
    "LearnInOrder",
    "LearnStart",
    "LearningMessage",
    "ShapeBinding",
    "Unlearn",
]

ENCODINGS = ("absolute", "twos", "offset", "sign")  # the last three relative
CURVES = ("linear", "log", "exp")
TAKEOVERS = ("jump", "pickup", "scale")
_FURTHEST = 1e6


@dataclass(frozen=True, slots=True)
class LearnStart(AnyMessage):
    """Bind a target to the next control that is moved."""

    target: str = worded()


@dataclass(frozen=True, slots=True)
class LearnInOrder(AnyMessage):
    """Bind pad 1, 2, … to the next pads that are hit, knob 1, 2, … to the next knobs that are turned."""


@dataclass(frozen=True, slots=True)
class LearnCancel(AnyMessage):
    """Learn nothing more."""


@dataclass(frozen=True, slots=True)
class Unlearn(AnyMessage):
    """Forget every control that was learned for a target; what a controller's own map says holds again."""

    target: str = worded()


@dataclass(frozen=True, slots=True)
class Bind(AnyMessage):
    """Bind a control, of one controller or of any (an empty source), to a target."""

    control: str = worded()
    target: str = worded()
    source: str = worded(SOURCE, default="")


@dataclass(frozen=True, slots=True)
class ShapeBinding(AnyMessage):
    """Set how the controls learned for a target move it; low and high are in its unit."""

    target: str = worded()
    low: float = ranged(-_FURTHEST, _FURTHEST)
    high: float = ranged(-_FURTHEST, _FURTHEST)
    curve: str = chosen(*CURVES, default="linear")
    takeover: str = chosen(*TAKEOVERS, default="pickup")
    encoding: str = chosen(*ENCODINGS, default="absolute")


LearningMessage: TypeAlias = LearnStart | LearnInOrder | LearnCancel | Unlearn | Bind | ShapeBinding
