"""How loud a hit will be, told from its embedding: measured on many, fitted by a quadratic form."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from instrument import bands
from instrument.engine.link import Timbre
from instrument.space import EMBEDDING_REACH, MOST_CORRECTION_DB
from models.played import Player

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LOUD_S = 0.1
HEARD_S = 0.7  # of each hit: by then it has been loudest
FITTED = 2400  # hits a class; fewer where there are few recordings
FITTED_PER_HIT = 32
TURNED = 0.1  # of them with knobs turned, as many struck soft or hard: most are played as drawn
FIRST_SEED = 1_000_000  # of the hits fitted: those that loudness is judged on are others
FURTHEST_DB = 20.0  # from the median: what is silent tells nothing
NARROWEST = 0.05  # standard deviation that a direction counts with at the least
LINEAR = 3.0  # how much less a linear term is held back than a quadratic one
PENALTIES = [float(each) for each in np.geomspace(1.0, 1e5, 21)]


@dataclass(frozen=True, slots=True)
class Loudness:
    """How many dB louder than its class's middle a hit is at an offset d: linear · d + d · quadratic · d.

    `residual_db` is the standard deviation of what is left, of hits kept out of the fit.
    """

    linear: F32  # (E,)
    quadratic: F32  # (E, E), symmetrical
    residual_db: float


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


def learn(player: Player, label: int, recordings: int) -> Loudness:
    """Return how loud hits of a class are: drawn ones, some with knobs turned, some soft, some hard."""
    count = min(FITTED, FITTED_PER_HIT * recordings)
    bundle, rng = player.bundle, np.random.default_rng(label)
    knobs = bundle.arrays["knobs.embedding"][label]
    velocity = bundle.arrays.get("velocity.embedding", np.zeros_like(bundle.arrays["prior.mean"]))[label]
    mean = bundle.arrays["prior.mean"][label]
    offsets, heard = [], []
    for n in tqdm(range(count), desc=f"loudness of {bundle.classes[label]}", unit="hit", leave=False):
        seed = FIRST_SEED + n
        embedding = player.space.draw(label, seed)
        kind = rng.random()
        if kind < TURNED:
            embedding = embedding + (EMBEDDING_REACH * _turns(rng, len(knobs))) @ knobs
        elif kind < 2 * TURNED:
            embedding = embedding + rng.uniform(-1.0, 1.0) * velocity
        embedding = embedding.astype(np.float32)
        offsets.append(embedding - mean)
        heard.append(loudness_db(player.play(_timbre(player, label, embedding, rng), seed, HEARD_S)))
    return fit(np.array(offsets), np.array(heard), bundle.arrays["prior.factor"][label])


def _turns(rng: np.random.Generator, count: int) -> F64:
    """Return knobs of which some are turned, to their ends as often as not, (count,), -1 to 1."""
    turned = np.clip(rng.uniform(-2.0, 2.0, count), -1.0, 1.0)
    return np.asarray(turned * (rng.random(count) < 0.5), np.float64)


def _timbre(player: Player, label: int, embedding: F32, rng: np.random.Generator) -> Timbre:
    """Return an embedding's timbre, near the middle of its class's range where it has a pitch."""
    middle = player.bundle.sounding_pitch(label)
    pitch = None if middle is None else middle + float(rng.integers(-4, 5))
    return player.timbre(label, embedding, pitch=pitch)


def fit(offsets: "F64 | F32", heard_db: F64, factor: "F64 | F32") -> Loudness:
    """Fit loudness to offsets from a class's mean.

    Ridge regression in whitened coordinates; its penalty is the one that foretells each hit best from all
    the others (Allen's PRESS, 1974).

    Args:
        offsets: (N, E).
        heard_db: (N,).
        factor: (E, E), the Cholesky factor of the class's covariance.
    """
    unit = _whitening(factor)
    features = _features(offsets @ unit.T)
    y = np.clip(heard_db, np.median(heard_db) - FURTHEST_DB, np.median(heard_db) + FURTHEST_DB)
    u, s, vt = np.linalg.svd(features - features.mean(axis=0), full_matrices=False)
    along = u.T @ (y - y.mean())

    def left_out_db(penalty: float) -> F64:
        """Return by how much each hit is missed by a fit to all others, (N,)."""
        shares = s**2 / (s**2 + penalty)
        own = (u**2 * shares).sum(axis=1) + 1.0 / len(y)
        return np.asarray((y - y.mean() - u @ (shares * along)) / np.maximum(1.0 - own, 1e-9), np.float64)

    penalty = min(PENALTIES, key=lambda each: float((left_out_db(each) ** 2).mean()))
    linear, quadratic = _forms(vt.T @ (s / (s**2 + penalty) * along), len(factor))
    return Loudness(
        (unit.T @ linear).astype(np.float32),
        (unit.T @ quadratic @ unit).astype(np.float32),
        float(np.std(left_out_db(penalty))),
    )


def _whitening(factor: "F64 | F32") -> F64:
    """Return what makes a class's offsets a unit normal, (E, E); narrow directions count as NARROWEST."""
    wide = factor.astype(np.float64)
    sizes, axes = np.linalg.eigh(wide @ wide.T)
    return np.asarray((axes / np.sqrt(np.maximum(sizes, NARROWEST**2))).T, np.float64)


def _features(units: F64) -> F64:
    """Return linear and quadratic terms of whitened offsets (N, E), (N, E + E (E + 1) / 2)."""
    rows, columns = np.triu_indices(units.shape[1])
    products = units[:, rows] * units[:, columns] * np.where(rows == columns, 1.0, np.sqrt(2.0))
    return np.concatenate([LINEAR * units, products], axis=1)


def _forms(weights: F64, size: int) -> tuple[F64, F64]:
    """Return the linear (E,) and the symmetrical quadratic form (E, E) of the weights of `_features`."""
    rows, columns = np.triu_indices(size)
    form = np.zeros((size, size))
    form[rows, columns] = weights[size:] * np.where(rows == columns, 1.0, np.sqrt(2.0)) / 2.0
    return LINEAR * weights[:size], form + form.T


def correction_db(loudness: Loudness, offset: "F64 | F32") -> float:
    """Return the gain a hit gets at an offset (E,), as instrument.space gives it."""
    louder = float(loudness.linear @ offset + offset @ loudness.quadratic @ offset)
    return float(np.clip(-louder, -MOST_CORRECTION_DB, MOST_CORRECTION_DB))
