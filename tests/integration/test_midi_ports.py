"""MIDI ports of a real JACK server that come, go, and go away with their server."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import jack
import pytest

from instrument.drivers.midi import Midi
from instrument.messages import Arrival, Note
from tests.integration.jackbox import JackBox, note, wait_until

pytestmark = pytest.mark.audio

CYCLES = 200  # of a plug


def test_a_source_is_heard_without_being_wired_and_once_when_it_is(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]
) -> None:
    _, got = arrived
    jack_box.client.connect(jack_box.midi, "graindrum-midi:in")  # it has a port of its own already

    jack_box.take(0.5, [(4_800, note(36)), (9_600, note(36)), (9_600, note(38))], freewheel=False)

    wait_until(lambda: len(got) >= 3)
    assert [arrival.message for arrival in got] == [Note(10, number, 100) for number in (36, 36, 38)]
    assert {arrival.source for arrival in got} == {"tester:pads"}


def test_sources_are_told_apart(jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]) -> None:
    midi, got = arrived
    second = JackBox.connect(jack_box.server)
    wait_until(lambda: f"{second.client.name}:pads" in midi.inputs)

    jack_box.take(0.1, [(480, note(36))], freewheel=False)
    second.take(0.1, [(480, note(38))], freewheel=False)

    wait_until(lambda: len(got) == 2)
    told = {(arrival.source, arrival.message) for arrival in got}
    assert told == {
        ("tester:pads", Note(10, 36, 100)),
        (f"{second.client.name}:pads", Note(10, 38, 100)),
    }
    second.close()


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
    (ours,) = jack_box.client.get_all_connections(jack_box.midi)
    jack_box.client.disconnect(jack_box.midi, ours)

    pad.pull()
    wait_until(lambda: "pad:out" not in midi.inputs)
    pad.plug()
    wait_until(pad.wired)  # it has looked twice since

    assert jack_box.client.get_all_connections(jack_box.midi) == []


def resources() -> tuple[int, int, float]:
    """Return how many files and threads this process has, and its memory in MiB."""
    files, threads = (len(list(Path("/proc/self", kind).iterdir())) for kind in ("fd", "task"))
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return files, threads, pages * 4096 / 2**20


def test_a_plug_that_comes_and_goes_for_ever_costs_nothing(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]
) -> None:
    midi, got = arrived
    hub = jack.Client("hub", no_start_server=True, servername=jack_box.server)
    hub.activate()
    seen = []
    for _ in range(CYCLES):
        plug = hub.midi_outports.register("plug")
        wait_until(lambda: "hub:plug" in midi.inputs)
        plug.unregister()
        wait_until(lambda: "hub:plug" not in midi.inputs)
        seen.append(resources())
    jack_box.take(0.1, [(480, note(36))], freewheel=False)

    wait_until(lambda: got)
    (files, threads, memory), after = seen[0], seen[-1]
    print(f"files, threads, MiB: {seen[0]} -> {after}")
    assert after[0] <= files
    assert after[1] <= threads
    assert after[2] < memory + 4
    hub.deactivate()
    hub.close()


@pytest.mark.usefixtures("arrived")
def test_it_stops_while_notes_arrive_and_leaves_nothing_behind(jack_box: JackBox) -> None:
    seen = []
    for _ in range(20):
        got: list[Arrival] = []
        other = Midi("jack", ["tester:*"], got.append)
        other.start()
        jack_box.events = [(frame, note(36)) for frame in range(0, 480_000, 64)]
        jack_box.position, jack_box.length = 0, 480_000
        wait_until(lambda heard=got: len(heard) > 10)  # type: ignore[misc]
        other.stop()
        jack_box.length = 0
        wait_until(lambda: not jack_box.client.get_ports("^graindrum-midi-"))
        seen.append(resources())

    assert seen[-1][0] <= seen[0][0]
    assert seen[-1][1] <= seen[0][1]


@pytest.fixture
def start_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    if shutil.which("jackd") is None:
        pytest.skip("no jackd here: `sh hardware/setup.sh test` installs it")
    name = "graindrum-test-returns"  # one name: JACK remembers eight, and a killed server keeps its own
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = ["jackd", "-r", "-n", name, "-d", "dummy", "-r", "48000", "-p", "256"]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for server in started:
        server.terminate()
        server.wait(10)


def test_it_outlives_its_server_and_finds_the_next_one(
    start_server: Callable[[], "subprocess.Popen[bytes]"],
) -> None:
    midi = Midi("jack", ["*"], lambda _: None)
    midi.start()
    for _ in range(2):
        server = start_server()
        wait_until(lambda: midi.inputs == ("graindrum-midi:in",))
        server.terminate()
        wait_until(lambda: midi.inputs == ())
        server.wait(10)
    midi.stop()


def test_without_a_server_it_waits_for_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", f"nowhere-{os.getpid()}")
    midi = Midi("jack", ["*"], lambda _: None)
    midi.start()

    assert midi.inputs == ()
    midi.stop()
