"""MIDI's time around a conductor: the clock that is followed, the one that is sent, notes that go out."""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import ceil

from instrument import routes
from instrument.clock_in import ClockIn
from instrument.clock_out import ClockOut, Stretch, Timed
from instrument.conductor import Conductor
from instrument.config import MidiConfig
from instrument.controllers import Plugged
from instrument.drivers.midi import Midi
from instrument.events import Event
from instrument.following import Anchor, Follower
from instrument.messages import Arrival, Continue, Message, Play, SongPosition, Stop, Tick
from instrument.notes_out import NotesOut
from instrument.port_names import named
from instrument.rules.state import State
from instrument.snapshot import Snapshot
from instrument.units import frames_per_step

OUT_AHEAD_NS = 15_000_000  # two wakes of the loop and some blocks
SETTLE_NS = 1_000_000_000
SENT_S = 0.05  # from a message's time until it has left, through a JACK server of long periods too
NOTE_STEPS = 0.5  # how long a note lasts
SAME = 1e-3  # tempi at rest that differ by less, relative to each other, are one

Send = Callable[[bytes, int], None]  # what a clock says, and when
_TRANSPORT = (Play, Continue, Stop, SongPosition)


def made(config: MidiConfig, conductor: Conductor, plugged: Plugged, midi: Midi) -> "Clockwork":
    """Return the clockwork of a running machine, as it is configured."""

    def send(data: bytes, at_ns: int) -> None:
        ports: set[str | None] = {None}
        if config.clock_ports:
            ports = {port for like in config.clock_ports for port in named(midi.outputs, like)}
        for port in ports:
            midi.send(data, port, at_ns)

    notes = NotesOut(routes.read(config.notes_out), midi.send, lambda: midi.outputs)
    clock_in = ClockIn(config.clock, lambda source: plugged.may(source, "clock"))
    return Clockwork(conductor, clock_in, ClockOut(config.clock_out), notes, send)


