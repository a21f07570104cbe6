"""MIDI clock in and out, and the pattern's notes, through a real JACK server.

Times are judged by what they are parts of, beats and ticks; the figures themselves are printed.
"""

from collections.abc import Callable
from threading import Thread

import numpy as np
import pytest

from instrument.client import Client
from instrument.messages import ClearPattern, Continue, Play, SetKnob, SetStep, SetTempo, Stop
from tests.integration.conftest import wait_for
from tests.integration.jackbox import Events, JackBox, Machine, onsets

pytestmark = pytest.mark.audio

TICK, START, CONTINUE, STOP, POSITION = 0xF8, 0xFA, 0xFB, 0xFC, 0xF2
TICK_FRAMES = 1_000  # at 120 bpm
BEAT_FRAMES = 24 * TICK_FRAMES
HAT_TRACK, HAT = 4, 42
NOTE_BEGINS, NOTE_ENDS = 0x92, 0x82  # on channel 3
SETTLED = 2  # beats


def beats(client: Client, bpm: float) -> None:
    """Have the machine play a short hat on each beat."""
    client.send(ClearPattern())
    for step in (1, 5, 9, 13):
        client.send(SetStep(HAT_TRACK, step, 100))
    client.send(SetKnob(HAT_TRACK, 8, 0.05))
    client.send(SetTempo(bpm))
    client.wait_for(lambda seen: seen.tempo_bpm == bpm)


def clock(seconds: float, jitter_frames: int = 0) -> Events:
    """Return START and the ticks of a clock at 120 bpm, from frame 24,000 on."""
    count = int(seconds * 48_000 / TICK_FRAMES)
    moved = np.random.default_rng(4).integers(-jitter_frames, jitter_frames + 1, count)
    frames = 24_000 + np.arange(count) * TICK_FRAMES + moved
    return [(23_800, bytes([START])), *((int(frame), bytes([TICK])) for frame in frames)]


@pytest.mark.parametrize("jitter_ms", [0, 3])
def test_the_machine_keeps_to_a_clock_and_not_to_its_own_tempo(
    jack_box: JackBox, start_machine: Callable[..., Machine], jitter_ms: int
) -> None:
    machine = start_machine()
    with machine.client() as client:
        beats(client, 93.0)

        tape = jack_box.take(16.0, clock(15.0, 48 * jitter_ms), freewheel=False)

        seen = client.wait_for(lambda seen: seen.playing and seen.clock != "")
    heard = onsets(tape)[SETTLED:28]
    late_ms = (heard - 24_000 - np.arange(SETTLED, SETTLED + len(heard)) * BEAT_FRAMES) / 48.0
    print(f"±{jitter_ms} ms: {jack_box.xruns} xruns, deviation {np.std(late_ms):.2f} ms, {late_ms.round(1)}")
    assert seen.clock == "tester:pads"
    off = np.abs(np.diff(heard) / BEAT_FRAMES - 1.0)  # a lost block moves one beat, not those after it
    assert np.median(off) < 0.004
    assert np.quantile(off, 0.7) < 0.02


def test_start_stop_and_continue_of_the_clock_are_obeyed(
    jack_box: JackBox, start_machine: Callable[..., Machine]
) -> None:
    machine = start_machine()
    with machine.client() as client:
        beats(client, 120.0)
        jack_box.take(1.5, clock(1.0), freewheel=False)
        assert client.wait_for(lambda seen: seen.clock != "" or seen.playing).playing
        jack_box.take(0.2, [(100, bytes([STOP]))], freewheel=False)
        client.wait_for(lambda seen: not seen.playing)
        jack_box.take(0.2, [(100, bytes([POSITION, 8, 0])), (200, bytes([CONTINUE]))], freewheel=False)
        client.wait_for(lambda seen: seen.playing and seen.step is not None and seen.step >= 8)


