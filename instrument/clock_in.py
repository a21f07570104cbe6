"""A MIDI clock that is followed: which source, where its ticks put the machine, how that keeps to them.

Ticks are counted, so that the machine's place is theirs for ever; what evens them out is `pace`. Nothing here
asks for the time: it is given.
"""

from collections.abc import Callable
from math import ceil

from instrument import port_names
from instrument.pace import TICKS_PER_BEAT, Pace

INTERNAL, AUTO = "internal", "auto"
LOST_NS = 500_000_000  # a clock without a tick for so long has gone; four ticks at 20 bpm
STEPS_PER_BEAT = 4
TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
TICKS_PER_BAR = 4 * TICKS_PER_BEAT
EASE_S = 0.1  # over which a machine that has come off its place makes up for it
MOST_HASTE = 2.0  # times the tempo, or that part of it


def eased(missing_s: float) -> float:
    """Return how many times faster than its clock a machine goes that is `missing_s` behind it."""
    return min(MOST_HASTE, max(1.0 / MOST_HASTE, 1.0 + missing_s / EASE_S))


class ClockIn:
    """Follows one source at a time. Times are CLOCK_MONOTONIC in ns, places sixteenths since playing began.

    `choice` is INTERNAL (none), AUTO (the first that ticks among those that `may_lead`), or the pattern of a
    port's name.
    """

    def __init__(self, choice: str, may_lead: Callable[[str], bool] = lambda _source: True) -> None:
        self._choice = choice
        self._may_lead = may_lead
        self.source = ""
        self._pace: Pace | None = None
        self._count = 0  # of the newest tick
        self._zero: int | None = None  # the tick at which the machine's place 0 lies
        self._bar: int | None = None  # a tick at which a bar of the source's began
        self._held: int | None = None  # ticks into the song at which the source has stopped
        self._told_ns: float = -LOST_NS  # when the source last said where it is
        self.lost = ""  # the source that has gone silent while it was followed

    @property
    def bpm(self) -> float:
        """The tempo; of the last clock, when it has gone."""
        return self._pace.bpm if self._pace is not None else 0.0

    @property
    def aligned(self) -> bool:
        """Whether the machine has a place by this clock."""
        return self._zero is not None

    def runs(self, now_ns: float) -> bool:
        """Return whether the source ticks."""
        return self._pace is not None and now_ns - self._pace.heard_ns < LOST_NS

    def leads(self, source: str, now_ns: float) -> bool:
        """Return whether a source is the one that is followed, or would be if it began now."""
        if source == self.source:
            return source != ""
        return source != "" and self._admitted(source) and not self.runs(now_ns)

    def tick(self, source: str, time_ns: float, bpm: float) -> bool:
        """Take a tick, and the machine's tempo until there is another; return whether it is followed."""
        if not self.leads(source, time_ns):
            return False
        self._adopt(source)
        if self._pace is not None and self.runs(time_ns):
            self._pace = self._pace.after(time_ns)
        else:
            if time_ns - self._told_ns >= LOST_NS:  # nobody knows how many ticks were not heard
                self._zero = self._bar = None
            self._pace = Pace.begin(time_ns, self._pace.bpm if self._pace is not None else bpm)
        self._count += 1
        self.lost = ""
        return True

    def start(self, source: str, time_ns: float) -> None:
        """Let the source's next tick be place 0."""
        self._goes_on(source, 0, time_ns)

    def go_on(self, source: str, place: float, time_ns: float) -> None:
        """Let the source's next tick be where it stopped; if it never did, the one nearest to a place."""
        held = self._held if self._held is not None else round(place * TICKS_PER_STEP)
        self._goes_on(source, held, time_ns)

    def stop(self) -> None:
        """The source stands still, whether it ticks or not."""
        if self._zero is not None:
            self._held = self._count + 1 - self._zero
        self._zero = self._bar = None

    def locate(self, source: str, place: int, time_ns: float) -> None:
        """Take the source's song position: that of its next tick or, when it rests, of its next beginning."""
        if self._zero is not None:
            self._goes_on(source, place * TICKS_PER_STEP, time_ns)
        else:
            self._held = place * TICKS_PER_STEP

    def join(self, place: float, earliest_ns: float) -> None:
        """Find a place for a machine that begins at `earliest_ns` or later, with the source's next bar.

        Where the source has named no bar it begins with the next tick.
        """
        into = round(place * TICKS_PER_STEP)
        first = self._count + max(1, ceil(self._ticks_at(earliest_ns)))
        if self._bar is not None:
            first += (self._bar + into - first) % TICKS_PER_BAR
        self._zero = self._bar = first - into

    def settle(self, place: float, time_ns: float) -> None:
        """Take the tick nearest to the place that a playing machine has at a time for its own."""
        self._zero = round(self._count + self._ticks_at(time_ns) - place * TICKS_PER_STEP)

    def leave(self) -> None:
        """The machine rests, for reasons of its own."""
        self._zero = None

    def lose(self) -> None:
        """The source has gone silent: the machine goes on by itself."""
        self.lost = self.source if self._pace is not None else ""
        self._zero = self._bar = None

    def place_at(self, time_ns: float) -> float:
        """Return where the machine belongs at a time."""
        assert self._zero is not None
        return (self._count + self._ticks_at(time_ns) - self._zero) / TICKS_PER_STEP

    def time_at(self, place: float) -> float:
        """Return when the machine belongs at a place."""
        assert self._zero is not None
        assert self._pace is not None
        return self._pace.time_of(self._zero + place * TICKS_PER_STEP - self._count)

    def gone(self, now_ns: float) -> bool:
        """Return whether the machine has a place by a clock that does not tick any more, or never did."""
        return self.aligned and not self.runs(now_ns) and now_ns - self._told_ns >= LOST_NS

    def _goes_on(self, source: str, ticks: int, time_ns: float) -> None:
        self._adopt(source)
        self._told_ns, self._held, self.lost = time_ns, None, ""
        self._zero = self._bar = self._count + 1 - ticks

    def _adopt(self, source: str) -> None:
        if source != self.source:
            self.source, self._pace = source, None
            self._zero = self._bar = self._held = None

    def _admitted(self, source: str) -> bool:
        if self._choice == INTERNAL:
            return False
        if self._choice == AUTO:
            return self._may_lead(source)
        return bool(port_names.named([source], self._choice))

    def _ticks_at(self, time_ns: float) -> float:
        return self._pace.ticks_at(time_ns) if self._pace is not None else 0.0
