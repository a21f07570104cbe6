"""Distances between a recording and what a model makes of it, exactly defined, so that figures compare.

Sounds are mono at 48 kHz, (S, frames): S realisations of one reconstruction; the target is (frames,). Both
are brought to the gain that makes the target's peak 1, and cut where the target ends (see `cut`).
"""

from dataclasses import dataclass, fields
from functools import cache

import numpy as np
import soxr
import torch
from numpy.typing import NDArray
from scipy import fft, signal
from torch import Tensor

from instrument.analysis import onset_frame
from instrument.bands import MODEL_RATE_HZ

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))  # FFT, hop, window: auraloss's defaults
END_DB, END_BLOCK, TAIL_S = -60.0, 256, 0.05
LSD_FFT, LSD_HOP, LSD_FLOOR = 1024, 256, 1e-8
LSD_LOW_HZ = 16_000
CELL_S = 0.002
ATTACK_S, ATTACK_FLOOR_DB = 0.02, -60.0
RISE_S, RISE_STEP = 0.05, 24  # 0.5 ms
CUT_HZ = 200.0
PARTIAL_HZ = (30.0, 1000.0)
PARTIAL_REACH_HZ = 10.0
PITCH_REACH = 1.4  # of the main partial, to either side
PARTIAL_FFT = 1 << 17
NOTE_REACH, HARMONICS = 300.0, 8
GLIDE_HZ = (25.0, 400.0)
GLIDE_CELL_S = 0.01


@dataclass(frozen=True, slots=True)
class Comparison:
    """One clip against its reconstruction, each a mean over realisations.

    Attributes:
        mr_stft: multi-resolution STFT distance.
        mr_stft_16k: the same at 16 kHz, where models of that rate have all they can have.
        lsd_16k: log-spectral distance at 16 kHz, in log10 power.
        lsd_48k: the same at 48 kHz.
        attack_db: mean difference of envelopes over the attack.
        rise_ms: error of the 10–90 % rise time.
        partial: energy about the target's main partial, output over target.
        cents: error of the main partial's pitch.
        glide_cents: error of the low part's instantaneous frequency, weighted by the target's energy.
    """

    mr_stft: float
    mr_stft_16k: float
    lsd_16k: float
    lsd_48k: float
    attack_db: float
    rise_ms: float
    partial: float
    cents: float
    glide_cents: float


NAMES = tuple(field.name for field in fields(Comparison))


def compare(sounds: F32, target: F32) -> Comparison:
    """Compare realisations (S, frames) with the recording they are of, (frames,), at its level as it is."""
    made, real = cut(sounds, target)
    tones = [main_partial(one, real) for one in made]
    low_made, low_real = _resampled(made), _resampled(real[None])[0]
    return Comparison(
        mr_stft=float(np.mean(mr_stft(made, real))),
        mr_stft_16k=float(np.mean(mr_stft(low_made, low_real))),
        lsd_16k=float(np.mean(lsd(low_made, low_real))),
        lsd_48k=float(np.mean(lsd(made, real))),
        attack_db=float(np.mean([attack_db(one, real) for one in made])),
        rise_ms=float(np.mean([abs(rise_ms(one, real) - rise_ms(real, real)) for one in made])),
        partial=float(np.mean([partial for partial, _ in tones])),
        cents=float(np.mean([cents for _, cents in tones])),
        glide_cents=float(np.mean([glide_cents(one, real) for one in made])),
    )


def cut(sounds: F32, target: F32) -> tuple[F32, F32]:
    """Return sounds and target at the target's peak gain, from frame 0 to where the target ends.

    That is 50 ms after the last block of 256 frames whose RMS is within 60 dB of the loudest one's.
    Recordings begin at their onset already (models.data). Sounds that are shorter go on in silence.
    """
    count = len(target) // END_BLOCK
    level = np.sqrt(np.mean(target[: count * END_BLOCK].reshape(count, END_BLOCK) ** 2, axis=1))
    loud = np.nonzero(level > level.max(initial=0.0) * 10 ** (END_DB / 20))[0]
    last = int(loud[-1]) + 1 if len(loud) else count
    stop = min(len(target), last * END_BLOCK + int(TAIL_S * MODEL_RATE_HZ))
    gain = np.float32(1.0 / max(float(np.abs(target).max(initial=0.0)), 1e-9))
    padded = np.pad(sounds, ((0, 0), (0, max(0, stop - sounds.shape[1]))))
    return padded[:, :stop] * gain, target[:stop] * gain


