"""MIDI in: every input there is, through mido on python-rtmidi, with ports that come and go.

ALSA: one client a source, heard at once. JACK: one port, graindrum-midi:in, to which every source is wired;
one that was wired by hand as well is heard once all the same; rtmidi delivers once a period, at its start,
and takes Python's lock there. A thread looks for ports that come and go, once a second.
"""

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import mido
import rtmidi

from instrument.drivers import alsa
from instrument.drivers.jack import Jack
from instrument.messages import Arrival, Continue, ControlChange, Message, Note, Play, Stop

log = logging.getLogger(__name__)

CLIENT_NAME = "graindrum-midi"
SOURCE_CLIENT_NAME = "graindrum-in"  # ALSA's, one for each source
PORT_NAME = "in"
RESCAN_S = 1.0
ALSA_SEQUENCER = Path("/dev/snd/seq")
_BRIDGES = ("a2j:", "Midi-Bridge:", "system:midi")  # ALSA's ports as JACK shows them
_TRANSPORT: dict[str, Message] = {"start": Play(), "continue": Continue(), "stop": Stop()}
_NO_CONTROLLERS = ("graindrum", "Midi Through")  # we ourselves; ALSA's loop
_ALSA_NUMBERS = re.compile(r"\s+(\d+:\d+)\s*$")


class Midi:
    """All MIDI inputs. `deliver` is called in whatever thread a message arrives."""

    def __init__(self, backend: str, patterns: Sequence[str], deliver: Callable[[Arrival], None]) -> None:
        self._backend = backend
        self._patterns = tuple(patterns)
        self._deliver = deliver
        self._ports: list[_Alsa | _JackPort] = []
        self._stopping = threading.Event()
        self._watch = threading.Thread(target=self._rescan_until_stopped, name="midi", daemon=True)
        self._complaint = ""
        self.bad_messages = 0

    def start(self) -> None:
        """Open what is there now and go on looking."""
        alsa = _Alsa(self.feed, self._wanted) if self._backend in ("auto", "alsa") else None
        jack = _JackPort(self.feed, self._wanted, alsa) if self._backend in ("auto", "jack") else None
        self._ports = [port for port in (alsa, jack) if port is not None]
        self._watch.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._watch.is_alive():
            self._watch.join(1.0)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that are heard now."""
        return tuple(name for port in list(self._ports) for name in port.names())

    def feed(self, data: Sequence[int], source: str, arrived_ns: int | None = None) -> None:
        """Take the bytes of one MIDI message, as a driver does when it arrives."""
        now_ns = time.monotonic_ns() if arrived_ns is None else arrived_ns
        try:
            said = _message(mido.Message.from_bytes(data))
        except (ValueError, TypeError, IndexError, LookupError):
            self.bad_messages += 1
            return
        if said is not None:
            self._deliver(Arrival(said, source, now_ns))

    def _wanted(self, name: str) -> bool:
        return not name.startswith(_NO_CONTROLLERS) and any(
            fnmatchcase(name, pattern) for pattern in self._patterns
        )

    def _rescan_until_stopped(self) -> None:
        while True:
            for port in self._ports:
                self._rescan(port)
            if self._stopping.wait(RESCAN_S):
                break
        for port in self._ports:
            port.close()

    def _rescan(self, port: "_Alsa | _JackPort") -> None:
        try:
            port.rescan()
        except (rtmidi.RtMidiError, OSError) as error:  # normal life: a port vanished while we looked
            if str(error) != self._complaint:
                log.info("midi: %s; trying again every second", error)
            self._complaint = str(error)


def listed() -> list[str]:
    """Return the names of all MIDI inputs there are now, as the patterns of `midi.inputs` see them."""
    names: list[str] = []
    if ALSA_SEQUENCER.exists():
        alsa = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name="graindrum-list")
        names += [_ALSA_NUMBERS.sub("", name).strip() for name in alsa.get_ports()]
        alsa.delete()
    jack = Jack.open()
    if jack is not None:
        names += [name for name in jack.sources() if not (names and name.startswith(_BRIDGES))]
        jack.close()
    return [name for name in names if not name.startswith("graindrum")]


def _message(said: mido.Message) -> Message | None:
    """Return our message for mido's, None for what we do not listen to."""
    if said.type == "note_on":
        return Note(said.channel + 1, said.note, said.velocity)
    if said.type == "control_change":
        return ControlChange(said.channel + 1, said.control, said.value)
    return _TRANSPORT.get(said.type)


