"""A pattern played into memory, sample for sample as the daemon plays it."""

from collections.abc import Generator

import numpy as np

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.offline import F32, Offline
from instrument.engine.tape import Tape
from instrument.engine.translate import struct
from instrument.events import Event
from instrument.messages import STEPS, Play
from instrument.performance import Performance
from instrument.units import frames_per_step, ms_to_frames

LEAD_MS = 20.0  # before the first step, not returned: the mixer's ramps come to rest as they have in a daemon
TAIL_FRAMES, MOST_TAILS = 4096, 256  # it rings out in whole tails, at most so many
TAKE, EVERY_TRACK = 1, 2**link.TRACKS - 1  # what a tape records


def blocks(
    bundle: Bundle,
    performance: Performance,
    bars: int,
    block_frames: int = 128,
    tape: Tape | None = None,
) -> Generator[F32, None, None]:
    """Play `bars` bars from the first step and let them ring out; yield blocks of (≤ block_frames, 2).

    `performance` is fresh, and made for the rate that is wanted. `block_frames` changes no sample. A tape
    records every track, as TAKE; it is to be read after each block.
    """
    rate_hz = performance.rate_hz
    start = ms_to_frames(LEAD_MS, rate_hz)
    length = round(bars * STEPS * frames_per_step(performance.state.pattern.tempo_bpm, rate_hz))
    with Offline(bundle, rate_hz, tape=tape) as engine:
        if tape is not None:
            engine.push(link.record(start, TAKE, EVERY_TRACK))
        _push(engine, [*performance.setup(), *performance.apply(Play(), start)])
        engine.render(start)
        for done in range(0, length, block_frames):
            until = min(done + block_frames, length)
            performance.settle(start + done)
            _push(engine, performance.advance(start + until))
            yield engine.render(until - done)
        for _ in range(MOST_TAILS):
            if not engine.telemetry().voices:
                break
            for done in range(0, TAIL_FRAMES, block_frames):
                yield engine.render(min(block_frames, TAIL_FRAMES - done))


def pattern(bundle: Bundle, performance: Performance, bars: int, block_frames: int = 128) -> F32:
    """Return the whole of `blocks` as one array, (frames, 2)."""
    return np.concatenate(list(blocks(bundle, performance, bars, block_frames)))


def _push(engine: Offline, events: list[Event]) -> None:
    for event in events:
        engine.push(struct(event))
