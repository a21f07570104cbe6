"""ALSA's side of MIDI: rtmidi replaced by a small sequencer, since no test machine has the kernel's."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest

from instrument.drivers import alsa
from instrument.drivers.alsa import AlsaSinks, AlsaSources, linked

CLIENTS = """Client info
  cur  clients : 5
  peak clients : 6
  max  clients : 192

Client   0 : "System" [Kernel Legacy]
  Port   0 : "Timer" (Rwe-) [In/Out]
  Port   1 : "Announce" (R-e-) [In/Out]
    Connecting To: 15:0
Client  20 : "MPD218" [Kernel]
  Port   0 : "MPD218 MIDI 1" (RWeX) [In/Out]
    Connecting To: 129:0[t:0], 131:0
Client 128 : "graindrum-midi" [User]
  Port   0 : "in" (-We-) [Out]
    Connected From: 36:0
Client 129 : "graindrum-in" [User Legacy]
  Port   0 : "in" (-We-) [Out]
    Connected From: 20:0[t:0]
Client 130 : "graindrum-in" [User]
  Port   0 : "in" (-We-) [Out]
    Connected From: 24:0[r:1][ex], 24:1
    Connecting To: 28:0
Client 131 : "other" [User]
  Port   0 : "graindrum-in" (-We-) [Out]
    Connected From: 20:0, 32:0
