"""The whole model: both VAEs, the classes they know, and what a run has fitted to them."""

import numpy as np
import torch
from torch import Tensor, nn

from instrument.encoder import PITCH_CENTRE, PITCH_SPAN, span_weights
from models import synth
from models.config import Config
from models.data import Hit
from models.grain_vae import GrainDecoder, GrainEncoder
from models.hit_vae import HitDecoder, HitEncoder


class Model(nn.Module):
    """Grain VAE and hit VAE of one data set's classes."""

    def __init__(self, config: Config, classes: tuple[str, ...]) -> None:
        super().__init__()
        self.config = config
        self.classes = classes
        self.grain_encoder = GrainEncoder(config)
        size = len(classes) + config.pitched
        self.grain_decoder = GrainDecoder(config, size)
        self.hit_encoder = HitEncoder(config, size)
        self.hit_decoder = HitDecoder(config, size)

    def condition(self, labels: Tensor, pitches: Tensor | None = None) -> Tensor:
        """Return the conditions (B, C) of class indices and, in a pitched model, MIDI pitches, both (B).

        One-hot classes; a pitched model has one more column, 0 where a hit has no pitch.
        """
        classes = nn.functional.one_hot(labels, len(self.classes)).float()
        if not self.config.pitched:
            return classes
        heard = torch.zeros(len(labels)) if pitches is None else pitches
        column = torch.where(heard > 0, (heard - PITCH_CENTRE) / PITCH_SPAN, torch.zeros_like(heard))
        return torch.cat([classes, column[:, None]], dim=1)

    def onsets(self, openings: Tensor) -> Tensor:
        """Return projections of first grains (B, GRAIN) on the directions heard, (B, ATOMS)."""
        return torch.matmul(openings, self.grain_encoder.onset.T)

    def hear(self, path: Tensor) -> Tensor:
        """Return a path as the hit encoder hears it, (SPANS, Z)."""
        return torch.from_numpy(span_weights(len(path), self.config.span_grains).copy()) @ path

    def sound(self, y: Tensor, opening: Tensor, pitches: Tensor, turns: synth.Turns | None = None) -> Tensor:
        """Return whole hits, (B, T * HOP), as the core would play them in float arithmetic.

        Args:
            y: (B, T, OUTPUTS) of the grain decoder.
            opening: (B, width) last layer of grain 0, before the heads.
            pitches: (B) MIDI numbers, 0 for none.
            turns: which noise; None: any.
        """
        attack = synth.attack(self.grain_decoder.attack(opening), self.grain_decoder.waves())
        turns = turns or synth.Turns.random(*y.shape[:2])
        return synth.render(y, attack, turns, synth.centres(pitches), flat=self.config.flat_noise)

    def encode(self, hit: Hit) -> Tensor:
        """Return the path of a hit, (N, Z) posterior means."""
        inputs = torch.from_numpy(hit.inputs)
        onset = torch.zeros(len(inputs), self.config.atoms)
        first = torch.zeros(len(inputs))
        onset[0] = self.onsets(torch.from_numpy(hit.audio[None, : self.grain_encoder.onset.shape[1]]))[0]
        first[0] = 1.0
        return torch.as_tensor(self.grain_encoder(inputs, onset, first)[0])


def learn_onsets(model: Model, openings: np.ndarray) -> None:
    """Take the directions in which first grains (M, GRAIN) vary most as the atoms and as the encoder's onset.

    The atoms are learned further; what the encoder hears stays.
    """
    faded = openings * model.grain_decoder.fade.numpy()
    _, size, directions = np.linalg.svd(faded.astype(np.float64), full_matrices=False)
    count = min(model.config.atoms, len(directions))
    with torch.no_grad():
        basis = torch.from_numpy(directions[:count].astype(np.float32))
        model.grain_encoder.onset[:count] = basis
        spread = torch.from_numpy((size[:count] / len(openings) ** 0.5).astype(np.float32))
        model.grain_decoder.atoms[:count] = basis * torch.clamp(spread, min=1e-3)[:, None]