Feed = Callable[[Sequence[int], str, "int | None"], None]


class _Alsa:
    """ALSA sequencer: a client for each source, and a port others may connect to."""

    def __init__(self, feed: Feed, wanted: Callable[[str], bool]) -> None:
        self._feed, self._wanted = feed, wanted
        self._list: Any = None  # rtmidi's classes have no types
        self._open: dict[str, Any] = {}
        self._heard_before: set[str] = set()  # numbers of sources whose subscription the kernel has shown

    @property
    def active(self) -> bool:
        return self._list is not None

    def names(self) -> list[str]:
        return [_ALSA_NUMBERS.sub("", name).strip() for name in list(self._open)]

    def rescan(self) -> None:
        """Open new sources, close vanished ones; open again those whose subscription has gone."""
        if self._list is None:
            if not ALSA_SEQUENCER.exists():
                return
            self._list = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name=CLIENT_NAME)
            self._list.set_callback(self._heard, CLIENT_NAME)
            self._list.open_virtual_port(PORT_NAME)
        names = self._list.get_ports()
        for gone in (set(self._open) - set(names)) | self._deaf():
            log.info("midi: %s has gone", gone)
            self._open.pop(gone).close_port()
        for index, name in enumerate(names):
            if name not in self._open and self._wanted(name):
                self._connect(index, name)

    def _deaf(self) -> set[str]:
        """Return the open sources that were heard and are not any more, as after a quick re-plug."""
        heard = alsa.heard_now(SOURCE_CLIENT_NAME)
        lost = self._heard_before - heard
        self._heard_before = heard
        return {
            name for name in self._open if (at := _ALSA_NUMBERS.search(name)) is not None and at[1] in lost
        }

    def _connect(self, index: int, name: str) -> None:
        source = rtmidi.MidiIn(rtmidi.API_LINUX_ALSA, name=SOURCE_CLIENT_NAME)
        source.set_callback(self._heard, _ALSA_NUMBERS.sub("", name).strip())
        source.open_port(index, PORT_NAME)
        self._open[name] = source
        log.info("midi: listening to %s", name)

    def _heard(self, event: tuple[Sequence[int], float], name: str) -> None:
        self._feed(event[0], name, time.monotonic_ns())

    def close(self) -> None:
        for source in self._open.values():
            source.close_port()
        self._open.clear()


class _JackPort:
    """JACK: our one port, and every source wired to it each time it appears; a wire pulled stays pulled."""

    def __init__(self, feed: Feed, wanted: Callable[[str], bool], alsa: _Alsa | None) -> None:
        self._feed, self._wanted, self._alsa = feed, wanted, alsa
        self._jack: Jack | None = None
        self._port: Any = None
        self._wired: set[str] = set()

    def names(self) -> list[str]:
        return [*sorted(self._wired), f"{CLIENT_NAME}:{PORT_NAME}"] if self._port is not None else []

    def rescan(self) -> None:
        """Find the server, make our port, wire sources that have come."""
        if self._jack is not None and not self._jack.alive:
            log.info("midi: the JACK server has gone")
            self.close()
        if self._jack is None:
            self._jack = Jack.open()
        if self._jack is None:
            return
        if self._port is None:
            self._port = rtmidi.MidiIn(rtmidi.API_UNIX_JACK, name=CLIENT_NAME)
            self._port.set_callback(self._heard, None)
            self._port.open_virtual_port(PORT_NAME)
        appeared = self._jack.appeared()  # asked first: what comes between the two is wired twice, not never
        sources = {name for name in self._jack.sources() if self._wanted(name) and not self._bridged(name)}
        for name in sorted((sources - self._wired) | (sources & appeared)):
            self._jack.connect(name, f"{CLIENT_NAME}:{PORT_NAME}")
            log.info("midi: listening to %s", name)
        self._wired = sources

    def _bridged(self, name: str) -> bool:
        """Return whether ALSA hears this source already."""
        return self._alsa is not None and self._alsa.active and name.startswith(_BRIDGES)

    def _heard(self, event: tuple[Sequence[int], float], _data: object) -> None:
        now_ns = time.monotonic_ns()
        self._feed(event[0], next(iter(self._wired)) if len(self._wired) == 1 else "JACK", now_ns)

    def close(self) -> None:
        port, jack = self._port, self._jack
        self._port = self._jack = None
        self._wired = set()
        if port is not None:
            port.close_port()
            port.delete()
        if jack is not None:
            jack.close()
