"""Recordings made alike: mono, 48 kHz, onset first, one peak; and variants of them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray

from instrument import analysis
from instrument.bands import MODEL_HOP_FRAMES, MODEL_RATE_HZ
from models.config import Config

F32 = NDArray[np.float32]
SUFFIXES = {".flac", ".wav", ".aif", ".aiff", ".ogg"}
PEAK = 0.9
TOP_HZ = 14_000.0  # of the cutoffs of low-passed variants


def load(path: Path, config: Config) -> F32:
    """Return a recording: mono, 48 kHz, from its onset to its end, peak PEAK, faded.

    ValueError when it cannot be read or is silent.
    """
    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"{path}: cannot be read ({error}); expected {', '.join(sorted(SUFFIXES))}"
        ) from None
    mono = audio.mean(axis=1)
    if not np.isfinite(mono).all() or not mono.any():
        raise ValueError(f"{path}: is silent" if np.isfinite(mono).all() else f"{path}: is not all numbers")
    if rate != MODEL_RATE_HZ:
        mono = soxr.resample(mono, rate, MODEL_RATE_HZ)
    return prepare(mono, config)


def prepare(mono: F32, config: Config) -> F32:
    """Align, cut and normalise a recording at 48 kHz."""
    mono = mono[analysis.onset_frame(mono) :]
    mono = mono[: int(config.longest_s * MODEL_RATE_HZ)]
    peak = float(np.abs(mono).max(initial=0.0))
    if peak == 0.0:
        return np.zeros(MODEL_HOP_FRAMES, np.float32)
    mono = mono * np.float32(PEAK / peak)
    mono = mono[: _end_frame(mono, config)].copy()
    fade = min(len(mono), int(0.02 * MODEL_RATE_HZ))
    mono[len(mono) - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    return np.asarray(mono, np.float32)


def _end_frame(mono: F32, config: Config) -> int:
    block = MODEL_HOP_FRAMES
    count = len(mono) // block
    if count == 0:
        return len(mono)
    level = np.sqrt(np.mean(mono[: count * block].reshape(count, block) ** 2, axis=1))
    loud = np.nonzero(level > level.max() * 10 ** (config.end_db / 20))[0]
    return min(len(mono), (int(loud[-1]) + 1) * block + int(config.tail_s * MODEL_RATE_HZ))


@dataclass(frozen=True, slots=True)
class Variant:
    """A changed recording: its sound, how far its pitch moved, whether it is still as one would play it."""

    audio: F32
    semitones: float
    typical: bool


def vary(mono: F32, rng: np.random.Generator, config: Config) -> Variant:
    """Return a variant: retuned within 3 semitones, tilted; some low-passed, some with a soft attack."""
    semitones = rng.uniform(-3.0, 3.0)
    mono = soxr.resample(mono, MODEL_RATE_HZ, MODEL_RATE_HZ / 2.0 ** (semitones / 12.0))
    spectrum = np.fft.rfft(mono)
    hz = np.maximum(np.fft.rfftfreq(len(mono), 1.0 / MODEL_RATE_HZ), 20.0)
    gain = (hz / 1000.0) ** (rng.uniform(-2.0, 2.0) / 6.02)
    low_passed, softened = rng.random() < config.low_passed, rng.random() < config.softened
    if low_passed:
        gain = gain / np.sqrt(
            1.0 + (hz / np.exp(rng.uniform(np.log(config.low_pass_hz), np.log(TOP_HZ)))) ** 8
        )
    mono = np.fft.irfft(spectrum * gain, n=len(mono)).astype(np.float32)
    if softened:
        rise = np.arange(len(mono), dtype=np.float32) / (rng.uniform(0.003, 0.02) * MODEL_RATE_HZ)
        mono = mono * np.minimum(rise, 1.0) ** 2
    mono = prepare(mono, config)
    moved = np.roll(np.pad(mono, (0, config.jitter_frames)), int(rng.integers(0, config.jitter_frames + 1)))
    return Variant(moved, semitones, not (low_passed or softened))
