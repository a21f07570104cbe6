"""The spaces a sound lives in: draws of a class, what the knobs move, and morphs.

Every draw is a function of (class, seed, temperature) alone. How loud and how bright a hit is depends on the
place it sounds from, its velocity included.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from instrument.bundle import Bundle
from instrument.events import F32, Timbre
from instrument.sound import DECAY, MORPH, Place, Sound, velocity_share, velocity_tilt

F64 = NDArray[np.float64]
MOST_DRAWS = 64
RADIUS_QUANTILE_Z = 2.3263  # standard normal quantile of 99 %
EMBEDDING_REACH = 2.5  # standard deviations a knob reaches to either side
LATENT_REACH = 2.0
WALK = 0.3  # share of a fresh draw in a step of a walk: a fifth as far as to another draw
SHORTEST_DECAY_S, LONGEST_DECAY_S = 0.03, 4.0
KEPT_SOUNDS = 256
MOST_CORRECTION_DB = 9.0  # of a hit's loudness: beyond it the model of loudness only guesses


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """What a sound is when it is struck at a velocity, but for the velocity's level."""

    timbre: Timbre
    tilt: float  # brightness, dB per octave
    gain_db: float  # makes it as loud as other hits of its class


def radius_squared(dimensions: int) -> float:
    """Return the 99 % quantile of the chi-squared distribution (after Wilson and Hilferty, within 0.3 %)."""
    share = 2.0 / (9.0 * dimensions)
    return float(dimensions * (1.0 - share + RADIUS_QUANTILE_Z * math.sqrt(share)) ** 3)


