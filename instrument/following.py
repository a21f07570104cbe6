"""How a playing machine keeps to a clock: it is never set back or forth, it goes a little faster or slower.

So no step is played twice or left out, whatever the clock does. Small corrections leave the hits that were
handed out where they are; only when a tempo jumps, those are moved as well.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from instrument.clock_in import STEPS_PER_BEAT, ClockIn, eased
from instrument.moments import Moments

MOVED_S = 0.0015  # so far off its place, hits that wait are moved as well
SAME = 1e-4  # two tempi so little apart, relative to each other, are one


@dataclass(frozen=True, slots=True)
class Anchor:
    """From a frame on a machine goes at a tempo."""

    frame: int
    bpm: float
    moves: bool = False  # the hits that wait as well
    place: float | None = (
        None  # in sixteenths since playing began, swing apart; None: where it gets by itself
    )


@dataclass(frozen=True, slots=True)
class Machine:
    """A machine at one moment."""

    now_ns: float
    cut: int  # the first frame for which anything can be changed
    place_at: Callable[[float], float]  # of frames, swing apart
    moments: Moments


class Follower:
    """Keeps one machine to one clock."""

    def __init__(self, clock: ClockIn) -> None:
        self._clock = clock
        self._bpm = 0.0  # as the machine was told last
        self._first = 0.0  # the place at which it begins, or began
        self._begins = -1  # the frame, as it was told last

    def begin(self, place: float, machine: Machine) -> Anchor | None:
        """Begin at a place that the clock knows; None when it does not tick yet."""
        self._first, self._begins, self._bpm = place, -1, 0.0
        if not self._clock.aligned or not self._clock.runs(machine.now_ns):
            return None
        return self._await(machine)

    def anew(self) -> None:
        """Take another machine, whose frames count from its own start, and which has begun."""
        self._begins, self._bpm = -1, 0.0

    def steer(self, machine: Machine) -> Anchor | None:
        """Return how a playing machine goes on, None: as it does."""
        clock = self._clock
        if not clock.runs(machine.now_ns):
            return self._lose(machine) if clock.gone(machine.now_ns) else None
        if not clock.aligned:
            clock.settle(machine.place_at(machine.cut), machine.moments.time_of(machine.cut))
        if self._begins > machine.cut:
            return self._await(machine)
        missing_s = self._missing_s(machine)
        return self._told(machine, clock.bpm * eased(missing_s), moves=abs(missing_s) > MOVED_S)

    def _missing_s(self, machine: Machine) -> float:
        """Return how late the machine is going to be at the first frame that can be changed."""
        frame = machine.cut
        missing = self._clock.place_at(machine.moments.time_of(frame)) - machine.place_at(frame)
        return missing * 60.0 / (STEPS_PER_BEAT * self._clock.bpm)

    def _await(self, machine: Machine) -> Anchor | None:
        """Return when the machine begins, by all that is known now."""
        place = self._first
        frame = max(machine.cut, ceil(machine.moments.frame_at(self._clock.time_at(place))))
        if frame == self._begins:
            return None
        self._begins, self._bpm = frame, self._clock.bpm
        return Anchor(frame, self._bpm, moves=True, place=place)

    def _lose(self, machine: Machine) -> Anchor | None:
        """Go on at the clock's last tempo."""
        self._clock.lose()
        return self._told(machine, self._clock.bpm, moves=False) if self._clock.bpm else None

    def _told(self, machine: Machine, bpm: float, *, moves: bool) -> Anchor | None:
        if abs(bpm - self._bpm) <= SAME * bpm:
            return None
        self._bpm = bpm
        return Anchor(machine.cut, bpm, moves)
