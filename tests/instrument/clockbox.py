"""A machine in simulated time that follows a simulated clock; what it plays is kept step by step."""

from collections.abc import Iterable, Iterator
from math import ceil, floor

import numpy as np

from instrument.clock_in import AUTO, ClockIn
from instrument.following import Anchor, Follower, Machine
from instrument.moments import Moments
from instrument.pace import period_ns
from instrument.timeline import Tempo, Timeline

RATE_HZ = 48_000.0
FRAME_NS = 1e9 / RATE_HZ
TURN_NS = 5_000_000
AHEAD, CUT = 2_400, 496  # frames: handed out ahead of time, and where that can still be changed
SOURCE = "master"


class ClockBox:
    """Plays steps 0, 1, 2, … where its timeline has them."""

    def __init__(self, bpm: float = 120.0) -> None:
        self.clock = ClockIn(AUTO)
        self.follower = Follower(self.clock)
        self.moments = Moments(RATE_HZ)
        self.moments.read(0, 0, RATE_HZ)
        self.timeline = Timeline(RATE_HZ)
        self.bpm = bpm
        self.now_ns = 0.0
        self.until = 0
        self.playing = False
        self.sounded: dict[int, int] = {}  # step: frame
        self.taken_back = 0
        self.paused = 0.0

    def machine(self) -> Machine:
        cut = ceil(self.now_ns / FRAME_NS) + CUT
        return Machine(self.now_ns, cut, self.timeline.place_at, self.moments)

    def run(self, ticks_ns: Iterable[float], until_ns: float) -> None:
        """Hear ticks at their times and turn every few milliseconds, up to a time."""
        for time_ns, ticks in self._moments(ticks_ns, until_ns):
            self.now_ns = time_ns
            if ticks:
                self.clock.tick(SOURCE, time_ns, self.bpm)
            self.turn()

    def _moments(self, ticks_ns: Iterable[float], until_ns: float) -> Iterator[tuple[float, bool]]:
        turns = np.arange(self.now_ns, until_ns, TURN_NS)
        both = [*((float(t), True) for t in ticks_ns if t <= until_ns), *((float(t), False) for t in turns)]
        yield from sorted(both)

    def turn(self) -> None:
        if self.playing and (anchor := self.follower.steer(self.machine())) is not None:
            self.apply(anchor)
        first, self.until = self.until, max(self.until, ceil(self.now_ns / FRAME_NS) + AHEAD)
        self._hand_out(first)

    def apply(self, anchor: Anchor) -> None:
        assert anchor.frame >= self.now_ns / FRAME_NS, "what has sounded cannot be changed"
        self.bpm = anchor.bpm
        tempo = Tempo(anchor.bpm, 0.5)
        if anchor.place is None:
            self.timeline.retime(anchor.frame, tempo)
        else:
            self.timeline.start(anchor.frame, anchor.place, tempo)
        cut = min(anchor.frame, self.machine().cut) if anchor.place is not None else anchor.frame
        if anchor.moves:
            self._take_back(cut)
        self._hand_out(cut)

    def start(self, place: float = 0.0, *, new: bool = True) -> None:
        """Play, as the machine does by itself."""
        self.playing = True
        if new:
            self.sounded.clear()
        self.timeline.start(self.machine().cut, place, Tempo(self.bpm, 0.5))
        self._take_back(self.machine().cut)
        self._hand_out(self.machine().cut)
        if (anchor := self.follower.begin(place, self.machine())) is not None:
            self.apply(anchor)

    def stop(self) -> float:
        """Rest; return the place."""
        frame = ceil(self.now_ns / FRAME_NS) + 128
        place = self.timeline.place_at(frame)
        self._take_back(frame)
        self.playing = False
        return place

    def onsets_ms(self) -> np.ndarray:
        """Return when the steps sounded, in order; fails where one is missing."""
        steps = sorted(self.sounded)
        if not steps:
            return np.zeros(0)
        assert steps == list(range(steps[0], steps[-1] + 1)), "a step was lost"
        return np.array([self.sounded[step] for step in steps]) * FRAME_NS / 1e6

    def _hand_out(self, first: int) -> None:
        if not self.playing:
            return
        low, high = self.timeline.place_at(first - 1), self.timeline.place_at(self.until)
        for step in range(max(0, floor(low)), ceil(high) + 1):
            if first <= (frame := self.timeline.frame_of(step)) < self.until:
                self.sounded.setdefault(step, frame)

    def _take_back(self, cut: int) -> None:
        late = [step for step in list(self.sounded)[-64:] if self.sounded[step] >= cut]
        self.taken_back += len(late)
        for step in late:
            del self.sounded[step]


def ticks(*bpms: float, beats: float = 20, begin_ns: float = 50e6) -> np.ndarray:
    """Return the times, in ns, of the ticks of a clock that goes at one tempo after another."""
    gaps = [period_ns(bpm) for bpm in bpms for _ in range(round(24 * beats))]
    return begin_ns + np.concatenate([[0.0], np.cumsum(gaps)[:-1]])


def jittered(times_ns: np.ndarray, jitter_ms: float, seed: int = 3) -> np.ndarray:
    moved = times_ns + np.random.default_rng(seed).uniform(-jitter_ms, jitter_ms, len(times_ns)) * 1e6
    return np.sort(moved)
