"""Rolls: pads held with force strike in time, whoever drives the performance and however often."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.bundle import Bundle
from instrument.events import Hit, Source
from instrument.messages import (
    ClearPattern,
    Message,
    Panic,
    Play,
    PolyPressure,
    Release,
    SetRollRate,
    SetStep,
    SetSwing,
    SetTempo,
    Squeeze,
    Stop,
    Trigger,
)
from instrument.performance import Performance
from tests.instrument.test_performance import Receiver

RATE_HZ = 48_000
SECOND = RATE_HZ
STROKE = 6_000  # four a beat at 120 bpm


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def played(tiny: Bundle, script: list[tuple[int, Message]], until: int, ahead: int = 2_400) -> list[Hit]:
    """Return the hits of a script of (frame, message), driven `ahead` frames ahead."""
    performance = Performance(
        tiny, library.load_kit("plain", tiny, 1), library.load_pattern("steady"), 1, RATE_HZ
    )
    receiver = Receiver()
    performance.apply(ClearPattern(), 0)
    performance.apply(SetTempo(120.0), 0)
    performance.apply(SetSwing(0.5), 0)
    for now in range(0, until, 480):
        while script and script[0][0] <= now:
            frame, said = script[0]
            script = script[1:]
            receiver.take(performance.apply(said, frame, now + 256))
        receiver.take(performance.advance(now + ahead))
    return [hit for hit in receiver.hits if hit.frame < until]


def test_a_pad_held_with_force_strikes_in_time_from_the_press_on(tiny: Bundle) -> None:
    hits = played(tiny, [(960, Trigger(1, 90)), (1_440, Squeeze(1, 77)), (SECOND, Release(1))], 2 * SECOND)

    press, *strikes = hits
    assert press.source is Source.LIVE
    assert [hit.frame for hit in strikes] == [960 + STROKE * at for at in range(1, 8)]
    assert len({hit.seed for hit in hits}) == len(hits)
    assert len({hit.timbre.embedding.tobytes() for hit in hits}) == 1


def test_the_force_is_the_velocity_until_it_changes(tiny: Bundle) -> None:
    script: list[tuple[int, Message]] = [(0, Trigger(1, 90)), (480, Squeeze(1, 40))]
    script += [(20_160, Squeeze(1, 120)), (40_320, Squeeze(1, 0))]

    gains = [hit.gain for hit in played(tiny, script, SECOND)[1:]]
    assert len(gains) == 6
    assert len(set(gains[:3])) == len(set(gains[3:])) == 1
    assert gains[3] > 4 * gains[0]


def test_while_the_pattern_plays_a_roll_is_in_its_grid(tiny: Bundle) -> None:
    script: list[tuple[int, Message]] = [(0, Play()), (7_680, Trigger(1, 90)), (8_160, Squeeze(1, 80))]
    _, *strikes = played(tiny, script, SECOND)

    began = 256  # the first frame that play could reach
    grid = (np.array([hit.frame for hit in strikes]) - began) / STROKE
    np.testing.assert_array_equal(grid, np.round(grid))
    assert grid[0] == 2  # one nearer than half a stroke to the press is left out
    assert len(strikes) == 6


def test_a_roll_goes_on_when_the_pattern_stops(tiny: Bundle) -> None:
    script: list[tuple[int, Message]] = [(0, Play()), (480, Trigger(1, 90)), (960, Squeeze(1, 80))]
    hits = played(tiny, [*script, (24_000, Stop())], SECOND)

    assert sum(hit.frame > 24_480 for hit in hits) >= 3


def test_steps_sound_through_a_roll_once_each(tiny: Bundle) -> None:
    steps: list[tuple[int, Message]] = [(0, SetStep(1, at, 100)) for at in (1, 5, 9, 13)]
    script = [*steps, (0, Play()), *((at, Squeeze(1, 20 + at // 480)) for at in range(480, 40_000, 480))]

    sequenced = [hit.frame for hit in played(tiny, script, SECOND) if hit.id < 0x40000000]
    assert sequenced == [256, 256 + 4 * STROKE]


@pytest.mark.parametrize("end", [Release(1), Squeeze(1, 0), Squeeze(1, 3), SetRollRate(0), Panic()], ids=str)
def test_a_roll_ends_at_once(tiny: Bundle, end: Message) -> None:
    script: list[tuple[int, Message]] = [(0, Trigger(1, 90)), (480, Squeeze(1, 80)), (12_960, end)]
    assert max(hit.frame for hit in played(tiny, script, SECOND)) == 12_000


def test_a_grabbed_cymbal_does_not_roll(tiny: Bundle) -> None:
    script: list[tuple[int, Message]] = [(0, Trigger(7, 90)), (480, PolyPressure(10, 49, 80))]
    assert len(played(tiny, script, SECOND)) == 1


@settings(deadline=None, max_examples=30, print_blob=False)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 90).map(lambda turn: 480 * turn),
            st.one_of(
                st.builds(Squeeze, st.sampled_from([1, 2]), st.integers(0, 127)),
                st.builds(Trigger, st.sampled_from([1, 2]), st.integers(1, 127)),
                st.builds(SetRollRate, st.integers(0, 12)),
                st.builds(SetTempo, st.floats(20, 300)),
                st.sampled_from([Play(), Stop(), Release(1)]),
            ),
        ),
        max_size=12,
    )
)
def test_the_same_strikes_however_far_ahead_they_are_handed_out(
    tiny: Bundle, script: list[tuple[int, Message]]
) -> None:
    script = sorted(script, key=lambda each: each[0])
    near, far = (
        sorted((hit.frame, hit.track, hit.seed) for hit in played(tiny, script, SECOND, ahead))
        for ahead in (1_200, 9_600)
    )
    assert near == far
