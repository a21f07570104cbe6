"""The control socket: what a client may do to it."""

import contextlib
import json
import selectors
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import snapshot
from instrument.client import Client, Refusal
from instrument.drivers.socket import LONGEST_LINE, MOST_CLIENTS, ControlSocket, parse_line
from instrument.errors import DeviceError, MessageError
from instrument.messages import Message, Play, Trigger
from instrument.snapshot import Snapshot


class Served:
    """A control socket whose selector turns in a thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[Message] = []
        self.selector = selectors.DefaultSelector()
        self.socket = ControlSocket(path, self.selector, self.said.append)
        self.todo: list[Callable[[], None]] = []
        self.stopping = False
        self.fault: Exception | None = None
        self.thread = threading.Thread(target=self.turn)
        self.thread.start()

    def turn(self) -> None:
        try:
            while not self.stopping:
                for key, _ in self.selector.select(0.001):
                    key.data()
                self.socket.take_waiting()
                while self.todo:
                    self.todo.pop(0)()
        except Exception as error:  # told to the test in `stop`
            self.fault = error
            raise

    def stop(self) -> None:
        self.stopping = True
        self.thread.join()
        assert self.fault is None
        self.socket.close()
        self.selector.close()

    def wait_until(self, condition: Callable[[], object]) -> None:
        deadline = time.monotonic() + 5.0
        while not condition():
            assert time.monotonic() < deadline
            time.sleep(0.001)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path / "deep" / "control.sock")
    yield made
    made.stop()


def raw(path: Path) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(5.0)
    connection.connect(str(path))
    return connection


def answer(connection: socket.socket) -> dict[str, str]:
    got = b""
    while not got.endswith(b"\n"):
        got += connection.recv(4096)
    parsed: dict[str, str] = json.loads(got)
    return parsed


def test_messages_go_in_and_snapshots_come_out(served: Served) -> None:
    shown = Snapshot(tempo_bpm=99.0, playing=True)
    with Client.connect(served.path) as client:
        client.send(Trigger(2, 90))
        served.wait_until(lambda: served.said)
        served.todo.append(
            lambda: served.socket.broadcast(json.dumps(snapshot.to_json(shown)).encode() + b"\n")
        )

        assert client.receive(5.0) == shown
    assert served.said == [Trigger(2, 90)]


def test_a_line_may_come_in_pieces_and_many_in_one(served: Served) -> None:
    with contextlib.closing(raw(served.path)) as connection:
        for byte in b'{"type": "play"}\n':
            connection.sendall(bytes([byte]))
        connection.sendall(b'{"type": "play"}\n\n  \n{"type": "play"}\n')

        served.wait_until(lambda: len(served.said) == 3)
    assert served.said == [Play()] * 3


def test_a_malformed_line_is_answered_and_the_next_one_taken(served: Served) -> None:
    with Client.connect(served.path) as client:
        client._socket.sendall(b'{"type": "trigger", "track": 99, "velocity": 1}\n')
        refused = client.receive(5.0)
        client.send(Play())

        served.wait_until(lambda: served.said)
    assert isinstance(refused, Refusal)
    assert "track must be 1 to 10" in refused.message


def test_an_endless_line_is_refused_without_being_kept(served: Served) -> None:
    with contextlib.closing(raw(served.path)) as connection:
        connection.sendall(b"x" * (LONGEST_LINE + 100))

        assert "longer than" in answer(connection)["message"]
    with Client.connect(served.path) as client:
        client.send(Play())
        served.wait_until(lambda: served.said)


def test_clients_are_bounded_and_a_place_is_free_again_when_one_goes(served: Served) -> None:
    clients = [raw(served.path) for _ in range(MOST_CLIENTS)]
    served.wait_until(lambda: served.socket.clients == MOST_CLIENTS)

    with contextlib.closing(raw(served.path)) as refused:
        assert "clients already" in answer(refused)["message"]
    clients.pop().close()
    served.wait_until(lambda: served.socket.clients == MOST_CLIENTS - 1)
    clients.append(raw(served.path))
    served.wait_until(lambda: served.socket.clients == MOST_CLIENTS)
    for client in clients:
        client.close()


def test_a_client_that_reads_nothing_holds_nobody_up(served: Served) -> None:
    line = b"x" * 60_000 + b"\n"
    with contextlib.closing(raw(served.path)), Client.connect(served.path) as reader:
        served.wait_until(lambda: served.socket.clients == 2)
        received = 0
        for _ in range(200):
            served.todo.append(lambda: served.socket.broadcast(line))
            while received % len(line) or not received:
                received += len(reader._socket.recv(65536))
            received = 0
        reader.send(Play())
        served.wait_until(lambda: served.said)


def test_a_second_instrument_on_the_same_path_is_refused(served: Served) -> None:
    with selectors.DefaultSelector() as other, pytest.raises(DeviceError, match="runs already at"):
        ControlSocket(served.path, other, served.said.append)

    Client.connect(served.path).close()


def test_what_an_ended_instrument_left_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "control.sock"
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as left:
        left.bind(str(path))
    with pytest.raises(DeviceError, match="graindrum run"):
        Client.connect(path)

    made = Served(path)
    Client.connect(path).close()
    made.stop()

    assert not path.exists()


def test_a_path_that_cannot_be_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with selectors.DefaultSelector() as selector:
        for path in (tmp_path / "file" / "control.sock", tmp_path / ("x" * 120)):
            with pytest.raises(DeviceError, match=r"control\.socket"):
                ControlSocket(path, selector, print)


def test_the_daemon_going_is_told_to_its_clients(tmp_path: Path) -> None:
    made = Served(tmp_path / "control.sock")
    with Client.connect(made.path) as client:
        made.wait_until(lambda: made.socket.clients)
        made.stop()

        with pytest.raises(DeviceError, match="closed the connection"):
            client.receive(5.0)


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_message_error(line: bytes) -> None:
    with contextlib.suppress(MessageError):
        parse_line(line)


def test_the_deepest_json_is_a_message_error() -> None:
    with pytest.raises(MessageError):
        parse_line(b"[" * 100_000)


def test_random_bytes_leave_the_socket_listening(served: Served) -> None:
    import random

    noise = random.Random(5)
    for _ in range(20):
        with contextlib.closing(raw(served.path)) as connection, contextlib.suppress(OSError):
            connection.sendall(noise.randbytes(noise.randrange(9_000)))
    with Client.connect(served.path) as client:
        client.send(Play())
        served.wait_until(lambda: Play() in served.said)
