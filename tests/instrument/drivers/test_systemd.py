"""What the service manager hears."""

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from instrument.drivers.systemd import Systemd


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listening


@pytest.fixture
def systemd(manager: socket.socket) -> Iterator[Systemd]:
    assert manager.getsockname()
    told = Systemd()
    yield told
    told.close()


def heard(manager: socket.socket) -> list[str]:
    said = []
    with suppress(BlockingIOError):
        while True:
            said.append(manager.recv(4096).decode())
    return said


def test_it_is_told_ready_status_and_stopping(manager: socket.socket, systemd: Systemd) -> None:
    systemd.ready("playing on null")
    systemd.status("lost")
    systemd.stopping()

    assert heard(manager) == ["READY=1\nSTATUS=playing on null", "STATUS=lost", "STOPPING=1"]


def test_the_watchdog_is_fed_well_within_its_period_and_not_more_often_than_needed(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "10000000")
    with closing(Systemd()) as systemd:
        for _ in range(100):
            systemd.feed()

    assert heard(manager) == ["WATCHDOG=1"]


def test_without_a_watchdog_nothing_is_fed(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)

    with closing(Systemd()) as systemd:
        systemd.feed()

    assert heard(manager) == []


def test_outside_a_service_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)

    Systemd().ready("alone")
