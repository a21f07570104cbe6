"""What training minimises: spectra of the sound, its onset's waveform, and the features of its grains."""

from functools import cache

import numpy as np
import torch
from scipy.signal import butter, sosfreqz
from torch import Tensor
from torch.nn import functional

from instrument import bands
from instrument.analysis import FLOOR
from instrument.bands import MODEL_RATE_HZ

WINDOWS = (64, 128, 256, 512, 1024, 2048, 4096)
AT_ONCE = 3  # of the windows: more steps in the same time
OPENING_S = 0.03
OPENING_WEIGHT = 3.0
LONGEST_OPENING = 512  # frames: longer windows blur the onset anyway
LOWEST = 1e-4  # of a magnitude normalised by its window: -80 dB
CELL = 96  # frames, 2 ms
ATTACK_CELLS = 10  # the first 20 ms count most
LATER_CELLS, LATER_WEIGHT = 20, 0.3
CUT_HZ = 200.0  # below it a short frame follows phase, not envelope
ATTACK_FLOOR = 1e-6  # of power: -60 dB
NEAR_PLACE = 0.05  # of an oscillator's reach, some 20 cents: closer than that is good
OFF = -11.5  # a level below it is silence, whatever it is


@cache
def _window(length: int) -> Tensor:
    return torch.hann_window(length)


