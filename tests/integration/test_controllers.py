"""Controllers with lamps on a real JACK server: what they are told as they come, at changes, at the end."""

import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import jack
import pytest

from instrument import controller_file
from instrument.cli import main
from instrument.controllers import Plugged
from instrument.drivers.midi import Midi
from instrument.lamplighter import Lamplighter
from tests.integration.conftest import wait_for
from tests.integration.jackbox import JackBox, Machine

pytestmark = pytest.mark.audio

MODE, LIVE = bytes.fromhex("F0 00 20 29 02 0C 0E 01 F7"), bytes.fromhex("F0 00 20 29 02 0C 0E 00 F7")
LAMPS = 69
AT_ONCE = 10
RECOVERED_S = 3.0


class Device:
    """A controller as a2jmidid shows it: a port that it sends from, and one that it is sent to."""

    def __init__(self, server: str, name: str, port: str) -> None:
        self.server = server
        self._name, self._port = name, port
        self.client: jack.Client | None = None
        self.got: list[bytes] = []
        self._pressed: list[bytes] = []

    def plug(self) -> None:
        self.got = []
        self.client = jack.Client(self._name, no_start_server=True, servername=self.server)
        self._in = self.client.midi_inports.register(f"{self._port} playback_1")
        self._out = self.client.midi_outports.register(f"{self._port} capture_1")
        self.client.set_process_callback(self._turn)
        self.client.activate()

    def pull(self) -> None:
        if self.client is not None:
            self.client.deactivate()
            self.client.close()
        self.client = None

    def press(self, *messages: bytes) -> None:
        self._pressed.extend(messages)

    def lamps(self) -> dict[tuple[int, int], int]:
        """Return how the lamps look now, by status and number."""
        return {(each[0], each[1]): each[2] for each in list(self.got) if len(each) == 3}

    def _turn(self, _frames: int) -> None:
        self.got += [bytes(data) for _, data in self._in.incoming_midi_events()]
        self._out.clear_buffer()
        for at in range(min(len(self._pressed), 8)):
            self._out.write_midi_event(at, self._pressed.pop(0))


@pytest.fixture
def device(jack_box: JackBox) -> Iterator[Callable[[str, str], Device]]:
    """Return a function that plugs a controller in, by its name and that of its port."""
    plugged: list[Device] = []

    def plug(name: str, port: str = "MIDI 1") -> Device:
        plugged.append(Device(jack_box.server, name, port))
        plugged[-1].plug()
        return plugged[-1]

    yield plug
    for each in plugged:
        each.pull()


@pytest.fixture
def launchpad(device: Callable[[str, str], Device]) -> Device:
    return device("Launchpad X", "LPX MIDI")


def greeted(launchpad: Device) -> bool:
    return MODE in launchpad.got and len(launchpad.lamps()) == LAMPS


def shows_play(launchpad: Device, colour: int) -> bool:
    return launchpad.lamps()[0xB0, 91] == colour


def test_lamps_follow_the_instrument_from_the_first_moment_to_the_last(
    launchpad: Device, start_machine: Callable[..., Machine]
) -> None:
    machine = start_machine()
    wait_for(lambda: greeted(launchpad), f"every lamp is told; {launchpad.got}")
    assert launchpad.got[0] == MODE
    assert launchpad.lamps()[0x90, 53] == 7  # mute 3: not muted

    launchpad.press(bytes([0x90, 53, 127]), bytes([0x80, 53, 0]))
    wait_for(lambda: launchpad.lamps()[0x90, 53] == 5, "the lamp of a muted track is lit")
    launchpad.press(bytes([0x90, 12, 90]))
    wait_for(lambda: launchpad.lamps()[0x90, 22] == 3, "the lamp of the track that was played is lit")
    assert launchpad.lamps()[0x90, 21] == 1
    empty = next(step for step in range(81, 89) if launchpad.lamps()[0x90, step] == 1)
    launchpad.press(bytes([0x90, empty, 127]), bytes([0x90, empty, 0]))
    wait_for(lambda: launchpad.lamps()[0x90, empty] == 13, "the lamp of an accented step is lit")
    launchpad.press(bytes([0xB0, 91, 127]), bytes([0xB0, 91, 0]))
    wait_for(lambda: shows_play(launchpad, 21), "the lamp of play is lit")

    before = len(launchpad.got)
    machine.stop()

    wait_for(lambda: LIVE in launchpad.got, "its own mode is given back")
    told = launchpad.got[before:]
    assert {colour for (_, _), colour in launchpad.lamps().items()} == {0}
    assert told[-1] == LIVE


