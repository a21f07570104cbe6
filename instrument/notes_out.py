"""The pattern's hits as MIDI notes, for whatever else is to play them.

They are taken from the events that go to the engine, so that what an edit takes back is never sent. Every
note that was begun is ended: when its time is up, when it is struck again, by silence, and where its port was
unplugged meanwhile, as soon as that is back.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TypeAlias

from instrument.events import ALL_TRACKS, Cancel, Choke, Event, Hit, Mix, Source
from instrument.routes import Route

NOTE_ON, NOTE_OFF = 0x90, 0x80
MOST_WAITING = 4_096  # hits; some seconds of the densest pattern
KEPT_SENT = 256  # hits that may still be taken back after they were sent

Send: TypeAlias = Callable[[bytes, str | None, int], bool]  # bytes, port, time; whether it is there
Times: TypeAlias = Callable[[float], int]  # of frames


@dataclass(frozen=True, slots=True, order=True)
class _Strike:
    """A hit that has not been sent."""

    frame: int
    track: int
    velocity: int
    length: int  # frames
    seed: int  # tells it from all others


@dataclass(frozen=True, slots=True)
class _Key:
    """A note of somebody else's."""

    channel: int
    note: int
    port: str | None

    def begun(self, velocity: int) -> bytes:
        return bytes([NOTE_ON | (self.channel - 1), self.note, velocity])

    def ended(self) -> bytes:
        return bytes([NOTE_OFF | (self.channel - 1), self.note, 0])


@dataclass(frozen=True, slots=True)
class _Sounding:
    """When a note began, and the frame at which it ends."""

    begun_ns: int
    end: int


class NotesOut:
    """Sends notes at the times of their hits. `outputs` are the names of the ports there are."""

    def __init__(self, routes: Iterable[Route], send: Send, outputs: Callable[[], Sequence[str]]) -> None:
        self._routes: dict[int, list[Route]] = {}
        for route in routes:
            self._routes.setdefault(route.index, []).append(route)
        self._send, self._outputs = send, outputs
        self._waiting: list[_Strike] = []
        self._sent: OrderedDict[int, _Strike] = OrderedDict()  # the newest, by their seeds
        self._repeated: set[int] = set()  # seeds of hits taken back too late, which will come again
        self._mutes: list[tuple[int, int, bool]] = []  # frame, track and silence: what is to come
        self._muted: set[int] = set()
        self._sounding: dict[_Key, _Sounding] = {}
        self._owed: set[_Key] = set()  # they could not be ended: their port has gone

    def take(self, events: Iterable[Event], length: int) -> None:
        """Hear what the engine is told; a note lasts `length` frames."""
        for event in events if self._routes else ():
            match event:
                case Hit(source=Source.SEQUENCED) if event.track in self._routes:
                    self._await(event, length)
                case Cancel():
                    self._take_back(event)
                case Mix() if event.track != ALL_TRACKS:
                    self._mutes.append((event.frame, event.track, event.mute))
                case Choke(track=track) if track == ALL_TRACKS:
                    self.silence()

    def turn(self, until: int, time_of: Times) -> None:
        """Send what lies before a frame."""
        due = sorted(strike for strike in self._waiting if strike.frame < until)
        if due:
            self._waiting = [strike for strike in self._waiting if strike.frame >= until]
        for strike in due:
            self._mute_by(strike.frame)
            self._end_by(strike.frame, time_of)
            self._sent[strike.seed] = strike
            if strike.track not in self._muted:
                self._begin(strike, time_of)
        while len(self._sent) > KEPT_SENT:
            self._sent.popitem(last=False)
        self._mute_by(until - 1)
        self._end_by(until, time_of)

    def silence(self) -> None:
        """End every note now, and send no more of what waits."""
        self._waiting.clear()
        for key in list(self._sounding):
            self._end(key, 0)

    def anew(self) -> None:
        """End every note, and forget what another engine was told: frames count from its start."""
        self.silence()
        self._mutes.clear()
        self._sent.clear()
        self._repeated.clear()

    @property
    def sounds(self) -> bool:
        """Whether there are notes to be ended."""
        return bool(self._sounding)

    def settle(self) -> None:
        """Try again to end what could not be ended; cheap, but not for every turn."""
        self._owed = {key for key in self._owed if not self._send(key.ended(), key.port, 0)}

    def _await(self, hit: Hit, length: int) -> None:
        if hit.seed in self._repeated:
            self._repeated.discard(hit.seed)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(_Strike(hit.frame, hit.track, hit.velocity, length, hit.seed))

    def _take_back(self, said: Cancel) -> None:
        def meant(strike: _Strike) -> bool:
            return strike.frame >= said.frame and said.track in (ALL_TRACKS, strike.track)

        self._waiting = [strike for strike in self._waiting if not meant(strike)]
        if said.frame <= 0:  # another playing begins, with other seeds
            self._repeated.clear()
            return
        self._repeated |= {seed for seed, strike in self._sent.items() if meant(strike)}

    def _mute_by(self, frame: int) -> None:
        """Mute and unmute tracks as far as a frame; of two mixes for one frame the newer holds."""
        for _, track, mute in sorted((mix for mix in self._mutes if mix[0] <= frame), key=itemgetter(0)):
            (self._muted.add if mute else self._muted.discard)(track)
        self._mutes = [mix for mix in self._mutes if mix[0] > frame]

    def _begin(self, strike: _Strike, time_of: Times) -> None:
        begun_ns = time_of(strike.frame)
        for route in self._routes[strike.track]:
            for port in route.ports(self._outputs()):
                key = _Key(route.channel, route.note, port)
                if key in self._sounding:
                    self._end(key, begun_ns)
                if key in self._owed and self._send(key.ended(), port, begun_ns):
                    self._owed.discard(key)
                if self._send(key.begun(strike.velocity), port, begun_ns):
                    self._sounding[key] = _Sounding(begun_ns, strike.frame + strike.length)

    def _end_by(self, frame: int, time_of: Times) -> None:
        """End the notes whose time is up by a frame."""
        for key in [key for key, sounding in self._sounding.items() if sounding.end <= frame]:
            self._end(key, time_of(self._sounding[key].end))

    def _end(self, key: _Key, at_ns: int) -> None:
        begun_ns = self._sounding.pop(key).begun_ns
        if not self._send(key.ended(), key.port, max(at_ns, begun_ns)):
            self._owed.add(key)
