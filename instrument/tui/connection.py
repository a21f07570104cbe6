"""The line to the daemon: a thread that listens, keeps trying, and tells the app what happens in messages."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from textual.message import Message

from instrument.client import Client, Refusal
from instrument.errors import DeviceError, MessageError
from instrument.messages import Message as Said
from instrument.snapshot import Snapshot

LISTEN_S = 0.1  # how long one wait for a snapshot lasts, and so the longest that closing may take
RETRY_S = 0.5


@dataclass
class SnapshotReceived(Message):
    """The instrument's state has moved on. Only the newest matters."""

    snapshot: Snapshot

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, SnapshotReceived)


@dataclass
class ConnectionLost(Message):
    """No instrument answers; told again at each try. Only the newest matters."""

    why: str

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, ConnectionLost)


@dataclass
class Refused(Message):
    """The instrument did not take what was said."""

    why: str


class Connection:
    """Reaches the daemon at `path` for as long as it is open; `tell` is called from the listening thread."""

    def __init__(self, path: Path | None, tell: Callable[[Message], object]) -> None:
        self._path = path
        self._tell = tell
        self._client: Client | None = None
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep_connected, name="connection", daemon=True)

    def open(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._closing.set()
        self._thread.join()

    def send(self, said: Said) -> None:
        """Send a message; what cannot be sent is dropped, and the loss told."""
        client = self._client
        if client is not None:
            try:
                client.send(said)
            except DeviceError as error:
                self._tell(ConnectionLost(str(error)))

    def _keep_connected(self) -> None:
        while not self._closing.is_set():
            try:
                with Client.connect(self._path) as client:
                    self._client = client
                    self._listen(client)
            except (DeviceError, MessageError, ValueError) as error:  # ValueError: not even JSON
                self._tell(ConnectionLost(str(error)))
            self._client = None
            self._closing.wait(RETRY_S)

    def _listen(self, client: Client) -> None:
        while not self._closing.is_set():
            got = client.receive(LISTEN_S)
            if isinstance(got, Snapshot):
                self._tell(SnapshotReceived(got))
            elif isinstance(got, Refusal):
                self._tell(Refused(got.message))
