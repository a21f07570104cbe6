"""The MIDI clock that is sent: ticks, start, stop, continue and song position, as bytes with their times.

Ticks are numbered from place 0 on and go out when the playing machine comes by: none twice, none left out,
whatever the tempo does. A CONTINUE follows a STOP and a song position, and the tick after it is that of the
sixteenth they name. Nothing here asks for the time: it is given.
"""

from dataclasses import dataclass
from math import ceil
from typing import TypeAlias

from instrument.clock_in import TICKS_PER_STEP
from instrument.pace import period_ns

NEVER, PLAYING, ALWAYS = "none", "playing", "always"
TICK, START, CONTINUE, STOP, SONG_POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
HEADROOM_NS = 1_000_000  # from start or continue to its first tick, as receivers want it
POSITIONS = 1 << 14  # sixteenths that can be named: whole bars
NEARLY = 1e-6  # what lies so close to a tick is at it
KEPT_TICKS = 8  # more than are ever under way

Timed: TypeAlias = tuple[int, bytes]  # when (CLOCK_MONOTONIC, ns), and what


@dataclass(frozen=True, slots=True)
class Stretch:
    """Time that is sent now, and where the playing machine is at its ends: in sixteenths, swing apart."""

    from_ns: float
    to_ns: float
    from_place: float
    to_place: float

    def time_of(self, place: float) -> float:
        """Return when the machine comes by a place, one before the stretch too."""
        went = max(NEARLY, self.to_place - self.from_place)
        return self.from_ns + (place - self.from_place) / went * (self.to_ns - self.from_ns)


@dataclass(frozen=True, slots=True)
class _Cue:
    """What is said just before a tick."""

    tick: int
    said: int


class ClockOut:
    """Says where the machine is to whoever listens: NEVER, while PLAYING, or ALWAYS, with ticks at rest."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._playing = False  # receivers have been told so, or are about to be
        self._stopped = False  # they have been told to stop
        self._next: int | None = 0  # number of the next tick of the song; None: the first in the next stretch
        self._cue: _Cue | None = None
        self._ticks_ns: tuple[float, ...] = ()  # when the newest ticks go out: some are still to come
        self._until_ns = 0.0
        self._told_ns = 0.0  # when transport was last told

    @property
    def always(self) -> bool:
        """Whether ticks go out while the machine rests, too."""
        return self._mode == ALWAYS

    def begin(self, place: float, time_ns: float) -> list[Timed]:
        """Playing begins, or jumps, to a place at a time; the machine may wait for that time."""
        if self._mode == NEVER:
            return []
        time_ns = max(time_ns, self._told_ns)
        told = self.end(time_ns)
        sixteenth = max(0, ceil(place - NEARLY))  # a count-in lies before the song
        if sixteenth == 0:
            self._cue = _Cue(0, START)
        else:
            told += [] if self._stopped else [(round(time_ns), bytes([STOP]))]
            at = sixteenth % POSITIONS
            told.append((round(time_ns), bytes([SONG_POSITION, at & 0x7F, at >> 7])))
            self._cue = _Cue(sixteenth * TICKS_PER_STEP, CONTINUE)
        self._playing, self._told_ns = True, time_ns if told else self._told_ns
        return told + self._overtaken(place, time_ns)

    def end(self, time_ns: float) -> list[Timed]:
        """Playing ends at a time."""
        if not self._playing:
            return []
        begun, self._playing, self._cue = self._cue is None, False, None
        if not begun:
            return []
        self._stopped, self._told_ns = True, max(time_ns, self._told_ns)
        return [(round(self._told_ns), bytes([STOP]))]

    def played(self, stretch: Stretch) -> list[Timed]:
        """Return what is sent in a stretch of time while the machine plays; stretches follow each other."""
        if self._mode == NEVER or not self._playing:
            return []
        self._until_ns = stretch.to_ns
        if self._next is None:
            self._next = ceil(stretch.from_place * TICKS_PER_STEP - NEARLY)
        told: list[Timed] = []
        while self._next < stretch.to_place * TICKS_PER_STEP:
            time_ns = stretch.time_of(self._next / TICKS_PER_STEP)
            if self._cue is not None and self._next >= self._cue.tick:
                earlier = max((self._told_ns, *self._ticks_ns[-1:]))  # what is said already comes before it
                told += self._cued(min(time_ns, max(time_ns - HEADROOM_NS, earlier)))
            told.append(self._tick(time_ns))
            self._next += 1
        return told

    def rested(self, from_ns: float, to_ns: float, bpm: float) -> list[Timed]:
        """Return what is sent in a stretch of time while the machine rests."""
        if self._mode != ALWAYS:
            return []
        self._until_ns = to_ns
        told: list[Timed] = []
        period = period_ns(bpm)
        while (due := max(from_ns, self._ticks_ns[-1] + period) if self._ticks_ns else from_ns) < to_ns:
            told.append(self._tick(due))
        return told

    def _tick(self, time_ns: float) -> Timed:
        self._ticks_ns = (*self._ticks_ns, time_ns)[-KEPT_TICKS:]
        return round(time_ns), bytes([TICK])

    def _cued(self, time_ns: float) -> list[Timed]:
        assert self._cue is not None
        cue, self._cue, self._stopped = self._cue, None, False
        self._told_ns = time_ns
        return [(round(time_ns), bytes([cue.said]))]

    def _overtaken(self, place: float, time_ns: float) -> list[Timed]:
        """Number the ticks; those already under way beyond the beginning are the first of the song."""
        assert self._cue is not None
        first = ceil(place * TICKS_PER_STEP - NEARLY) if self._mode == ALWAYS else self._cue.tick
        if time_ns > self._until_ns:
            self._next = None if self._mode == ALWAYS else first
            return []
        self._next = first + sum(round(tick_ns) > round(time_ns) for tick_ns in self._ticks_ns)
        return self._cued(time_ns) if self._next > self._cue.tick else []
