"""Keeps an engine running: starts it beside everything else, starts another when it is lost."""

import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

from instrument.engine.launch import Engine, Settings
from instrument.engine.link import Telemetry
from instrument.errors import DeviceError
from instrument.outputs import NULL
from instrument.view import UNSEEN

log = logging.getLogger(__name__)

RETRY_S = 1.0
STALL_S = 2.5  # an engine whose frames stand still that long has lost its device
CARDS = Path("/proc/asound/cards")
CARDS_EVERY_S = 1.0


class Supervisor:
    """One engine at a time. It is started in a thread, where `wake` is called when something came of it."""

    def __init__(self, settings: Settings, wake: Callable[[], None]) -> None:
        self._settings = settings
        self._wake = wake
        self._engine: Engine | None = None
        self._started: Engine | None = None  # by the thread, not yet taken
        self._thread: threading.Thread | None = None
        self._retry_at = 0.0
        self._frame, self._moved_at = -1, 0.0
        self._cards, self._cards_at = _cards(), 0.0
        self.fault: DeviceError | None = None  # of the last attempt

    def start(self) -> None:
        """Begin to start an engine."""
        self._thread = threading.Thread(target=self._launch, name="launch", daemon=True)
        self._thread.start()

    def taken(self) -> Engine | None:
        """Return an engine that has come to sound since the last call."""
        if self._started is None:
            return None
        self._engine, self._started = self._started, None
        self._frame, self._moved_at = -1, time.monotonic()
        return self._engine

    def lost(self, frame: int) -> bool:
        """Return whether the engine, given its newest frame, has just been lost; another then starts."""
        now = time.monotonic()
        if self._engine is None:
            if self._idle() and self._started is None and now >= self._retry_at:
                self.start()
            return False
        if frame != self._frame:
            self._frame, self._moved_at = frame, now
        if self._engine.alive() and now - self._moved_at < STALL_S and not self._better(now):
            return False
        log.warning("engine: %s is lost, starting again", self._engine.info.device)
        self._end()
        self.start()
        return True

    @property
    def device(self) -> str:
        """What it plays on, in words."""
        return self._engine.info.device if self._engine is not None else ""

    @property
    def status(self) -> str:
        return "sounding" if self._engine is not None else "lost"

    @property
    def trouble(self) -> str:
        """Why nothing sounds, or an empty text."""
        if self._engine is not None:
            return ""
        return f"no sound: {self.fault}" if self.fault is not None else "no sound: the engine is starting"

    def heard(self) -> Telemetry:
        """Return the engine's newest reading."""
        return self._engine.link.telemetry() if self._engine is not None else UNSEEN

    def heartbeat(self) -> bool:
        """Return whether sound goes on."""
        return self._engine is not None and time.monotonic() - self._moved_at < STALL_S

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.join(5.0)
        self._engine = self._engine or self._started
        self._end()

    def _end(self) -> None:
        if self._engine is not None:
            self._engine.stop()
            self._engine = None

    def _idle(self) -> bool:
        return self._thread is None or not self._thread.is_alive()

    def _better(self, now: float) -> bool:
        """Return whether another sound card has appeared while the silent clock stands in for one."""
        assert self._engine is not None
        if now < self._cards_at or self._settings.audio == "null" or self._engine.info.device != NULL.label:
            return False
        self._cards_at = now + CARDS_EVERY_S
        before, self._cards = self._cards, _cards()
        return self._cards != before

    def _launch(self) -> None:
        try:
            self._started = Engine.start(self._settings)
            self.fault = None
        except DeviceError as error:
            self.fault = error
            self._retry_at = time.monotonic() + RETRY_S
        self._wake()


def _cards() -> str:
    try:
        return CARDS.read_text()
    except OSError:
        return ""
