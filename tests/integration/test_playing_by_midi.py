"""Pads, knobs and learning over a real JACK server: MIDI in, what is heard and shown out."""

from collections.abc import Callable, Iterator

import jack
import numpy as np
import pytest

from instrument.client import Client
from instrument.messages import Bind, LearnStart, SetKnob, SetPress, SetTempo, Trigger, Undo
from instrument.snapshot import Snapshot
from tests.integration.jackbox import Events, JackBox, Machine, note, onsets

pytestmark = pytest.mark.audio

KICK, SNARE, CRASH, LEARN = 36, 38, 49, 100
SPACING = 2_400  # frames between messages
STROKE = 6_000  # four a beat at 120 bpm


def turned(control: int, *values: int) -> list[bytes]:
    return [bytes([0xB0, control, value]) for value in values]


def force(number: int, pressure: int) -> bytes:
    return bytes([0xA9, number, pressure])


def pressure(value: int) -> bytes:
    return bytes([0xD9, value])


def spaced(messages: list[bytes]) -> Events:
    return [(SPACING * (at + 1), message) for at, message in enumerate(messages)]


class Stage:
    """A machine on a JACK server, what it is played with, and what it shows."""

    def __init__(self, jack_box: JackBox, client: Client) -> None:
        self.box = jack_box
        self.client = client

    def play(self, *messages: bytes) -> np.ndarray:
        """Play messages one after the other; return what is heard."""
        return self.box.take((len(messages) + 2) * SPACING / 48_000, spaced(list(messages)), freewheel=False)

    def seen(self, holds: Callable[[Snapshot], bool] = lambda _: True) -> Snapshot:
        return self.client.wait_for(holds)


@pytest.fixture
def stage(jack_box: JackBox, start_machine: Callable[..., Machine]) -> Iterator[Stage]:
    machine = start_machine()
    with machine.client() as client:
        yield Stage(jack_box, client)


def test_pads_draw_hold_and_walk(stage: Stage) -> None:
    first = stage.seen().tracks[0].seed
    stage.play(note(KICK), note(KICK, 0))
    drawn = stage.seen(lambda seen: seen.tracks[0].seed != first).tracks[0]

    stage.client.send(SetPress(1, "hold"))
    stage.seen(lambda seen: seen.tracks[0].press == "hold")
    stage.play(note(KICK), note(KICK, 0), note(SNARE))
    held = stage.seen(lambda seen: seen.selected == 2).tracks[0]
    assert (held.seed, held.draws) == (drawn.seed, drawn.draws) == (drawn.seed, 2)

    stage.client.send(SetPress(1, "walk"))
    stage.seen(lambda seen: seen.tracks[0].press == "walk")
    stage.play(note(KICK))
    walked = stage.seen(lambda seen: seen.selected == 1).tracks[0]
    assert (walked.seed, walked.draws) == (drawn.seed, 3)


def test_a_pad_that_plays_nothing_is_shown(stage: Stage) -> None:
    stage.play(note(99, channel=3))
    assert (
        "note 99 on channel 3 from tester:pads plays nothing"
        in stage.seen(lambda seen: seen.warning != "").warning
    )


def test_a_knob_takes_over_where_it_crosses_and_not_before(stage: Stage) -> None:
    stage.play(*turned(70, 0, 30, 60))
    waiting = stage.seen(lambda seen: "val 60" in seen.last_midi)
    assert waiting.tracks[0].knobs[0] == 0.5
    assert waiting.tracks[0].waiting[0] == pytest.approx(0.5 - 60 / 127, abs=0.01)

    stage.play(*turned(70, 127, 100))
    assert stage.seen(lambda seen: "val 100" in seen.last_midi).tracks[0].knobs[0] == pytest.approx(100 / 127)

    stage.client.send(SetKnob(1, 1, 0.1))
    stage.seen(lambda seen: seen.tracks[0].knobs[0] == 0.1)
    stage.play(*turned(70, 101))
    assert stage.seen(lambda seen: "val 101" in seen.last_midi).tracks[0].knobs[0] == 0.1


