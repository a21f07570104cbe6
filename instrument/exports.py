"""Kits and performances as audio for other programs: one-shots, and stems."""

import math
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import numpy as np

from instrument import render
from instrument.bundle import Bundle
from instrument.engine.offline import F32, Offline
from instrument.engine.tape import Tape
from instrument.engine.translate import struct
from instrument.events import Source
from instrument.kit import Kit, fits
from instrument.performance import Performance
from instrument.rules.context import Context, Strike, mix
from instrument.sampling import alone
from instrument.seeds import mixed
from instrument.space import Space
from instrument.units import db_to_gain

REST_S = 1.0  # after a hit, until the limiter has let go


def stems(
    bundle: Bundle, performance: Performance, bars: int, block_frames: int = 128
) -> Iterator[tuple[F32, F32]]:
    """Play as `render.blocks` does; yield each block, (N, 2), and its tracks alone, (TRACKS, N, 2).

    Tracks have their levels, places and the master's level; their sum is what the limiter takes in.
    """
    gain = np.float32(db_to_gain(performance.level_db))
    tracks = len(performance.state.kit.tracks)
    tape = Tape.private()
    try:
        with closing(render.blocks(bundle, performance, bars, block_frames, tape)) as played:
            for block in played:
                yield block, gain * _taped(tape, len(block))[:tracks]
    finally:
        tape.close()


def _taped(tape: Tape, frames: int) -> F32:
    """Return what a tape holds, so many frames, (rows, frames, 2)."""
    read: list[F32] = []
    while sum(sound.shape[1] for sound in read) < frames:
        stretch = tape.read(render.TAKE)
        assert stretch is not None, "every frame rendered is on the tape"
        read.append(stretch.sound.copy())
    return np.concatenate(read, axis=1)


def one_shots(bundle: Bundle, kit: Kit, seed: int, velocity: int, rate_hz: int) -> Iterator[F32]:
    """Yield each track's hit alone, (N, 2), as it sounds in the mix: level, pan and tune as the kit has them.

    Muted tracks are heard too. `seed` is of the noise. StateError when the kit does not fit the bundle.
    """
    fits(kit, bundle)
    context = Context(Space(bundle))
    with Offline(bundle, rate_hz) as engine:
        for index, track in enumerate(kit.tracks):
            frame = engine.telemetry().frame
            heard = replace(track, mute=False)
            strike = Strike(index, velocity, frame, Source.LIVE, mixed(seed, index), index)
            hit = context.hit(heard, strike)
            engine.push(struct(mix(heard, index, frame)))
            engine.push(struct(hit))
            yield alone(engine, math.ceil((hit.length_s + REST_S) * rate_hz))
            engine.render(round(REST_S * rate_hz))
