"""ALSA's side of MIDI: a client of its sequencer for each source and each destination, through python-rtmidi.

A controller that is pulled out and plugged in again within a moment has its old name and number, but nobody
is subscribed to it any more. The kernel's list of clients tells, which rtmidi does not offer.
"""

import heapq
import itertools
import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import rtmidi

log = logging.getLogger(__name__)

SEQUENCER = Path("/dev/snd/seq")
CLIENTS = Path("/proc/asound/seq/clients")
CLIENT_NAME = "graindrum-midi"  # has `in` and `out`, for anybody to connect
SOURCE_CLIENT_NAME, SINK_CLIENT_NAME = "graindrum-in", "graindrum-out"  # one for each
IN, OUT = "in", "out"
MOST_WAITING = 1_024  # messages
CLOSED_AFTER_S = 0.5
_NUMBERS = re.compile(r"\s+(\d+:\d+)\s*$")
_CLIENT = re.compile(r'Client\s+\d+ : "(.*)" \[')
_HEARD, _FED = "    Connected From: ", "    Connecting To: "  # for example 20:0[t:0], 24:1

Feed = Callable[[Sequence[int], str, int], None]


def linked(client: str, text: str, sign: str = _HEARD) -> set[str]:
    """Return the ports, as `client:port` numbers, that clients of a name hear by the kernel's list `text`."""
    found: set[str] = set()
    name = ""
    for line in text.splitlines():
        if (begins := _CLIENT.match(line)) is not None:
            name = begins[1]
        elif name == client and line.startswith(sign):
            found.update(each.split("[")[0] for each in line.removeprefix(sign).split(", "))
    return found


def linked_now(client: str, sign: str) -> set[str]:
    """Return what clients of a name are linked to now; nothing where the kernel does not tell."""
    try:
        return linked(client, CLIENTS.read_text(errors="replace"), sign)
    except OSError:
        return set()


def plain(name: str) -> str:
    """Return a port's name without its numbers, which another plug changes."""
    return _NUMBERS.sub("", name).strip()


def listed() -> list[str]:
    """Return the names of all sources there are now."""
    if not SEQUENCER.exists():
        return []
    client = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name="graindrum-list")
    names = [plain(name) for name in client.get_ports()]
    client.delete()
    return names


class _Links:
    """Which ports the kernel has linked to clients of ours."""

    def __init__(self, client: str, sign: str) -> None:
        self._client, self._sign = client, sign
        self._before: set[str] = set()

    def cut(self, names: Sequence[str]) -> set[str]:
        """Return those of `names` that were linked when this was last asked and are not any more."""
        now = linked_now(self._client, self._sign)
        lost, self._before = self._before - now, now
        return {name for name in names if (at := _NUMBERS.search(name)) is not None and at[1] in lost}


class AlsaSources:
    """Every wanted source, heard at once in a thread of rtmidi's.

    rtmidi closes a port with Python's lock held, and waits for its thread, which may wait for that lock. So a
    source that has gone is closed some time later, when nothing of it is under way; no other ever is.
    """

    def __init__(self, feed: Feed, wanted: Callable[[str], bool]) -> None:
        self._feed, self._wanted = feed, wanted
        self._list: Any = None  # rtmidi's classes have no types
        self._open: dict[str, Any] = {}
        self._came: dict[str, int] = {}  # those that are open: a number, new every time
        self._comings = itertools.count(1)
        self._gone: list[tuple[float, Any]] = []  # since when
        self._links = _Links(SOURCE_CLIENT_NAME, _HEARD)

    @property
    def active(self) -> bool:
        return self._list is not None

    def names(self) -> list[str]:
        return [plain(name) for name in list(self._open)]

    def comings(self) -> dict[str, int]:
        """Return the sources that are heard, each with a number that is new every time it comes."""
        return {plain(name): number for name, number in list(self._came.items())}

    def rescan(self) -> None:
        """Open new sources, let go of vanished ones; open again those whose subscription has gone."""
        if self._list is None:
            if not SEQUENCER.exists():
                return
            self._list = self._client(CLIENT_NAME, CLIENT_NAME)
            self._list.open_virtual_port(IN)
        while self._gone and time.monotonic() - self._gone[0][0] >= CLOSED_AFTER_S:
            self._gone.pop(0)[1].close_port()
        names = self._list.get_ports()
        for gone in (set(self._open) - set(names)) | self._links.cut(list(self._open)):
            log.info("midi: %s has gone", gone)
            self._gone.append((time.monotonic(), self._open.pop(gone)))
            self._came.pop(gone, None)
        for index, name in enumerate(names):
            if name not in self._open and self._wanted(name):
                self._open[name] = self._client(SOURCE_CLIENT_NAME, plain(name))
                self._open[name].open_port(index, IN)
                self._came[name] = next(self._comings)
                log.info("midi: listening to %s", name)

    def _client(self, client_name: str, source: str) -> Any:
        made = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name=client_name)
        made.ignore_types(sysex=False, timing=False, active_sense=True)
        made.set_callback(self._heard, source)
        return made

    def _heard(self, event: tuple[Sequence[int], float], source: str) -> None:
        self._feed(event[0], source, time.monotonic_ns())


