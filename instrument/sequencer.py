"""Which hits a pattern has where: pure functions of the pattern, the place and its playing.

Step n of a lane lies at place n / speed after the pattern's beginning, moved by its shift; its repeats divide
its length. There are no counters, so that nothing is lost or doubled whatever is changed meanwhile.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from math import ceil, floor

from instrument.pattern import MOST_SHIFT, Condition, Lane, Pattern, Step, condition_of
from instrument.seeds import mixed

LATEST = 1.0 + MOST_SHIFT  # steps after its own place by which all hits of a step have begun
_CHANCE, _SWERVE = 1, 2  # what a playing is asked for
PREVIOUS = "previous"


@dataclass(frozen=True, slots=True)
class Onset:
    """The hit of one repeat of a step."""

    place: float  # in sixteenths since playing began
    track: int  # index
    count: int  # of the step, from 0 on as its lane goes round
    repeat: int  # from 0


@dataclass(frozen=True, slots=True)
class Playing:
    """One playing of a pattern: its random numbers, and whether it fills."""

    seed: int
    fill: bool = False

    def bits(self, *asked: int) -> int:
        """Return 64 bits, the same whenever the same is asked."""
        return mixed(self.seed, *asked)

    def share(self, *asked: int) -> float:
        """Return a number from 0 to just below 1."""
        return (mixed(self.seed, *asked) >> 11) * 2.0**-53

    def swerve_time(self, onset: Onset) -> float:
        """Return how far chance moves a step in time, -1 to 1."""
        return _swerves(self.seed, onset.track, onset.count)[0]

    def swerve_level(self, onset: Onset) -> float:
        return _swerves(self.seed, onset.track, onset.count)[1]

    def swerve_latent(self, onset: Onset) -> tuple[float, float]:
        """Return how far chance moves each of the two latent knobs."""
        return _swerves(self.seed, onset.track, onset.count)[2:]


@lru_cache(1024)
def _swerves(seed: int, track: int, count: int) -> tuple[float, float, float, float]:
    """Return four numbers from -1 to 1: a quarter of the bits gives each."""
    bits = mixed(seed, _SWERVE, track, count)
    first, second, third, fourth = ((bits >> at & 0xFFFF) / 32767.5 - 1.0 for at in (0, 16, 32, 48))
    return first, second, third, fourth


@dataclass(frozen=True, slots=True)
class Played:
    """An onset of a pattern, and the playing that it belongs to."""

    pattern: Pattern
    playing: Playing
    onset: Onset

    @property
    def step(self) -> Step:
        steps = self.pattern.lane(self.onset.track).steps
        return steps[self.onset.count % len(steps)]

    @property
    def velocity(self) -> int:
        return velocity_of(self.step, self.onset.repeat)


def onsets(lane: Lane, track: int, low: float, high: float) -> Iterator[Onset]:
    """Yield the hits of a lane with a place from `low` to below `high` after the pattern's beginning."""
    first = max(0, floor(low * lane.speed - LATEST))
    for count in range(first, ceil(high * lane.speed + MOST_SHIFT)):
        step = lane.steps[count % len(lane.steps)]
        if step.velocity == 0:
            continue
        begins = max(0.0, count + step.shift)
        for repeat in range(step.repeats):
            place = (begins + repeat / step.repeats) / lane.speed
            if low <= place < high:
                yield Onset(place, track, count, repeat)


def sounds(lane: Lane, track: int, count: int, playing: Playing) -> bool:
    """Return whether a step sounds at this passing: its condition is met and chance favours it."""
    step = lane.steps[count % len(lane.steps)]
    condition = condition_of(step.condition) if step.condition else None
    if condition is not None and not _met(condition, lane, track, count, playing):
        return False
    return step.chance >= 1.0 or playing.share(_CHANCE, track, count) < step.chance


def velocity_of(step: Step, repeat: int) -> int:
    """Return the velocity of one repeat of a step, 1 to 127."""
    share = ramp_share(step, repeat)
    ramp = step.velocity_ramp
    factor = 1.0 + ramp * share if ramp < 0.0 else 1.0 - ramp * (1.0 - share)
    return min(127, max(1, round(step.velocity * (factor if step.repeats > 1 else 1.0))))


def ramp_share(step: Step, repeat: int) -> float:
    """Return how far its ramps have come at a repeat: 0 at the first, 1 at the last."""
    return repeat / (step.repeats - 1) if step.repeats > 1 else 0.0


def column(lane: Lane, place: float) -> int:
    """Return the index of the step that a lane has come to at a place after the pattern's beginning."""
    return floor(place * lane.speed) % len(lane.steps)


def _met(condition: Condition, lane: Lane, track: int, count: int, playing: Playing) -> bool:
    cycle = count // len(lane.steps)
    if condition.word == PREVIOUS:
        met = _previous(lane, track, count, playing)
    elif condition.word == "first":
        met = cycle == 0
    elif condition.word == "fill":
        met = playing.fill
    else:
        met = cycle % condition.rounds == condition.turn - 1
    return met != condition.negated


def _previous(lane: Lane, track: int, count: int, playing: Playing) -> bool:
    """Return whether the last step before this one that might have been silent sounded; False: none was.

    Steps that ask the same question do not count.
    """
    for before in range(count - 1, max(-1, count - 1 - len(lane.steps)), -1):
        step = lane.steps[before % len(lane.steps)]
        condition = condition_of(step.condition) if step.condition else None
        asks = condition is not None and condition.word == PREVIOUS
        if step.velocity and not asks and (condition is not None or step.chance < 1.0):
            return sounds(lane, track, before, playing)
    return False
