"""Rendering a pattern through the core."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from instrument import bundle, library, render
from instrument.bundle import Bundle
from instrument.messages import SetTempo
from instrument.performance import Performance


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def performance(tiny: Bundle, rate_hz: int = 48_000, seed: int = 1) -> Performance:
    return Performance(
        tiny, library.load_kit("plain", tiny, seed), library.load_pattern("steady"), seed, rate_hz
    )


@pytest.fixture(scope="module")
def reference(tiny: Bundle) -> np.ndarray:
    return render.pattern(tiny, performance(tiny), 1)


@pytest.mark.parametrize("block_frames", [16, 333, 4096])
def test_the_block_size_changes_no_sample(tiny: Bundle, reference: np.ndarray, block_frames: int) -> None:
    np.testing.assert_array_equal(render.pattern(tiny, performance(tiny), 1, block_frames), reference)


def test_the_same_seed_gives_the_same_samples_and_another_others(tiny: Bundle, reference: np.ndarray) -> None:
    np.testing.assert_array_equal(render.pattern(tiny, performance(tiny), 1), reference)
    other = render.pattern(tiny, performance(tiny, seed=2), 1)
    length = min(len(other), len(reference))
    assert not np.array_equal(other[:length], reference[:length])


def test_it_begins_at_the_first_step_and_rings_out(reference: np.ndarray) -> None:
    assert np.abs(reference[:64]).max() > 0.0
    assert np.abs(reference[-64:]).max() < 1e-5
    assert np.isfinite(reference).all()
    assert np.abs(reference).max() <= 1.0


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_bars_last_as_long_at_every_rate(tiny: Bundle, rate_hz: int) -> None:
    slow = performance(tiny, rate_hz)
    slow.apply(SetTempo(240.0), 0)

    rendered = render.pattern(tiny, slow, 2)

    assert len(rendered) >= 2 * rate_hz
    assert np.abs(rendered[rate_hz : rate_hz + 64]).max() > 0.0


def test_the_pitch_of_a_kits_sound_is_heard(pitched_bundle: Path) -> None:
    pitched = bundle.load(pitched_bundle)
    rendered = []
    for pitch in (None, 70.0):
        driven = performance(pitched)
        kick = driven.state.kit.tracks[0]
        retuned = replace(kick, sound=replace(kick.sound, pitch=pitch))
        driven.state = replace(driven.state, kit=driven.state.kit.with_track(0, retuned))
        rendered.append(render.pattern(pitched, driven, 1)[:5_000])

    assert np.abs(rendered[0]).max() > 1e-3
    assert np.abs(rendered[0] - rendered[1]).max() > 1e-3
