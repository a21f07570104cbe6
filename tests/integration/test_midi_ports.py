"""MIDI ports of a real JACK server that come, go, and go away with their server."""

import os
import time
from collections.abc import Callable, Iterator

import jack
import pytest

from instrument.drivers.midi import Midi
from instrument.messages import Arrival, Note
from tests.integration.jackbox import JackBox

pytestmark = pytest.mark.audio


@pytest.fixture
def arrived(jack_box: JackBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Midi, list[Arrival]]]:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_box.server)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    got: list[Arrival] = []
    midi = Midi("jack", ["*"], got.append)
    midi.start()
    wait_until(lambda: "tester:pads" in midi.inputs)
    yield midi, got
    midi.stop()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 10.0
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_source_is_heard_without_being_wired_and_once_when_it_is(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]
) -> None:
    _, got = arrived
    (ours,) = jack_box.client.get_ports("^graindrum-midi:in$", is_midi=True)
    with pytest.raises(jack.JackErrorCode):  # it is wired already
        jack_box.client.connect(jack_box.midi, ours)

    jack_box.take(0.5, [(4_800, bytes([0x99, 36, 100])), (9_600, bytes([0x99, 38, 100]))], freewheel=False)

    wait_until(lambda: len(got) >= 2)
    assert [arrival.message for arrival in got] == [Note(10, 36, 100), Note(10, 38, 100)]
    spacing_ms = (got[1].arrived_ns - got[0].arrived_ns) / 1e6
    assert 50 < spacing_ms < 200


def test_sources_that_come_later_are_heard_and_forgotten_when_they_go(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]
) -> None:
    midi, _ = arrived
    later = jack.Client("later", no_start_server=True, servername=jack_box.server)
    later.midi_outports.register("keys")
    later.activate()
    wait_until(lambda: "later:keys" in midi.inputs)

    later.deactivate()
    later.close()

    wait_until(lambda: "later:keys" not in midi.inputs)
    assert "tester:pads" in midi.inputs


class Pad:
    """A controller that is plugged in and pulled out."""

    def __init__(self, server: str) -> None:
        self._server = server
        self._client: jack.Client | None = None

    def plug(self) -> None:
        self._client = jack.Client("pad", no_start_server=True, servername=self._server)
        self._client.midi_outports.register("out")
        self._client.activate()

    def pull(self) -> None:
        if self._client is not None:
            self._client.deactivate()
            self._client.close()
        self._client = None

    def wired(self) -> bool:
        assert self._client is not None
        return bool(self._client.get_all_connections("pad:out"))


@pytest.fixture
def pad(jack_box: JackBox) -> Iterator[Pad]:
    made = Pad(jack_box.server)
    made.plug()
    yield made
    made.pull()


def test_a_source_that_comes_back_between_two_looks_is_wired_again(
    arrived: tuple[Midi, list[Arrival]], pad: Pad
) -> None:
    midi, _ = arrived
    wait_until(lambda: "pad:out" in midi.inputs and pad.wired())
    for _ in range(3):
        pad.pull()
        pad.plug()

        wait_until(pad.wired)


def test_a_wire_that_a_person_pulled_stays_pulled(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]], pad: Pad
) -> None:
    midi, _ = arrived
    wait_until(pad.wired)
    jack_box.client.disconnect("tester:pads", "graindrum-midi:in")

    pad.pull()
    wait_until(lambda: "pad:out" not in midi.inputs)
    pad.plug()
    wait_until(pad.wired)  # it has looked twice since

    assert jack_box.client.get_all_connections(jack_box.midi) == []


def test_without_a_server_it_waits_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", f"nowhere-{os.getpid()}")
    midi = Midi("jack", ["*"], lambda _: None)
    midi.start()

    assert midi.inputs == ()
    midi.stop()
