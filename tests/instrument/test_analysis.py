"""What is heard of made sounds is what was put into them."""

import numpy as np
import pytest

from instrument import analysis, bands

RATE_HZ = bands.MODEL_RATE_HZ


def sine(hz: float, amplitude: float, seconds: float = 0.5) -> np.ndarray:
    return (amplitude * np.sin(2 * np.pi * hz * np.arange(int(seconds * RATE_HZ)) / RATE_HZ)).astype(
        np.float32
    )


def heard_hz(grains: analysis.Grains) -> np.ndarray:
    return np.asarray(bands.slot_centres_hz() * 2 ** (analysis.SLOT_OCTAVES * grains.offsets))


@pytest.mark.parametrize(("hz", "amplitude"), [(55.0, 0.5), (132.0, 0.03), (1000.0, 0.9), (6100.0, 0.2)])
def test_a_sine_is_heard_once_at_its_level_and_pitch(hz: float, amplitude: float) -> None:
    grains = analysis.analyse(sine(hz, amplitude))
    middle = slice(8, 80)  # grains whose peak window lies inside the sound
    loudest = grains.amplitudes[middle].argmax(axis=1)
    slot = int(np.floor(np.log(hz / bands.LOWEST_SLOT_HZ) / np.log(bands.SLOT_RATIO)))
    assert (loudest == slot).all()
    np.testing.assert_allclose(np.exp(grains.amplitudes[middle, slot]), amplitude, rtol=0.05)
    np.testing.assert_allclose(heard_hz(grains)[middle, slot], hz, rtol=0.01)


def test_white_noise_fills_every_band_and_holds_few_sines() -> None:
    noise = np.random.default_rng(4).standard_normal(RATE_HZ).astype(np.float32)
    grains = analysis.analyse(noise)
    level = np.sqrt(np.exp(2 * grains.bands).mean(axis=0))
    np.testing.assert_allclose(level, 1.0, atol=0.25)
    assert np.exp(grains.amplitudes).max() < 0.2


def test_a_sine_leaves_little_for_the_noise() -> None:
    grains = analysis.analyse(sine(1000.0, 0.5))
    taken = grains.bands[20].max() - grains.residual_bands()[20].max()
    assert 20 / np.log(10) * taken > 8.0  # dB


def test_silence_is_the_floor() -> None:
    grains = analysis.analyse(np.zeros(2048, np.float32))
    assert (grains.bands == analysis.FLOOR).all()
    assert (grains.amplitudes == analysis.FLOOR).all()
    assert np.isfinite(grains.residual_bands()).all()


@pytest.mark.parametrize(("frames", "grains"), [(0, 0), (1, 1), (256, 1), (257, 2), (512, 2)])
def test_every_frame_lies_in_a_grain(frames: int, grains: int) -> None:
    assert analysis.analyse(np.ones(frames, np.float32)).inputs().shape == (grains, analysis.INPUTS)


def test_long_recordings_are_heard_in_chunks_without_seams(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = np.random.default_rng(5).standard_normal(20_000).astype(np.float32)
    whole = analysis.analyse(sound).inputs()
    monkeypatch.setattr(analysis, "CHUNK", 7)
    np.testing.assert_allclose(analysis.analyse(sound).inputs(), whole, atol=1e-4)


def test_an_onset_is_found_a_little_before_it_begins() -> None:
    sound = np.concatenate([np.zeros(1000, np.float32), sine(500.0, 0.5)])
    assert 990 <= analysis.onset_frame(sound) <= 1000
    assert analysis.onset_frame(np.zeros(100, np.float32)) == 0