def test_a_14_bit_knob_is_learned_by_turning_it_and_taken_back(stage: Stage) -> None:
    stage.client.send(LearnStart("knob 3"))
    stage.seen(lambda seen: seen.learning == "knob 3")
    pair = [(SPACING, bytes([0xB0, 20, 64])), (SPACING + 48, bytes([0xB0, 52, 5]))]
    stage.box.take(0.2, pair, freewheel=False)
    stage.seen(lambda seen: seen.learning == "")

    stage.play(*turned(20, 0), *turned(52, 0), *turned(20, 127), *turned(52, 64))
    knob = stage.seen(lambda seen: "cc 52 ch 1 val 64" in seen.last_midi).tracks[0].knobs[2]
    assert knob == pytest.approx((127 * 128 + 64) / 16_383)

    stage.client.send(Undo())
    stage.client.send(Undo())
    stage.client.send(Undo())
    stage.play(*turned(20, 0))
    assert "cc 20 ch 1 val 0 → nothing" in stage.seen(lambda seen: "val 0 →" in seen.last_midi).last_midi


def test_a_button_held_for_a_second_learns_pads_and_knobs_in_order(stage: Stage) -> None:
    stage.client.send(Bind(f"note {LEARN} ch 1", "learn"))
    stage.seen(lambda seen: seen.undos == 1)
    stage.box.take(1.5, [(0, note(LEARN, channel=1)), (52_800, note(LEARN, 0, channel=1))], freewheel=False)
    stage.seen(lambda seen: seen.learning.startswith("pad 1"))
    stage.play(*turned(30, 1), note(70, channel=2), note(71, channel=2), *turned(31, 1))
    stage.seen(lambda seen: seen.learning.startswith("pad 3, knob 3"))
    stage.play(note(LEARN, channel=1), note(LEARN, 0, channel=1))
    stage.seen(lambda seen: seen.learning == "")

    stage.play(note(71, channel=2), *turned(31, 127, 0))
    seen = stage.seen(lambda seen: "val 0" in seen.last_midi)
    assert (seen.selected, seen.tracks[1].knobs[1]) == (2, 0.0)


def test_a_hand_on_a_cymbal_ends_its_sound(stage: Stage) -> None:
    stage.client.send(Trigger(7, 1))
    rung = stage.play(note(CRASH), *[note(CRASH, 0)] * 8)
    grabbed = stage.play(note(CRASH), note(CRASH, 0), force(CRASH, 90), *[note(CRASH, 0)] * 6)

    assert np.abs(rung[-SPACING:]).max() > 1e-3
    assert np.abs(grabbed[-SPACING:]).max() == 0.0


class Keys:
    """A second controller, which can be pulled out with a pad held."""

    def __init__(self, server: str) -> None:
        self._client = jack.Client("keys", no_start_server=True, servername=server)
        self._port = self._client.midi_outports.register("out")
        self._waiting: list[bytes] = []
        self._client.set_process_callback(self._turn)
        self._client.activate()

    def _turn(self, _frames: int) -> None:
        self._port.clear_buffer()
        while self._waiting:
            self._port.write_midi_event(0, self._waiting.pop(0))

    def play(self, *messages: bytes) -> None:
        self._waiting += messages

    def pull(self) -> None:
        self._client.deactivate()
        self._client.close()


def test_a_controller_that_is_pulled_out_with_a_pad_held_rolls_no_longer(stage: Stage) -> None:
    keys = Keys(stage.box.server)
    stage.client.wait_for(lambda seen: "keys:out" in seen.midi_inputs, timeout_s=20)
    keys.play(note(SNARE), pressure(90))
    stage.client.wait_for(lambda seen: seen.hits >= 4, timeout_s=20)

    keys.pull()
    stage.client.wait_for(lambda seen: "keys:out" not in seen.midi_inputs, timeout_s=20)
    stage.box.take(0.5, [(20_000, note(KICK))], freewheel=False)  # with what was on its way
    rolled = stage.seen(lambda seen: seen.selected == 1).hits
    stage.box.take(1.0, [(40_000, note(SNARE))], freewheel=False)

    played = stage.seen(lambda seen: seen.selected == 2 and seen.hits > rolled).hits
    assert played <= rolled + 3  # a roll strikes seven times


def test_a_pad_held_with_force_rolls_in_time(stage: Stage) -> None:
    stage.client.send(SetTempo(120.0))
    stage.client.send(SetKnob(2, 8, 0.02))  # short: each stroke ends before the next
    stage.seen(lambda seen: seen.tempo_bpm == 120.0 and seen.tracks[1].knobs[7] == 0.02)
    held = [(2_400, note(SNARE)), (4_800, pressure(90)), (60_000, pressure(0)), (60_480, note(SNARE, 0))]

    heard = onsets(stage.box.take(2.0, held, freewheel=False))

    assert 9 <= len(heard) <= 10
    off = np.abs(np.diff(heard) - STROKE)
    assert off.max() <= 4 * stage.box.client.blocksize  # a server that comes late leaves blocks out
    assert (off[1:] == 0).mean() >= 0.75  # the press itself may come late
