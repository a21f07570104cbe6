"""What the encoder hears of a recording: band energies, sine peaks and envelope of every grain.

Pure numpy, so that the device encodes recordings with the same code that training used. Levels are natural
logarithms of linear amplitudes, floored at FLOOR. A recording is mono float32 at the model's 48 kHz.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from instrument import bands

F32 = NDArray[np.float32]

HOP = bands.MODEL_HOP_FRAMES
GRAIN = 2 * HOP
PEAK_WINDOW = 2048  # frames heard around a grain's centre for its sines: 43 ms, two periods of 47 Hz
PEAK_FFT = 4096
FLOOR = -12.0  # ln amplitude: -104 dB, silence
ENVELOPE = 8  # parts of a grain
SLOT_OCTAVES = float(bands.SLOT_REACH * np.log2(bands.SLOT_RATIO))
TONAL_DB = (9.0, 15.0)  # a peak this far over its surroundings is half noise, is a sine
NEIGHBOURS = 24  # bins to either side that are a peak's surroundings
RESIDUE = 0.03  # share of a band's power that is always left to the noise
CHUNK = 1024  # grains analysed at a time: bounds the memory of long recordings
GRID = 24  # points per slot of the table that takes sines out of the bands
INPUTS = bands.BANDS + 2 * bands.OSCILLATORS + ENVELOPE


@dataclass(frozen=True, slots=True)
class Grains:
    """What is heard in each of N grains.

    Attributes:
        bands: (N, BANDS) level of noise that would fill each band as the sound does.
        amplitudes: (N, OSCILLATORS) level of the strongest sine in each slot; FLOOR where there is none.
        offsets: (N, OSCILLATORS) its place in the slot, -1 to 1 of the oscillator's reach; 0 where none.
        envelope: (N, ENVELOPE) RMS level of each part of the grain.
        onset: (GRAIN,) the first grain as it is.
    """

    bands: F32
    amplitudes: F32
    offsets: F32
    envelope: F32
    onset: F32

    def inputs(self) -> F32:
        """Return the grains as the encoder's inputs, (N, INPUTS)."""
        return np.concatenate([self.bands, self.amplitudes, self.offsets, self.envelope], axis=1)

    def residual_bands(self) -> F32:
        """Return `bands` without what the sines put there, (N, BANDS)."""
        power = np.exp(2.0 * self.bands)
        table = _sine_in_bands()
        place = self.offsets * SLOT_OCTAVES / np.log2(bands.SLOT_RATIO) + 0.5
        points = np.clip((place * GRID).astype(np.int64), 0, GRID - 1) + GRID * np.arange(bands.OSCILLATORS)
        present = np.where(self.amplitudes > FLOOR, np.exp(2.0 * self.amplitudes), 0.0)
        sines = np.einsum("nk,nkb->nb", present, table[points])
        return _level(np.maximum(power - sines, RESIDUE * power) ** 0.5)