class Space:
    """The embedding and latent space of one bundle."""

    def __init__(self, bundle: Bundle) -> None:
        arrays = bundle.arrays
        self.bundle = bundle
        self._mean: F64 = arrays["prior.mean"].astype(np.float64)  # (K, E)
        self._factor: F64 = arrays["prior.factor"].astype(np.float64)  # (K, E, E), lower
        self._whitening: F64 = np.asarray(np.linalg.inv(self._factor), np.float64)
        self._log_volume = np.log(np.diagonal(self._factor, axis1=1, axis2=2)).sum(axis=1)  # (K,)
        self._embedding_knobs: F32 = arrays["knobs.embedding"]  # (K, 4, E)
        self._latent_knobs: F32 = arrays["knobs.latent"]  # (K, 2, Z)
        self._loudness_linear = _optional(bundle, "loudness.linear")  # (K, E) or None
        self._loudness_quadratic = _optional(bundle, "loudness.quadratic")  # (K, E, E) or None
        self._velocity = _optional(bundle, "velocity.embedding")  # (K, E) or None
        self._radius_squared = radius_squared(self._mean.shape[1])
        self.timbre = lru_cache(KEPT_SOUNDS)(self._timbre)
        self.embedding = lru_cache(KEPT_SOUNDS)(self._embedding)
        self.walk = lru_cache(KEPT_SOUNDS)(self._walk)

    def draw(self, class_index: int, seed: int, temperature: float | None = None) -> F32:
        """Return the embedding of a new hit of a class, (E,); at the class's temperature unless given.

        Beyond the radius that holds 99 % of the class, or where another class is denser, is drawn again.
        """
        scale = self.temperature(class_index) if temperature is None else temperature
        rng = np.random.default_rng(np.random.SeedSequence([seed, class_index]))
        offset = np.zeros(self._mean.shape[1])
        for _ in range(MOST_DRAWS):
            unit = rng.standard_normal(len(offset))
            offset = scale * (self._factor[class_index] @ unit)
            if (
                unit @ unit <= self._radius_squared
                and self.nearest(self._mean[class_index] + offset) == class_index
            ):
                return np.asarray(self._mean[class_index] + offset, np.float32)
        return self._pulled_in(class_index, offset)

    def _walk(self, place: Place, seed: int) -> Place:
        """Return a place a small step from another, in the metric of its class.

        An autoregressive step: towards the mean by as much as the added draw spreads, so that a long walk
        is spread as draws are. It leads neither beyond their radius nor to where another class is denser,
        unless the place was there already. Cached as `walk`.
        """
        index = self.bundle.class_index(place.class_name)
        scale, start = self.temperature(index), self.embedding(place)
        if scale == 0.0:
            return place
        unit = self._whitening[index] @ (start - self._mean[index]) / scale
        furthest, near = max(self._radius_squared, unit @ unit), {index, self.nearest(start)}
        rng = np.random.default_rng(np.random.SeedSequence([seed, index]))
        for _ in range(MOST_DRAWS):
            step = math.sqrt(1.0 - WALK**2) * unit + WALK * rng.standard_normal(len(unit))
            end = self._mean[index] + scale * (self._factor[index] @ step)
            if step @ step <= furthest and self.nearest(end) in near:
                return replace(place, embedding=tuple(round(float(value), 6) for value in end))
        return place

    def temperature(self, class_index: int) -> float:
        """Return the spread of a class's draws unless another is asked for."""
        header = self.bundle.header
        return header.class_temperature[class_index] if header.class_temperature else header.temperature

    def nearest(self, embedding: "F64 | F32") -> int:
        """Return the class whose density at an embedding is highest."""
        whitened = np.einsum("kij,kj->ki", self._whitening, embedding - self._mean)
        return int(np.argmax(-0.5 * (whitened**2).sum(axis=1) - self._log_volume))

    def strike(self, sound: Sound, velocity: int) -> Stroke:
        """Return what a hit of a sound at a velocity (1 to 127) is.

        Where its bundle knows how soft hits of the class differ from hard ones the timbre goes that way;
        elsewhere a soft hit is duller.
        """
        index, timbre = self.bundle.class_index(sound.class_name), self.timbre(sound)
        tilt = velocity_tilt(velocity)
        if self._velocity is not None and self._velocity[index].any():
            moved = timbre.embedding + velocity_share(velocity) * self._velocity[index]
            timbre, tilt = replace(timbre, embedding=moved.astype(np.float32)), 0.0
        return Stroke(timbre, tilt, self.correction_db(index, timbre.embedding))

    def correction_db(self, class_index: int, embedding: "F64 | F32") -> float:
        """Return the gain that brings a hit from an embedding (E,) to the loudness of its class's middle."""
        if self._loudness_linear is None and self._loudness_quadratic is None:
            return 0.0
        away = embedding - self._mean[class_index]
        louder_db = 0.0
        if self._loudness_linear is not None:
            louder_db += float(self._loudness_linear[class_index] @ away)
        if self._loudness_quadratic is not None:
            louder_db += float(away @ self._loudness_quadratic[class_index] @ away)
        return min(max(-louder_db, -MOST_CORRECTION_DB), MOST_CORRECTION_DB)

    def _pulled_in(self, class_index: int, offset: "F64") -> F32:
        """Return a far draw moved towards the class's mean until it is of the class."""
        for _ in range(8):
            if self.nearest(self._mean[class_index] + offset) == class_index:
                break
            offset = 0.5 * offset
        return np.asarray(self._mean[class_index] + offset, np.float32)

    def _timbre(self, sound: Sound) -> Timbre:
        """Return where a sound lies with its knobs as they are. Cached as `timbre`."""
        index = self.bundle.class_index(sound.class_name)
        turned = 2.0 * np.asarray(sound.knobs[:6], np.float32) - 1.0
        embedding = self._morphed(sound)
        embedding = embedding + EMBEDDING_REACH * turned[:4] @ self._embedding_knobs[index]
        return Timbre(
            embedding=embedding.astype(np.float32),
            latent=(LATENT_REACH * turned[4:] @ self._latent_knobs[index]).astype(np.float32),
            condition=self.bundle.condition(index, sound.pitch),
            decay_s=decay_s(sound.knobs[DECAY]),
            pitch_hz=self.bundle.pitch_hz(index, sound.pitch),
        )

    def _morphed(self, sound: Sound) -> F32:
        """Return the sound's embedding, moved towards another of its class by the morph knob."""
        share = sound.knobs[MORPH]
        own = self.embedding(sound.place)
        if share == 0.0:
            return own
        other = self.embedding(morph_end(sound))
        return np.asarray((1.0 - share) * own + share * other, np.float32)

    def _embedding(self, place: Place) -> F32:
        """Return the embedding of a place, (E,), not to be written to. Cached as `embedding`."""
        if place.embedding is not None:
            return np.asarray(place.embedding, np.float32)
        return self.draw(self.bundle.class_index(place.class_name), place.seed)


def draw(bundle: Bundle, class_index: int, seed: int, temperature: float | None = None) -> F32:
    """Return `Space(bundle).draw(…)`; for many draws keep the Space."""
    return Space(bundle).draw(class_index, seed, temperature)


def _optional(bundle: Bundle, name: str) -> F64 | None:
    return bundle.arrays[name].astype(np.float64) if name in bundle.arrays else None


def morph_end(sound: Sound) -> Place:
    """Return the place that a sound morphs to: its own choice, or a second draw of its class."""
    if sound.towards is not None and sound.towards.class_name == sound.class_name:
        return sound.towards
    return Place(sound.class_name, second_seed(sound.seed))


def second_seed(seed: int) -> int:
    """Return the seed of the draw that a sound morphs towards."""
    return seed ^ 0x6D6F727068  # "morph"


def decay_s(knob: float) -> float:
    """Return the extra decay of a knob position: 1 none, below it 4 s down to 30 ms, to -60 dB."""
    if knob >= 1.0:
        return 0.0
    return float(SHORTEST_DECAY_S * (LONGEST_DECAY_S / SHORTEST_DECAY_S) ** knob)
