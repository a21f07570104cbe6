"""The control process: builds everything, runs one loop, stops everything in reverse.

One thread owns the instrument. It sleeps until a message, a key or the next look-ahead wakes it. MIDI arrives
in threads of its drivers; the journal and the engine's start have a thread each.
"""

import gc
import logging
import os
import selectors
import signal
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from instrument import bundle as bundles
from instrument import config as configuration
from instrument import controller_file
from instrument.conductor import Conductor
from instrument.config import Config
from instrument.console import HELP, QUIT, Console
from instrument.controllers import Plugged
from instrument.drivers.recorder import Recorder
from instrument.drivers.socket import ControlSocket
from instrument.drivers.systemd import Systemd
from instrument.engine.launch import Engine, Settings
from instrument.face import Face, TuiChild
from instrument.inbox import Inbox
from instrument.lamplighter import Lamplighter
from instrument.messages import Arrival, Message, Play, Tick
from instrument.outputs import NULL
from instrument.performance import Performance
from instrument.revival import revive
from instrument.shelf import Shelf
from instrument.storage import Journal
from instrument.supervisor import Supervisor
from instrument.takes import Takes

log = logging.getLogger("graindrum")

GIL_SWITCH_S = 0.0001  # a busy thread holds up an arriving note that long; Python's 5 ms are two blocks
NICE = -10  # before what else runs here, behind the engine's real-time thread
ARRIVALS_S = 0.005  # a flood of messages leaves time for the sequencer
RECORDINGS = "recordings"  # in the state folder
PLAYING_WAKE_S, RESTING_WAKE_S = 0.005, 0.05


class Wake:
    """Wakes the loop's selector from any thread and from signals."""

    def __init__(self) -> None:
        self._read, self.write = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)

    def __call__(self) -> None:
        with suppress(BlockingIOError):  # full: it will wake anyway
            os.write(self.write, b"\0")

    def fileno(self) -> int:
        return self._read

    def drain(self) -> None:
        with suppress(BlockingIOError):
            os.read(self._read, 4096)


