"""When the next tick of a clock comes, from the ticks there were.

A straight line is fitted to the ticks' times, each tick counting the less the longer ago it was: an
alpha-beta filter whose gains are those of a least-squares line while it is young (growing memory) and then
stay. Two of them run side by side. The slow one evens out jitter; when it has drifted from the quick one by
more than jitter explains, the tempo has changed, and it goes on from the quick one.
"""

from dataclasses import dataclass, replace

TICKS_PER_BEAT = 24
SLOWEST_BPM, FASTEST_BPM = 10.0, 400.0  # what a clock can mean
QUICK, SLOW = 8, 48  # ticks that they remember
ANEW = 4  # ticks that a new tempo rests on at first: the older ones had another
FLOOR_NS = 400_000.0  # less than that is no change of tempo
EXPLAINED = 2.0  # times the usual surprise: how far the two drift apart by jitter alone
STARTLED = 4.0  # times the usual surprise: twice the same way, it is a jump
AVERAGED = 24  # ticks over which the usual surprise is taken
UNKNOWN_NS = 1_000_000.0  # the usual surprise before any


def period_ns(bpm: float) -> float:
    """Return how far apart ticks are at a tempo."""
    return 60e9 / (TICKS_PER_BEAT * bpm)


_SHORTEST, _LONGEST = period_ns(FASTEST_BPM), period_ns(SLOWEST_BPM)


@dataclass(frozen=True, slots=True)
class Line:
    """Ticks, evenly spaced."""

    time_ns: float  # of the newest, as if it had come evenly
    period_ns: float
    ticks: int = 1  # it rests on, up to its memory

    def surprise(self, time_ns: float) -> float:
        """Return how much later than expected the next tick comes at a time."""
        return time_ns - self.time_ns - self.period_ns

    def after(self, time_ns: float, memory: int) -> "Line":
        """Return the line after the next tick."""
        k = min(self.ticks + 1, memory)
        late = self.surprise(time_ns)
        period = self.period_ns + 6.0 * late / (k * (k + 1))
        place = time_ns - late + 2.0 * (2 * k - 1) * late / (k * (k + 1))
        return Line(place, min(_LONGEST, max(_SHORTEST, period)), k)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a clock ticks, as far as it was heard."""

    slow: Line
    quick: Line
    heard_ns: float  # when the newest tick came
    usual_ns: float = UNKNOWN_NS  # how much a tick surprises, on average
    startled_ns: float = 0.0  # how much the newest did, beyond jitter

    @classmethod
    def begin(cls, time_ns: float, bpm: float) -> "Pace":
        """Return the pace after a first tick; `bpm` is expected until there is a second."""
        first = Line(time_ns, period_ns(bpm))
        return cls(first, first, time_ns)

    @property
    def bpm(self) -> float:
        return 60e9 / (TICKS_PER_BEAT * self.slow.period_ns)

    def after(self, time_ns: float) -> "Pace":
        """Return the pace after one more tick."""
        late = self.quick.surprise(time_ns)
        startled = late if abs(late) > FLOOR_NS + STARTLED * self.usual_ns else 0.0
        quick = self.quick.after(time_ns, QUICK)
        if startled * self.startled_ns > 0.0:
            quick = Line(time_ns, min(_LONGEST, max(_SHORTEST, time_ns - self.heard_ns)), 2)
        weight = min(abs(late), 3.0 * self.usual_ns + FLOOR_NS / 2.0)
        now = Pace(
            slow=self.slow.after(time_ns, SLOW),
            quick=quick,
            heard_ns=time_ns,
            usual_ns=self.usual_ns + (weight - self.usual_ns) / AVERAGED,
            startled_ns=startled,
        )
        if not now._apart():
            return now
        anew = replace(quick, ticks=min(quick.ticks, ANEW))
        return replace(now, slow=anew, quick=anew)

    def ticks_at(self, time_ns: float) -> float:
        """Return how many ticks after the newest one a time lies; negative before it."""
        return (time_ns - self.slow.time_ns) / self.slow.period_ns

    def time_of(self, ticks: float) -> float:
        """Return when so many ticks have come after the newest one."""
        return self.slow.time_ns + ticks * self.slow.period_ns

    def _apart(self) -> bool:
        """Return whether the two lines differ by more than jitter: now, or some ticks ahead."""
        allowed = FLOOR_NS + EXPLAINED * self.usual_ns
        ahead = (self.slow.period_ns - self.quick.period_ns) * QUICK * 0.75
        return max(abs(self.slow.time_ns - self.quick.time_ns), abs(ahead)) > allowed