def grain_count(frames: int) -> int:
    """Return how many grains a recording of `frames` has; none for none."""
    return -(-frames // HOP)


def analyse(audio: F32) -> Grains:
    """Return the grains of a mono recording at 48 kHz whose first frame is its onset."""
    count = grain_count(len(audio))
    parts = [_analyse_span(audio, t, min(t + CHUNK, count)) for t in range(0, count, CHUNK)]
    if not parts:
        parts = [tuple(np.zeros((0, n), np.float32) for n in (bands.BANDS, 16, 16, ENVELOPE))]
    levels, amplitudes, offsets, envelope = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Grains(levels, amplitudes, offsets, envelope, onset=_frames(audio, 0, 0, 1, GRAIN)[0])


def onset_frame(audio: F32, share: float = 0.02, lead: int = 8) -> int:
    """Return where a recording begins: `lead` frames before it first reaches `share` of its peak."""
    size = np.abs(audio)
    peak = float(size.max(initial=0.0))
    if peak == 0.0:
        return 0
    return max(0, int(np.argmax(size >= share * peak)) - lead)


def _analyse_span(audio: F32, start: int, stop: int) -> tuple[F32, ...]:
    grains = _frames(audio, 0, start, stop, GRAIN)
    parts = grains.reshape(len(grains), ENVELOPE, -1)
    envelope = _level(np.sqrt(np.mean(parts**2, axis=2)))
    amplitudes, offsets = _slots(_frames(audio, HOP - PEAK_WINDOW // 2, start, stop, PEAK_WINDOW), start)
    return _bands(grains, start == 0), amplitudes, offsets, envelope


def _frames(audio: F32, offset: int, start: int, stop: int, length: int) -> F32:
    """Return frames of `length` that begin `offset` from each grain's start, zeros outside the recording."""
    first = start * HOP + offset
    last = (stop - 1) * HOP + offset + length
    inside = audio[max(first, 0) : max(last, 0)]
    before = max(-first, 0)
    padded = np.zeros(last - first, np.float32)
    padded[before : before + len(inside)] = inside
    return np.lib.stride_tricks.sliding_window_view(padded, length)[::HOP]


def _bands(grains: F32, with_first: bool) -> F32:
    window = bands.grain_window(GRAIN)
    spectrum = np.fft.rfft(grains * window) / np.sqrt(np.sum(window**2))
    if with_first and len(grains):
        opening = window.copy()
        opening[:HOP] = 1.0
        spectrum[0] = np.fft.rfft(grains[0] * opening) / np.sqrt(np.sum(opening**2))
    return _level(np.sqrt((np.abs(spectrum) ** 2) @ _band_means().T))


@cache
def _band_means() -> F32:
    shapes = bands.band_shapes(bands.MODEL_RATE_HZ, GRAIN)
    return np.asarray(shapes / shapes.sum(axis=1, keepdims=True), np.float32)


def _slots(frames: F32, start: int) -> tuple[F32, F32]:
    """Return level and place of the strongest sine in each slot, both (N, OSCILLATORS)."""
    window = np.hanning(PEAK_WINDOW + 1)[:-1].astype(np.float32)
    magnitude = np.abs(np.fft.rfft(frames * window, n=PEAK_FFT)).astype(np.float32)
    magnitude *= (2.0 / _heard(window, start, len(frames)))[:, None]
    log = np.log(np.maximum(magnitude, 1e-7))
    rows, bins, share = _peaks(log)
    place, level = _vertex(log, rows, bins)
    hz = place * (bands.MODEL_RATE_HZ / PEAK_FFT)
    slots = np.floor(np.log(hz / bands.LOWEST_SLOT_HZ) / np.log(bands.SLOT_RATIO)).astype(np.int64)
    level = level + np.log(share)
    order = np.argsort(level, kind="stable")
    order = order[(slots[order] >= 0) & (slots[order] < bands.OSCILLATORS) & (level[order] > FLOOR)]
    rows, slots = rows[order], slots[order]
    levels = np.full((len(frames), bands.OSCILLATORS), FLOOR, np.float32)
    offsets = np.zeros((len(frames), bands.OSCILLATORS), np.float32)
    levels[rows, slots] = level[order]  # in order of level, so that the strongest of a slot stays
    offsets[rows, slots] = np.log2(hz[order] / bands.slot_centres_hz()[slots]) / SLOT_OCTAVES
    return levels, offsets


def _peaks(log: F32) -> tuple[NDArray[np.int64], NDArray[np.int64], F32]:
    """Return grain, bin and tonal share (0 to 1) of every peak that stands out."""
    over = (log - _surroundings(log)) * np.float32(20 / np.log(10))
    share = np.clip((over - TONAL_DB[0]) / (TONAL_DB[1] - TONAL_DB[0]), 0.0, 1.0)
    peak = np.zeros(log.shape, bool)
    peak[:, 1:-1] = (log[:, 1:-1] > log[:, :-2]) & (log[:, 1:-1] >= log[:, 2:]) & (share[:, 1:-1] > 0.0)
    rows, bins = np.nonzero(peak)
    return rows, bins, share[rows, bins]


def _heard(window: F32, start: int, count: int) -> F32:
    """Return the window's sum over what lies after the recording's start, per grain, (N,)."""
    total = np.cumsum(window[::-1])[::-1]
    before = np.clip(PEAK_WINDOW // 2 - HOP - HOP * (start + np.arange(count)), 0, PEAK_WINDOW - 1)
    return np.asarray(total[before], np.float32)


def _vertex(log: F32, rows: NDArray[np.int64], bins: NDArray[np.int64]) -> tuple[F32, F32]:
    """Return the fractional bin and the level of peaks, by a parabola through three bins."""
    left, middle, right = log[rows, bins - 1], log[rows, bins], log[rows, bins + 1]
    shift = np.clip(0.5 * (left - right) / np.minimum(left - 2.0 * middle + right, -1e-6), -0.5, 0.5)
    return np.asarray(bins + shift, np.float32), np.asarray(
        middle - 0.25 * (left - right) * shift, np.float32
    )


def _surroundings(log: F32) -> F32:
    """Return the mean of `log` over NEIGHBOURS bins to either side, same shape."""
    count = log.shape[1]
    total = np.concatenate([np.zeros((len(log), 1)), np.cumsum(log, axis=1, dtype=np.float64)], axis=1)
    low = np.clip(np.arange(count) - NEIGHBOURS, 0, count)
    high = np.clip(np.arange(count) + NEIGHBOURS + 1, 0, count)
    return np.asarray((total[:, high] - total[:, low]) / (high - low), np.float32)


@cache
def _sine_in_bands() -> F32:
    """Return the power a sine of amplitude one puts in every band, (OSCILLATORS * GRID, BANDS)."""
    place = (np.arange(bands.OSCILLATORS * GRID) + 0.5) / GRID
    hz = bands.LOWEST_SLOT_HZ * bands.SLOT_RATIO**place
    window = bands.grain_window(GRAIN)
    turns = hz[:, None] * np.arange(GRAIN) / bands.MODEL_RATE_HZ
    spectrum = np.fft.fft(np.exp(2j * np.pi * turns) * window)[:, : HOP + 1] / np.sqrt(np.sum(window**2))
    return np.asarray((0.25 * np.abs(spectrum) ** 2) @ _band_means().T, np.float32)


def _level(amplitude: F32) -> F32:
    return np.asarray(np.log(np.maximum(amplitude, np.exp(FLOOR))), np.float32)