class Daemon:
    """The running instrument."""

    def __init__(self, config: Config, running: ExitStack, tui: TuiChild | None) -> None:
        self._began = time.monotonic()
        self._config = config
        self._running = running
        self._stopping = False
        self._inbox = Inbox()
        self._flooded = False  # lines of clients wait
        self._console: Console | None = None
        self._tui = tui
        self._wake = Wake()
        self._selector = running.enter_context(selectors.DefaultSelector())
        self._selector.register(self._wake, selectors.EVENT_READ, self._wake.drain)
        self._catch_signals()
        bundle_path = bundles.find(config.sound.bundle)
        self.socket_path = configuration.socket_path(config)
        self._socket = ControlSocket(self.socket_path, self._selector, self._said_by_client)
        running.callback(self._socket.close)
        self._supervisor = Supervisor(_settings(config, bundle_path), self._wake)
        running.callback(self._supervisor.stop)
        self._systemd = Systemd()
        self._supervisor.patient = self._systemd.active  # a service waits for a device; a person is told
        self._supervisor.start()  # a process of its own, which comes up while the rest is built
        self._build(bundle_path)

    def _build(self, bundle_path: Path) -> None:
        from instrument import clockwork  # only now: the engine starts meanwhile
        from instrument.drivers.midi import Midi
        from instrument.rounds import Parts, Rounds

        config, folder = self._config, configuration.state_folder(self._config)
        bundle = bundles.load(bundle_path)
        performance, warnings = revive(config, bundle, folder)
        self._midi = Midi(config.midi.backend, config.midi.inputs, self._said_by_controller)
        warnings += self._plug(performance, folder)
        performance.rehearse()
        for warning in warnings:
            log.warning("%s", warning)
        self._conductor = Conductor(performance, config.sequencer.look_ahead_ms)
        self._journal = Journal(folder)
        self._takes = Takes(self._conductor, self._supervisor, Recorder(folder / RECORDINGS))
        self._lamplighter = Lamplighter(self._plugged, self._midi.send)
        self._clockwork = clockwork.made(config.midi, self._conductor, self._plugged, self._midi)
        parts = Parts(
            bundle=bundle,
            conductor=self._conductor,
            inbox=self._inbox,
            supervisor=self._supervisor,
            socket=self._socket,
            journal=self._journal,
            systemd=self._systemd,
            midi=self._midi,
            lamplighter=self._lamplighter,
            takes=self._takes,
            clockwork=self._clockwork,
            hear=self._said_by_controller,
        )
        self._rounds = Rounds(parts, "; ".join(warnings))

    def _plug(self, performance: Performance, folder: Path) -> tuple[str, ...]:
        """Know the controllers there are maps for; return warnings about maps that cannot be used."""
        maps, warnings = controller_file.load_all(folder)
        self._plugged = Plugged(maps, self._midi.alias, leader=self._config.midi.clock)
        shelf = Shelf(performance.space.bundle, performance.state.seed, folder)
        shelf.warm()
        program = self._config.midi.program
        performance.plug(self._plugged, shelf, "" if program == "none" else program)
        return warnings

    def play(self, face: Face) -> None:
        """Run until stopped."""
        self._await_engine()
        self._journal.start()
        self._running.callback(self._journal.stop)
        self._running.callback(self._rounds.finish)
        self._midi.start()
        self._running.callback(self._midi.stop)
        self._running.callback(self._lamplighter.finish)
        self._running.callback(self._clockwork.finish)
        self._show_face(face)
        self._systemd.ready(f"playing on {self._supervisor.device}")
        self._running.callback(self._systemd.close)
        self._running.callback(self._systemd.stopping)
        if self._config.sequencer.play:
            self._post(Arrival(Play(), "", time.monotonic_ns()))
        gc.collect()
        gc.freeze()  # what is there now stays; collections look at the rest only
        while not self._stopping:
            busy = self._conductor.performance.busy or self._clockwork.busy
            self._turn(PLAYING_WAKE_S if busy else RESTING_WAKE_S)

    def _turn(self, wait_s: float) -> None:
        ready = self._selector.select(0 if self._inbox or self._flooded else wait_s)
        self._take_arrivals()  # before anything else: a pad may be waiting
        for key, _ in ready:
            key.data()
        self._flooded = not self._inbox and self._socket.take_waiting()
        self._take_arrivals()
        if (engine := self._supervisor.taken()) is not None:
            self._adopt(engine)
        self._conductor.turn(time.monotonic_ns())
        self._clockwork.turn(time.monotonic_ns())
        shown = self._rounds.turn()
        if shown is not None and self._console is not None:
            self._console.show(shown)
        if self._tui is not None and (status := self._tui.ended()) is not None:
            self._tui_ended(status)

    def _take_arrivals(self) -> None:
        until = time.monotonic() + ARRIVALS_S
        while time.monotonic() < until and (arrival := self._inbox.take()) is not None:
            self._clockwork.take(arrival, time.monotonic_ns())
            if not isinstance(arrival.message, Tick):
                self._rounds.last_source = arrival.source

    def _await_engine(self) -> None:
        """Wait for the first engine; a device that was named and cannot be opened ends the start."""
        while not self._stopping:
            self._selector.select(RESTING_WAKE_S)
            self._wake.drain()
            if (engine := self._supervisor.taken()) is not None:
                self._adopt(engine)
                log.info(
                    "ready after %.2f s; control socket %s", time.monotonic() - self._began, self.socket_path
                )
                return
            if self._supervisor.fault is not None and not self._supervisor.patient:
                raise self._supervisor.fault

    def _adopt(self, engine: Engine) -> None:
        self._clockwork.anew()
        self._conductor.adopt(engine.link, time.monotonic_ns())
        self._takes.anew()
        self._supervisor.patient = True
        info = engine.info
        log.info("sounding on %s, %d Hz, blocks of %d frames", info.device, info.rate_hz, info.block_frames)
        if info.device == NULL.label and self._config.audio.device != "null":
            trouble = self._supervisor.trouble or "no sound card and no JACK server"
            log.warning("%s: playing silently, by the clock", trouble)

    def _show_face(self, face: Face) -> None:
        if self._tui is not None:
            self._tui.start(self.socket_path)
        elif face is Face.CONSOLE:
            self._console = Console()
            self._running.callback(self._console.close)
            self._rounds.watched = True
            self._selector.register(self._console, selectors.EVENT_READ, self._key_pressed)
            log.info("%s", HELP)

    def _tui_ended(self, status: int) -> None:
        self._tui = None
        if status == 0:
            self._stopping = True
        else:
            log.info("the TUI ended with status %d; playing on", status)

    def _key_pressed(self) -> None:
        assert self._console is not None
        keys = self._console.pressed()
        if keys is None:
            self._lose_console()
        for key in keys or "":
            said = self._console.message_of(key)
            if said is not None:
                self._said_by_client(said)
            self._stopping = self._stopping or key in QUIT

    def _lose_console(self) -> None:
        """The terminal has been closed: play on without it."""
        assert self._console is not None
        self._selector.unregister(self._console)
        self._console = None
        self._rounds.watched = False
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)

    def _post(self, arrival: Arrival) -> None:
        """Take a message in any thread."""
        self._inbox.put(arrival)
        self._wake()

    def _said_by_controller(self, arrival: Arrival) -> None:
        """Take what a controller said, in any thread, if that is its part."""
        heard = self._plugged.heard(arrival)
        if heard is not None:
            self._post(heard)

    def _said_by_client(self, said: Message) -> None:
        self._inbox.put(Arrival(said, "", time.monotonic_ns()))

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _catch_signals(self) -> None:
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # a closed terminal does not stop music
        signal.set_wakeup_fd(self._wake.write, warn_on_full_buffer=False)


def run(config: Config, face: Face = Face.NONE) -> int:
    """Play until told to stop; return 0. What a person got wrong is raised before anything sounds."""
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    sys.setswitchinterval(GIL_SWITCH_S)
    with suppress(OSError):  # where it is not allowed, it goes without
        os.setpriority(os.PRIO_PROCESS, 0, NICE)
    with ExitStack() as running:
        tui = None
        if face is Face.TUI:
            tui = TuiChild(configuration.state_folder(config) / "graindrum.log")
            running.callback(tui.close)
        Daemon(config, running, tui).play(face)
    return 0


def _settings(config: Config, bundle_path: Path) -> Settings:
    audio = config.audio
    return Settings(
        bundle=bundle_path, audio=audio.device, rate_hz=audio.rate_hz, block_frames=audio.block_frames
    )
