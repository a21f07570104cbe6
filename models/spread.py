"""How widely each class is drawn: until draws differ as much as recordings do, and no further."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models import judge
from models.data import Hit
from models.judge import Judge
from models.played import Player

F32 = NDArray[np.float32]
TEMPERATURES = (1.0, 1.1, 1.2, 1.3, 1.4)
COOLER = (0.9, 0.8, 0.7)  # where draws differ more than recordings at 1 already
DRAWN = 80  # hits a class and temperature; fewer where there are few recordings
DRAWN_PER_HIT = 4
COMPARED = 240  # recordings a class
HEARD_S = 1.5  # all that the judge hears
MISNAMED = 0.04  # more than at temperature 1 is too wild; 0.02, and as much for chance
LESSONS = 300  # steps of the judge: it is to compare draws, not to be the best one can have
LESSONS_PER_HIT = 4


def ear(hits: list[Hit], classes: int, folder: Path) -> Judge:
    """Return a judge of recordings, kept in `folder`: another than the one that evaluates."""
    return judge.kept(hits, classes, folder, steps=min(LESSONS, LESSONS_PER_HIT * len(hits)))


def spread(points: F32) -> float:
    """Return the mean distance between points (N, D); 0 of fewer than two."""
    if len(points) < 2:
        return 0.0
    squared = (points**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squared[:, None] + squared - 2.0 * points @ points.T, 0.0))
    return float(distances.sum() / (len(points) * (len(points) - 1)))


@dataclass(frozen=True, slots=True)
class Trial:
    """What draws at a temperature are like: their spread, and the share that is named right."""

    temperature: float
    spread: float
    right: float


def temperatures(player: Player, hits: list[Hit], listener: Judge) -> list[float]:
    """Return the temperature of each class at which its draws are spread as its recordings are.

    The judge's embedding is the space.
    """
    found = []
    rng = np.random.default_rng(0)
    for label, name in enumerate(tqdm(player.bundle.classes, desc="temperatures", unit="class")):
        own = [hit.audio for hit in hits if hit.label == label and hit.original]
        shown = np.stack([judge.picture(own[i]) for i in rng.permutation(len(own))[:COMPARED]])
        wanted = spread(judge.embed(listener, shown))
        count = min(DRAWN, DRAWN_PER_HIT * len(own))
        best = chosen(trials(player, label, listener, count), wanted)
        if best.spread > wanted and best.temperature == TEMPERATURES[0]:
            best = calmed(best, trials(player, label, listener, count, COOLER), wanted)
        tqdm.write(
            f"{name}: temperature {best.temperature:g}, spread {best.spread:.2f} (recordings {wanted:.2f}), "
            f"{100 * best.right:.0f} % named right"
        )
        found.append(best.temperature)
    return found


def trials(
    player: Player, label: int, listener: Judge, count: int, temperatures: Iterable[float] = TEMPERATURES
) -> Iterator[Trial]:
    """Yield what `count` draws of a class are like at each temperature."""
    for temperature in temperatures:
        shown = np.stack([judge.picture(sound) for sound in draws(player, label, temperature, count)])
        points = judge.embed(listener, shown)
        right = float((judge.name(listener, points) == label).mean())
        yield Trial(temperature, spread(points), right)


def chosen(tried: Iterable[Trial], wanted: float) -> Trial:
    """Return the trial whose spread is nearest to the one wanted; past that, hotter ones are not tried.

    None is taken that is misnamed more often than the first, by more than MISNAMED.
    """
    following = iter(tried)
    first = best = next(following)
    for trial in following:
        if best.spread >= wanted:
            break
        nearer = abs(trial.spread - wanted) < abs(best.spread - wanted)
        if nearer and trial.right >= first.right - MISNAMED:
            best = trial
    return best


def calmed(best: Trial, cooler: Iterable[Trial], wanted: float) -> Trial:
    """Return the first trial after which cooler ones are no nearer to the spread that is wanted."""
    for trial in cooler:
        if abs(trial.spread - wanted) >= abs(best.spread - wanted):
            break
        best = trial
    return best


def draws(player: Player, label: int, temperature: float, count: int) -> list[F32]:
    """Return hits drawn from a class, each at a pitch of its own where it has them."""
    rng = np.random.default_rng(label)
    made = []
    for n in range(count):
        embedding = player.space.draw(label, n, temperature)
        timbre = player.timbre(label, embedding, pitch=any_pitch(player, label, rng))
        made.append(player.play(timbre, n, HEARD_S))
    return made


def any_pitch(player: Player, label: int, rng: np.random.Generator) -> float | None:
    """Return a pitch of a class's range; None in an unpitched bundle."""
    if not player.bundle.header.pitched:
        return None
    low, high = player.bundle.header.class_pitch[label]
    return float(rng.integers(round(low), round(high) + 1))
