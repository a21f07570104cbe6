"""New hits of a class, each alone, as the core plays them."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instrument.bands import MODEL_RATE_HZ
from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.offline import Offline
from instrument.events import Timbre
from instrument.seeds import mixed
from instrument.sound import LARGEST_SEED, MIDDLE_VELOCITY, Sound, velocity_level_db
from instrument.space import Space, Stroke
from instrument.units import db_to_gain

F32 = NDArray[np.float32]

BLOCK = 1024  # frames; a hit ends with the block in which its voice does
LEVEL_DB = -3.0  # the level `run` has, where the limiter hardly ever works
REST_FRAMES = MODEL_RATE_HZ  # after a hit, until the limiter has let go
PAUSE_S = 0.1  # between hits that follow one another


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is asked of hits; what is left out is as the bundle has it."""

    temperature: float | None = None
    pitch: float | None = None  # MIDI
    velocity: int | None = None  # None: neither soft nor hard, at full level


AS_IT_COMES = Wish()


def hits(bundle: Bundle, class_index: int, seed: int, wish: Wish = AS_IT_COMES) -> Iterator[F32]:
    """Yield hits of a class without end, each (N, 2) at 48 kHz; the n-th depends on `seed` and n alone."""
    space, number = Space(bundle), 0
    name, length_s = bundle.classes[class_index], bundle.header.class_length_s[class_index]
    with Offline(bundle, MODEL_RATE_HZ) as engine:
        while True:
            own = mixed(seed, number)
            embedding = space.draw(class_index, own & LARGEST_SEED, wish.temperature)
            sound = Sound(class_name=name, seed=0, embedding=tuple(map(float, embedding)), pitch=wish.pitch)
            stroke = space.strike(sound, MIDDLE_VELOCITY if wish.velocity is None else wish.velocity)
            start = link.Start(seed=own, gain=_gain(bundle, class_index, stroke, wish), length_s=length_s)
            tilt = 0.0 if wish.velocity is None else stroke.tilt
            engine.push(link.hit(engine.telemetry().frame, 0, _timbre(stroke.timbre, tilt), start))
            yield alone(engine, spacing_frames(bundle, class_index))
            engine.render(REST_FRAMES)
            number += 1


def spacing_frames(bundle: Bundle, class_index: int) -> int:
    """Return the distance at which hits of a class follow one another: whole tenths of a second."""
    return math.ceil(10 * (bundle.header.class_length_s[class_index] + PAUSE_S)) * MODEL_RATE_HZ // 10


def _gain(bundle: Bundle, class_index: int, stroke: Stroke, wish: Wish) -> float:
    level_db = 0.0 if wish.velocity is None else velocity_level_db(wish.velocity)
    return db_to_gain(bundle.header.class_gain_db[class_index] + stroke.gain_db + level_db + LEVEL_DB)


def _timbre(timbre: Timbre, tilt: float) -> link.Timbre:
    return link.Timbre(
        embedding=timbre.embedding, condition=timbre.condition, tilt=tilt, pitch_hz=timbre.pitch_hz
    )


def alone(engine: Offline, most_frames: int) -> F32:
    """Return what an engine plays until no voice sounds."""
    blocks = [engine.render(BLOCK)]
    while engine.telemetry().voices and len(blocks) * BLOCK < most_frames:
        blocks.append(engine.render(BLOCK))
    return np.concatenate(blocks)
