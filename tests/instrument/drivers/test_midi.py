"""MIDI in, fed as a driver feeds it."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.drivers import alsa, midi
from instrument.drivers.midi import Midi
from instrument.messages import Arrival, Continue, ControlChange, Message, Note, Play, Stop


def fed(*data: list[int]) -> list[Arrival]:
    arrived: list[Arrival] = []
    midi = Midi("none", ["*"], arrived.append)
    for each in data:
        midi.feed(each, "MPD218")
    return arrived


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ([0x99, 36, 100], Note(10, 36, 100)),
        ([0x90, 36, 0], Note(1, 36, 0)),
        ([0xBF, 70, 127], ControlChange(16, 70, 127)),
        ([0xFA], Play()),
        ([0xFB], Continue()),
        ([0xFC], Stop()),
    ],
)
def test_what_is_listened_to_arrives_with_its_source_and_time(data: list[int], said: Message) -> None:
    before = time.monotonic_ns()

    (arrival,) = fed(data)

    assert arrival.message == said
    assert arrival.source == "MPD218"
    assert before <= arrival.arrived_ns <= time.monotonic_ns()


@pytest.mark.parametrize(
    "data", [[0x89, 36, 64], [0xF8], [0xFE], [0xE0, 0, 64], [0xD0, 5], [0xF0, 1, 2, 0xF7]]
)
def test_what_is_not_listened_to_is_let_go(data: list[int]) -> None:
    assert fed(data) == []


@given(st.lists(st.integers(-1, 300), max_size=6))
def test_any_bytes_are_taken_or_counted_as_bad(data: list[int]) -> None:
    arrived: list[Arrival] = []
    midi = Midi("none", ["*"], arrived.append)

    midi.feed(data, "noise")

    assert len(arrived) + midi.bad_messages <= 1


def test_without_a_backend_it_starts_and_stops_with_no_inputs() -> None:
    midi = Midi("none", ["*"], lambda _: None)
    midi.start()

    assert midi.inputs == ()
    midi.stop()


@pytest.mark.parametrize(
    ("name", "heard"),
    [
        ("MPD218 MIDI 1", True),
        ("nanoKONTROL2", False),
        ("graindrum-midi:in", False),
        ("Midi Through Port-0", False),
        ("graindrum", False),
    ],
)
def test_inputs_are_chosen_by_name_and_never_our_own(name: str, heard: bool) -> None:
    assert Midi("none", ["MPD*", "grain*", "Midi*"], lambda _: None)._wanted(name) is heard


@dataclass
class Sequencer:
    """ALSA's sequencer as rtmidi shows it: MIDI inputs, and the kernel's list of who hears what."""

    clients: Path
    ports: list[str] = field(default_factory=list)
    heard: set[str] = field(default_factory=set)

    def publish(self) -> None:
        text = "".join(f"    Connected From: {each}\n" for each in sorted(self.heard))
        self.clients.write_text(f'Client 129 : "graindrum-in" [User]\n  Port   0 : "in" (-We-) [Out]\n{text}')


class Input:
    """One input of rtmidi."""

    world: ClassVar[Sequencer]
    opened: ClassVar[list[str]] = []

    def __init__(self, _api: int, name: str) -> None:
        self.name = name
        self._port = ""

    def set_callback(self, *_: object) -> None:
        """Nothing is ever sent here."""

    def open_virtual_port(self, _name: str) -> None:
        """Others may connect; here nobody does."""

    def get_ports(self) -> list[str]:
        return self.world.ports

    def open_port(self, index: int, _name: str) -> None:
        self._port = self.world.ports[index]
        self.opened.append(self._port)
        self.world.heard.add(self._port.split()[-1])
        self.world.publish()

    def close_port(self) -> None:
        self.world.heard.discard(self._port.split()[-1])
        self.world.publish()


@pytest.fixture
def sequencer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sequencer:
    made = Sequencer(tmp_path / "clients", ["MPD218:MPD218 MIDI 1 20:0", "Keys:Keys MIDI 1 24:0"])
    monkeypatch.setattr(Input, "world", made, raising=False)
    monkeypatch.setattr(Input, "opened", [])
    monkeypatch.setattr("rtmidi.MidiIn", Input)
    monkeypatch.setattr(midi, "ALSA_SEQUENCER", tmp_path)
    monkeypatch.setattr(alsa, "CLIENTS", made.clients)
    return made


def test_an_alsa_source_that_comes_back_at_once_is_heard_again(sequencer: Sequencer) -> None:
    inputs = midi._Alsa(lambda *_: None, lambda _: True)
    for _ in range(3):
        inputs.rescan()
    assert Input.opened == sequencer.ports

    sequencer.heard.remove("20:0")  # the kernel has dropped what was subscribed to the old one
    sequencer.publish()
    for _ in range(3):
        inputs.rescan()

    assert Input.opened == [*sequencer.ports, sequencer.ports[0]]
    assert sequencer.heard == {"20:0", "24:0"}
    assert sorted(inputs.names()) == ["Keys:Keys MIDI 1", "MPD218:MPD218 MIDI 1"]


@pytest.mark.parametrize("text", [None, "", "Client info\n"])
def test_where_the_kernel_tells_nothing_alsa_sources_stay_as_they_are(
    sequencer: Sequencer, monkeypatch: pytest.MonkeyPatch, text: str | None
) -> None:
    monkeypatch.setattr(Sequencer, "publish", lambda _: None)
    if text is not None:
        sequencer.clients.write_text(text)
    inputs = midi._Alsa(lambda *_: None, lambda _: True)

    for _ in range(3):
        inputs.rescan()

    assert Input.opened == sequencer.ports
