"""The live half of control: brings a performance and an engine together in time.

Live hits are stamped: arrival time as a frame, plus one block, so that latency is constant from the
driver's delivery on (ALSA delivers at once, JACK once a period, at its start). The pattern's hits are handed
over some 50 ms ahead, further when frames go by faster (a freewheeling JACK server).
"""

from collections import deque
from collections.abc import Callable
from dataclasses import replace

from instrument.engine.clock import Clock
from instrument.engine.link import CEvent, Link
from instrument.engine.translate import struct
from instrument.errors import MessageError
from instrument.events import Event
from instrument.following import Anchor, Machine
from instrument.messages import Draw, Message, Note, Trigger
from instrument.moments import Moments
from instrument.performance import Performance
from instrument.units import ms_to_frames

WAKE_MS = 5.0  # how often it is called while playing
FURTHEST_S = 8.0  # look-ahead never exceeds it: the engine's ring and waiting list are bounded
AHEAD_WAKES = 4
FREEWHEEL_CUT_S = 1.0  # an edit reaches what is so far ahead: 25 ms at forty times real time
FREEWHEEL_SPEED = 4.0  # times real time; a stalled card that catches up stays below over a wake
SHORTEST_MEASURE_NS = 1_000_000
KEPT_SPEEDS = 32


class Conductor:
    """Feeds one engine at a time from one performance."""

    def __init__(self, performance: Performance, look_ahead_ms: float) -> None:
        self.performance = performance
        self._look_ahead_ms = look_ahead_ms
        self._clock: Clock | None = None
        self._link: Link | None = None
        self._backlog: deque[CEvent] = deque()
        self._speeds: deque[float] = deque(maxlen=KEPT_SPEEDS)  # frames a nanosecond
        self._fastest = 0.0  # of these
        self._measured = (0, 0)  # time, frame
        self._drawn_track = 0
        self.moments = Moments()
        self.hears: Callable[[list[Event]], None] | None = None  # whatever the engine is told

    def adopt(self, link: Link, now_ns: int) -> None:
        """Play on the engine behind `link` from now on; a playing pattern keeps its place."""
        clock = Clock(link)
        now_frame = clock.frame_at(now_ns) + clock.block_frames
        before = self._clock.carried_on(now_ns) if self._clock is not None else now_frame
        self._clock, self._link = clock, link
        self._backlog.clear()
        self._speeds.clear()
        self._fastest = 0.0
        self._measured = (now_ns, clock.frame)
        self.performance.settle(before)
        self._send(self.performance.move(before, now_frame, clock.rate_hz))
        self.turn(now_ns)

    def lose(self) -> None:
        """Go on without an engine until another is adopted."""
        self._link = None
        self._backlog.clear()

    def take(self, said: Message, arrived_ns: int, now_ns: int) -> None:
        """Let a message act, as soon after its arrival as can be done with constant latency."""
        if self._clock is None or self._link is None:
            self._apply(said, self._now(now_ns), None)
            return
        self._read(now_ns)
        frame = self._clock.frame_at(arrived_ns) + self._clock.block_frames
        self._send(self._apply(said, frame, self._cut(now_ns)))
        if isinstance(said, Trigger | Note | Draw):
            self._drawn_track = self.performance.state.selected + 1

    def _apply(self, said: Message, frame: int, cut: int | None) -> list[Event]:
        """Let a message act; what the state has no place for is shown, and all else stays as it is."""
        try:
            return self.performance.apply(said, frame, cut)
        except MessageError as error:
            self.performance.state = replace(self.performance.state, warning=str(error))
            return []

    def machine(self, now_ns: int) -> Machine | None:
        """Return what there is to keep to a clock, None while frames have no moments."""
        if self._clock is None or self._freewheeling():
            return None
        return Machine(now_ns, self._cut(now_ns), self.performance.timeline.straight_at, self.moments)

    def follow(self, anchor: Anchor, now_ns: int) -> None:
        """Go on as a clock has it."""
        self._send(self.performance.follow(anchor, self._cut(now_ns)))

    def lead(self, now_ns: int) -> None:
        """Go on at the pattern's own tempo."""
        self._send(self.performance.lead(self._cut(now_ns)))

    def turn(self, now_ns: int) -> None:
        """Hand over what lies within the look-ahead."""
        if self._clock is None or self._link is None:
            return
        self._read(now_ns)
        self._flush()
        self.performance.settle(self._clock.frame_at(now_ns))
        self._send(self.performance.advance(self._horizon(now_ns)))
        if self._drawn_track:
            self.performance.prepare(self._drawn_track - 1)
            self._drawn_track = 0

    def place(self, now_ns: int) -> float | None:
        """Return how far the pattern has come now, in sixteenths; None unless it plays."""
        return self.performance.place(self._now(now_ns))

    def _now(self, now_ns: int) -> int:
        return self._clock.carried_on(now_ns) if self._clock is not None else 0

    @property
    def frame(self) -> int:
        """The engine's position at the last reading."""
        return self._clock.frame if self._clock is not None else 0

    def _read(self, now_ns: int) -> None:
        """Read the clock, and measure how fast frames go by."""
        assert self._clock is not None
        frame = self._clock.read()
        self.moments.read(frame - self._clock.block_frames, self._clock.began_ns, self._clock.rate_hz)
        then_ns, then_frame = self._measured
        if now_ns - then_ns >= SHORTEST_MEASURE_NS:
            self._speeds.append((frame - then_frame) / (now_ns - then_ns))
            self._fastest = max(self._speeds)
            self._measured = (now_ns, frame)

    def _advance(self) -> int:
        """Return how many frames may go by between two calls, by the fastest seen lately."""
        assert self._clock is not None
        return round(WAKE_MS * 1e6 * max(self._fastest, self._clock.rate_hz * 1e-9))

    def _cut(self, now_ns: int) -> int:
        """Return the first frame that an event sent now reaches for certain."""
        assert self._clock is not None
        ahead = max(2 * self._clock.block_frames, self._advance())
        if self._freewheeling():
            ahead = round(FREEWHEEL_CUT_S * self._clock.rate_hz)
        return max(self._clock.frame, self._clock.frame_at(now_ns)) + ahead

    def _horizon(self, now_ns: int) -> int:
        """Return the frame up to which hits are handed over now."""
        assert self._clock is not None
        most = round(FURTHEST_S * self._clock.rate_hz)
        if self._freewheeling():
            return max(self._clock.frame, self._clock.frame_at(now_ns)) + most
        wanted = ms_to_frames(self._look_ahead_ms, self._clock.rate_hz)
        least = 2 * self._clock.block_frames + AHEAD_WAKES * self._advance()
        return max(self._clock.frame, self._clock.frame_at(now_ns)) + min(max(wanted, least), most)

    def _freewheeling(self) -> bool:
        """Return whether frames go by faster than any sound card's: then a late wake costs seconds."""
        assert self._clock is not None
        return self._fastest > FREEWHEEL_SPEED * self._clock.rate_hz / 1e9

    def _send(self, events: list[Event]) -> None:
        if self.hears is not None:
            self.hears(events)
        if self._link is None:
            return
        self._backlog.extend(struct(event) for event in events)
        self._flush()

    def _flush(self) -> None:
        """Push what waits, in order, as far as the ring has room."""
        while self._backlog and self._link is not None and self._link.push(self._backlog[0]):
            self._backlog.popleft()
