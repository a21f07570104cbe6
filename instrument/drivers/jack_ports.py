"""JACK's side of MIDI: a port of ours for each source, so that we know who spoke, and for each destination.

Sources are wired each time they appear, destinations when they are first sent to; a wire that a person pulls
stays pulled. What is wired to `in` by hand as well is heard once all the same.
"""

import itertools
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from instrument.drivers.jack import Client, counterpart

log = logging.getLogger(__name__)

IN, OUT = "in", "out"  # for anybody to wire; the others are numbered: in 1, in 2, ... out 1, ...
BY_HAND = "JACK"  # the source of what comes in at `in`
MOST_EARLY = 256  # messages kept for a destination until it is wired

_COMINGS = itertools.count(1)  # across servers
Feed = Callable[[Sequence[int], str, int], None]


@dataclass(slots=True)
class _Wire:
    """A port of ours that belongs to one port of somebody else's."""

    name: str
    number: int
    alias: str = ""  # what else somebody else's port is called
    connected: bool = False
    coming: int = 0  # a number, new every time it has been wired


class _Wires:
    """All in one direction, by the names of the others' ports."""

    def __init__(self, client: Client, own: str, *, sends: bool) -> None:
        self._client, self._own, self._sends = client, own, sends
        self._wires: dict[str, _Wire] = {}
        self.open = client.register(own, sends=sends)  # number of the one for anybody; `in` comes first
        self.names: dict[int, str] = {}  # by the number of our port

    def connected(self) -> list[str]:
        return sorted(name for name, wire in list(self._wires.items()) if wire.connected)

    def comings(self) -> dict[str, int]:
        """Return what is connected, each with a number that is new every time it comes."""
        return {name: wire.coming for name, wire in list(self._wires.items()) if wire.connected}

    def alias(self, name: str) -> str:
        """Return what else a port is called, empty when nothing or it is not there."""
        wire = self._wires.get(name)
        return wire.alias if wire is not None else ""

    def number(self, name: str) -> int:
        """Return the number of the port that is wired to `name`, 0 where there is none."""
        wire = self._wires.get(name)
        return wire.number if wire is not None and wire.connected else 0

    def follow(self, there: set[str], appeared: set[str]) -> None:
        """Wire what is there and new, or has come back; give back the ports of what has gone."""
        for name in sorted(set(self._wires) - there):
            log.info("midi: %s has gone", name)
            wire = self._wires.pop(name)
            self.names.pop(wire.number, None)
            self._client.unregister(wire.number)
        for name in sorted(there - set(self._wires)):
            self._add(name)
        for name, wire in self._wires.items():
            if name in appeared or not wire.connected:
                self._connect(name, wire)

    def _add(self, name: str) -> None:
        taken = {wire.name for wire in self._wires.values()}
        own = next(free for at in range(1, len(taken) + 2) if (free := f"{self._own} {at}") not in taken)
        number = self._client.register(own, sends=self._sends)
        if number:  # else there are as many as there can be; tried again, since others may go
            self._wires[name] = _Wire(own, number)
            self.names[number] = name

    def _connect(self, name: str, wire: _Wire) -> None:
        ours = f"{self._client.name}:{wire.name}"
        before = wire.connected
        wire.connected = self._client.connect(*((ours, name) if self._sends else (name, ours)))
        wire.coming, wire.alias = next(_COMINGS), self._client.alias(name)
        if wire.connected and not before:
            log.info("midi: %s %s", "sending to" if self._sends else "listening to", name)


class JackPorts:
    """All MIDI of the JACK server, as it comes and goes. `look` asks for a `rescan`, in another thread."""

    def __init__(self, feed: Feed, wanted: Callable[[str], bool], look: Callable[[], None]) -> None:
        self._feed, self._wanted, self._look = feed, wanted, look
        self._session: _Session | None = None

    def inputs(self) -> list[str]:
        session = self._session
        return [] if session is None else [*session.sources.connected(), f"{session.client.name}:{IN}"]

    def comings(self) -> dict[str, int]:
        """Return the sources that are heard, each with a number that is new every time it comes."""
        session = self._session
        return {} if session is None else session.sources.comings()

    def alias(self, source: str) -> str:
        """Return what else a source is called, empty when nothing."""
        session = self._session
        return "" if session is None else session.sources.alias(source)

    def outputs(self) -> list[str]:
        session = self._session
        return [] if session is None else sorted(session.destinations)

    def rescan(self) -> None:
        """Find the server, or miss it; wire what has come, forget what has gone."""
        if self._session is not None and not self._session.client.alive:
            log.info("midi: the JACK server has gone")
            self.close()
        if self._session is None and (client := Client.open()) is not None:
            self._session = _Session(client, self._feed, self._look)
        if self._session is not None:
            self._session.follow(self._wanted)

    def send(self, data: bytes, destination: str | None, at_ns: int) -> bool:
        """Send to whoever is wired to `out`, or to one destination; return whether that is there."""
        session = self._session
        return session is not None and session.send(data, destination, at_ns)

    def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()


class _Session:
    """What there is while one server runs."""

    def __init__(self, client: Client, feed: Feed, look: Callable[[], None]) -> None:
        self.client = client
        self._feed, self._look = feed, look
        self.sources = _Wires(client, IN, sends=False)
        self._sinks = _Wires(client, OUT, sends=True)
        self.destinations: frozenset[str] = frozenset()
        self._early: dict[str, deque[tuple[bytes, int]]] = {}  # what waits for a destination to be wired
        self._sending = threading.Lock()  # one at a time, and nobody while the client is being closed
        self._closed = False
        self._lost = 0
        self._listener = threading.Thread(target=self._listen, name="midi-jack", daemon=True)
        self._listener.start()

    def follow(self, wanted: Callable[[str], bool]) -> None:
        appeared = self.client.appeared()  # asked first: what comes between the two is wired twice, not never
        self.destinations = frozenset(filter(wanted, self.client.ports(sending=False)))
        asked = {*self._sinks.names.values(), *list(self._early)}
        self._sinks.follow(asked & self.destinations, appeared)
        self._send_early()
        self.sources.follow(
            set(filter(wanted, self.client.ports(sending=True))), appeared
        )  # last: it is told of
        if (lost := self.client.lost()) > self._lost:
            log.warning("midi: %d messages lost between JACK and us", lost - self._lost)
            self._lost = lost

    def send(self, data: bytes, destination: str | None, at_ns: int) -> bool:
        with self._sending:
            if self._closed:
                return False
            if destination is None:
                return self.client.send(self._sinks.open, data, at_ns)
            names = [name for name in (destination, counterpart(destination)) if name in self.destinations]
            if not names:
                return False
            if number := self._sinks.number(names[0]):
                return self.client.send(number, data, at_ns)
            self._early.setdefault(names[0], deque(maxlen=MOST_EARLY)).append((data, at_ns))
        self._look()
        return True

    def _send_early(self) -> None:
        with self._sending:
            for name in list(self._early):
                number = self._sinks.number(name)
                if number or name not in self.destinations:
                    for data, at_ns in self._early.pop(name):
                        self.client.send(number, data, at_ns)  # to 0, when it has gone: counted as lost

    def _listen(self) -> None:
        while not self._closed:
            for port, data, time_ns in self.client.take():
                self._feed(data, self.sources.names.get(port, BY_HAND), time_ns)
            if self.client.changed():
                self._look()

    def close(self) -> None:
        with self._sending:
            self._closed = True
        self.client.wake()
        self._listener.join()
        self.client.close()
