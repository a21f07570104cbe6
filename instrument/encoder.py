"""Recordings to latent paths and embeddings, in numpy: what a bundle's encoder does on the device.

Torch trains the same arithmetic (models.grain_vae, models.hit_vae); nothing here needs torch.
"""

from collections.abc import Mapping
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from instrument import analysis, bands
from instrument.errors import BundleError

F32 = NDArray[np.float32]

LEVEL_CENTRE = -6.0  # levels enter the network as (level - centre) / span
LEVEL_SPAN = 3.0
ONSET_SPAN = 2.0
SLOPE = 0.1
PITCH_CENTRE = 60.0  # a pitch enters a condition as (MIDI number - centre) / span
PITCH_SPAN = 24.0
SPANS = 24  # parts, on a logarithmic scale, in which the hit encoder hears a path
SPAN_GRAINS = 291  # 1.55 s: all a hit encoder hears, unless its bundle says otherwise
MOST_SPAN_GRAINS = 4096


class Encodes(Protocol):
    """What this module needs of a bundle: its arrays by name."""

    @property
    def arrays(self) -> Mapping[str, NDArray[np.generic]]: ...


def names() -> dict[str, int]:
    """Return the arrays the encoder needs and how many dimensions each has."""
    layers = ("grain.inner", "grain.outer", "grain.head", "hit.inner", "hit.outer", "hit.head")
    needed = {"encoder.onset": 2}
    for layer in layers:
        needed |= {f"encoder.{layer}.weight": 2, f"encoder.{layer}.bias": 1}
    return needed


def check(arrays: Mapping[str, NDArray[np.generic]]) -> None:
    """Raise BundleError unless the arrays of an encoder are all there and fit one another."""
    for name, dimensions in names().items():
        if name not in arrays:
            raise BundleError(f"the bundle has no {name}: it cannot encode recordings; export it again")
        if arrays[name].ndim != dimensions:
            raise BundleError(f"{name} has {arrays[name].ndim} dimensions; it needs {dimensions}")
    inputs = analysis.INPUTS + len(arrays["encoder.onset"]) + 1
    if not SPANS <= span_grains(arrays) <= MOST_SPAN_GRAINS:
        raise BundleError(
            f"encoder.span_grains is {span_grains(arrays)}; it needs {SPANS} to {MOST_SPAN_GRAINS}"
        )
    if arrays["encoder.grain.inner.weight"].shape[1] != inputs:
        raise BundleError(f"encoder.grain.inner.weight takes other inputs than the {inputs} heard of a grain")


def encode_path(bundle: Encodes, audio: F32) -> F32:
    """Return the latent path of a mono recording at 48 kHz, (N, Z) posterior means, one a hop."""
    grains = analysis.analyse(np.asarray(audio, np.float32))
    inputs, k = grains.inputs(), bands.BANDS
    levels: F32 = np.concatenate([inputs[:, : k + 16], inputs[:, k + 32 :]], axis=1)
    onset = np.zeros((len(inputs), len(bundle.arrays["encoder.onset"])), np.float32)
    first = np.zeros((len(inputs), 1), np.float32)
    if len(inputs):
        onset[0] = _float(bundle, "encoder.onset") @ grains.onset
        first[0] = 1.0
    parts: list[F32] = [
        (levels - LEVEL_CENTRE) / LEVEL_SPAN,
        inputs[:, k + 16 : k + 32],
        onset / ONSET_SPAN,
        first,
    ]
    return _network(bundle, "encoder.grain", np.concatenate(parts, axis=1))


def encode_embedding(bundle: Encodes, path: F32, class_index: int, pitch: float = 0.0) -> F32:
    """Return the embedding of a path as a hit of a class, (E,): its posterior mean.

    `pitch`: MIDI number, of a pitched bundle (whose condition ends with it); 0 for none.
    """
    weights = span_weights(len(path), span_grains(bundle.arrays))
    heard = np.asarray(weights @ path, np.float32)  # (SPANS, Z)
    condition = np.zeros(bundle.arrays["lens.weight"].shape[1], np.float32)
    if pitch:
        condition[-1] = (pitch - PITCH_CENTRE) / PITCH_SPAN
    condition[class_index] = 1.0
    return np.asarray(_network(bundle, "encoder.hit", np.concatenate([heard.ravel(), condition])[None])[0])


def span_grains(arrays: Mapping[str, NDArray[np.generic]]) -> int:
    """Return how many grains of a path a bundle's hit encoder hears."""
    told = arrays.get("encoder.span_grains")
    return SPAN_GRAINS if told is None else int(np.asarray(told).ravel()[0])


@cache
def span_weights(grains: int, longest: int = SPAN_GRAINS) -> F32:
    """Return the mean over each of SPANS parts of a path, (SPANS, grains): fine at its start, coarse later.

    A path shorter than `longest` counts as if its last latent went on; a longer one is heard up to there.
    """
    edges = span_edges(longest)
    weights = np.zeros((SPANS, max(grains, 1)), np.float32)
    for span in range(SPANS):
        low, high = int(edges[span]), int(edges[span + 1])
        for grain in range(low, high):
            weights[span, min(grain, max(grains, 1) - 1)] += 1.0 / (high - low)
    weights.setflags(write=False)
    return weights


@cache
def span_edges(longest: int) -> NDArray[np.int64]:
    """Return where the parts begin and end, (SPANS + 1,): each longer than the one before by one factor."""
    low, high = 1.0 + 1e-9, 2.0
    while high - low > 1e-12:
        growth = 0.5 * (low + high)
        low, high = (growth, high) if (growth**SPANS - 1.0) / (growth - 1.0) < longest else (low, growth)
    edges = np.round((low ** np.arange(SPANS + 1) - 1.0) / (low - 1.0)).astype(np.int64)
    return np.asarray(np.maximum.accumulate(np.maximum(edges, np.arange(SPANS + 1))))


def _network(bundle: Encodes, prefix: str, x: F32) -> F32:
    """Return the means of a two-layer encoder: the first half of its head."""
    for layer in ("inner", "outer"):
        x = x @ _float(bundle, f"{prefix}.{layer}.weight").T + _float(bundle, f"{prefix}.{layer}.bias")
        x = np.maximum(x, np.float32(SLOPE) * x)
    means = len(bundle.arrays[f"{prefix}.head.bias"]) // 2
    head = _float(bundle, f"{prefix}.head.weight")[:means]
    return np.asarray(x @ head.T + _float(bundle, f"{prefix}.head.bias")[:means], np.float32)


def _float(bundle: Encodes, name: str) -> F32:
    return np.asarray(bundle.arrays[name], np.float32)