def magnitudes(audio: Tensor, length: int) -> Tensor:
    """Return STFT magnitudes where a full-scale sine is 1, (B, F, frames)."""
    pad = functional.pad(audio, (length // 2, length // 2))
    spectrum = torch.stft(pad, length, length // 4, window=_window(length), center=False, return_complex=True)
    return torch.sqrt(spectrum.real**2 + spectrum.imag**2 + 1e-10) * (4.0 / length)


def spectral(sound: Tensor, target: Tensor, starts: Tensor) -> Tensor:
    """Return the multi-resolution STFT distance, over a few WINDOWS chosen anew each time.

    `starts` (B,): 1 where the first frame is a hit's onset.
    """
    total = torch.zeros(())
    for index in torch.randperm(len(WINDOWS))[:AT_ONCE].tolist():
        length = WINDOWS[index]
        a, b = magnitudes(sound, length), magnitudes(target, length)
        weight = _opening_weight(starts, a.shape[2], length)
        gap = (torch.log(a + LOWEST) - torch.log(b + LOWEST)).abs().mean(dim=1)  # (B, frames)
        off = (((a - b) ** 2).sum(dim=1) * weight).sum(dim=1).add(1e-8).sqrt()  # silence has a gradient too
        scale = ((b**2).sum(dim=1) * weight).sum(dim=1).sqrt() + 0.05
        total = total + (gap * weight).sum() / weight.sum() + (off / scale).mean()
    return total / AT_ONCE


def _opening_weight(starts: Tensor, frames: int, length: int) -> Tensor:
    """Return how much each frame counts, (B, frames): more near an onset, where the window can tell."""
    early = torch.arange(frames) * (length // 4 / MODEL_RATE_HZ) < OPENING_S
    more = (OPENING_WEIGHT - 1.0) * float(length <= LONGEST_OPENING)
    return 1.0 + more * starts[:, None] * early


def opening(sound: Tensor, target: Tensor) -> Tensor:
    """Return the share of the first grain's energy that its attack and sines miss, mean over hits."""
    fade = torch.ones(sound.shape[-1])
    fade[-128:] = torch.linspace(1.0, 0.0, 128)
    energy = (target**2 * fade).sum(dim=-1)
    return (((sound - target) ** 2 * fade).sum(dim=-1) / (energy + 1e-2)).mean()


@cache
def _high_pass(length: int) -> Tensor:
    """Return the response of a causal fourth-order high-pass at the bins of a real FFT of `length`."""
    sections = butter(4, CUT_HZ, "high", fs=MODEL_RATE_HZ, output="sos")
    _, response = sosfreqz(sections, np.arange(length // 2 + 1) * (MODEL_RATE_HZ / length), fs=MODEL_RATE_HZ)
    return torch.from_numpy(response.astype(np.complex64))


def attack_db(sound: Tensor, target: Tensor) -> Tensor:
    """Return how far 2 ms levels after the onset are apart, high-passed, in dB of each hit, (B,)."""
    cells = ATTACK_CELLS + LATER_CELLS
    levels = []
    for x in (sound, target):
        spectrum = torch.fft.rfft(x[:, : cells * CELL], n=8192) * _high_pass(8192)
        heard = torch.fft.irfft(spectrum, n=8192)[:, : cells * CELL].reshape(len(x), cells, CELL)
        levels.append(10.0 * torch.log10((heard**2).mean(dim=2) + ATTACK_FLOOR))
    weight = torch.ones(cells)
    weight[ATTACK_CELLS:] = LATER_WEIGHT
    return ((levels[0] - levels[1]).abs() * weight).sum(dim=1) / weight.sum()


def levels(y: Tensor, target: Tensor) -> Tensor:
    """Return the distance of ln levels, (…): smooth, silence alike below OFF, loud ones weighted up."""
    loudest = target.amax(dim=-1, keepdim=True)
    weight = torch.clamp(1.0 + (target - loudest) / 7.0, min=0.1)
    gap = torch.clamp(y, min=OFF - 0.5) - torch.clamp(target, min=OFF - 0.5)
    gap = torch.where((y <= OFF) & (target <= OFF), torch.zeros_like(gap), gap)
    return (functional.smooth_l1_loss(gap, torch.zeros_like(gap), reduction="none") * weight).mean(dim=-1)


def features(
    y: Tensor, noise: Tensor, sines: Tensor, main_sine: float = 1.0
) -> tuple[Tensor, Tensor, Tensor]:
    """Return distances of noise levels, sine levels and sine places, each (…).

    Args:
        y: (…, OUTPUTS) of the decoder.
        noise: (…, BANDS) levels of the noise alone.
        sines: (…, 2 * OSCILLATORS) levels and places the oscillators are to have.
        main_sine: how much more the strongest sine counts than its level alone would say.
    """
    k = bands.BANDS
    amplitudes, places = sines[..., :16], sines[..., 16:]
    loudest = torch.maximum(amplitudes.amax(dim=-1), noise.amax(dim=-1))[..., None]
    heard = amplitudes > FLOOR + 0.01
    weight = torch.clamp(1.0 + (amplitudes - loudest) / 7.0, min=0.0) * heard
    main = torch.exp(amplitudes - amplitudes.amax(dim=-1, keepdim=True)) * heard
    absent = torch.maximum(loudest - 5.0, torch.full_like(loudest, OFF))
    gap = torch.where(heard, y[..., k : k + 16] - amplitudes, functional.relu(y[..., k : k + 16] - absent))
    share = torch.where(heard, weight * (1.0 + main_sine * main), torch.full_like(weight, 0.1))
    sine = (functional.smooth_l1_loss(gap, torch.zeros_like(gap), reduction="none") * share).mean(dim=-1)
    return (
        levels(y[..., :k], noise),
        sine,
        places_apart(y[..., k + 16 :], places, weight * (1.0 + 3.0 * main)),
    )


def places_apart(y: Tensor, places: Tensor, weight: Tensor) -> Tensor:
    """Return how far oscillators are from their places, mean over them, (…); small errors count too.

    Args:
        y: (…, OSCILLATORS) of the decoder, before its tanh.
        places: (…, OSCILLATORS) -1 to 1 of the reach.
        weight: (…, OSCILLATORS).
    """
    gap = functional.smooth_l1_loss(torch.tanh(y), places, reduction="none", beta=NEAR_PLACE)
    return (gap * weight).mean(dim=-1)
