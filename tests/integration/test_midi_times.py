"""MIDI through a real JACK server: what arrives, what is sent, and at which frame."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from instrument.drivers.jack_ports import JackPorts
from instrument.drivers.midi import Midi
from instrument.messages import Arrival
from tests.integration.jackbox import JackBox, note, wait_until

pytestmark = pytest.mark.audio


def assert_distances_hold(error: NDArray[np.float64], box: JackBox) -> None:
    """Check from each message to the next: a stalled server moves all that come after."""
    wrong = np.quantile(np.abs(np.diff(error)), [0.5, 0.9, 1.0])
    print(f"{box.xruns} xruns; distances are wrong by, frames, [0.5, 0.9, 1.0]: {wrong.round(1)}")
    assert wrong[1] < box.client.blocksize / 4


def test_messages_arrive_at_their_frames_and_not_at_their_blocks(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]
) -> None:
    """Heard once a block, distances would be wrong by up to a block, most of them by more than a quarter."""
    _, got = arrived
    frames = np.sort(np.random.default_rng(5).choice(90_000, 400, replace=False)) + 2_000

    jack_box.take(2.5, [(int(frame), note(36)) for frame in frames], freewheel=False)

    wait_until(lambda: len(got) == len(frames))
    rate = jack_box.client.samplerate
    error = np.array([each.arrived_ns for each in got]) * 1e-9 * rate - frames
    assert_distances_hold(error, jack_box)


def test_a_time_of_arrival_is_on_the_monotonic_clock_within_two_blocks(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]
) -> None:
    """It lies after the start of the block that carried it, by JACK's clock, and before its end."""
    _, got = arrived
    late: list[float] = []
    for _ in range(20):
        jack_box.take(0.02, [(500, note(36))], freewheel=False)
        wait_until(lambda: got)
        now_us = time.monotonic_ns() // 1000
        frames_ago = jack_box.client.frame_time - (jack_box.began_at + 500)
        late.append((now_us - got.pop().arrived_ns // 1000) * 1e-6 * jack_box.client.samplerate - frames_ago)
    print(f"frames after the frame by JACK's own estimate: {np.median(late):.1f}, {np.ptp(late):.1f} apart")
    assert abs(np.median(late)) < jack_box.client.blocksize / 2


def test_clock_and_short_sysex_are_fed_and_what_is_too_long_is_not(
    jack_box: JackBox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_box.server)
    fed: list[bytes] = []
    ports = JackPorts(lambda data, _source, _at_ns: fed.append(bytes(data)), lambda _: True, lambda: None)
    ports.rescan()
    longest, longer = (b"\xf0" + bytes(count - 2) + b"\xf7" for count in (64, 65))
    sent = [b"\xf8", b"\xfe", longest, longer, b"\xe0\x00\x40"]

    jack_box.take(0.1, [(480 + at, data) for at, data in enumerate(sent)], freewheel=False)

    wait_until(lambda: len(fed) == 3)
    assert fed == [b"\xf8", longest, b"\xe0\x00\x40"]
    with caplog.at_level("WARNING"):
        ports.rescan()
    assert "1 messages lost" in caplog.text
    ports.close()


def test_what_is_sent_goes_out_at_its_time_in_order_and_to_its_destination_alone(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]
) -> None:
    midi, _ = arrived
    wait_until(lambda: "tester:lights" in midi.outputs)
    assert midi.send(note(1), "tester:lights")  # at once, as soon as it is wired
    wait_until(lambda: jack_box.lit)
    begin_ns = time.monotonic_ns() + 50_000_000
    times_ns = begin_ns + np.random.default_rng(6).integers(0, 500_000_000, 100)

    for number, at_ns in enumerate(times_ns):
        assert midi.send(note(number), "tester:lights", int(at_ns))
        assert midi.send(note(number, 1), None, int(at_ns))  # nobody listens to that
    midi.send(note(0), "tester:lights", begin_ns - 1_000_000_000)  # late: at once

    wait_until(lambda: len(jack_box.lit) == 102)
    order = np.argsort(times_ns)
    assert [data for _, data in jack_box.lit[1:]] == [note(0), *(note(int(at)) for at in order)]
    sent = (times_ns[order] - begin_ns) * 1e-9 * jack_box.client.samplerate
    error = np.array([frame for frame, _ in jack_box.lit[2:]]) - sent
    assert_distances_hold(error, jack_box)


def test_what_goes_nowhere_is_said_and_out_can_be_wired_by_hand(
    jack_box: JackBox, arrived: tuple[Midi, list[Arrival]]
) -> None:
    midi, _ = arrived
    assert not midi.send(note(1), "nobody:lights")
    jack_box.client.connect("graindrum-midi:out", jack_box.lights)

    assert midi.send(note(2), None)

    wait_until(lambda: jack_box.lit)
    assert [data for _, data in jack_box.lit] == [note(2)]