def mr_stft(sounds: F32, target: F32) -> F64:
    """Return the multi-resolution STFT distance of each sound, (S,): auraloss's defaults, one clip a batch.

    Yamamoto et al. (2020): spectral convergence plus mean log magnitude distance, mean over resolutions.
    """
    total = torch.zeros(len(sounds), dtype=torch.float64)
    for size, hop, window in RESOLUTIONS:
        made, real = (_stft(torch.from_numpy(x), size, hop, window) for x in (sounds, target[None]))
        convergence = torch.linalg.norm((made - real).flatten(1), dim=1) / torch.linalg.norm(real)
        total += convergence + (made.log() - real.log()).abs().mean(dim=(1, 2))
    return np.asarray((total / len(RESOLUTIONS)).numpy(), np.float64)


def _stft(audio: Tensor, fft: int, hop: int, window: int) -> Tensor:
    spectrum = torch.stft(audio, fft, hop, window, torch.hann_window(window), return_complex=True)
    return torch.sqrt(torch.clamp(spectrum.real**2 + spectrum.imag**2, min=1e-8))


def lsd(sounds: F32, target: F32) -> F64:
    """Return the log-spectral distance of each sound, (S,), in log10 power.

    Mean over frames of the root mean square over bins of the difference of log10 power; Hann 1024, hop 256,
    no padding; power floored at 1e-8 of that of a sine of amplitude one.
    """
    made, real = _log_power(sounds), _log_power(target[None])
    return np.asarray(np.sqrt(((made - real) ** 2).mean(axis=2)).mean(axis=1), np.float64)


def _log_power(sounds: F32) -> F64:
    padded = np.pad(sounds, ((0, 0), (0, max(0, LSD_FFT - sounds.shape[1]))))
    window = signal.get_window("hann", LSD_FFT)
    frames = np.lib.stride_tricks.sliding_window_view(padded, LSD_FFT, axis=1)[:, ::LSD_HOP]
    power = (np.abs(np.fft.rfft(frames * window)) / (window.sum() / 2)) ** 2
    return np.asarray(np.log10(np.maximum(power, LSD_FLOOR)), np.float64)


def _resampled(sounds: F32) -> F32:
    return np.stack([soxr.resample(one, MODEL_RATE_HZ, LSD_LOW_HZ) for one in sounds]).astype(np.float32)


@cache
def _high_pass() -> F64:
    return np.asarray(signal.butter(4, CUT_HZ, "high", fs=MODEL_RATE_HZ, output="sos"), np.float64)


def _heard(sound: F32, target: F32, seconds: float) -> F64:
    """Return a sound high-passed (causal, from silence), from the target's onset on, for `seconds`."""
    start, count = onset_frame(target), int(seconds * MODEL_RATE_HZ)
    padded = np.pad(sound[: start + count].astype(np.float64), (0, max(0, start + count - len(sound))))
    return np.asarray(signal.sosfilt(_high_pass(), padded)[start:], np.float64)


def low_passed(audio: F32, hz: float) -> F32:
    """Return a sound through a causal eighth-order Butterworth low-pass."""
    return _filtered(audio, hz, "low")


def high_passed(audio: F32, hz: float) -> F32:
    """Return a sound through a causal eighth-order Butterworth high-pass."""
    return _filtered(audio, hz, "high")


def _filtered(audio: F32, hz: float, kind: str) -> F32:
    sections = signal.butter(8, hz, kind, fs=MODEL_RATE_HZ, output="sos")
    return np.asarray(signal.sosfilt(sections, audio.astype(np.float64)), np.float32)


def attack_db(sound: F32, target: F32) -> float:
    """Return the mean difference in dB of 2 ms RMS levels over 20 ms from the target's onset, floor −60 dB.

    Both are high-passed at 200 Hz: below it so short a frame follows phase, not envelope.
    """
    cell, levels = int(CELL_S * MODEL_RATE_HZ), []
    for x in (sound, target):
        cells = _heard(x, target, ATTACK_S).reshape(-1, cell)
        level = 20 * np.log10(np.sqrt(np.mean(cells**2, axis=1)) + 1e-9)
        levels.append(np.maximum(level, ATTACK_FLOOR_DB))
    return float(np.mean(np.abs(levels[0] - levels[1])))


def rise_ms(sound: F32, target: F32) -> float:
    """Return how long a sound's envelope takes from 10 to 90 % of its highest, in milliseconds.

    The envelope is that of the attack measure (2 ms RMS, high-passed), read every 0.5 ms for 50 ms from the
    target's onset; a sound that stays below −60 dB never rises.
    """
    cell = int(CELL_S * MODEL_RATE_HZ)
    heard = np.pad(_heard(sound, target, RISE_S), (cell - RISE_STEP, 0))
    power = np.lib.stride_tricks.sliding_window_view(heard**2, cell)[::RISE_STEP].mean(axis=1)
    envelope = np.sqrt(power)
    highest = envelope.max()
    if highest < 10 ** (ATTACK_FLOOR_DB / 20):
        return 1000.0 * RISE_S  # nothing rises
    low, high = (int(np.argmax(envelope >= share * highest)) for share in (0.1, 0.9))
    return 1000.0 * (high - low) * RISE_STEP / MODEL_RATE_HZ


