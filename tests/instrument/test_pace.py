"""The pace of simulated clocks: even ones, jittered ones, and such as change."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.pace import FASTEST_BPM, SLOWEST_BPM, Pace, period_ns

MS = 1e6


def ticks(*bpms: float, beats: int = 40) -> np.ndarray:
    """Return the times, in ns, of the ticks of a clock that goes at one tempo after another."""
    return np.cumsum([period_ns(bpm) for bpm in bpms for _ in range(24 * beats)]) + 1e15


def errors_ms(times_ns: np.ndarray, jitter_ms: float, ahead: int = 3) -> np.ndarray:
    """Return how wrong a pace is, after each tick, about when a tick a little later comes."""
    rng = np.random.default_rng(7)
    heard = times_ns + rng.uniform(-jitter_ms, jitter_ms, len(times_ns)) * MS
    pace, found = Pace.begin(heard[0], 120.0), []
    for at in range(1, len(times_ns) - ahead):
        pace = pace.after(heard[at])
        found.append((pace.time_of(ahead) - times_ns[at + ahead]) / MS)
    return np.array(found)


@pytest.mark.parametrize("bpm", [30.0, 120.0, 300.0])
def test_an_even_clock_is_foretold_exactly(bpm: float) -> None:
    assert np.abs(errors_ms(ticks(bpm), 0.0)[4:]).max() < 0.01


@pytest.mark.parametrize(("jitter_ms", "spread_ms"), [(1.0, 0.25), (3.0, 0.75), (5.0, 1.3)])
def test_jitter_is_evened_out_to_a_quarter(jitter_ms: float, spread_ms: float) -> None:
    error = errors_ms(ticks(120.0, beats=400), jitter_ms)[96:]
    print(f"±{jitter_ms} ms: standard deviation {error.std():.3f} ms, most {np.abs(error).max():.2f} ms")
    assert error.std() < spread_ms


@pytest.mark.parametrize("jump", [(120.0, 140.0), (60.0, 180.0), (180.0, 60.0), (120.0, 100.0)])
@pytest.mark.parametrize(("jitter_ms", "off_ms"), [(0.0, 0.05), (3.0, 1.5)])
def test_a_jump_of_tempo_is_followed_within_a_beat(
    jump: tuple[float, float], jitter_ms: float, off_ms: float
) -> None:
    error = errors_ms(ticks(*jump), jitter_ms)
    after = error[24 * 40 + 24 : 24 * 40 + 72]
    print(f"{jump}: {np.abs(after).max():.2f} ms")
    assert np.abs(after).max() < off_ms


def test_a_small_change_of_an_even_clock_is_no_jitter() -> None:
    assert np.abs(errors_ms(ticks(120.0, 121.0), 0.0)[24 * 40 + 24 :]).max() < 0.1


def test_a_clock_that_speeds_up_is_followed() -> None:
    ramp = np.cumsum(
        [period_ns(bpm) for bpm in [120.0] * 240 + list(np.linspace(120, 160, 96)) + [160.0] * 240]
    )
    error = errors_ms(ramp, 0.0)
    assert np.abs(error[240:]).max() < 5.0
    assert np.abs(error[370:]).max() < 0.5


@given(st.lists(st.floats(-1e9, 10e9), min_size=1, max_size=60))
def test_whatever_comes_it_stays_a_tempo(gaps: list[float]) -> None:
    pace, now = Pace.begin(0.0, 120.0), 0.0
    for gap in gaps:
        now += gap
        pace = pace.after(now)
        assert SLOWEST_BPM * 0.999 <= pace.bpm <= FASTEST_BPM * 1.001
        assert pace.time_of(1.0) > pace.time_of(0.0)