def test_play_by_hand_begins_with_the_next_bar_of_a_running_clock(
    jack_box: JackBox, start_machine: Callable[..., Machine]
) -> None:
    machine = start_machine()
    with machine.client() as client:
        beats(client, 93.0)

        def play_again() -> None:
            wait_for(lambda: jack_box.position > 24_000 + 5 * BEAT_FRAMES, "the take did not go on")
            client.send(Stop())
            wait_for(lambda: jack_box.position > 24_000 + 6 * BEAT_FRAMES, "the take did not go on")
            client.send(Play())

        hand = Thread(target=play_again)
        hand.start()
        tape = jack_box.take(12.0, clock(12.0), freewheel=False)
        hand.join()

    heard = onsets(tape)
    again = heard[heard > 24_000 + 6 * BEAT_FRAMES]
    into_bar = (again[0] - 24_000) / (4 * BEAT_FRAMES)
    print(f"{jack_box.xruns} xruns; begins with bar {into_bar:.3f}")
    assert abs(into_bar - 2.0) < 0.02


def test_the_clock_that_is_sent_has_24_ticks_a_beat_and_says_where_it_is(
    jack_box: JackBox, start_machine: Callable[..., Machine]
) -> None:
    machine = start_machine("--set", "midi.clock_out=playing")
    jack_box.client.connect("graindrum-midi:out", jack_box.lights)
    with machine.client() as client:
        client.send(SetTempo(120.0))
        client.send(Play())
        wait_for(lambda: len(jack_box.lit) > 200, "200 ticks did not come")
        client.send(Stop())
        wait_for(lambda: bytes([STOP]) in said(jack_box), "no stop came")
        client.send(Continue())
        wait_for(lambda: bytes([CONTINUE]) in said(jack_box), "no continue came")
        before = len(jack_box.lit)
        wait_for(lambda: len(jack_box.lit) > before + 48, "no ticks came after it")

    words = [data[0] for data in said(jack_box) if data[0] != TICK]
    assert words == [START, STOP, POSITION, CONTINUE]
    assert said(jack_box)[:2] == [bytes([START]), bytes([TICK])]
    told = said(jack_box)
    position = next(data for data in told if data[0] == POSITION)
    played = told[: told.index(bytes([STOP]))].count(bytes([TICK]))
    assert abs((position[1] + 128 * position[2]) * 6 - played) <= 6
    frames = np.array([frame for frame, data in jack_box.lit if data[0] == TICK][:190])
    gaps = np.diff(frames) / TICK_FRAMES
    print(
        f"{jack_box.xruns} xruns; ticks apart, in ticks: {np.quantile(gaps, [0, 0.1, 0.5, 0.9, 1]).round(3)}"
    )
    assert abs((frames[-1] - frames[0]) / (len(gaps) * TICK_FRAMES) - 1.0) < 0.01
    assert np.quantile(np.abs(gaps - 1.0), 0.8) < 0.1


def said(jack_box: JackBox) -> list[bytes]:
    return [data for _, data in jack_box.lit]


def test_the_pattern_goes_out_as_notes_that_end(
    jack_box: JackBox, start_machine: Callable[..., Machine]
) -> None:
    machine = start_machine("--set", f'midi.notes_out=["track {HAT_TRACK} → note {HAT} ch 3"]')
    jack_box.client.connect("graindrum-midi:out", jack_box.lights)
    with machine.client() as client:
        beats(client, 120.0)
        client.send(Play())
        tape = jack_box.take(5.0, [], freewheel=False)
        client.send(Stop())
        client.wait_for(lambda seen: not seen.playing)
        wait_for(lambda: said(jack_box)[-1][0] == NOTE_ENDS, "the last note did not end")

    statuses = [data[0] for data in said(jack_box)]
    assert {(data[0] & 0x0F, data[1]) for data in said(jack_box)} == {(2, HAT)}
    lost = abs(statuses.count(NOTE_BEGINS) - statuses.count(NOTE_ENDS))
    assert lost <= jack_box.xruns  # an xrun can cost a block and its notes
    begun = np.array([frame - jack_box.began_at for frame, data in jack_box.lit if data[0] == NOTE_BEGINS])
    heard = onsets(tape)
    nearest = np.array([begun[np.argmin(np.abs(begun - onset))] - onset for onset in heard])
    print(f"notes after the sound, frames: {nearest}")
    assert len(heard) >= 8
    assert np.ptp(np.sort(nearest)[1:-1]) < 0.02 * BEAT_FRAMES
