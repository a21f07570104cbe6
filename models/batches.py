"""Batches of grains, of stretches of sound and of whole paths, drawn evenly over classes."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from instrument.analysis import FLOOR, GRAIN, HOP
from instrument.bands import BANDS
from models.config import Config
from models.data import Hit

I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grains:
    """A batch of grains, its first dimensions (B) or (B, T).

    Attributes:
        inputs: (…, INPUTS) as heard.
        noise: (…, BANDS) levels of the noise alone.
        sines: (…, 2 * OSCILLATORS) levels and places of the sines the oscillators are to play.
        first: (…) 1 where a grain is its hit's first.
        openings: (B, GRAIN) the first grain's waveform of each hit.
        gains: (B) linear, already in all of the above.
        labels: (B).
        pitches: (B) MIDI numbers, 0 for none.
    """

    inputs: Tensor
    noise: Tensor
    sines: Tensor
    first: Tensor
    openings: Tensor
    gains: Tensor
    labels: Tensor
    pitches: Tensor


class Sampler:
    """Draws from the training hits; every class as often as any other."""

    def __init__(self, hits: list[Hit], config: Config, rng: np.random.Generator) -> None:
        self.hits = hits
        self.config = config
        self.rng = rng
        labels = np.array([h.label for h in hits])
        self.by_label = [np.nonzero(labels == label)[0] for label in np.unique(labels)]
        self.labels = torch.from_numpy(labels)
        self.pitches = torch.tensor([h.pitch for h in hits])
        self.lengths = np.array([len(h.inputs) for h in hits])
        self.starts = np.concatenate([[0], np.cumsum(self.lengths)[:-1]])
        self.inputs = torch.from_numpy(np.concatenate([h.inputs for h in hits]))
        self.noise = torch.from_numpy(np.concatenate([h.bands for h in hits]))
        self.sines = torch.from_numpy(np.concatenate([h.sines for h in hits]))
        self.audio = torch.from_numpy(np.concatenate([h.audio for h in hits]))
        self.openings = torch.from_numpy(np.stack([np.pad(h.audio, (0, GRAIN))[:GRAIN] for h in hits]))

    def draw(self, count: int) -> I64:
        """Return indices of `count` hits."""
        labels = self.rng.integers(len(self.by_label), size=count)
        return np.array([self.rng.choice(self.by_label[label]) for label in labels])

    def grains(self, count: int) -> Grains:
        """Return single grains, eight of each hit, the early ones more often, (count // 8 * 8, …)."""
        chosen = self.draw(count // 8).repeat(8)
        place = (self.rng.random(len(chosen)) ** 2 * self.lengths[chosen]).astype(np.int64)
        place[::8] = 0
        return self._gather(chosen, place[:, None], flat=True)

    def stretches(self, count: int, grains: int) -> tuple[Grains, Tensor]:
        """Return stretches of `grains` successive grains, most from the onset on, and their sound."""
        chosen = self.draw(count)
        latest = np.maximum(self.lengths[chosen] - grains, 0)
        start = (self.rng.random(count) * (latest + 1)).astype(np.int64)
        start[self.rng.random(count) < 0.65] = 0
        place = start[:, None] + np.arange(grains)
        batch = self._gather(chosen, place, flat=False)
        frames = torch.from_numpy((self.starts[chosen] + start) * HOP)[:, None] + torch.arange(grains * HOP)
        last = torch.from_numpy((self.starts + self.lengths)[chosen] * HOP)[:, None]
        sound = self.audio[torch.minimum(frames, last - 1)] * (frames < last)
        return batch, sound * batch.gains[:, None]

    def beginnings(self, chosen: Tensor, frames: int) -> Tensor:
        """Return the first `frames` of hits, (B, frames), silence where they are shorter."""
        starts = torch.from_numpy(self.starts * HOP)[chosen][:, None]
        ends = starts + torch.from_numpy(self.lengths * HOP)[chosen][:, None]
        place = starts + torch.arange(frames)
        return self.audio[torch.minimum(place, ends - 1)] * (place < ends)

    def _gather(self, chosen: I64, place: I64, flat: bool) -> Grains:
        quieter = np.where(self.rng.random(len(chosen)) < 0.3, self.rng.random(len(chosen)), 0.0)
        gains = torch.from_numpy(10 ** (self.config.quiet_db * quieter / 20)).float()
        gains[torch.from_numpy(self.rng.random(len(chosen)) < self.config.silent)] = 0.0
        inside = np.minimum(place, self.lengths[chosen][:, None] - 1)
        index = torch.from_numpy(self.starts[chosen][:, None] + inside)
        inputs = self.inputs[index]
        noise = torch.clamp(self.noise[index] + gains.log()[:, None, None], min=FLOOR)
        inputs = _quieter(inputs, gains)
        sines = self.sines[index]
        levels = torch.clamp(sines[..., :16] + gains.log()[:, None, None], min=FLOOR)
        sines = torch.cat([levels, sines[..., 16:]], dim=-1)
        first = torch.from_numpy((place == 0).astype(np.float32))
        openings = self.openings[torch.from_numpy(chosen)] * gains[:, None]
        labels, pitches = (of[torch.from_numpy(chosen)] for of in (self.labels, self.pitches))
        if flat:
            inputs, noise, sines, first = inputs[:, 0], noise[:, 0], sines[:, 0], first[:, 0]
        return Grains(inputs, noise, sines, first, openings, gains, labels, pitches)


def _quieter(inputs: Tensor, gains: Tensor) -> Tensor:
    """Return inputs (B, …, INPUTS) at other levels, gains (B); the sines' places stay, but in silence."""
    places = slice(BANDS + 16, BANDS + 32)
    out = torch.clamp(inputs + gains.log()[:, None, None], min=FLOOR)
    out[..., places] = inputs[..., places] * (gains > 0)[:, None, None]
    return out
