"""What a snapshot shows of the steps of lanes: worked out once for each lane that there is."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from instrument.pattern import UNLOCKED, Lane, Step, step_data
from instrument.snapshot import CHANCE, CONDITION, LOCKS, REPEATS, SHIFT

KEPT = 64  # lanes; those of a kit change one at a time


@dataclass(frozen=True, slots=True)
class LaneView:
    """The steps of one lane."""

    velocities: tuple[int, ...]
    marks: tuple[int, ...]  # empty when no step has any
    details: Mapping[str, Mapping[str, Any]]  # by index, of the steps that have marks; JSON's keys are texts


class _Same:
    """A lane that is equal to itself only: comparing 64 steps takes longer than showing them."""

    __slots__ = ("lane",)

    def __init__(self, lane: Lane) -> None:
        self.lane = lane

    def __hash__(self) -> int:
        return id(self.lane)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.lane is other.lane


def lane_view(lane: Lane) -> LaneView:
    """Return what is shown of a lane."""
    return _view(_Same(lane))


@lru_cache(KEPT)
def _view(same: _Same) -> LaneView:
    steps = same.lane.steps
    marks = tuple(_mark(step) for step in steps)
    details = {str(at): step_data(step) for at, step in enumerate(steps) if marks[at]}
    return LaneView(same.lane.velocities, marks if details else (), details)


def _mark(step: Step) -> int:
    return (
        (step.chance < 1.0) * CHANCE
        | (step.condition != "") * CONDITION
        | (step.repeats > 1) * REPEATS
        | (step.shift != 0.0) * SHIFT
        | (step.locks != UNLOCKED) * LOCKS
    )
