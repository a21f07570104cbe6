"""What systemd wants to know: ready, status, alive. Does nothing outside a Type=notify service."""

import os
import time

import sdnotify


class Systemd:
    """Tells the service manager; the watchdog is fed only when the caller says that sound goes on."""

    def __init__(self) -> None:
        self._notifier = sdnotify.SystemdNotifier() if os.environ.get("NOTIFY_SOCKET") else None
        period_us = int(os.environ.get("WATCHDOG_USEC") or 0)
        self._feed_every_s = period_us / 1e6 / 4
        self._fed_at = 0.0

    @property
    def active(self) -> bool:
        """Whether a service manager listens."""
        return self._notifier is not None

    def ready(self, status: str) -> None:
        self._say(f"READY=1\nSTATUS={status}")

    def status(self, status: str) -> None:
        self._say(f"STATUS={status}")

    def stopping(self) -> None:
        self._say("STOPPING=1")

    def close(self) -> None:
        if self._notifier is not None:
            self._notifier.socket.close()

    def feed(self) -> None:
        """Say that sound goes on; cheap to call often."""
        now = time.monotonic()
        if self._feed_every_s and now - self._fed_at >= self._feed_every_s:
            self._fed_at = now
            self._say("WATCHDOG=1")

    def _say(self, text: str) -> None:
        if self._notifier is not None:
            self._notifier.notify(text)
