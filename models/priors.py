"""What a trained model's spaces look like: each class's density, knob directions, loudness and length."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from instrument import bands
from instrument.analysis import HOP
from instrument.space import EMBEDDING_REACH, LATENT_REACH
from instrument.units import db_to_gain
from models.config import Config
from models.data import Hit
from models.loudness import HEARD_S, loudness_db
from models.model import Model
from models.played import Player

F32 = NDArray[np.float32]
DRAWS = 48
SHRINKAGE = 0.05  # of a class's covariance towards its diagonal: thin classes have few hits
TARGET_DB = -14.0  # of the loudest LOUD_S of a hit, weighted for the ear
MOST_GAIN_DB = 6.0
KNOB_S = 0.5
REACHES = (1.0, 0.8, 0.64, 0.5, 0.4, 0.3)
LOUDER = 2.0  # the most that a knob's end may peak over its middle


@dataclass(frozen=True, slots=True)
class Encoded:
    """Hits: embeddings (M, E) and how sure they are (M, E) as variances, labels (M), and each hit's path."""

    embeddings: F32
    spreads: F32
    labels: NDArray[np.int64]
    paths: list[F32]


@torch.no_grad()
def encode(model: Model, hits: list[Hit]) -> Encoded:
    """Return the posteriors of hits."""
    paths = [model.encode(hit) for hit in hits]
    labels = torch.tensor([hit.label for hit in hits])
    condition = model.condition(labels, torch.tensor([hit.pitch for hit in hits]))
    mean, spread = model.hit_encoder(torch.stack([model.hear(path) for path in paths]), condition)
    return Encoded(mean.numpy(), spread.exp().numpy(), labels.numpy(), [path.numpy() for path in paths])


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


def latent_directions(encoded: Encoded, label: int, count: int) -> F32:
    """Return the directions in which the grains of a class vary between its hits, at the same age."""
    chosen = [encoded.paths[i][:32] for i in np.nonzero(encoded.labels == label)[0]]
    length = min(len(path) for path in chosen)
    stacked = np.stack([path[:length] for path in chosen])  # (M, T, Z)
    away = stacked - stacked.mean(axis=0)
    return directions(away.reshape(-1, away.shape[-1]), count)


def gain_db(player: Player, label: int) -> float:
    """Return the gain that brings draws of a class to TARGET_DB, a quarter of them at most beyond full scale.

    Each as it is played, with its own correction; what is beyond meets the limiter.
    """
    levels, peaks = [], []
    for n in range(DRAWS):
        embedding = player.space.draw(label, n)
        own_db = player.space.correction_db(label, embedding)
        sound = player.play(player.timbre(label, embedding), n, HEARD_S)
        levels.append(loudness_db(sound) + own_db)
        peaks.append(float(np.abs(sound).max()) * db_to_gain(own_db))
    loudest_db = -20 * np.log10(max(float(np.percentile(peaks, 75)), 1e-3))
    return float(np.clip(min(TARGET_DB - float(np.median(levels)), loudest_db), -24.0, MOST_GAIN_DB))


def reach(player: Player, label: int, direction: F32, *, latent: bool = False) -> float:
    """Return how much a knob's direction is to be shortened, 0 to 1, so that neither end is much too loud.

    Args:
        player: plays the bundle.
        label: the class.
        direction: one standard deviation, (E,), or (Z,) when `latent`.
        latent: whether the knob moves every latent of the path, not the embedding.
    """
    most = LATENT_REACH if latent else EMBEDDING_REACH
    mean = player.bundle.arrays["prior.mean"][label]

    def peak(share: float) -> float:
        moved = (share * most * direction).astype(np.float32)
        timbre = player.timbre(label, mean, moved) if latent else player.timbre(label, mean + moved)
        return float(np.abs(player.play(timbre, label, KNOB_S)).max())

    middle = peak(0.0)
    for share in REACHES:
        if max(peak(-share), peak(share)) <= LOUDER * middle:
            return share
    return REACHES[-1]


def pitch_range(hits: list[Hit], label: int) -> tuple[int, int]:
    """Return the lowest and highest MIDI pitch of a class's recordings, in whole semitones."""
    pitches = [hit.pitch for hit in hits if hit.label == label and hit.original and hit.pitch]
    if not pitches:
        raise ValueError(f"class {label} has no recording with a pitch")
    return round(min(pitches)), round(max(pitches))


def length_s(hits: list[Hit], label: int, config: Config) -> float:
    """Return how long hits of a class are at most, in seconds, and a little more.

    Where recordings were cut at `longest_s`, the model goes on by itself and ends when it is silent.
    """
    hops = [len(h.inputs) - config.silent_grains for h in hits if h.label == label and h.original]
    seconds = float(np.percentile(hops, 98)) * HOP / bands.MODEL_RATE_HZ
    cut = seconds > config.longest_s - 0.05
    return round(seconds + (1.0 if cut else 0.1), 2)
