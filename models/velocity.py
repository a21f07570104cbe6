"""Soft and hard hits: how recordings were struck, by their names, and where that lies in the embedding.

Recordings are peak-normalised, so loudness is gone and only timbre tells. SERIES lists the names that count
from soft to hard and whose brightness (log-frequency centroid of the first 100 ms) rises with the count, as a
player expects. Spearman's correlation, the median over instruments and microphones:

    listed: muldjord, muldjordmic crash and china 0.91, closed hat 0.85, kick 0.98 (each microphone alone),
        snare 0.93, tom 0.79; osdk toms 0.92, snare-top 0.55 and 0.87; gogodze2 kick 0.99, tom 0.94, hats
        0.65; bodyperc claps 0.86; frankensnare rimshot 0.86; pairs of soft and hard
    not listed: muldjord open hat 0.26, ride 0.1; osdk hats 0.41 and -0.44, crash 0.05, ride 0.01,
        snare-bottom -0.30; gogodze2 hc 0.05, hf -0.1, ho -0.41, snares -0.56; frankensnare with sticks -0.05
        and brushes -0.64 (softly struck, wires are more of the sound); the numbers of smplds TR-808 are knobs
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SERIES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?P<kit>muldjord__(china|crashr|hihatclosed|kdrum[lr]|snare\d|tom\d))-(?P<order>\d+)",
        r"(?P<kit>muldjordmic__(china|crashr|hihatclosed|kdrum[lr]|snare\d|tom\d))-(?P<order>\d+)-(?P<view>\w+)",
        r"(?P<kit>osdk__((large|medium|small)-tom(-under)?|snare-top(-buttend)?))(?P<order>\d+)",
        r"(?P<kit>frankensnare__.+-rimshot-sr|bodyperc__.+)-vl(?P<order>\d+)-rr\d+",
        r"(?P<kit>gogodze2__(ks|t[hml]|h[hlt]))-vl(?P<order>\d+)-rr\d+-(?P<view>\w+)",
        r"(?P<kit>sonicpi__drum-.+)-(?P<order>soft|hard)",
        r"(?P<kit>bigcat__sus)-.+-(?P<order>p|mp|mf|f|ff)",
        r"(?P<kit>vsco__trumpet-sus)-(?P<order>p|mp|mf|f|ff)-.+",
        r"(?P<kit>splendid_)_(?P<order>p|mp|mf|f|ff)-.+",
    )
)
WORDS = {word: place for place, word in enumerate(("pp", "p", "soft", "mp", "mf", "f", "hard", "ff"))}
LEAST_HITS = 16  # recordings of a class that are struck in several ways; with fewer, chance decides


@dataclass(frozen=True, slots=True)
class Stroke:
    """How hard a recording was struck among those of its instrument and microphone."""

    group: str
    rank: float  # 0 softest, 1 hardest


def strokes(paths: Sequence[str]) -> list[Stroke | None]:
    """Return how each recording was struck; None where its name does not tell or nothing compares."""
    found = [_listed(Path(path).stem) for path in paths]
    orders: dict[str, set[int]] = defaultdict(set)
    for each in found:
        if each is not None:
            orders[each[0]].add(each[1])
    ranks = {
        group: {order: place / max(len(known) - 1, 1) for place, order in enumerate(sorted(known))}
        for group, known in orders.items()
    }
    return [
        None if each is None or len(orders[each[0]]) < 2 else Stroke(each[0], ranks[each[0]][each[1]])
        for each in found
    ]


def _listed(stem: str) -> tuple[str, int] | None:
    """Return instrument (with its microphone) and place in its series."""
    for pattern in SERIES:
        if match := pattern.fullmatch(stem):
            parts = match.groupdict()
            order = parts["order"].lower()
            return f"{parts['kit']} {parts.get('view') or ''}", WORDS[order] if order in WORDS else int(order)
    return None


def direction(embeddings: F32, struck: Sequence[Stroke | None], pitches: Sequence[float]) -> F32:
    """Return what is to be added to an embedding of a class for its hardest hits, off it for its softest.

    Half the slope of the embedding over the rank within instruments, the pitch held still, each of the
    residual's principal coordinates shrunk as chance alone would move it (James and Stein 1961).

    Args:
        embeddings: (M, E) of recordings of one class, each once.
        struck: how each was struck.
        pitches: MIDI pitch of each, 0 for none.

    Returns:
        (E,); zeros where fewer than LEAST_HITS recordings tell.
    """
    chosen = [i for i, stroke in enumerate(struck) if stroke is not None]
    if len(chosen) < LEAST_HITS:
        return np.zeros(embeddings.shape[1], np.float32)
    groups = np.array([stroke.group for stroke in struck if stroke is not None])
    rank = np.array([[stroke.rank] for stroke in struck if stroke is not None])
    x, heard, tuned = (
        _within(groups, np.asarray(values, np.float64))
        for values in (rank, embeddings[chosen], np.array(pitches)[chosen][:, None])
    )
    if (tuned**2).sum() > 1.0:
        x, heard = (values - tuned @ _slope(tuned, values) for values in (x, heard))
    weight = float((x**2).sum())
    if weight < 0.05 * len(chosen):
        return np.zeros(embeddings.shape[1], np.float32)
    slope = _slope(x, heard)[0]
    left = heard - x @ slope[None]
    sizes, axes = np.linalg.eigh(left.T @ left / max(len(chosen) - len(set(groups)) - 1, 1))
    along = axes.T @ slope
    chance = np.maximum(sizes, 1e-9) / weight  # variance of each slope
    kept = np.maximum(0.0, 1.0 - chance / np.maximum(along**2, 1e-12))
    return np.asarray(0.5 * axes @ (kept * along), np.float32)


def _within(groups: NDArray[np.str_], values: F64) -> F64:
    """Return values (M, D) less the mean of their group."""
    out = values.copy()
    for group in np.unique(groups):
        out[groups == group] -= values[groups == group].mean(axis=0)
    return out


def _slope(x: F64, values: F64) -> F64:
    """Return the slopes of centred values (M, D) over x (M, 1), (1, D)."""
    return np.asarray(x.T @ values / (x**2).sum(), np.float64)
