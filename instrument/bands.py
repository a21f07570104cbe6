"""The fixed geometry of a grain: ERB bands, oscillator slots, window and noise.

Everything is kept in Hz and seconds, so that one bundle plays at every device rate: the
grain is 512 frames long and the hop 256 frames at the model's 48 kHz, and both scale with the rate.

ERB scale: Glasberg and Moore (1990), "Derivation of auditory filter shapes".
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

MODEL_RATE_HZ = 48_000
MODEL_HOP_FRAMES = 256
BANDS = 64
LOWEST_BAND_HZ = MODEL_RATE_HZ / (2 * MODEL_HOP_FRAMES)  # the first bin of a grain, 93.75 Hz
HIGHEST_BAND_HZ = 20_000.0
OSCILLATORS = 16
LOWEST_SLOT_HZ = 30.0
HIGHEST_SLOT_HZ = 9_000.0
SLOT_RATIO = (HIGHEST_SLOT_HZ / LOWEST_SLOT_HZ) ** (1.0 / OSCILLATORS)
SLOT_REACH = 0.6  # an oscillator reaches this share of a slot's width to either side of its centre
NOISE_SEGMENTS = 4
NOISE_SEED = 2008_01393


def hop_frames(rate_hz: float) -> int:
    """Return the distance between grain starts at a device rate; a grain is twice as long."""
    return round(MODEL_HOP_FRAMES * rate_hz / MODEL_RATE_HZ)


def erb_width_hz(hz: float) -> float:
    """Return the equivalent rectangular bandwidth of the ear at a frequency."""
    return 24.7 * (4.37e-3 * hz + 1.0)


def _centres_hz(erb_step: float) -> NDArray[np.float64]:
    """Return BANDS centres, `erb_step` bandwidths apart but never closer than a bin of a grain."""
    centres = [LOWEST_BAND_HZ]
    while len(centres) < BANDS:
        centres.append(centres[-1] + max(LOWEST_BAND_HZ, erb_step * erb_width_hz(centres[-1])))
    return np.array(centres)


@cache
def band_centres_hz() -> NDArray[np.float64]:
    """Return the centre frequency of each band, (BANDS,): one bin apart at the bottom, then ERB-spaced."""
    low, high = 0.1, 2.0
    while high - low > 1e-9:
        middle = 0.5 * (low + high)
        low, high = (low, middle) if _centres_hz(middle)[-1] > HIGHEST_BAND_HZ else (middle, high)
    return _centres_hz(low)


def band_shapes(rate_hz: float, length: int) -> F32:
    """Return each band's weight at each bin of a real FFT of `length`, (BANDS, length // 2 + 1).

    Triangles that sum to one from the lowest bin to the highest centre, then fall off; DC and Nyquist
    carry nothing. At `length` = one grain every band holds at least one bin.
    """
    hz = np.arange(length // 2 + 1) * (rate_hz / length)
    position = np.interp(hz, band_centres_hz(), np.arange(BANDS))
    shapes = np.maximum(0.0, 1.0 - np.abs(position[None, :] - np.arange(BANDS)[:, None]))
    shapes[:, hz > HIGHEST_BAND_HZ * 1.02] = 0.0
    shapes[:, [0, -1]] = 0.0
    return np.asarray(shapes, np.float32)


def slot_centres_hz() -> F32:
    """Return the centre frequency of each oscillator's slot, (OSCILLATORS,)."""
    return np.asarray(LOWEST_SLOT_HZ * SLOT_RATIO ** (np.arange(OSCILLATORS) + 0.5), np.float32)


def grain_window(length: int) -> F32:
    """Return the power-complementary (sine) window of a grain, (length,)."""
    return np.asarray(np.sin(np.pi * (np.arange(length) + 0.5) / length), np.float32)


def noise_spectrum_phases(length: int) -> NDArray[np.complex128]:
    """Return the unit-magnitude spectra of the noise segments, (NOISE_SEGMENTS, length // 2 + 1)."""
    rng = np.random.default_rng(NOISE_SEED)
    turns = rng.random((NOISE_SEGMENTS, length // 2 + 1))
    return np.asarray(np.exp(2j * np.pi * turns))


def noise_tables(rate_hz: float) -> F32:
    """Return the band noises, (NOISE_SEGMENTS, BANDS, grain): periodic, flat in magnitude.

    Any rotation of a segment has the same magnitude spectrum, so Σ_b g_b·n_b read from a random place on
    is flat noise filtered by Σ_b g_b·shape_b: the paper's subtractive noise, without an FFT. The level of
    a band is the same at every rate; at 48 kHz a spectrum of ones would have an RMS of one.
    """
    grain = 2 * hop_frames(rate_hz)
    shapes = band_shapes(rate_hz, grain)
    spectra = noise_spectrum_phases(grain)[:, None, :] * shapes[None]  # (S, B, F)
    waves = np.fft.irfft(spectra, n=grain) * (grain / np.sqrt(2 * MODEL_HOP_FRAMES))
    return np.asarray(waves, np.float32)
