"""MIDI in and out: everything that ALSA and JACK have, with ports that come and go.

A source that both show is heard on ALSA alone. A thread looks for ports that come and go once a second, and
at once when JACK tells of one.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

import mido
import rtmidi

from instrument.drivers import alsa
from instrument.drivers.alsa import AlsaSinks, AlsaSources
from instrument.drivers.jack import BRIDGES, Client
from instrument.drivers.jack_ports import JackPorts
from instrument.messages import (
    Arrival,
    ChannelPressure,
    Continue,
    ControlChange,
    Message,
    Note,
    PitchBend,
    Play,
    PolyPressure,
    ProgramChange,
    SongPosition,
    Stop,
    Tick,
)

log = logging.getLogger(__name__)

RESCAN_S = 1.0
_MIDDLE = 8_192  # of a pitch bend; mido counts from it
_MESSAGES: dict[str, Callable[[mido.Message], Message]] = {
    "note_on": lambda said: Note(said.channel + 1, said.note, said.velocity),
    "note_off": lambda said: Note(said.channel + 1, said.note, 0),
    "control_change": lambda said: ControlChange(said.channel + 1, said.control, said.value),
    "polytouch": lambda said: PolyPressure(said.channel + 1, said.note, said.value),
    "aftertouch": lambda said: ChannelPressure(said.channel + 1, said.value),
    "program_change": lambda said: ProgramChange(said.channel + 1, said.program),
    "pitchwheel": lambda said: PitchBend(said.channel + 1, said.pitch + _MIDDLE),
    "start": lambda _said: Play(),
    "continue": lambda _said: Continue(),
    "stop": lambda _said: Stop(),
    "clock": lambda _said: Tick(),
    "songpos": lambda said: SongPosition(said.pos),
}
_NO_CONTROLLERS = ("graindrum", "Midi Through")  # we ourselves; ALSA's loop


class Midi:
    """All MIDI inputs and outputs. `deliver` is called in whatever thread a message arrives."""

    def __init__(self, backend: str, patterns: Sequence[str], deliver: Callable[[Arrival], None]) -> None:
        self._patterns = tuple(patterns)
        self._deliver = deliver
        self._sources = AlsaSources(self.feed, self._wanted) if backend in ("auto", "alsa") else None
        self._sinks = AlsaSinks(self._wanted) if backend in ("auto", "alsa") else None
        self._jack = (
            JackPorts(self.feed, self._wanted_of_jack, self._look) if backend in ("auto", "jack") else None
        )
        self._stopping = False
        self._looks = threading.Event()
        self._watch = threading.Thread(target=self._rescan_until_stopped, name="midi", daemon=True)
        self._complaint = ""
        self.bad_messages = 0

    def start(self) -> None:
        """Open what is there now and go on looking."""
        self._watch.start()

    def stop(self) -> None:
        self._stopping = True
        self._looks.set()
        if self._watch.is_alive():
            self._watch.join(1.0)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the inputs that are heard now."""
        ours = self._sources.names() if self._sources is not None else []
        return (*ours, *(self._jack.inputs() if self._jack is not None else []))

    @property
    def comings(self) -> dict[str, int]:
        """The inputs that are heard now, each with a number that is new every time it comes or comes back."""
        ours = self._sources.comings() if self._sources is not None else {}
        return {**ours, **(self._jack.comings() if self._jack is not None else {})}

    def alias(self, source: str) -> str:
        """Return what else an input is called, empty when nothing; jackd calls its own after their device."""
        return self._jack.alias(source) if self._jack is not None else ""

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of the destinations that can be sent to now."""
        ours = self._sinks.names() if self._sinks is not None else []
        return (*ours, *(self._jack.outputs() if self._jack is not None else []))

    def send(self, data: bytes, destination: str | None, at_ns: int | None = None) -> bool:
        """Send one message, `at_ns` on CLOCK_MONOTONIC or now; return whether somebody may get it.

        Without a destination it goes to whoever listens to our `out`. A destination is a name of `outputs`,
        or of an input, for the controller's own lights. The first message opens it.
        """
        now_ns = time.monotonic_ns() if at_ns is None else at_ns
        sinks = [each for each in (self._sinks, self._jack) if each is not None]
        sent = [each.send(data, destination, now_ns) for each in sinks]
        return any(sent)

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

    def _wanted_of_jack(self, name: str) -> bool:
        heard_by_alsa = self._sources is not None and self._sources.active and name.startswith(BRIDGES)
        return self._wanted(name) and not heard_by_alsa

    def _look(self) -> None:
        self._looks.set()

    def _rescan_until_stopped(self) -> None:
        while not self._stopping:
            self._looks.clear()
            for ports in (self._sinks, self._sources, self._jack):  # who comes can be answered at once
                if ports is not None:
                    self._rescan(ports)
            self._looks.wait(0.0 if self._stopping else RESCAN_S)
        for opened in (self._sinks, self._jack):
            if opened is not None:
                opened.close()

    def _rescan(self, ports: AlsaSources | AlsaSinks | JackPorts) -> None:
        try:
            ports.rescan()
        except (rtmidi.RtMidiError, OSError) as error:  # normal life: a port vanished while we looked
            if str(error) != self._complaint:
                log.info("midi: %s; trying again every second", error)
            self._complaint = str(error)


def listed() -> list[str]:
    """Return the names of all MIDI inputs there are now, as the patterns of `midi.inputs` see them."""
    names = alsa.listed()
    jack = Client.open("graindrum-list")
    if jack is not None:
        names += [name for name in jack.ports(sending=True) if not (names and name.startswith(BRIDGES))]
        jack.close()
    return [name for name in names if not name.startswith("graindrum")]


def _message(said: mido.Message) -> Message | None:
    """Return our message for mido's, None for what we do not listen to."""
    make = _MESSAGES.get(said.type)
    return make(said) if make is not None else None
