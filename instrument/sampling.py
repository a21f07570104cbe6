"""New hits of a class, each alone, as the core plays them."""

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from instrument.bands import MODEL_RATE_HZ
from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.offline import Offline
from instrument.seeds import mixed
from instrument.sound import LARGEST_SEED
from instrument.space import Space
from instrument.units import db_to_gain

F32 = NDArray[np.float32]

BLOCK = 1024  # frames; a hit ends with the block in which its voice does
LEVEL_DB = -3.0  # the level `run` has, where the limiter hardly ever works
REST_FRAMES = MODEL_RATE_HZ  # after a hit, until the limiter has let go
PAUSE_S = 0.1  # between hits that follow one another


def hits(bundle: Bundle, class_index: int, seed: int, temperature: float | None = None) -> Iterator[F32]:
    """Yield hits of a class without end, each (N, 2) at 48 kHz; the n-th depends on `seed` and n alone."""
    space, number = Space(bundle), 0
    with Offline(bundle, MODEL_RATE_HZ) as engine:
        while True:
            own = mixed(seed, number)
            embedding = space.draw(class_index, own & LARGEST_SEED, temperature)
            yield _alone(engine, bundle, class_index, embedding, own)
            engine.render(REST_FRAMES)
            number += 1


def spacing_frames(bundle: Bundle, class_index: int) -> int:
    """Return the distance at which hits of a class follow one another: whole tenths of a second."""
    return math.ceil(10 * (bundle.header.class_length_s[class_index] + PAUSE_S)) * MODEL_RATE_HZ // 10


def _alone(engine: Offline, bundle: Bundle, class_index: int, embedding: F32, seed: int) -> F32:
    header = bundle.header
    start = link.Start(
        seed=seed,
        gain=db_to_gain(header.class_gain_db[class_index] + LEVEL_DB),
        length_s=header.class_length_s[class_index],
    )
    timbre = link.Timbre(embedding=embedding, condition=bundle.condition(class_index))
    engine.push(link.hit(engine.telemetry().frame, 0, timbre, start))
    blocks = [engine.render(BLOCK)]
    while engine.telemetry().voices and len(blocks) * BLOCK < spacing_frames(bundle, class_index):
        blocks.append(engine.render(BLOCK))
    return np.concatenate(blocks)
