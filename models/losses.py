"""What training minimises: spectra of the sound, its onset's waveform, and the features of its grains."""

from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from instrument import bands
from instrument.analysis import FLOOR
from instrument.bands import MODEL_RATE_HZ

WINDOWS = (64, 128, 256, 512, 1024, 2048, 4096)
AT_ONCE = 3  # of the windows: more steps in the same time
OPENING_S = 0.03
OPENING_WEIGHT = 3.0
LOWEST = 1e-4  # of a magnitude normalised by its window: -80 dB
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
        seconds = torch.arange(a.shape[2]) * (length // 4 / MODEL_RATE_HZ)
        weight = 1.0 + (OPENING_WEIGHT - 1.0) * starts[:, None, None] * (seconds < OPENING_S)
        if length > 512:
            weight = torch.ones_like(weight)
        gap = torch.log(a + LOWEST) - torch.log(b + LOWEST)
        log = (gap.abs() * weight).sum() / (weight.expand_as(gap).sum())
        off = ((a - b) ** 2 * weight).sum(dim=(1, 2)).sqrt()
        scale = (b**2 * weight).sum(dim=(1, 2)).sqrt() + 0.05
        total = total + log + (off / scale).mean()
    return total / AT_ONCE


def opening(sound: Tensor, target: Tensor) -> Tensor:
    """Return the share of the first grain's energy that its attack and sines miss, mean over hits."""
    fade = torch.ones(sound.shape[-1])
    fade[-128:] = torch.linspace(1.0, 0.0, 128)
    energy = (target**2 * fade).sum(dim=-1)
    return (((sound - target) ** 2 * fade).sum(dim=-1) / (energy + 1e-2)).mean()


def levels(y: Tensor, target: Tensor) -> Tensor:
    """Return the distance of ln levels, (…): smooth, silence alike below OFF, loud ones weighted up."""
    loudest = target.amax(dim=-1, keepdim=True)
    weight = torch.clamp(1.0 + (target - loudest) / 7.0, min=0.1)
    gap = torch.clamp(y, min=OFF - 0.5) - torch.clamp(target, min=OFF - 0.5)
    gap = torch.where((y <= OFF) & (target <= OFF), torch.zeros_like(gap), gap)
    return (functional.smooth_l1_loss(gap, torch.zeros_like(gap), reduction="none") * weight).mean(dim=-1)


def features(y: Tensor, noise: Tensor, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return distances of noise levels, sine levels and sine places, each (…).

    Args:
        y: (…, OUTPUTS) of the decoder.
        noise: (…, BANDS) levels of the noise alone.
        inputs: (…, INPUTS) what was heard, of which the slots' levels and places are compared.
    """
    k = bands.BANDS
    amplitudes, places = inputs[..., k : k + 16], inputs[..., k + 16 : k + 32]
    loudest = torch.maximum(amplitudes.amax(dim=-1), noise.amax(dim=-1))[..., None]
    weight = torch.clamp(1.0 + (amplitudes - loudest) / 7.0, min=0.0) * (amplitudes > FLOOR + 0.01)
    absent = torch.maximum(loudest - 5.0, torch.full_like(loudest, OFF))
    heard = amplitudes > FLOOR + 0.01
    gap = torch.where(heard, y[..., k : k + 16] - amplitudes, functional.relu(y[..., k : k + 16] - absent))
    share = torch.where(heard, weight, torch.full_like(weight, 0.1))
    sine = (functional.smooth_l1_loss(gap, torch.zeros_like(gap), reduction="none") * share).mean(dim=-1)
    place = ((torch.tanh(y[..., k + 16 :]) - places) ** 2 * weight).mean(dim=-1)
    return levels(y[..., :k], noise), sine, place
