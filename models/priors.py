"""What a trained model's spaces look like: each class's density, knob directions, loudness and length."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from instrument import bands
from instrument.analysis import HOP
from instrument.space import EMBEDDING_REACH, LATENT_REACH
from models import synth
from models.config import Config
from models.data import Hit
from models.model import Model
from models.stages import hear

F32 = NDArray[np.float32]
DRAWS = 16
SHRINKAGE = 0.05  # of a class's covariance towards its diagonal: thin classes have few hits
LOUD_S = 0.1
TARGET_DB = -14.0  # of the loudest LOUD_S of a hit, weighted for the ear
MOST_GAIN_DB = 6.0
KNOB_GRAINS = 96
REACHES = (1.0, 0.8, 0.64, 0.5, 0.4, 0.3)
LOUDER = 2.0  # the most that a knob's end may peak over its middle


@dataclass(frozen=True, slots=True)
class Encoded:
    """All training hits: embeddings (M, E), labels (M), and each hit's path."""

    embeddings: F32
    labels: NDArray[np.int64]
    paths: list[F32]


@torch.no_grad()
def encode(model: Model, hits: list[Hit]) -> Encoded:
    """Return posterior means of hits."""
    paths = [model.encode(hit) for hit in hits]
    labels = torch.tensor([hit.label for hit in hits])
    mean, _ = model.hit_encoder(torch.stack([hear(path) for path in paths]), model.condition(labels))
    return Encoded(mean.numpy(), labels.numpy(), [path.numpy() for path in paths])


def density(embeddings: F32) -> tuple[F32, F32]:
    """Return mean (E,) and lower Cholesky factor (E, E) of one class's embeddings (M, E)."""
    mean = embeddings.mean(axis=0)
    covariance = np.cov(embeddings.T.astype(np.float64)) if len(embeddings) > 1 else np.eye(len(mean))
    diagonal = np.diag(np.diag(covariance))
    covariance = (1.0 - SHRINKAGE) * covariance + SHRINKAGE * diagonal + 1e-4 * np.eye(len(mean))
    return mean.astype(np.float32), np.linalg.cholesky(covariance).astype(np.float32)


def directions(points: F32, count: int) -> F32:
    """Return the `count` principal directions of points (M, D), each one standard deviation long, (count, D).

    Signs are made definite: the largest coordinate is positive.
    """
    away = points - points.mean(axis=0)
    _, size, found = np.linalg.svd(away.astype(np.float64), full_matrices=False)
    out = np.zeros((count, points.shape[1]), np.float32)
    for k in range(min(count, len(found))):
        sign = np.sign(found[k, np.argmax(np.abs(found[k]))])
        out[k] = sign * found[k] * size[k] / np.sqrt(max(len(points) - 1, 1))
    return out


@torch.no_grad()
def latent_directions(encoded: Encoded, label: int, count: int) -> F32:
    """Return the directions in which the grains of a class vary between its hits, at the same age."""
    chosen = [encoded.paths[i][:32] for i in np.nonzero(encoded.labels == label)[0]]
    length = min(len(path) for path in chosen)
    stacked = np.stack([path[:length] for path in chosen])  # (M, T, Z)
    away = stacked - stacked.mean(axis=0)
    return directions(away.reshape(-1, away.shape[-1]), count)


@torch.no_grad()
def loudness_db(sound: F32) -> float:
    """Return the level of the loudest LOUD_S of a hit, weighted about as the ear does (K-weighting)."""
    spectrum = np.fft.rfft(sound)
    hz = np.fft.rfftfreq(len(sound), 1.0 / bands.MODEL_RATE_HZ)
    low = 1.0 / np.sqrt(1.0 + (38.0 / np.maximum(hz, 1.0)) ** 4)
    high = np.sqrt((1.0 + (hz / 1200.0) ** 2) / (1.0 + (hz / 1900.0) ** 2))
    weighted = np.fft.irfft(spectrum * low * high, n=len(sound))
    window = int(LOUD_S * bands.MODEL_RATE_HZ)
    total = np.concatenate([[0.0], np.cumsum(np.pad(weighted, (0, window)) ** 2)])
    return float(10 * np.log10((total[window:] - total[:-window]).max() / window + 1e-9))


@torch.no_grad()
def gain_db(model: Model, mean: F32, factor: F32, label: int) -> float:
    """Return the gain that brings draws of a class to TARGET_DB, within what keeps them from clipping."""
    generator = torch.Generator().manual_seed(label)
    unit = torch.randn(DRAWS, len(mean), generator=generator)
    embedding = torch.from_numpy(mean) + unit @ torch.from_numpy(factor).T
    sounds = sound(model, embedding, label, 188, generator)
    level = float(np.median([loudness_db(s) for s in sounds]))
    peak = float(np.percentile(np.abs(sounds).max(axis=1), 75))
    return float(np.clip(min(TARGET_DB - level, -20 * np.log10(max(peak, 1e-3))), -24.0, MOST_GAIN_DB))


@torch.no_grad()
def sound(model: Model, embedding: torch.Tensor, label: int, grains: int, draws: torch.Generator) -> F32:
    """Return hits decoded from embeddings (B, E) of one class, in float32 arithmetic, (B, grains * HOP)."""
    condition = model.condition(torch.full((len(embedding),), label))
    return _decoded(model, model.hit_decoder(embedding, condition, grains), condition, draws)


def _decoded(model: Model, z: torch.Tensor, condition: torch.Tensor, draws: torch.Generator) -> F32:
    hidden = model.grain_decoder.hidden(z, condition[:, None])
    weights = model.grain_decoder.attack(hidden[:, 0])
    turns = synth.Turns.random(len(z), z.shape[1], draws)
    made = synth.render(model.grain_decoder.spectrum(hidden), weights, model.grain_decoder.waves(), turns)
    return np.asarray(made.numpy(), np.float32)


@torch.no_grad()
def reach(model: Model, mean: F32, label: int, direction: F32, *, latent: bool = False) -> float:
    """Return how much a knob's direction is to be shortened, 0 to 1, so that neither end is much too loud.

    Args:
        model: what sounds.
        mean: (E,) of the class.
        label: the class.
        direction: one standard deviation, (E,), or (Z,) when `latent`.
        latent: whether the knob moves every latent of the path, not the embedding.
    """
    most = LATENT_REACH if latent else EMBEDDING_REACH
    for share in REACHES:
        sides = torch.tensor([[-1.0], [0.0], [1.0]]) * torch.from_numpy(direction * (most * share))
        condition = model.condition(torch.full((3,), label))
        still = torch.from_numpy(mean).expand(3, -1)
        z = model.hit_decoder(still if latent else still + sides, condition, KNOB_GRAINS)
        z = z + sides[:, None] if latent else z
        peaks = np.abs(_decoded(model, z, condition, torch.Generator().manual_seed(label))).max(axis=1)
        if peaks.max() <= LOUDER * peaks[1]:
            return share
    return REACHES[-1]


def length_s(hits: list[Hit], label: int, config: Config) -> float:
    """Return how long hits of a class are at most, in seconds, and a little more.

    Where recordings were cut at `longest_s`, the model goes on by itself and ends when it is silent.
    """
    hops = [len(h.inputs) - config.silent_grains for h in hits if h.label == label and h.original]
    seconds = float(np.percentile(hops, 98)) * HOP / bands.MODEL_RATE_HZ
    cut = seconds > config.longest_s - 0.05
    return round(seconds + (1.0 if cut else 0.1), 2)
