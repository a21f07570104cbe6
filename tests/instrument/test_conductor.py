"""Live control of an engine whose blocks are asked for by hand: stamps, look-ahead, late wakes."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from instrument.engine._core import ffi, lib

from instrument import bundle, library
from instrument.bundle import Bundle
from instrument.conductor import FREEWHEEL_CUT_S, Conductor
from instrument.engine.link import Link, Telemetry
from instrument.engine.model import new_engine
from instrument.messages import ClearPattern, Play, SetStep, SetTempo, Trigger
from instrument.performance import Performance

RATE_HZ, BLOCK = 48_000, 128
NS_PER_FRAME = 1e9 / RATE_HZ


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


class Device:
    """A sound card that asks for a block when it is told to."""

    def __init__(self, tiny: Bundle) -> None:
        self.link = Link.private()
        self.engine: Any = new_engine(tiny, RATE_HZ, self.link)
        self.played: list[np.ndarray] = []
        self.ask(1)

    def ask(self, blocks: int) -> None:
        for _ in range(blocks):
            out = np.zeros((BLOCK, 2), np.float32)
            lib.gd_callback(ffi.NULL, ffi.from_buffer("void *", out), BLOCK, ffi.NULL, 0, self.engine)
            self.played.append(out)

    def heard(self) -> Telemetry:
        return self.link.telemetry()

    def onset(self) -> int:
        """Return the first frame that is not silent."""
        return int(np.flatnonzero(np.abs(np.concatenate(self.played)).max(axis=1))[0])

    def close(self) -> None:
        lib.gd_engine_free(self.engine)
        self.link.close()


@pytest.fixture
def device(tiny: Bundle) -> Iterator[Device]:
    made = Device(tiny)
    yield made
    made.close()


@pytest.fixture
def conductor(tiny: Bundle, device: Device) -> Conductor:
    kit, pattern = library.load_kit("plain", tiny, 1), library.load_pattern("steady")
    made = Conductor(Performance(tiny, kit, pattern, 1, RATE_HZ), look_ahead_ms=50.0)
    made.adopt(device.link, time.monotonic_ns())
    device.ask(20)  # the mixer's ramps
    return made


@pytest.mark.parametrize("into_the_block", [0, 1, 60, 127])
def test_a_live_hit_sounds_one_block_after_it_arrived(
    conductor: Conductor, device: Device, into_the_block: int
) -> None:
    began = device.heard()
    arrived_ns = began.clock_ns + round(into_the_block * NS_PER_FRAME)

    conductor.take(Trigger(1, 127), arrived_ns, arrived_ns + 100_000)
    device.ask(4)

    assert device.onset() == began.frame - BLOCK + into_the_block + BLOCK
    assert device.heard().late_events == 0


def test_a_hit_after_a_pause_of_the_device_does_not_wait_the_pause_again(
    conductor: Conductor, device: Device
) -> None:
    now_ns = device.heard().clock_ns + 2_000_000_000

    conductor.take(Trigger(1, 127), now_ns, now_ns)
    began = device.heard().frame
    device.ask(4)

    assert began <= device.onset() <= began + 2 * BLOCK


def test_real_time_hands_hits_over_fifty_milliseconds_ahead(conductor: Conductor, device: Device) -> None:
    now_ns = device.heard().clock_ns
    conductor.take(Play(), now_ns, now_ns)
    for turn in range(1, 40):
        conductor.turn(now_ns + turn * 2_666_667)
        device.ask(1)

    heard = device.heard()
    assert heard.late_events == 0
    assert heard.hits >= 2


def test_every_step_is_on_time_when_frames_go_by_forty_times_faster(
    conductor: Conductor, device: Device
) -> None:
    """A wake each 5 ms, in which 0.2 s of sound go by, once in a while one that comes four times later."""
    now_ns = device.heard().clock_ns
    conductor.take(ClearPattern(), now_ns, now_ns)
    for step in range(1, 17):
        conductor.take(SetStep(4, step, 100), now_ns, now_ns)
    conductor.take(SetTempo(240.0), now_ns, now_ns)
    for _ in range(8):  # it has gone fast for a while
        device.ask(75)
        now_ns += 5_000_000
        conductor.turn(now_ns)
    conductor.take(Play(), now_ns, now_ns)
    conductor.turn(now_ns)
    begun = device.heard().frame + round(FREEWHEEL_CUT_S * RATE_HZ)
    for turn in range(60):
        wakes = 4 if turn % 7 == 3 else 1
        device.ask(75 * wakes)
        now_ns += 5_000_000 * wakes
        conductor.turn(now_ns)

    heard = device.heard()
    steps = (heard.frame - begun) / (RATE_HZ / 16)
    assert heard.late_events == 0
    assert heard.dropped_events == 0
    assert steps - 8 < heard.hits <= steps + 1


def test_more_than_the_ring_holds_arrives_in_the_end(conductor: Conductor, device: Device) -> None:
    now_ns = device.heard().clock_ns
    for _ in range(1_500):
        conductor.take(Trigger(4, 1), now_ns, now_ns)
    for _ in range(10):
        device.ask(1)
        conductor.turn(now_ns)
    device.ask(4)

    heard = device.heard()
    assert heard.hits + heard.dropped_events == 1_500
    assert heard.dropped_events == 0


def test_another_engine_is_told_the_levels_and_goes_on_in_place(
    conductor: Conductor, device: Device, tiny: Bundle
) -> None:
    now_ns = device.heard().clock_ns
    conductor.take(Play(), now_ns, now_ns)
    conductor.turn(now_ns)
    device.ask(300)
    before_ns = now_ns + round(300 * BLOCK * NS_PER_FRAME)
    conductor.turn(before_ns)
    conductor.lose()
    conductor.take(Trigger(1, 100), before_ns, before_ns)  # nobody plays it, nothing breaks
    other = Device(tiny)

    conductor.adopt(other.link, before_ns + 1_000_000_000)
    for turn in range(1, 400):
        other.ask(1)
        conductor.turn(before_ns + 1_000_000_000 + round(turn * BLOCK * NS_PER_FRAME))

    heard = other.heard()
    assert heard.hits > 4
    assert heard.late_events == 0
    assert conductor.place(before_ns + 1_000_000_000 + round(400 * BLOCK * NS_PER_FRAME)) is not None
    other.close()


def test_without_an_engine_yet_messages_change_the_state_alone(tiny: Bundle) -> None:
    kit, pattern = library.load_kit("plain", tiny, 1), library.load_pattern("steady")
    conductor = Conductor(Performance(tiny, kit, pattern, 1, RATE_HZ), look_ahead_ms=50.0)

    conductor.take(SetTempo(99.0), 0, 0)
    conductor.turn(0)

    assert conductor.performance.state.pattern.tempo_bpm == 99.0
    assert conductor.frame == 0
