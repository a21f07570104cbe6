"""The control socket: JSON lines in, messages out; snapshots to every client. One thread, never blocking."""

import errno
import fcntl
import json
import logging
import os
import selectors
import socket
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from instrument import messages
from instrument.errors import DeviceError, MessageError
from instrument.messages import Message

log = logging.getLogger(__name__)

MOST_CLIENTS = 16
LONGEST_LINE = 4096  # bytes
LINES_A_TURN = 8  # of each client: a flood must leave time for the sequencer
MOST_UNSENT = 1 << 20  # bytes a client may be behind before it is let go


class ControlSocket:
    """Listens at a path; `deliver` takes each message. The owner calls what the selector's keys hold."""

    def __init__(
        self, path: Path, selector: selectors.BaseSelector, deliver: Callable[[Message], None]
    ) -> None:
        self._path = path
        self._selector = selector
        self._deliver = deliver
        self._clients: list[_Connection] = []
        self.joined = False  # a client has come since the last broadcast
        self._lock = _own(path)
        try:
            self._listener = _listen(path)
        except DeviceError:
            os.close(self._lock)
            raise
        selector.register(self._listener, selectors.EVENT_READ, self._accept)

    @property
    def clients(self) -> int:
        return len(self._clients)

    def take_waiting(self) -> bool:
        """Take some of the lines that have come; return whether more wait."""
        for client in list(self._clients):
            client.take_some()
        return any(client.lines for client in self._clients)

    def broadcast(self, line: bytes) -> None:
        """Send a line to every client that has taken all before it; the others wait for a later one."""
        self.joined = False
        for client in list(self._clients):
            if not client.unsent:
                client.send(line)

    def close(self) -> None:
        """Stop listening; the path is free again."""
        for client in list(self._clients):
            client.close()
        self._selector.unregister(self._listener)
        self._listener.close()
        self._path.unlink(missing_ok=True)
        os.close(self._lock)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:  # it was gone before we looked
            return
        connection.setblocking(False)
        if len(self._clients) >= MOST_CLIENTS:
            with suppress(OSError):  # it may have gone again
                connection.send(_refusal(f"there are {MOST_CLIENTS} clients already"))
            connection.close()
            return
        self.joined = True
        self._clients.append(_Connection(connection, self._selector, self._deliver, self._clients.remove))


class _Connection:
    """One client."""

    def __init__(
        self,
        connection: socket.socket,
        selector: selectors.BaseSelector,
        deliver: Callable[[Message], None],
        on_close: "Callable[[_Connection], None]",
    ) -> None:
        self._socket = connection
        self._selector = selector
        self._deliver = deliver
        self._on_close = on_close
        self._received = b""
        self.lines: deque[bytes] = deque()  # come, not yet taken
        self.unsent = b""
        selector.register(connection, selectors.EVENT_READ, self._turn)

    def send(self, line: bytes) -> None:
        """Send what the client takes now, the rest when it takes more."""
        self.unsent += line
        self._flush()

    def close(self) -> None:
        self._selector.unregister(self._socket)
        self._socket.close()
        self._on_close(self)

    def _turn(self) -> None:
        """Read and write what can be read and written now; read no more than is taken."""
        if self.lines:
            self._flush()
            return
        try:
            received = self._socket.recv(LONGEST_LINE)
        except BlockingIOError:
            self._flush()
            return
        except OSError:
            received = b""
        if not received:
            self.close()
            return
        *lines, self._received = (self._received + received).split(b"\n")
        self.lines.extend(line for line in lines if line.strip())
        self.take_some()
        if len(self._received) > LONGEST_LINE:
            self._received = b""
            self.send(_refusal(f"a line is longer than {LONGEST_LINE} bytes"))

    def take_some(self) -> None:
        """Take the next lines that have come."""
        for _ in range(min(LINES_A_TURN, len(self.lines))):
            self._take(self.lines.popleft())

    def _take(self, line: bytes) -> None:
        try:
            self._deliver(parse_line(line))
        except MessageError as error:
            self.send(_refusal(str(error)))

    def _flush(self) -> None:
        if self._socket.fileno() < 0:
            return
        try:
            self.unsent = self.unsent[self._socket.send(self.unsent) :] if self.unsent else b""
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if len(self.unsent) > MOST_UNSENT:
            self.close()
            return
        waiting = selectors.EVENT_WRITE if self.unsent else 0
        self._selector.modify(self._socket, selectors.EVENT_READ | waiting, self._turn)


def parse_line(line: bytes) -> Message:
    """Return the message of a JSON line; MessageError, in one line, for anything else."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise MessageError(f"not a JSON object: {line[:60].decode(errors='replace')!r}") from None
    return messages.from_json(data)


def _refusal(text: str) -> bytes:
    return json.dumps({"type": "error", "message": text}).encode() + b"\n"


def _own(path: Path) -> int:
    """Lock the path for this process, whatever an ended one left there; DeviceError when another holds it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.parent.stat().st_uid not in (os.geteuid(), 0):
            raise DeviceError(f"{path.parent} belongs to somebody else; set control.socket to another path")
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DeviceError(f"{path}: cannot be made ({error.strerror}); set control.socket") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise DeviceError(
            f"an instrument runs already at {path}; stop it, or set control.socket to another path"
        ) from None
    return lock


def _listen(path: Path) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
    path.unlink(missing_ok=True)
    try:
        listener.bind(str(path))
    except OSError as error:
        listener.close()
        reason = "longer than 107 bytes" if error.errno == errno.ENAMETOOLONG else str(error)
        raise DeviceError(f"{path}: cannot listen there ({reason}); set control.socket") from None
    path.chmod(0o660)
    listener.listen(128)
    return listener
