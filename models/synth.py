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
WHOLE_ATTACK = 2.5e-4  # gain of the loudest part of grain 0 from which on its attack is whole: -72 dB
HIGHEST_HZ = 0.45 * bands.MODEL_RATE_HZ
RISING, FALLING = 0.3, 0.5  # of its amplitude, within a hop: an oscillator that begins, one that ends
GLIDE = 1.23  # ratio of frequencies, some 0.3 octaves: so far a partial may glide within a hop


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


def centres(pitches: Tensor) -> Tensor:
    """Return where the oscillators of hits of MIDI pitches (B,) lie, (B, 1, OSCILLATORS) in Hz.

    On the harmonics of the pitch; in the slots' centres where it is 0.
    """
    f0 = 440.0 * torch.exp2((pitches - 69.0) / 12.0)
    harmonics = f0[:, None] * torch.arange(1, bands.OSCILLATORS + 1)
    slots = torch.from_numpy(bands.slot_centres_hz())
    return torch.where(pitches[:, None] > 0, harmonics, slots)[:, None]


def parts(y: Tensor, centre_hz: Tensor | None = None) -> Parts:
    """Return gains, amplitudes and frequencies of the decoder's output (B, T, BANDS + 2 * OSCILLATORS).

    `centre_hz`: of each hit's oscillators, (B, 1, OSCILLATORS); None: the slots'.
    """
    k = bands.BANDS
    level = torch.exp(torch.clamp(y[..., : k + 16], max=LOUDEST)) * (y[..., : k + 16] > SILENT)
    if centre_hz is None:
        centre_hz = torch.from_numpy(bands.slot_centres_hz())
    hz = centre_hz * torch.exp2(SLOT_OCTAVES * torch.tanh(y[..., k + 16 :]))
    return Parts(level[..., :k], level[..., k:], hz)


def windows(grains: int, first: Tensor) -> Tensor:
    """Return each grain's window, (B, grains, GRAIN); `first` (B,) bool: the hit starts with grain 0."""
    window = torch.from_numpy(bands.grain_window(GRAIN))
    opening = window.clone()
    opening[:HOP] = 1.0
    out = window.expand(len(first), grains, GRAIN).clone()
    out[first, 0] = opening
    return out


@dataclass(frozen=True, slots=True)
class Turns:
    """Which part of the noise each grain reads: segment (B, T), shift in frames and sign (B, T)."""

    segment: Tensor
    shift: Tensor
    sign: Tensor

    @classmethod
    def random(cls, hits: int, grains: int, draws: torch.Generator | None = None) -> "Turns":
        """Return turns for training: any will do."""
        segment = torch.randint(bands.NOISE_SEGMENTS, (hits, grains), generator=draws)
        shift = torch.randint(GRAIN, (hits, grains), generator=draws)
        return cls(segment, shift, 1.0 - 2.0 * torch.randint(2, (hits, grains), generator=draws))

    @classmethod
    def of_seed(cls, seed: int, grains: int) -> "Turns":
        """Return the turns the core takes for a hit's seed: one draw of SplitMix64 a grain."""
        drawn = [_split_mix(seed + (t + 1) * 0x9E3779B97F4A7C15) for t in range(grains)]
        return cls(
            torch.tensor([[d & 3 for d in drawn]]),
            torch.tensor([[((d >> 32) * GRAIN) >> 32 for d in drawn]]),
            torch.tensor([[-1.0 if d & 4 else 1.0 for d in drawn]]),
        )


def _split_mix(state: int) -> int:
    most = (1 << 64) - 1
    z = state & most
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & most
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & most
    return z ^ (z >> 31)


def noise(gains: Tensor, first: Tensor, turns: Turns, *, flat: bool = True) -> Tensor:
    """Return noise through the band gains, (B, T * HOP).

    `flat`: of unit magnitude at every bin, as the core has it; otherwise white, as the paper has it, whose
    magnitudes are Rayleigh's.
    """
    b, t, _ = gains.shape
    spectra = torch.from_numpy(bands.noise_spectrum_phases(GRAIN).astype(np.complex64))
    shapes = torch.from_numpy(bands.band_shapes(bands.MODEL_RATE_HZ, GRAIN))
    angle = (turns.shift[..., None] * torch.arange(HOP + 1)) % GRAIN * (2 * torch.pi / GRAIN)
    phasors = spectra[turns.segment] * torch.polar(turns.sign[..., None].expand_as(angle).contiguous(), angle)
    if not flat:
        phasors = torch.view_as_complex(torch.randn(*phasors.shape, 2)) * 0.5**0.5
    waves = torch.fft.irfft((gains @ shapes) * phasors, n=GRAIN) * GRAIN**0.5
    waves = waves * windows(t, first)
    later = torch.nn.functional.pad(waves[:, :-1, HOP:], (0, 0, 1, 0))
    out: Tensor = (waves[..., :HOP] + later).reshape(b, t * HOP)
    return out


