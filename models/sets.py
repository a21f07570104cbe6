"""How a set of draws compares with a set of recordings, in an embedding: distance, diversity, coverage.

Points are (N, D), spread to about unit variance by `Scale`, which knows training recordings alone.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import linalg

from models import figures, judge

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Measure = Callable[[F64], float]  # of points, from what it was made with

HALVES = 60
PATCH = (40, 32)  # of a log-mel picture, for the embedding that knows no classes
DIRECTIONS = 64
NEIGHBOURS = 5
SEED = 11


@dataclass(frozen=True, slots=True, eq=False)
class Principal:
    """The label-free embedding: the first 64 principal components of 40 × 32 log-mel patches.

    Attributes:
        middle: (1280,) mean of training patches.
        components: (64, 1280).
    """

    middle: F32
    components: F32

    @classmethod
    def of(cls, pictures: F32) -> "Principal":
        """Learn from training pictures, (N, MELS, FRAMES)."""
        patches = _patches(pictures)
        middle = patches.mean(axis=0)
        away = (patches - middle).astype(np.float64)
        size = away.shape[1]
        _, found = linalg.eigh(away.T @ away, subset_by_index=(size - DIRECTIONS, size - 1))
        return cls(middle, found.T[::-1].astype(np.float32))

    def embed(self, pictures: F32) -> F32:
        """Return the points of pictures, (N, 64)."""
        return np.asarray((_patches(pictures) - self.middle) @ self.components.T, np.float32)


def _patches(pictures: F32) -> F32:
    """Return pictures (N, MELS, FRAMES) averaged down to PATCH, flattened."""
    rows = _means(pictures.shape[1], PATCH[0])
    columns = _means(pictures.shape[2], PATCH[1])
    parts = rows @ pictures @ columns.T
    return np.asarray(parts.reshape(len(pictures), PATCH[0] * PATCH[1]), np.float32)


def _means(size: int, parts: int) -> F32:
    """Return the mean over each of `parts` equal parts of `size` cells, (parts, size)."""
    edges = np.linspace(0, size, parts + 1)
    cells = np.arange(size)
    inside = np.minimum(cells[None] + 1, edges[1:, None]) - np.maximum(cells[None], edges[:-1, None])
    return np.asarray(np.maximum(inside, 0.0) * parts / size, np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Scale:
    """Centres points on training recordings, at a mean variance of 1 a dimension."""

    middle: F32
    width: float

    @classmethod
    def of(cls, points: F32) -> "Scale":
        return cls(points.mean(axis=0), float(np.sqrt(points.var(axis=0).mean()) + 1e-9))

    def __call__(self, points: F32) -> F64:
        return np.asarray((points - self.middle) / self.width, np.float64)


def kid(real: F64) -> Measure:
    """Return the kernel inception distance from recordings: squared MMD, unbiased, kernel (x·y / D + 1)³.

    Bińkowski et al. (2018). It may be a little below 0.
    """
    among_real = _mean_kernel(real)

    def distance(points: F64) -> float:
        across = (points @ real.T / points.shape[1] + 1.0) ** 3
        return float(_mean_kernel(points) + among_real - 2.0 * across.mean())

    return distance


def _mean_kernel(points: F64) -> float:
    """Return the mean kernel between two different points."""
    kernel = (points @ points.T / points.shape[1] + 1.0) ** 3
    return float((kernel.sum() - np.trace(kernel)) / (len(points) * (len(points) - 1)))


def frechet(real: F64) -> Measure:
    """Return the Fréchet distance between Gaussians fitted to points and recordings.

    It depends on how many there are of each.
    """
    middle, width = real.mean(axis=0), np.cov(real.T)
    values, vectors = np.linalg.eigh(width)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T

    def distance(points: F64) -> float:
        away, own = points.mean(axis=0) - middle, np.cov(points.T)
        shared = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ own @ root), 0.0)).sum()
        return float(away @ away + np.trace(width) + np.trace(own) - 2.0 * shared)

    return distance


def between(measure: Measure, points: F64) -> figures.Figure:
    """Return what a measure says of points, its interval over halves of them."""
    rng = np.random.default_rng(SEED)
    count = max(2, len(points) // 2)
    halves = [measure(points[rng.permutation(len(points))[:count]]) for _ in range(HALVES)]
    return figures.of_halves(measure(points), halves, len(points))


def distances(points: F64, others: F64) -> F64:
    """Return Euclidean distances, (N, M)."""
    square = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None] - 2.0 * points @ others.T
    return np.asarray(np.sqrt(np.maximum(square, 0.0)), np.float64)


def spread(points: F64) -> float:
    """Return the mean distance between two of the points."""
    return float(distances(points, points).sum() / max(1, len(points) * (len(points) - 1)))


def diversity(real: F64) -> Measure:
    """Return how far draws are from one another, relative to recordings; 1 ideal."""
    wide = max(spread(real), 1e-9)
    return lambda points: spread(points) / wide


def coverage(real: F64) -> Measure:
    """Return the share of recordings with a draw nearer than their fifth nearest recording.

    Naeem et al. (2020), "Reliable fidelity and diversity metrics for generative models".
    """
    count = min(NEIGHBOURS, len(real) - 1)
    reach = np.sort(distances(real, real), axis=1)[:, count]  # column 0 is itself
    return lambda points: float(np.mean(distances(real, points).min(axis=1) <= reach))


def nearest(points: F64, training: F64) -> F64:
    """Return each point's distance to the nearest training recording, (N,)."""
    return np.asarray(distances(points, training).min(axis=1), np.float64)


def pictures(sounds: list[F32]) -> F32:
    """Return the log-mel pictures of sounds, (N, MELS, FRAMES)."""
    blank = np.zeros((0, judge.MELS, judge.FRAMES), np.float32)
    return np.concatenate([blank, *(judge.picture(sound)[None] for sound in sounds)])
