"""The client, against a peer that is written out here byte by byte."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from instrument import places, snapshot
from instrument.client import Client, Refusal
from instrument.errors import DeviceError, MessageError
from instrument.messages import Play
from instrument.snapshot import Snapshot


@pytest.fixture
def pair() -> Iterator[tuple[Client, socket.socket]]:
    ours, theirs = socket.socketpair()
    with Client(ours) as client, theirs:
        yield client, theirs


def _send_all(peer: socket.socket, pieces: list[bytes]) -> None:
    for piece in pieces:
        peer.sendall(piece)


def line(shown: Snapshot) -> bytes:
    return json.dumps(snapshot.to_json(shown)).encode() + b"\n"


def test_messages_are_json_lines(pair: tuple[Client, socket.socket]) -> None:
    client, peer = pair

    client.send(Play())

    assert peer.recv(100) == b'{"type": "play"}\n'


def test_lines_are_put_together_from_pieces(pair: tuple[Client, socket.socket]) -> None:
    client, peer = pair
    text = line(Snapshot(step=3)) + b'{"type": "error", "message": "no"}\n'
    pieces = [text[at : at + 7] for at in range(0, len(text), 7)]
    sending = threading.Thread(target=_send_all, args=(peer, pieces))
    sending.start()

    assert client.receive(5.0) == Snapshot(step=3)
    assert client.receive(5.0) == Refusal("no")
    sending.join()


def test_it_waits_no_longer_than_it_is_told(pair: tuple[Client, socket.socket]) -> None:
    client, peer = pair
    assert client.receive(0.01) is None
    peer.sendall(line(Snapshot()))

    with pytest.raises(DeviceError, match="did not get there within"):
        client.wait_for(lambda seen: seen.playing, 0.05)


def test_a_peer_that_goes_or_talks_nonsense_is_one_clear_error(pair: tuple[Client, socket.socket]) -> None:
    client, peer = pair
    peer.sendall(b"nonsense\n[1]\n")
    for _ in range(2):
        with pytest.raises(MessageError, match="the instrument sent"):
            client.receive(5.0)

    peer.close()

    with pytest.raises(DeviceError, match="closed the connection"):
        client.receive(5.0)
    with pytest.raises(DeviceError):
        client.send(Play())


def test_where_nobody_listens_it_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"no instrument listens at .*graindrum run"):
        Client.connect(tmp_path / "control.sock")


def test_the_users_own_instrument_comes_before_the_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = tmp_path / "service.sock"
    monkeypatch.setattr(places, "SERVICE_SOCKET", service)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    own = tmp_path / "graindrum" / "control.sock"
    assert places.socket_path() == own

    service.touch()
    assert places.socket_path() == service

    own.parent.mkdir()
    own.touch()
    assert places.socket_path() == own
