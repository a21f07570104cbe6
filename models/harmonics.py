"""The harmonics of a recording whose pitch is known: what oscillators on that pitch are to play.

Each harmonic is followed by its own band of a short-time Fourier transform centred on it (a phase vocoder of
16 channels; Flanagan and Golden 1966), over four periods of the fundamental and at least 43 ms.
"""

import numpy as np
from numpy.typing import NDArray

from instrument import bands
from instrument.analysis import FLOOR, GRAIN, HOP, PEAK_WINDOW, RESIDUE, SLOT_OCTAVES

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
PERIODS = 4
LONGEST_WINDOW = 8192
OVER_NOISE = 2.0  # times what is heard half-way to its neighbours, an amplitude is a harmonic
TOP_HZ = 0.45 * bands.MODEL_RATE_HZ


def fundamental_hz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch; 69 is 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def targets(audio: F32, levels: F32, pitch: float) -> tuple[F32, F32]:
    """Return what the oscillators and the noise of each grain of a pitched hit are to be.

    Args:
        audio: (frames,) mono at 48 kHz.
        levels: (N, BANDS) level of the noise that would fill each band as the sound does (analysis.Grains).
        pitch: MIDI number.

    Returns:
        (N, 2 * OSCILLATORS) levels (FLOOR where there is none) and places (-1 to 1 of the oscillator's reach
        around its harmonic), and (N, BANDS) levels of the noise beside them.
    """
    f0 = fundamental_hz(pitch)
    hz: F64 = f0 * np.arange(1, bands.OSCILLATORS + 1, dtype=np.float64)
    amplitude, found_hz = _follow(audio, hz, f0, len(levels))
    midway: F64 = f0 * (np.arange(bands.OSCILLATORS + 1, dtype=np.float64) + 0.5)
    between, _ = _follow(audio, midway, f0, len(levels))
    place = np.log2(np.maximum(found_hz, 1.0) / hz) / SLOT_OCTAVES
    noise_there = 0.5 * (between[:, :-1] + between[:, 1:])
    heard = (np.abs(place) < 1.0) & (hz < TOP_HZ) & (amplitude > OVER_NOISE * noise_there)
    heard &= amplitude > np.exp(FLOOR)
    level = np.where(heard, np.log(np.maximum(amplitude, np.exp(FLOOR))), FLOOR)
    power = np.exp(2.0 * levels)
    sines = np.where(heard, amplitude**2, 0.0) @ _power_in_bands(hz)
    noise = np.sqrt(np.maximum(power - sines, RESIDUE * power))
    residual = np.log(np.maximum(noise, np.exp(FLOOR)))
    sine_targets = np.concatenate([level, np.where(heard, place, 0.0)], axis=1)
    return sine_targets.astype(np.float32), residual.astype(np.float32)


def _follow(audio: F32, hz: F64, f0: float, grains: int) -> tuple[F64, F64]:
    """Return amplitude and frequency heard at `hz` (K,) in each grain, both (grains, K)."""
    length = int(np.clip(PERIODS * bands.MODEL_RATE_HZ / f0, PEAK_WINDOW, LONGEST_WINDOW)) // 2 * 2
    window = np.hanning(length + 1)[:-1]
    offset = HOP - length // 2
    padded = np.pad(audio.astype(np.float64), (max(-offset, 0), length + HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, length)[::HOP][: grains + 1]
    carrier = np.exp(-2j * np.pi * np.arange(length)[:, None] * hz / bands.MODEL_RATE_HZ) * window[:, None]
    seen = frames @ carrier
    inside = np.cumsum(window[::-1])[::-1]  # of the window, what lies after the recording's start
    before = np.clip(-offset - HOP * np.arange(grains), 0, length - 1)
    amplitude = 2.0 * np.abs(seen[:grains]) / np.maximum(inside[before], 1.0)[:, None]
    expected = 2 * np.pi * hz * HOP / bands.MODEL_RATE_HZ
    turned = np.angle(seen[1 : grains + 1] * np.conj(seen[:grains]) * np.exp(-1j * expected))
    return amplitude, hz + turned * bands.MODEL_RATE_HZ / (2 * np.pi * HOP)


def _power_in_bands(hz: F64) -> F64:
    """Return the power that sines of amplitude one put in every band, (len(hz), BANDS)."""
    window = bands.grain_window(GRAIN)
    shapes = bands.band_shapes(bands.MODEL_RATE_HZ, GRAIN).astype(np.float64)
    turns = hz[:, None] * np.arange(GRAIN) / bands.MODEL_RATE_HZ
    spectrum = np.fft.fft(np.exp(2j * np.pi * turns) * window)[:, : HOP + 1] / np.sqrt(np.sum(window**2))
    return np.asarray((0.25 * np.abs(spectrum) ** 2) @ (shapes / shapes.sum(axis=1, keepdims=True)).T)
