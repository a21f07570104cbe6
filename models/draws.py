"""What draws are like: of their class, as far from one another as recordings, none a copy, equally loud.

Recordings held out of training stand beside them in a row of their own, REAL: the floor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from instrument.units import midi_to_hz
from models import figures, judge, measures, sets
from models.data import Hit
from models.figures import MEAN, Figure
from models.loudness import loudness_db
from models.sets import Principal, Scale
from models.systems import Core, System
from models.trials import Found, Pitches, ends_in_silence

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

REAL = "real"
RANGE = (5.0, 95.0)  # percentiles of loudness, the distance between which is its spread
NATURAL = "judge", "mel"  # embeddings: of a network that knows the classes, and of pictures alone


@dataclass(slots=True)
class Points:
    """Sounds by class as both embeddings see them, and what the judge calls them."""

    of_class: dict[str, list[F64]] = field(default_factory=lambda: {name: [] for name in NATURAL})
    named: list[list[float]] = field(default_factory=list)

    def together(self, embedding: str, counts: Sequence[int]) -> F64:
        """Return the first so many points of each class in one set."""
        return np.concatenate([own[:n] for own, n in zip(self.of_class[embedding], counts, strict=True)])

    def counts(self) -> list[int]:
        """Return how many sounds each class has."""
        return [len(own) for own in self.named]


class Ear:
    """A judge, the label-free embedding, and recordings as both hear them."""

    def __init__(
        self, trained: judge.Judge, training: Sequence[Hit], held: Sequence[Hit], classes: int
    ) -> None:
        own = [h for h in training if h.original]
        shown = sets.pictures([h.audio for h in own])
        self._judge, self._principal = trained, Principal.of(shown)
        raw = self._embedded(shown)
        self._scales = {name: Scale.of(points) for name, points in raw.items()}
        order = np.random.default_rng(sets.SEED).permutation(len(own))
        chosen = [order[np.array([own[i].label == k for i in order])] for k in range(classes)]
        self.training = self._points([{name: raw[name][of] for name in NATURAL} for of in chosen])
        self.held = self.heard([[h.audio for h in held if h.label == k] for k in range(classes)])

    def heard(self, sounds: Sequence[list[F32]]) -> Points:
        """Return the points of sounds by class."""
        return self._points([self._embedded(sets.pictures(own)) for own in sounds])

    def _points(self, raw: Sequence[dict[str, F32]]) -> Points:
        points = Points()
        for label, own in enumerate(raw):
            for name in NATURAL:
                points.of_class[name].append(self._scales[name](own[name]))
            points.named.append([float(n == label) for n in judge.name(self._judge, own["judge"])])
        return points

    def _embedded(self, shown: F32) -> dict[str, F32]:
        return {"judge": judge.embed(self._judge, shown), "mel": self._principal.embed(shown)}


def drawn(system: System, count: int, pitches: Pitches) -> list[list[F32]]:
    """Return hits drawn from a system, `count` a class."""
    bar = tqdm(total=count * len(system.classes), desc=f"{system.name}: draws", unit="hit", mininterval=2.0)
    found: list[list[F32]] = []
    for label in range(len(system.classes)):
        found.append([])
        for seed in range(count):
            pitch = pitches.asked(label, seed)
            found[-1].append(system.sound(label, system.draw(label, seed, pitch), seed, pitch))
            bar.update()
    bar.close()
    return found


def in_tune(system: System, sounds: Sequence[list[F32]], pitches: Pitches) -> Found:
    """Return how far draws are from the pitches they were asked for; nothing where there are none."""
    found = {
        name: [
            measures.note_cents(sound, midi_to_hz(pitches.asked(label, seed)))
            for seed, sound in enumerate(sounds[label])
            if pitches.asked(label, seed)
        ]
        for label, name in enumerate(system.classes)
    }
    return {"note_cents": figures.of_classes(found, "median")}


def played_notes(hits: Sequence[Hit], classes: tuple[str, ...]) -> Found:
    """Return the same of recordings, whose pitches were measured or told."""
    found: dict[str, list[float]] = {}
    for hit in (h for h in hits if h.pitch):
        cents = measures.note_cents(hit.audio, midi_to_hz(hit.pitch))
        found.setdefault(classes[hit.label], []).append(cents)
    return {"note_cents": figures.of_classes(found, "median")}


def compared(ear: Ear, points: Points, classes: tuple[str, ...]) -> Found:
    """Return S1 to S3 of points: distances from recordings, the judge's names, diversity, coverage, nearest.

    Distances of a class are from its training recordings. Under "mean" is their mean; for sets of all classes
    together, with as many of each class as are held out, see `whole`.
    """
    found: Found = {"named": figures.of_classes(dict(zip(classes, points.named, strict=True)))}
    for embedding in NATURAL:
        for label, name in enumerate(classes):
            own, real = points.of_class[embedding][label], ear.training.of_class[embedding][label]
            if len(own) < 2 or len(real) < 2:
                continue
            for measure, figure in _of_one(own, real, ear.held.of_class[embedding][label]).items():
                found.setdefault(f"{measure}_{embedding}", {})[name] = figure
        everything = np.concatenate(ear.training.of_class[embedding])
        near = {
            name: list(sets.nearest(own, everything))
            for name, own in zip(classes, points.of_class[embedding], strict=True)
        }
        found[f"nearest_{embedding}"] = figures.of_classes(near, "median")
    for of_classes in found.values():
        if MEAN not in of_classes and of_classes:
            of_classes[MEAN] = figures.macro(of_classes)
    return found | whole(ear, points)


def _of_one(own: F64, training: F64, held: F64) -> dict[str, Figure]:
    """Return the figures of one class's points."""
    found = {
        "kid": sets.between(sets.kid(training), own),
        "diversity": sets.between(sets.diversity(training), own),
        "coverage": sets.between(sets.coverage(training), own),
    }
    if len(held) > 2:
        found["diversity_held"] = sets.between(sets.diversity(held), own)
    return found


