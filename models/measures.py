"""Distances between a recording and what the model makes of it, exactly defined, so that figures compare."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from instrument.bands import MODEL_RATE_HZ

F32 = NDArray[np.float32]
RESOLUTIONS = ((1024, 120, 600), (2048, 240, 1200), (512, 50, 240))  # FFT, hop, window: auraloss's defaults
CELL = 96  # frames, 2 ms
ATTACK_S = 0.02
CUT_HZ = 200.0


def mr_stft(sound: F32, target: F32) -> float:
    """Return the multi-resolution STFT distance, as auraloss has it by default; both (frames,)."""
    total = 0.0
    for fft, hop, window in RESOLUTIONS:
        a, b = (_stft(torch.from_numpy(x), fft, hop, window) for x in (sound, target))
        total += float(torch.linalg.norm(a - b) / torch.linalg.norm(b))
        total += float((a.log() - b.log()).abs().mean())
    return total / len(RESOLUTIONS)


def _stft(audio: Tensor, fft: int, hop: int, window: int) -> Tensor:
    spectrum = torch.stft(audio, fft, hop, window, torch.hann_window(window), return_complex=True)
    return torch.sqrt(torch.clamp(spectrum.real**2 + spectrum.imag**2, min=1e-8))


def attack_db(sound: F32, target: F32) -> float:
    """Return the mean difference of 2 ms levels over the first 20 ms, high-passed at 200 Hz, floor -60 dB."""
    count = int(ATTACK_S * MODEL_RATE_HZ) // CELL
    levels = []
    for x in (sound, target):
        cells = _high_passed(x)[: count * CELL].reshape(count, CELL)
        levels.append(np.maximum(20 * np.log10(np.sqrt(np.mean(cells**2, axis=1)) + 1e-9), -60.0))
    return float(np.mean(np.abs(levels[0] - levels[1])))


def _high_passed(audio: F32) -> NDArray[np.float64]:
    """Return the first part of a sound through a causal fourth-order Butterworth high-pass."""
    x = np.pad(audio[:4096].astype(np.float64), (0, max(0, 4096 - len(audio))))
    warped = np.tan(np.pi * CUT_HZ / MODEL_RATE_HZ)
    for damping in (0.7653668647, 1.8477590650):
        scale = 1.0 / (1.0 + damping * warped + warped**2)
        feedback = (2.0 * (warped**2 - 1.0) * scale, (1.0 - damping * warped + warped**2) * scale)
        out = np.zeros_like(x)
        for n in range(len(x)):
            fed = feedback[0] * out[n - 1] + feedback[1] * out[n - 2] if n > 1 else 0.0
            out[n] = scale * (x[n] - 2.0 * x[n - 1] * (n > 0) + x[n - 2] * (n > 1)) - fed
        x = out
    return x


def main_partial(sound: F32, target: F32) -> tuple[float, float]:
    """Return the energy ratio within 10 Hz of the target's main partial, and the pitch error in cents."""
    size = 1 << 17
    a, b = (np.abs(np.fft.rfft(x[:size], size)) for x in (sound, target))
    hz = np.fft.rfftfreq(size, 1.0 / MODEL_RATE_HZ)
    low = (hz > 30.0) & (hz < 1000.0)
    main = hz[np.argmax(np.where(low, b, 0.0))]
    near = np.abs(hz - main) <= 10.0
    around = (hz > main / 1.4) & (hz < main * 1.4)
    pitch = hz[np.argmax(np.where(around, a, 0.0))]
    return float(np.sum(a[near] ** 2) / np.sum(b[near] ** 2)), float(abs(1200 * np.log2(pitch / main)))
