"""The same bundle sounds at the same pitch, for the same time and as loud at every rate."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from instrument import bands, bundle
from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import Start, Timbre
from instrument.engine.model import resample
from instrument.engine.offline import Offline

SLOT = 8
RATES = [44_100, 48_000, 96_000]


@pytest.fixture(scope="module")
def sine(bundle_parts: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Give a bundle that only knows one oscillator, at the centre of its slot, for ever."""
    header, arrays = bundle_parts()
    arrays["spectrum.weight"][:] = 0
    arrays["attack.weight"][:] = 0
    arrays["spectrum.bias"][:80] = -20.0
    arrays["spectrum.bias"][80:] = 0.0
    arrays["spectrum.bias"][64 + SLOT] = -2.0
    return bundle.write(tmp_path_factory.mktemp("bundles") / "sine.safetensors", header, arrays)


@pytest.fixture(scope="module")
def noise(bundle_parts: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Give a bundle that only knows steady noise of all bands below 10 kHz."""
    header, arrays = bundle_parts()
    arrays["spectrum.weight"][:] = 0
    arrays["attack.weight"][:] = 0
    arrays["spectrum.bias"][:] = -20.0
    arrays["spectrum.bias"][:64] = np.where(bands.band_centres_hz() < 10_000, -3.0, -20.0)
    return bundle.write(tmp_path_factory.mktemp("bundles") / "noise.safetensors", header, arrays)


def one_hit(sounding: Bundle, rate_hz: int, tune: float = 1.0) -> np.ndarray:
    """Return a second of one hit that is cut after half of it, (frames,)."""
    with Offline(sounding, rate_hz) as engine:
        engine.push(link.hit(0, 0, Timbre(tune=tune), Start(length_s=0.5)))
        return engine.render(rate_hz)[:, 0]


def pitch_hz(sound: np.ndarray, rate_hz: int) -> float:
    """Return the frequency of the strongest partial of the first 0.4 s."""
    heard = sound[: int(0.4 * rate_hz)]
    spectrum = np.abs(np.fft.rfft(heard * np.hanning(len(heard)), 16 * len(heard)))
    return float(np.argmax(spectrum) * rate_hz / (16 * len(heard)))


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("tune", [1.0, 2.0])
def test_pitch_is_that_of_the_slot(sine: Bundle, rate_hz: int, tune: float) -> None:
    expected = float(bands.slot_centres_hz()[SLOT]) * tune
    assert pitch_hz(one_hit(sine, rate_hz, tune), rate_hz) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("rate_hz", RATES)
def test_a_hit_is_cut_at_its_length_in_seconds(sine: Bundle, rate_hz: int) -> None:
    sound = one_hit(sine, rate_hz)
    assert np.flatnonzero(sound).max() / rate_hz == pytest.approx(0.5, abs=0.001)


def test_oscillators_and_noise_are_as_loud_at_every_rate(sine: Bundle, noise: Bundle) -> None:
    for sounding in (sine, noise):
        levels = [np.sqrt(np.mean(one_hit(sounding, rate)[: rate // 3] ** 2)) for rate in RATES]
        np.testing.assert_allclose(20 * np.log10(levels), 20 * np.log10(levels[1]), atol=0.5)


@pytest.mark.parametrize("rate_hz", [44_100, 96_000])
def test_atoms_keep_their_shape_in_time(rate_hz: int) -> None:
    seconds = np.arange(512) / 48_000
    atom = (np.sin(2 * np.pi * 3000 * seconds) * np.hanning(512))[None].astype(np.float32)
    grain = 2 * bands.hop_frames(rate_hz)
    at = np.arange(grain) / rate_hz
    expected = np.sin(2 * np.pi * 3000 * at) * np.interp(at, seconds, np.hanning(512), right=0.0)
    np.testing.assert_allclose(resample(atom, rate_hz, grain)[0], expected, atol=2e-3)


def test_a_rate_the_core_does_not_play_at_is_said(sine: Bundle) -> None:
    with pytest.raises(ValueError, match="192000"):
        Offline(sine, 192_000)
