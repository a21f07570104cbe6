"""A sound: one playable timbre, and what velocity does to it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from instrument import parse
from instrument.errors import StateError
from instrument.header import HIGHEST_PITCH
from instrument.messages import KNOBS

NEUTRAL_KNOBS = (0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.0, 1.0)
MORPH, DECAY = 6, 7  # indices of the last two knobs; 0–3 embedding, 4–5 latent
LARGEST_SEED = 2**53 - 1  # every JSON and YAML reader takes it whole
DRAWN_SEEDS = 2**32  # seeds of draws are below it: short enough to read
NEUTRAL_VELOCITY = 100  # as bright as the model has it
TILT_PER_VELOCITY_DB = 0.02
LOUDEST_VELOCITY = 127
MIDDLE_VELOCITY = 64  # between soft and hard
_LEVEL_DB = ((0, -60.0), (1, -48.0), (16, -30.0), (40, -19.0), (64, -11.5), (100, -3.5), (127, 0.0))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sound lies in the embedding space of its class: that of a draw, or a given one."""

    class_name: str
    seed: int  # of the draw
    embedding: tuple[float, ...] | None = None  # (E,), in place of the draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A class and a place in its embedding space, as the knobs have it."""

    class_name: str
    seed: int  # of the draw, and of the morph's second draw
    embedding: tuple[float, ...] | None = None  # (E,), in place of the draw
    knobs: tuple[float, ...] = NEUTRAL_KNOBS  # (KNOBS,), 0 to 1
    pitch: float | None = None  # MIDI, in a pitched bundle; None: the middle of the class's range
    towards: Place | None = None  # what it morphs to, of its class; None: the second draw

    @property
    def place(self) -> Place:
        return Place(self.class_name, self.seed, self.embedding)

    def at(self, place: Place) -> "Sound":
        """Return the sound moved to a place; knobs stay."""
        return replace(self, class_name=place.class_name, seed=place.seed, embedding=place.embedding)

    def with_knob(self, index: int, value: float) -> "Sound":
        return replace(self, knobs=(*self.knobs[:index], value, *self.knobs[index + 1 :]))


def velocity_level_db(velocity: int) -> float:
    """Return the level of a velocity: 0 dB at 127, about 12 dB less at half of it, still audible at 1."""
    for (low, low_db), (high, high_db) in pairwise(_LEVEL_DB):
        if velocity <= high:
            return low_db + (high_db - low_db) * (velocity - low) / (high - low)
    return 0.0


def velocity_tilt(velocity: int) -> float:
    """Return the brightness of a velocity in dB per octave: a soft hit is duller than a hard one."""
    return (velocity - NEUTRAL_VELOCITY) * TILT_PER_VELOCITY_DB


def velocity_share(velocity: int) -> float:
    """Return how hard a velocity strikes: -1 at 1, 0 at MIDDLE_VELOCITY, 1 at 127."""
    return (velocity - MIDDLE_VELOCITY) / (LOUDEST_VELOCITY - MIDDLE_VELOCITY)


def to_data(sound: Sound) -> dict[str, object]:
    """Return what a kit's file says about the sound."""
    data = {"class": sound.class_name, **_place_data(sound.place)}
    turned = {at: knob for at, knob in enumerate(sound.knobs, start=1) if knob != NEUTRAL_KNOBS[at - 1]}
    data |= {"knobs": turned} if turned else {}
    if sound.pitch is not None:
        data["pitch"] = sound.pitch
    return data | ({} if sound.towards is None else {"towards": _place_data(sound.towards)})


def _place_data(place: Place) -> dict[str, object]:
    data: dict[str, object] = {"seed": place.seed}
    return data | ({} if place.embedding is None else {"embedding": list(place.embedding)})


def from_data(where: str, data: Mapping[str, object], seed: int) -> Sound:
    """Check what a kit's file says and build the sound; `seed` is used when the file names none."""
    knobs, pitch, towards = data.get("knobs"), data.get("pitch"), data.get("towards")
    class_name = parse.text(f"{where} class", data.get("class"))
    own = _place(where, class_name, data, seed)
    return Sound(
        class_name=class_name,
        seed=own.seed,
        embedding=own.embedding,
        knobs=NEUTRAL_KNOBS if knobs is None else _knobs(f"{where} knobs", knobs),
        pitch=None if pitch is None else parse.number(f"{where} pitch", pitch, 0, HIGHEST_PITCH),
        towards=None if towards is None else _towards(f"{where} towards", class_name, towards, own.seed),
    )


def _place(where: str, class_name: str, data: Mapping[str, object], seed: int) -> Place:
    given = data.get("embedding")
    embedding = None if given is None else parse.numbers(f"{where} embedding", given, -64, 64)
    own = parse.whole(f"{where} seed", data.get("seed", seed), 0, LARGEST_SEED)
    return Place(class_name, own, embedding)


def _towards(where: str, class_name: str, given: object, seed: int) -> Place:
    if not isinstance(given, Mapping):
        raise StateError(f"{where} is {given!r}; expected `seed:` or `embedding:`")
    parse.only(where, given, ("seed", "embedding"))
    return _place(where, class_name, given, seed)


def _knobs(where: str, given: object) -> tuple[float, ...]:
    """Return all knobs, given those turned, as `{1: 0.8, 8: 0.4}`, or every one in a list."""
    if not isinstance(given, Mapping):
        parse.items(where, given, KNOBS)
        return parse.numbers(where, given, 0, 1)
    turned = {
        parse.whole(f"{where}: number", at, 1, KNOBS): parse.number(f"{where}: {at}", value, 0, 1)
        for at, value in given.items()
    }
    return tuple(turned.get(at, neutral) for at, neutral in enumerate(NEUTRAL_KNOBS, start=1))