class AlsaSinks:
    """Every destination, opened when it is first sent to; a thread sends each message at its time."""

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted
        self._list: Any = None
        self._open: dict[str, Any] = {}  # by the name with its numbers
        self._names: tuple[str, ...] = ()
        self._links = _Links(SINK_CLIENT_NAME, _FED)
        self._waiting: list[tuple[int, int, bytes, str | None]] = []  # heap of time, number, bytes, name
        self._numbers = itertools.count()
        self._something = threading.Condition()
        self._ports = threading.Lock()  # which are open
        self._stopped = False
        self._sender = threading.Thread(target=self._send_until_closed, name="midi-out", daemon=True)

    def names(self) -> list[str]:
        return [plain(name) for name in self._names]

    def rescan(self) -> None:
        """See which destinations there are; close those that have gone, or are not linked any more."""
        if self._list is None:
            if not SEQUENCER.exists():
                return
            self._list = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name=CLIENT_NAME)
            self._list.open_virtual_port(OUT)
            self._sender.start()
        self._names = tuple(filter(self._wanted, self._list.get_ports()))
        with self._ports:
            for gone in (set(self._open) - set(self._names)) | self._links.cut(list(self._open)):
                self._open.pop(gone).close_port()

    def send(self, data: bytes, destination: str | None, at_ns: int) -> bool:
        """Send to whoever is subscribed to `out`, or to one destination; return whether that is there."""
        there = self._list is not None and (destination is None or destination in self.names())
        with self._something:
            if not there or len(self._waiting) >= MOST_WAITING:
                return False
            heapq.heappush(self._waiting, (at_ns, next(self._numbers), data, destination))
            self._something.notify()
        return True

    def close(self) -> None:
        with self._something:
            self._stopped = True
            self._something.notify()
        if self._sender.is_alive():
            self._sender.join()
        for port in self._open.values():
            port.close_port()
        self._open.clear()

    def _send_until_closed(self) -> None:
        while (due := self._next()) is not None:
            data, destination = due
            try:
                with self._ports:
                    port = self._port(destination)
                    if port is not None:
                        port.send_message(data)
            except (rtmidi.RtMidiError, ValueError, OSError) as error:  # it has gone, or no MIDI at all
                log.info("midi: not sent to %s: %s", destination or OUT, error)

    def _next(self) -> tuple[bytes, str | None] | None:
        """Wait for the next message's time; None once closed."""
        with self._something:
            while not self._stopped:
                wait_ns = self._waiting[0][0] - time.monotonic_ns() if self._waiting else None
                if wait_ns is not None and wait_ns <= 0:
                    return heapq.heappop(self._waiting)[2:]
                self._something.wait(None if wait_ns is None else wait_ns / 1e9)
        return None

    def _port(self, destination: str | None) -> Any:
        if destination is None:
            return self._list
        for index, name in enumerate(self._list.get_ports()):
            if plain(name) == destination:
                if name not in self._open:
                    port = rtmidi.MidiOut(rtmidi.API_LINUX_ALSA, name=SINK_CLIENT_NAME)
                    port.open_port(index, OUT)
                    self._open[name] = port
                return self._open[name]
        return None
