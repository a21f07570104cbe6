"""One figure with its 95 % interval, resampled over clips."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]
Kind = Literal["mean", "median", "value"]  # value: of a whole set, which has no mean over clips

RESAMPLES = 1_000
SEED = 7
MEAN = "mean"  # the macro mean's name among classes
EDGES = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure: what it is, its 95 % interval, and over how many clips, draws or pairs."""

    kind: Kind
    value: float
    low: float
    high: float
    n: int

    def to_json(self) -> dict[str, Any]:
        return {self.kind: self.value, "low": self.low, "high": self.high, "n": self.n}

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Figure":
        """Read what `to_json` wrote; KeyError when it names no kind."""
        kinds: tuple[Kind, ...] = ("mean", "median", "value")
        kind = next((k for k in kinds if k in told), None)
        if kind is None:
            raise KeyError("a figure has none of mean, median, value")
        return cls(kind, float(told[kind]), float(told["low"]), float(told["high"]), int(told["n"]))


def of_classes(values: Mapping[str, Sequence[float]], kind: Kind = "mean") -> dict[str, Figure]:
    """Return a figure a class, and their macro mean under `MEAN`; classes without values are left out."""
    middle: Callable[..., Any] = np.median if kind == "median" else np.mean
    rng = np.random.default_rng(SEED)
    found, resampled = {}, []
    for name, own in values.items():
        array = np.asarray(own, np.float64)
        array = array[np.isfinite(array)]
        if not len(array):
            continue
        again = middle(array[rng.integers(len(array), size=(RESAMPLES, len(array)))], axis=1)
        resampled.append(again)
        found[name] = Figure(kind, float(middle(array)), *_edges(again), n=len(array))
    if found:
        value = float(np.mean([figure.value for figure in found.values()]))
        count = sum(figure.n for figure in found.values())
        found[MEAN] = Figure(kind, value, *_edges(np.mean(resampled, axis=0)), n=count)
    return found


def of_halves(value: float, halves: Sequence[float], n: int) -> Figure:
    """Return the figure of a set, its interval from the same statistic of random halves of it.

    A mean over half a set, drawn without repeats, varies about the whole's as the whole varies about the
    truth. The halves' own mean is taken to `value`, since some statistics grow as sets get smaller.
    """
    away = np.asarray(halves, np.float64)
    low, high = _edges(away - away.mean() + value)
    return Figure("value", value, low, high, n)


def macro(figures: Mapping[str, Figure]) -> Figure:
    """Return the mean of figures of independent sets; their half-widths add in squares."""
    own = list(figures.values())
    value = float(np.mean([figure.value for figure in own]))
    below = float(np.sqrt(np.sum([(f.value - f.low) ** 2 for f in own]))) / len(own)
    above = float(np.sqrt(np.sum([(f.high - f.value) ** 2 for f in own]))) / len(own)
    return Figure(own[0].kind, value, value - below, value + above, sum(f.n for f in own))


def _edges(values: F64) -> tuple[float, float]:
    low, high = np.percentile(values, EDGES)
    return float(low), float(high)