def whole(ear: Ear, points: Points) -> Found:
    """Return Fréchet distances of all classes together from training recordings.

    They depend on how many points there are, and of which classes: every system gives as many of each class
    as are held out, and training recordings are in the same proportion.
    """
    counts = [min(a, b) for a, b in zip(ear.held.counts(), points.counts(), strict=True)]
    present = [(n, m) for n, m in zip(counts, ear.training.counts(), strict=True) if n]
    times = min((m / n for n, m in present), default=0.0)
    real = [int(n * times) for n in counts]
    found: Found = {}
    for embedding in NATURAL:
        own, training = points.together(embedding, counts), ear.training.together(embedding, real)
        if len(own) > 3:
            found[f"frechet_{embedding}"] = {MEAN: sets.between(sets.frechet(training), own)}
    return found


def as_played(core: Core, count: int, pitches: Pitches) -> Found:
    """Return how draws sound from the instrument at one velocity: their loudness, and whether they end.

    "loudness_db" is the level of the loudest 100 ms, weighted for the ear; "loudness_range_db" is from the
    5th to the 95th percentile of a class's draws.
    """
    loud: dict[str, list[float]] = {}
    ended: dict[str, list[float]] = {}
    bar = tqdm(total=count * len(core.classes), desc=f"{core.name}: as played", unit="hit", mininterval=2.0)
    for label, name in enumerate(core.classes):
        for seed in range(count):
            sound = core.played(label, seed, pitches.asked(label, seed))
            loud.setdefault(name, []).append(loudness_db(sound))
            ended.setdefault(name, []).append(float(ends_in_silence(sound)))
            bar.update()
    bar.close()
    ranges = {name: _range(np.array(own)) for name, own in loud.items()}
    ranges[MEAN] = figures.macro(ranges)
    return {
        "loudness_db": figures.of_classes(loud),
        "loudness_range_db": ranges,
        "ends_in_silence": figures.of_classes(ended),
    }


def loudness_range(sounds: Sequence[F32]) -> Figure:
    """Return the distance from the 5th to the 95th percentile of the loudness of sounds, in dB."""
    return _range(np.array([loudness_db(sound) for sound in sounds]))


def _range(levels: F64) -> Figure:
    def width(chosen: F64) -> float:
        low, high = np.percentile(chosen, RANGE)
        return float(high - low)

    rng = np.random.default_rng(figures.SEED)
    halves = [
        width(levels[rng.permutation(len(levels))[: max(2, len(levels) // 2)]]) for _ in range(sets.HALVES)
    ]
    return figures.of_halves(width(levels), halves, len(levels))
