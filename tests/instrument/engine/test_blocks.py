"""The size of a block is the driver's affair: it changes not a bit of what is heard."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import CEvent
from instrument.engine.offline import Offline
from tests.instrument.engine.playing import hit, play, random_event, timbre

FRAMES = 6000


def cut(sizes: list[int], frames: int) -> list[int]:
    """Return sizes, repeated and shortened so that they add up to `frames`."""
    blocks: list[int] = []
    while (left := frames - sum(blocks)) > 0:
        blocks.append(min(left, sizes[len(blocks) % len(sizes)]))
    return blocks


@settings(max_examples=40, deadline=None)
@given(
    events=st.lists(random_event(FRAMES), min_size=1, max_size=25),
    sizes=st.lists(st.integers(16, 4096) | st.integers(1, 64), min_size=1, max_size=8),
)
def test_any_partition_into_blocks_gives_the_same_bits(
    drums: Bundle, events: list[CEvent], sizes: list[int]
) -> None:
    whole = play(drums, events, FRAMES)
    pieces = play(drums, events, cut(sizes, FRAMES))
    assert whole.tobytes() == pieces.tobytes()


@pytest.mark.parametrize("size", [1, 16, 17, 255, 256, 257, 4096])
def test_a_busy_pool_gives_the_same_bits_in_blocks_of_one_size(drums: Bundle, size: int) -> None:
    events = [hit(37 * index, index % 8, index, choke_group=index % 3) for index in range(90)]
    events += [link.sound(500 * index, index % 8, timbre(7)) for index in range(8)]
    whole = play(drums, events, FRAMES)
    assert np.abs(whole).max() > 0.01
    assert play(drums, events, cut([size], FRAMES)).tobytes() == whole.tobytes()


def test_company_does_not_change_a_voice(drums: Bundle) -> None:
    alone = play(drums, [hit(100, 0, 5)], FRAMES)
    silent_company = [hit(50 * index, 1, index, gain=0.0) for index in range(20)]
    assert play(drums, [*silent_company, hit(100, 0, 5)], FRAMES).tobytes() == alone.tobytes()


def test_events_of_one_frame_act_in_the_order_they_were_pushed(drums: Bundle) -> None:
    first = play(drums, [hit(300, 0, 1), link.choke(300, 0)], FRAMES)
    last = play(drums, [link.choke(300, 0), hit(300, 0, 1)], FRAMES)
    assert not first.any()
    assert last.any()


def test_rendering_nothing_changes_nothing(drums: Bundle) -> None:
    with Offline(drums) as engine:
        engine.push(hit(10))
        assert engine.render(0).shape == (0, 2)
        rendered = engine.render(FRAMES)
    assert rendered.tobytes() == play(drums, [hit(10)], FRAMES).tobytes()


def test_the_processor_rounds_as_before_after_rendering(drums: Bundle) -> None:
    play(drums, [hit(0)], 512)
    smallest = np.float32(1e-40)
    assert smallest * np.float32(1.0) != 0.0  # denormals are flushed while rendering only
