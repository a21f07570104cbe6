"""A client of a running daemon: JSON lines over its Unix socket.

Connect, send messages, receive snapshots: `with Client.connect() as client: client.send(Trigger(1, 100))`.
"""

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from instrument import messages, snapshot
from instrument.errors import DeviceError, MessageError
from instrument.messages import Message
from instrument.places import socket_path
from instrument.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Refusal:
    """The daemon's answer to a message it did not take: one line."""

    message: str


class Client:
    """One connection to the daemon. Not thread-safe, but `send` and `receive` may run in two threads."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""

    @classmethod
    def connect(cls, path: Path | None = None, timeout_s: float = 2.0) -> "Client":
        """Connect to the daemon at `path`; raise DeviceError when none listens there."""
        where = path or socket_path()
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(where))
        except PermissionError:
            connection.close()
            raise DeviceError(f"you may not play the instrument at {where}: join the group audio") from None
        except OSError as error:
            connection.close()
            reason = error.strerror or error
            hint = "start one: graindrum run"
            raise DeviceError(f"no instrument listens at {where} ({reason}); {hint}") from None
        return cls(connection)

    def send(self, said: Message) -> None:
        """Send a message; raise DeviceError when the daemon has gone."""
        try:
            self._socket.sendall(json.dumps(messages.to_json(said)).encode() + b"\n")
        except OSError:
            raise DeviceError("the instrument has closed the connection") from None

    def receive(self, timeout_s: float | None = None) -> Snapshot | Refusal | None:
        """Return the next snapshot or refusal, None after `timeout_s`; DeviceError when the daemon went."""
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        while b"\n" not in self._buffer:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return None
            self._socket.settimeout(left)
            try:
                got = self._socket.recv(65536)
            except TimeoutError:
                return None
            except OSError:
                got = b""
            if not got:
                raise DeviceError("the instrument has closed the connection")
            self._buffer += got
        line, _, self._buffer = self._buffer.partition(b"\n")
        return _parse(line)

    def wait_for(self, holds: Callable[[Snapshot], bool], timeout_s: float = 5.0) -> Snapshot:
        """Return the first snapshot for which `holds`; raise DeviceError when none came in time."""
        deadline = time.monotonic() + timeout_s
        while (left := deadline - time.monotonic()) > 0:
            got = self.receive(left)
            if isinstance(got, Snapshot) and holds(got):
                return got
        raise DeviceError(f"the instrument did not get there within {timeout_s:g} s")

    def close(self) -> None:
        self._socket.close()

    def fileno(self) -> int:
        return self._socket.fileno()

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _parse(line: bytes) -> Snapshot | Refusal:
    try:
        data = json.loads(line)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise MessageError(f"the instrument sent {line[:60]!r}")
    if data.get("type") == "error":
        return Refusal(str(data.get("message", "")))
    return snapshot.from_json(data)