def test_each_of_several_controllers_plays_by_its_own_map(
    device: Callable[..., Device], start_machine: Callable[..., Machine]
) -> None:
    keys, pads, mixer = device("Some Keys"), device("MPD218"), device("MIDI Mix")
    machine = start_machine()
    with machine.client() as client:
        client.wait_for(lambda seen: len(seen.midi_inputs) >= 4)

        keys.press(bytes([0x99, 40, 90]))  # a snare of General MIDI
        client.wait_for(lambda seen: seen.selected == 2)
        pads.press(bytes([0x99, 40, 90]))  # the fifth pad
        client.wait_for(lambda seen: seen.selected == 5)
        keys.press(bytes([0xFC]))
        pads.press(bytes([0xFA]))  # it may not start the instrument
        mixer.press(bytes([0xB0, 16, 10]), bytes([0xB0, 16, 120]))  # crosses shape 1 of the first track
        seen = client.wait_for(lambda seen: seen.tracks[0].knobs[0] > 0.9)
        assert not seen.playing
        keys.press(bytes([0xFA]))
        client.wait_for(lambda seen: seen.playing)


def test_one_that_is_pulled_and_plugged_in_again_is_told_everything_in_time(
    launchpad: Device, start_machine: Callable[..., Machine]
) -> None:
    machine = start_machine()
    wait_for(lambda: greeted(launchpad), "every lamp is told")
    for colour in (21, 23, 21):  # playing, not, playing
        launchpad.pull()
        launchpad.plug()

        wait_for(lambda: greeted(launchpad), f"every lamp is told again; {machine.log()}", RECOVERED_S)
        launchpad.press(bytes([0xB0, 91, 127]), bytes([0xB0, 91, 0]))
        wait_for(partial(shows_play, launchpad, colour), "it is heard again", RECOVERED_S)


def test_a_port_of_jackd_is_known_by_the_alias_that_names_its_device(
    jack_box: JackBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_box.server)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    midi = Midi("jack", ["box:*"], lambda _: None)
    plugged = Plugged(controller_file.load_all()[0], midi.alias)
    client = jack.Client("box", no_start_server=True, servername=jack_box.server)
    try:
        client.midi_outports.register("midi_capture_1").set_alias("alsa_pcm:Launchpad-X/midi_capture_2")
        client.midi_outports.register("midi_capture_2")
        client.activate()
        midi.start()
        both = {"box:midi_capture_1", "box:midi_capture_2"}
        wait_for(lambda: both <= set(midi.inputs), "they are heard")

        assert plugged.name_of("box:midi_capture_1") == "Novation Launchpad X"
        assert plugged.name_of("box:midi_capture_2") == "box:midi_capture_2"
    finally:
        midi.stop()
        client.close()


@pytest.mark.slow
def test_a_thousand_times_out_and_in_leaves_nothing_behind(
    jack_box: JackBox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_box.server)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    maps, _ = controller_file.load_all()
    plugged = Plugged(maps)
    midi = Midi("jack", ["*"], lambda _: None)
    sent: list[bytes] = []

    def send(data: bytes, name: str, at_ns: int) -> bool:
        sent.append(data)
        return midi.send(data, name, at_ns)

    lamplighter = Lamplighter(plugged, send)
    client = jack.Client("pads", no_start_server=True, servername=jack_box.server)
    client.activate()
    midi.start()
    sizes: list[tuple[int, int]] = []
    names = {f"pads:LPX MIDI capture_{at}" for at in range(AT_ONCE)}
    try:
        for cycle in range(1_000 // AT_ONCE):
            ports = [
                register(f"LPX MIDI {way}_{at}")
                for at in range(AT_ONCE)
                for way, register in (
                    ("playback", client.midi_inports.register),
                    ("capture", client.midi_outports.register),
                )
            ]
            wait_for(lambda: names <= set(midi.comings), "they are heard", RECOVERED_S)
            lamplighter.follow(midi.comings)
            lamplighter.show({"play": "lit"}, time.monotonic_ns())
            assert len(sent) == AT_ONCE * (LAMPS + 1)
            sent.clear()
            for port in ports:
                port.unregister()
            wait_for(lambda: not names & set(midi.comings), "they are gone", RECOVERED_S)
            lamplighter.follow(midi.comings)
            if cycle in (20, 1_000 // AT_ONCE - 1):
                sizes.append((_resident_kb(), threading.active_count()))
    finally:
        midi.stop()
        client.deactivate()
        client.close()

    (early_kb, early_threads), (late_kb, late_threads) = sizes
    assert late_threads == early_threads
    assert late_kb - early_kb < 2_000


def _resident_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))


def test_a_check_reports_what_a_controller_sent(
    launchpad: Device, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", launchpad.server)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    asked = ["controllers", "check", "--lamps", "--seconds", "3", "--port", "*LPX*"]
    running = threading.Thread(target=main, args=(asked,))
    running.start()
    wait_for(lambda: greeted(launchpad), "its lamps are told")
    assert set(launchpad.lamps().values()) >= {3, 5, 21}

    launchpad.press(*(bytes([0x90, note, 100]) for note in range(11, 19)), bytes([0xB0, 5, 64]))
    running.join()

    out = capsys.readouterr().out
    assert "Novation Launchpad X" in out
    assert "8 of 8 seen, 100 to 100: note 11-18 ch 1 → pad 1-8" in out
    assert "not in the map: cc 5 ch 1, 64 to 64" in out
    assert launchpad.got[-1] == LIVE
