"""The decoder's sound in torch: noise through band gains, oscillators in slots, atoms in grain 0.

The same arithmetic as the C core, differentiable in gains, amplitudes and atom weights. B hits, T grains.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from instrument import bands
from instrument.analysis import SLOT_OCTAVES

HOP = bands.MODEL_HOP_FRAMES
GRAIN = 2 * HOP
SILENT = -11.0  # ln gain: at or below it a band or oscillator is off
LOUDEST = 4.0
HIGHEST_HZ = 0.45 * bands.MODEL_RATE_HZ


@dataclass(frozen=True, slots=True)
class Parts:
    """What a grain is made of.

    Attributes:
        gains: (B, T, BANDS) linear gain of each band's noise.
        amplitudes: (B, T, OSCILLATORS) linear.
        hz: (B, T, OSCILLATORS).
    """

    gains: Tensor
    amplitudes: Tensor
    hz: Tensor


def parts(y: Tensor) -> Parts:
    """Return gains, amplitudes and frequencies of the decoder's output (B, T, BANDS + 2 * OSCILLATORS)."""
    k = bands.BANDS
    level = torch.exp(torch.clamp(y[..., : k + 16], max=LOUDEST)) * (y[..., : k + 16] > SILENT)
    centres = torch.from_numpy(bands.slot_centres_hz())
    hz = centres * torch.exp2(SLOT_OCTAVES * torch.tanh(y[..., k + 16 :]))
    return Parts(level[..., :k], level[..., k:], hz)


def windows(grains: int, first: Tensor) -> Tensor:
    """Return each grain's window, (B, grains, GRAIN); `first` (B,) bool: the hit starts with grain 0."""
    window = torch.from_numpy(bands.grain_window(GRAIN))
    opening = window.clone()
    opening[:HOP] = 1.0
    out = window.expand(len(first), grains, GRAIN).clone()
    out[first, 0] = opening
    return out


def noise(gains: Tensor, first: Tensor, draws: torch.Generator | None = None) -> Tensor:
    """Return noise through the band gains, (B, T * HOP); each grain a random turn of a random segment."""
    b, t, _ = gains.shape
    spectra = torch.from_numpy(bands.noise_spectrum_phases(GRAIN).astype(np.complex64))
    shapes = torch.from_numpy(bands.band_shapes(bands.MODEL_RATE_HZ, GRAIN))
    segment = torch.randint(bands.NOISE_SEGMENTS, (b, t), generator=draws)
    shift = torch.randint(GRAIN, (b, t, 1), generator=draws)
    sign = 1.0 - 2.0 * torch.randint(2, (b, t, 1), generator=draws)
    turns = (shift * torch.arange(HOP + 1)) % GRAIN / GRAIN
    phasors = spectra[segment] * torch.polar(sign.expand_as(turns).contiguous(), 2 * torch.pi * turns)
    waves = torch.fft.irfft((gains @ shapes) * phasors, n=GRAIN) * GRAIN**0.5
    waves = waves * windows(t, first)
    later = torch.nn.functional.pad(waves[:, :-1, HOP:], (0, 0, 1, 0))
    out: Tensor = (waves[..., :HOP] + later).reshape(b, t * HOP)
    return out


def sines(amplitudes: Tensor, hz: Tensor, start_turns: Tensor) -> Tensor:
    """Return the oscillators, (B, T * HOP), from phases `start_turns` (B, OSCILLATORS)."""
    b, t, _ = hz.shape
    amplitudes = amplitudes * (hz < HIGHEST_HZ)
    before_a = torch.cat([amplitudes[:, :1], amplitudes[:, :-1]], dim=1)
    before_hz = torch.cat([hz[:, :1], hz[:, :-1]], dim=1)
    hop_turns = 0.5 * (before_hz + hz) * (HOP / bands.MODEL_RATE_HZ)
    phase = torch.cumsum(hop_turns.double(), dim=1) - hop_turns.double() + start_turns[:, None].double()
    phase = (phase - torch.floor(phase)).float()
    n = torch.arange(HOP, dtype=torch.float32)
    step, bend = n / bands.MODEL_RATE_HZ, n * n / (2 * HOP * bands.MODEL_RATE_HZ)
    turns = phase[..., None] + before_hz[..., None] * step + (hz - before_hz)[..., None] * bend
    level = before_a[..., None] + (amplitudes - before_a)[..., None] * (n / HOP)
    return (level * torch.sin(2 * torch.pi * turns)).sum(dim=2).reshape(b, t * HOP)


def attack(weights: Tensor, waves: Tensor) -> Tensor:
    """Return the attack of grain 0, (B, GRAIN), from atom weights (B, ATOMS)."""
    out: Tensor = weights @ waves
    return out


def render(y: Tensor, weights: Tensor, waves: Tensor, draws: torch.Generator | None = None) -> Tensor:
    """Return whole hits, (B, T * HOP), of the decoder's outputs and grain 0's atom weights."""
    made = parts(y)
    start = torch.ones(len(y), dtype=torch.bool)
    sound = noise(made.gains, start, draws) + sines(made.amplitudes, made.hz, torch.zeros(len(y), 16))
    opening = attack(weights, waves)
    return torch.cat([sound[:, :GRAIN] + opening, sound[:, GRAIN:]], dim=1)