def sines(amplitudes: Tensor, hz: Tensor, start_turns: Tensor) -> Tensor:
    """Return the oscillators, (B, T * HOP), from phases `start_turns` (B, OSCILLATORS).

    Differentiable in the amplitudes alone: spectral losses do not learn pitch (Turian and Henry 2020), so
    frequencies are learned from analysis, and here the sines of a hop are constants.
    """
    b, t, k = hz.shape
    amplitudes = amplitudes * (hz < HIGHEST_HZ)
    before = torch.cat([amplitudes[:, :1], amplitudes[:, :-1]], dim=1)
    with torch.no_grad():
        full = _waves(amplitudes, hz, start_turns).reshape(b * t, k, HOP)
        rising = full * (torch.arange(HOP) / HOP)
        falling = full - rising
    sound = before.reshape(b * t, 1, k) @ falling + amplitudes.reshape(b * t, 1, k) @ rising
    return sound.reshape(b, t * HOP)


def _waves(amplitudes: Tensor, hz: Tensor, start_turns: Tensor) -> Tensor:
    """Return sines of amplitude one, (B, T, OSCILLATORS, HOP), gliding from grain to grain."""
    before = torch.cat([amplitudes[:, :1], amplitudes[:, :-1]], dim=1)
    before_hz = torch.cat([hz[:, :1], hz[:, :-1]], dim=1)
    source = _sources(before, amplitudes, before_hz, hz)
    from_hz = torch.gather(before_hz, 2, source)
    hop_turns = 0.5 * (from_hz + hz).double() * (HOP / bands.MODEL_RATE_HZ)
    phase, phases = start_turns.double(), []
    for grain in range(hz.shape[1]):
        phase = torch.gather(phase, 1, source[:, grain])
        phases.append(phase)
        phase = phase + hop_turns[:, grain]
        phase = phase - torch.floor(phase)
    n = torch.arange(HOP, dtype=torch.float32)
    step, bend = n / bands.MODEL_RATE_HZ, n * n / (2 * HOP * bands.MODEL_RATE_HZ)
    turns = torch.stack(phases, dim=1).float()[..., None] + from_hz[..., None] * step
    turns.add_((hz - from_hz)[..., None] * bend)
    return turns.mul_(2 * torch.pi).sin_()


def _sources(before: Tensor, after: Tensor, before_hz: Tensor, after_hz: Tensor) -> Tensor:
    """Return whose phase and frequency each oscillator goes on with, (B, T, OSCILLATORS): mostly its own.

    A partial that glides out of its slot is taken up by the next: one that rises while its louder neighbour
    falls, near it in frequency, continues the neighbour's sine, so that the glide has no seam.
    """
    rising = before < RISING * after
    own = torch.arange(before.shape[2]).expand_as(before)
    found, loudest = own.clone(), before
    for side in (-1, 1):
        level, end, near_hz = (_beside(x, side) for x in (before, after, before_hz))
        near = (after_hz < GLIDE * near_hz) & (near_hz < GLIDE * after_hz)
        taken = rising & near & (end < FALLING * level) & (level > loudest)
        found = torch.where(taken, own + side, found)
        loudest = torch.where(taken, level, loudest)
    return found


def _beside(x: Tensor, side: int) -> Tensor:
    """Return each oscillator's lower (-1) or higher (1) neighbour's value, 0 where there is none."""
    if side < 0:
        return torch.nn.functional.pad(x[..., :-1], (1, 0))
    return torch.nn.functional.pad(x[..., 1:], (0, 1))


def attack(weights: Tensor, waves: Tensor) -> Tensor:
    """Return the attack of grain 0, (B, GRAIN), from atom weights (B, ATOMS)."""
    out: Tensor = weights @ waves
    return out


def begun(y: Tensor) -> Tensor:
    """Return how much of its attack a first grain has, (B, 1): 1, but less where all else is near silence.

    Attacks are a linear layer's, and its rounding alone would be heard; so digital silence stays silent.

    Args:
        y: (B, OUTPUTS) of the decoder.
    """
    levels = y[:, : bands.BANDS + 16]
    loudest = (torch.exp(torch.clamp(levels, max=LOUDEST)) * (levels > SILENT)).amax(dim=1, keepdim=True)
    return torch.clamp(loudest / WHOLE_ATTACK, max=1.0)


def render(
    y: Tensor, opening: Tensor, turns: Turns, centre_hz: Tensor | None = None, *, flat: bool = True
) -> Tensor:
    """Return whole hits, (B, T * HOP), of the decoder's outputs and grain 0's attack (B, GRAIN)."""
    made = parts(y, centre_hz)
    start = torch.ones(len(y), dtype=torch.bool)
    sound = noise(made.gains, start, turns, flat=flat)
    sound = sound + sines(made.amplitudes, made.hz, torch.zeros(len(y), 16))
    return torch.cat([sound[:, :GRAIN] + begun(y[:, 0]) * opening, sound[:, GRAIN:]], dim=1)