"""
FROM, TO = "    Connected From: ", "    Connecting To: "


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_it_tells_which_ports_a_client_is_linked_to() -> None:
    assert linked("graindrum-in", CLIENTS, FROM) == {"20:0", "24:0", "24:1"}
    assert linked("graindrum-midi", CLIENTS, FROM) == {"36:0"}
    assert linked("graindrum-in", CLIENTS, TO) == {"28:0"}


def test_it_reads_nothing_in_what_it_cannot_read() -> None:
    assert linked("graindrum-in", "", FROM) == set()
    assert linked("graindrum-in", 'Connected From: 1:2\nClient 5 : "graindrum-in" [User]\n', FROM) == set()


@dataclass
class Sequencer:
    """ALSA's sequencer as rtmidi shows it, and the kernel's list of who is linked to whom."""

    clients: Path
    ports: list[str] = field(default_factory=list)
    links: set[tuple[str, str]] = field(default_factory=set)  # sign, number
    opened: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    sent: list[tuple[str, bytes, int]] = field(default_factory=list)

    def publish(self) -> None:
        text = "".join(f"{sign}{number}\n" for sign, number in sorted(self.links))
        names = [("graindrum-in", FROM), ("graindrum-out", TO)]
        self.clients.write_text(
            "".join(
                f'Client 129 : "{name}" [User]\n'
                + "".join(line + "\n" for line in text.splitlines() if line.startswith(sign))
                for name, sign in names
            )
        )

    def lose(self, number: str) -> None:
        self.links = {link for link in self.links if link[1] != number}
        self.publish()


class Port:
    """One input or output of rtmidi."""

    world: ClassVar[Sequencer]
    sign: ClassVar[str]

    def __init__(self, _api: int, name: str) -> None:
        self.name = name
        self._port = ""

    def ignore_types(self, **_kinds: bool) -> None:
        """Nothing is ever sent here."""

    def set_callback(self, *_: object) -> None:
        """Nothing is ever sent here."""

    def open_virtual_port(self, name: str) -> None:
        self._port = f"{self.name}:{name}"

    def get_ports(self) -> list[str]:
        return self.world.ports

    def open_port(self, index: int, _name: str) -> None:
        self._port = self.world.ports[index]
        self.world.opened.append(self._port)
        self.world.links.add((self.sign, self._port.split()[-1]))
        self.world.publish()

    def send_message(self, data: bytes) -> None:
        self.world.sent.append((self._port, data, time.monotonic_ns()))

    def close_port(self) -> None:
        self.world.closed.append(self._port)


class Input(Port):
    sign = FROM


class Output(Port):
    sign = TO


@pytest.fixture
def sequencer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sequencer:
    made = Sequencer(tmp_path / "clients", ["MPD218:MPD218 MIDI 1 20:0", "Keys:Keys MIDI 1 24:0"])
    monkeypatch.setattr(Port, "world", made, raising=False)
    monkeypatch.setattr("rtmidi.MidiIn", Input)
    monkeypatch.setattr("rtmidi.MidiOut", Output)
    monkeypatch.setattr(alsa, "SEQUENCER", tmp_path)
    monkeypatch.setattr(alsa, "CLIENTS", made.clients)
    return made


@pytest.fixture
def sinks(sequencer: Sequencer) -> Iterator[AlsaSinks]:
    assert sequencer.ports
    made = AlsaSinks(lambda _: True)
    made.rescan()
    yield made
    made.close()


def sources() -> AlsaSources:
    return AlsaSources(lambda *_: None, lambda _: True)


def test_an_alsa_source_that_comes_back_at_once_is_heard_again(sequencer: Sequencer) -> None:
    inputs = sources()
    for _ in range(3):
        inputs.rescan()
    assert sequencer.opened == sequencer.ports

    sequencer.lose("20:0")  # the kernel has dropped what was subscribed to the old one
    for _ in range(3):
        inputs.rescan()

    assert sequencer.opened == [*sequencer.ports, sequencer.ports[0]]
    assert sorted(inputs.names()) == ["Keys:Keys MIDI 1", "MPD218:MPD218 MIDI 1"]


def test_a_source_is_not_closed_while_a_message_of_it_may_be_under_way(
    sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 100.0
    monkeypatch.setattr("instrument.drivers.alsa.time.monotonic", lambda: now_s)
    inputs = sources()
    inputs.rescan()
    del sequencer.ports[0]
    for _ in range(3):
        inputs.rescan()
    assert inputs.names() == ["Keys:Keys MIDI 1"]
    assert sequencer.closed == []

    now_s += alsa.CLOSED_AFTER_S
    inputs.rescan()

    assert sequencer.closed == ["MPD218:MPD218 MIDI 1 20:0"]


@pytest.mark.parametrize("text", [None, "", "Client info\n"])
def test_where_the_kernel_tells_nothing_alsa_sources_stay_as_they_are(
    sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    monkeypatch.setattr(Sequencer, "publish", lambda _: None)
    if text is not None:
        sequencer.clients.write_text(text)
    inputs = sources()

    for _ in range(3):
        inputs.rescan()

    assert sequencer.opened == sequencer.ports


def test_messages_go_to_their_destination_in_order_of_their_times_and_never_early(
    sequencer: Sequencer, sinks: AlsaSinks
) -> None:
    now_ns = time.monotonic_ns()
    for number, later_ms in enumerate([60, 20, 40, -1000, 20]):
        assert sinks.send(bytes([0x90, number, 1]), "Keys:Keys MIDI 1", now_ns + later_ms * 1_000_000)

    wait_until(lambda: len(sequencer.sent) == 5)

    assert sequencer.opened == ["Keys:Keys MIDI 1 24:0"]
    assert [data[1] for _, data, _ in sequencer.sent] == [3, 1, 4, 2, 0]
    assert all(at >= now_ns + 20_000_000 for _, data, at in sequencer.sent if data[1] != 3)
    assert {port for port, _, _ in sequencer.sent} == {"Keys:Keys MIDI 1 24:0"}


def test_without_a_destination_it_goes_to_out_and_what_goes_nowhere_is_said(
    sequencer: Sequencer, sinks: AlsaSinks
) -> None:
    assert not sinks.send(b"\xfe", "nobody", 0)
    assert sinks.send(b"\xf8", None, 0)

    wait_until(lambda: sequencer.sent)

    assert [(port, data) for port, data, _ in sequencer.sent] == [("graindrum-midi:out", b"\xf8")]


def test_a_destination_that_comes_back_at_once_is_opened_again(
    sequencer: Sequencer, sinks: AlsaSinks
) -> None:
    keys = "Keys:Keys MIDI 1"
    sinks.send(b"\xf8", keys, 0)
    wait_until(lambda: sequencer.sent)
    sinks.rescan()

    sequencer.lose("24:0")
    sinks.rescan()
    sinks.send(b"\xf8", keys, 0)
    wait_until(lambda: len(sequencer.sent) == 2)

    assert sequencer.closed == ["Keys:Keys MIDI 1 24:0"]
    assert sequencer.opened == ["Keys:Keys MIDI 1 24:0"] * 2