def main_partial(sound: F32, target: F32) -> tuple[float, float]:
    """Return the energy ratio within 10 Hz of the target's main partial, and the error of its pitch in cents.

    The main partial is the largest bin between 30 Hz and 1 kHz of the whole clip's spectrum (no window,
    2^17 points, vertex of the parabola through three); in the output it is looked for within a factor 1.4.
    """
    a, b = (np.abs(np.fft.rfft(x[:PARTIAL_FFT], PARTIAL_FFT)) for x in (sound, target))
    hz = np.fft.rfftfreq(PARTIAL_FFT, 1.0 / MODEL_RATE_HZ)
    main = _vertex_hz(b, (hz > PARTIAL_HZ[0]) & (hz < PARTIAL_HZ[1]))
    near = np.abs(hz - main) <= PARTIAL_REACH_HZ
    pitch = _vertex_hz(a, (hz > main / PITCH_REACH) & (hz < main * PITCH_REACH))
    ratio = float(np.sum(a[near] ** 2) / max(float(np.sum(b[near] ** 2)), 1e-12))
    return ratio, float(abs(1200 * np.log2(pitch / main)))


def _vertex_hz(magnitude: F64, inside: NDArray[np.bool_]) -> float:
    peak = int(np.argmax(np.where(inside, magnitude, -1.0)))
    left, middle, right = np.log(np.maximum(magnitude[peak - 1 : peak + 2], 1e-12))
    bend = min(left - 2.0 * middle + right, -1e-9)
    return float((peak + np.clip(0.5 * (left - right) / bend, -0.5, 0.5)) * MODEL_RATE_HZ / PARTIAL_FFT)


def glide_cents(sound: F32, target: F32) -> float:
    """Return how far the pitch of the part from 25 to 400 Hz is from the target's, as both glide.

    Instantaneous frequency of the analytic signal, its mean over 10 ms cells weighted by energy; the mean of
    the absolute difference in cents over cells is weighted by the target's energy.
    """
    a, b = _low_track(sound), _low_track(target)
    cents = np.abs(1200 * np.log2(a[0] / b[0]))
    return float(np.sum(cents * b[1]) / max(float(np.sum(b[1])), 1e-12))


def note_cents(sound: F32, hz: float) -> float:
    """Return how far a note is from its pitch in cents, looked for within 300 cents of it.

    The fundamental whose first eight harmonics hold the most amplitude, in the spectrum of the first second
    under a Hann window; 2 cents are told apart. Octaves are not.
    """
    heard = sound[:MODEL_RATE_HZ] * signal.get_window("hann", len(sound[:MODEL_RATE_HZ]))
    spectrum = np.abs(np.fft.rfft(heard, PARTIAL_FFT))
    cents = np.arange(-NOTE_REACH, NOTE_REACH + 1, 2.0)
    harmonics = hz * 2.0 ** (cents[:, None] / 1200.0) * np.arange(1, HARMONICS + 1)
    there = np.interp(harmonics * PARTIAL_FFT / MODEL_RATE_HZ, np.arange(len(spectrum)), spectrum, right=0.0)
    return float(abs(cents[np.argmax(there.sum(axis=1))]))


def _low_track(sound: F32) -> tuple[F64, F64]:
    """Return frequency in Hz and energy of each 10 ms cell."""
    size = fft.next_fast_len(2 * len(sound))
    spectrum = np.fft.rfft(sound, size)
    hz = np.fft.rfftfreq(size, 1.0 / MODEL_RATE_HZ)
    spectrum[(hz < GLIDE_HZ[0]) | (hz > GLIDE_HZ[1])] = 0.0
    analytic = np.fft.ifft(spectrum, size)[: len(sound)]
    cell = int(GLIDE_CELL_S * MODEL_RATE_HZ)
    count = max(1, (len(sound) - 1) // cell)
    analytic = np.pad(analytic, (0, max(0, count * cell + 1 - len(analytic))))
    turned = (analytic[1:] * np.conj(analytic[:-1]))[: count * cell].reshape(count, cell).sum(axis=1)
    energy = np.abs(turned)
    found = np.clip(np.angle(turned) * MODEL_RATE_HZ / (2 * np.pi), *GLIDE_HZ)
    return np.asarray(found, np.float64), np.asarray(energy, np.float64)