class Clockwork:
    """Takes every message on its way to the conductor, since any of them may begin or end playing."""

    def __init__(
        self, conductor: Conductor, clock_in: ClockIn, clock_out: ClockOut, notes_out: NotesOut, send: Send
    ) -> None:
        self._conductor = conductor
        self._in, self._out, self._notes = clock_in, clock_out, notes_out
        self._follower = Follower(clock_in)
        self._send = send
        self._was = (False, 0)  # playing, and how often it has begun
        self._own_bpm = 0.0  # of the pattern, when its clock was lost
        self._sent_ns = 0.0  # what lies before it has been sent
        self._settles_ns = 0
        conductor.hears = self._hear

    def take(self, arrival: Arrival, now_ns: int) -> None:
        """Let a message act."""
        said, source, at_ns = arrival.message, arrival.source, arrival.arrived_ns
        if isinstance(said, Tick):
            if self._in.tick(source, at_ns, self._state.tempo_bpm):
                self._steer(now_ns)
            return
        leads = isinstance(said, _TRANSPORT) and self._in.leads(source, at_ns)
        if leads:
            self._told(said, source, at_ns)
        self._conductor.take(said, at_ns, now_ns)
        self._notice(said if leads else None, now_ns, jumped=isinstance(said, SongPosition))

    def turn(self, now_ns: int) -> None:
        """Keep to the clock that is followed, and send what is due; to be called often."""
        self._steer(now_ns)
        machine = self._conductor.machine(now_ns)
        if machine is None:
            return
        until_ns, moments = now_ns + OUT_AHEAD_NS, machine.moments
        from_ns = max(self._sent_ns, now_ns - OUT_AHEAD_NS)
        if self._state.playing:
            places = (machine.place_at(moments.frame_at(at)) for at in (from_ns, until_ns))
            self._say(self._out.played(Stretch(from_ns, until_ns, *places)))
        else:
            self._say(self._out.rested(from_ns, until_ns, self._state.tempo_bpm))
        self._notes.turn(ceil(moments.frame_at(until_ns)), lambda frame: round(moments.time_of(frame)))
        self._sent_ns = until_ns
        if now_ns >= self._settles_ns:
            self._settles_ns = now_ns + SETTLE_NS
            self._notes.settle()

    @property
    def busy(self) -> bool:
        """Whether it must be turned often though nothing plays."""
        return self._out.always

    @property
    def warning(self) -> str:
        """What is wrong with the clock that was followed, or an empty text."""
        if not self._in.lost:
            return ""
        return f"the clock of {self._in.lost} has stopped: going on at {self._in.bpm:.1f} bpm"

    def shown(self, snapshot: Snapshot, now_ns: int) -> Snapshot:
        """Return the snapshot with the clock that is followed."""
        if not self._in.runs(now_ns) and not self._in.lost:
            return snapshot
        source = self._in.source if self._in.runs(now_ns) else ""
        return replace(snapshot, tempo_bpm=round(self._in.bpm, 1), clock=source)

    def anew(self) -> None:
        """Go on with another engine."""
        self._notes.anew()
        self._follower.anew()

    def finish(self) -> None:
        """End every note, tell whoever listens that playing ends, and wait until they have heard."""
        told = self._out.end(time.monotonic_ns())
        waits = bool(told) or self._notes.sounds
        self._notes.silence()
        self._say(told)
        if waits:  # nobody says when bytes have left
            time.sleep(SENT_S)

    @property
    def _state(self) -> State:
        return self._conductor.performance.state

    def _told(self, said: Message, source: str, at_ns: int) -> None:
        """Take the transport of the clock that is followed."""
        match said:
            case Play():
                self._in.start(source, at_ns)
            case Continue() if self._state.playing:
                self._in.leave()
            case Continue():
                self._in.go_on(source, self._conductor.performance.timeline.beginning[1], at_ns)
            case Stop():
                self._in.stop()
            case SongPosition(place=place):
                self._in.locate(source, place, at_ns)

    def _notice(self, led: Message | None, now_ns: int, *, jumped: bool) -> None:
        """See whether playing has begun or ended; `led` is what the clock said for it, None: it did not."""
        state, (was_playing, starts) = self._state, self._was
        self._was = (state.playing, state.starts)
        machine = self._conductor.machine(now_ns)
        if machine is None:
            return
        if state.playing and (jumped or not was_playing or state.starts != starts):
            self._begin(led, now_ns)
        elif was_playing and not state.playing:
            if led is None:
                self._in.leave()
            self._in.lost = ""
            self._say(self._out.end(machine.moments.time_of(machine.cut)))

    def _begin(self, led: Message | None, now_ns: int) -> None:
        machine = self._conductor.machine(now_ns)
        assert machine is not None
        self._in.lost = ""
        frame, place = self._conductor.performance.timeline.beginning
        place = 0.0 if isinstance(led, Play) else place
        if led is None:
            self._in.leave()
            if self._in.runs(now_ns):
                self._in.join(place, machine.moments.time_of(machine.cut))
        anchor = self._follower.begin(place, machine)
        if anchor is None and led is not None:  # its ticks are still to come
            anchor = Anchor(machine.cut, self._in.bpm or self._state.tempo_bpm, moves=True, place=place)
        if anchor is not None:
            self._conductor.follow(anchor, now_ns)
            frame = anchor.frame
        self._say(self._out.begin(place, machine.moments.time_of(frame)))

    def _steer(self, now_ns: int) -> None:
        """Keep to the clock, or forget it."""
        machine, state, clock = self._conductor.machine(now_ns), self._state, self._in
        if machine is None:
            return
        anchor = None
        if state.playing:
            anchor = self._follower.steer(machine)
        elif clock.runs(now_ns) and abs(clock.bpm - state.tempo_bpm) > SAME * clock.bpm:
            anchor = Anchor(machine.cut, clock.bpm)
        if anchor is not None:
            self._conductor.follow(anchor, now_ns)
        if not clock.lost:
            self._own_bpm = state.pattern.tempo_bpm
        elif state.pattern.tempo_bpm != self._own_bpm:  # somebody has set another
            clock.lost = ""
        if state.clock_bpm is not None and not (clock.runs(now_ns) or clock.aligned or clock.lost):
            self._conductor.lead(now_ns)

    def _hear(self, events: Sequence[Event]) -> None:
        performance = self._conductor.performance
        step = frames_per_step(performance.state.tempo_bpm, performance.rate_hz)
        self._notes.take(events, round(NOTE_STEPS * step))

    def _say(self, told: Sequence[Timed]) -> None:
        for time_ns, data in told:
            self._send(data, time_ns)
