"""How widely each class is drawn: until draws differ as much as recordings do, and no further."""

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from models import judge
from models.data import Hit
from models.judge import Judge
from models.played import Player

F32 = NDArray[np.float32]
TEMPERATURES = (1.0, 1.1, 1.2, 1.3, 1.4)
DRAWN = 96  # hits a class and temperature; fewer where there are few recordings
DRAWN_PER_HIT = 4
COMPARED = 240  # recordings a class
HEARD_S = 1.5  # all that the judge hears
MISNAMED = 0.02  # more than at temperature 1 is too wild
LESSONS = 300  # steps of the judge: it is to compare draws, not to be the best one can have
LESSONS_PER_HIT = 4


def ear(hits: list[Hit], classes: int) -> Judge:
    """Return a judge of recordings."""
    return judge.learn(hits, classes, steps=min(LESSONS, LESSONS_PER_HIT * len(hits)))


def spread(points: F32) -> float:
    """Return the mean distance between points (N, D); 0 of fewer than two."""
    if len(points) < 2:
        return 0.0
    squared = (points**2).sum(axis=1)
    distances = np.sqrt(np.maximum(squared[:, None] + squared - 2.0 * points @ points.T, 0.0))
    return float(distances.sum() / (len(points) * (len(points) - 1)))


def temperatures(player: Player, hits: list[Hit], listener: Judge) -> list[float]:
    """Return the temperature of each class at which its draws are spread as its recordings are.

    The judge's embedding is the space; nowhere may it misname more draws than at 1, by more than MISNAMED.
    """
    chosen = []
    rng = np.random.default_rng(0)
    for label, name in enumerate(tqdm(player.bundle.classes, desc="temperatures", unit="class")):
        own = [hit.audio for hit in hits if hit.label == label and hit.original]
        shown = np.stack([judge.picture(own[i]) for i in rng.permutation(len(own))[:COMPARED]])
        wanted = spread(judge.embed(listener, shown))
        best, nearest, least = TEMPERATURES[0], np.inf, 0.0
        for temperature in TEMPERATURES:
            drawn = draws(player, label, temperature, min(DRAWN, DRAWN_PER_HIT * len(own)))
            shown = np.stack([judge.picture(sound) for sound in drawn])
            right = float((judge.name(listener, shown) == label).mean())
            away = abs(spread(judge.embed(listener, shown)) - wanted)
            least = right - MISNAMED if temperature == TEMPERATURES[0] else least
            if right < least or away > nearest:
                break
            best, nearest = temperature, away
        tqdm.write(f"{name}: temperature {best:g}")
        chosen.append(best)
    return chosen


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
