"""Keeps an engine running: starts it beside everything else, starts another when it is lost.

The silent clock stands in for a named device that has gone, so that time goes on; it is tried again every few
seconds. On `auto` a sound card that appears takes over from the clock.
"""

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from instrument.engine.launch import Engine, Settings
from instrument.engine.link import Telemetry
from instrument.errors import DeviceError
from instrument.outputs import NULL
from instrument.view import UNSEEN

log = logging.getLogger(__name__)

RETRY_S = 3.0
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
        self._ending: list[threading.Thread] = []  # a hung engine takes its time
        self._retry_at = 0.0
        self._frame, self._moved_at = -1, 0.0
        self._cards, self._cards_at = _cards(), 0.0
        self.patient = False  # stands in for a device that cannot be opened
        self.fault: DeviceError | None = None  # of the last attempt

    def start(self) -> None:
        """Begin to start an engine."""
        self._thread = threading.Thread(target=self._launch, name="launch", daemon=True)
        self._thread.start()

    def taken(self) -> Engine | None:
        """Return an engine that has come to sound since the last call, in place of the one before."""
        if self._started is None:
            return None
        self._end()
        self._engine, self._started = self._started, None
        self._frame, self._moved_at = -1, time.monotonic()
        return self._engine

    def lost(self, frame: int) -> bool:
        """Return whether the engine, given its newest frame, has just been lost; another then starts."""
        now = time.monotonic()
        if self._engine is None:
            self._try_again(now)
            return False
        if frame != self._frame:
            self._frame, self._moved_at = frame, now
        if self._engine.alive() and now - self._moved_at < STALL_S:
            if self._worth_trying(now):
                self._try_again(now)
            return False
        log.warning("engine: %s is lost, starting again", self._engine.info.device)
        self._end()
        self._try_again(now)
        return True

    @property
    def engine(self) -> Engine | None:
        """The one that sounds."""
        return self._engine

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
        if self.fault is not None:
            return f"no sound: {self.fault}"
        return "" if self._engine is not None else "no sound: the engine is starting"

    def heard(self) -> Telemetry:
        """Return the engine's newest reading."""
        return self._engine.link.telemetry() if self._engine is not None else UNSEEN

    def heartbeat(self) -> bool:
        """Return whether sound goes on."""
        return self._engine is not None and time.monotonic() - self._moved_at < STALL_S

    def stop(self) -> None:
        if self._thread is not None:
            self._thread.join(5.0)
        self._end()
        self._engine, self._started = self._started, None
        self._end()
        self._await_ends()

    def _end(self) -> None:
        """End the engine in a thread of its own; whoever read from its link has stopped or stops now."""
        if self._engine is not None:
            thread = threading.Thread(target=self._engine.stop, name="end", daemon=True)
            self._ending = [each for each in self._ending if each.is_alive()] + [thread]
            self._engine = None
            thread.start()

    def _await_ends(self) -> None:
        for thread in self._ending:
            thread.join(5.0)

    def _try_again(self, now: float) -> None:
        """Start an engine, unless one is being started or the last attempt was only just."""
        idle = self._thread is None or not self._thread.is_alive()
        if idle and self._started is None and now >= self._retry_at:
            self._retry_at = now + RETRY_S
            self.start()

    def _worth_trying(self, now: float) -> bool:
        """Return whether the clock stands in for a device that may be there by now."""
        if self._settings.audio == "null" or self.device != NULL.label:
            return False
        if self._settings.audio != "auto":
            return True
        if now < self._cards_at:
            return False
        self._cards_at = now + CARDS_EVERY_S
        before, self._cards = self._cards, _cards()
        return self._cards != before

    def _launch(self) -> None:
        self._await_ends()  # the one before may still have the device
        try:
            self._started = Engine.start(self._settings)
            self.fault = None
        except DeviceError as error:
            self.fault = error
            if self.patient and self._engine is None:
                self._started = Engine.start(replace(self._settings, audio="null"))
        self._wake()


def _cards() -> str:
    try:
        return CARDS.read_text()
    except OSError:
        return ""
