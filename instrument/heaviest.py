"""The heaviest pattern as the engine gets it: what it costs to play, and to record while it plays.

Ten tracks of sixteenths at 200 bpm, each step repeated eight times, each hit with a sound, tune and pan of
its own; a knob turns in every block. So many hits take the whole pool: voices are stolen all the time.
"""

import time
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import CEvent, Start, Timbre
from instrument.engine.offline import Offline
from instrument.engine.tape import Tape

RATE_HZ, PERIOD = 48_000, 128
TRACKS, SOUNDS = 10, 64
GAP = 60 * RATE_HZ // (200 * 4 * 8)  # frames between two repeats
BLOCKS, SETTLED = 800, 100  # the pool is full after SETTLED
READ_EVERY = 16  # blocks, of the tape

Micros = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heaviest:
    """Figures of one run.

    Attributes:
        voices: how many play.
        share: percent of a 128-frame period, recorded with all stems: median, p99.
        recording: percent of a period that recording adds: median.
    """

    voices: int
    share: tuple[float, float]
    recording: float


def measure(bundle: Bundle, rounds: int) -> Heaviest:
    """Play it `rounds` times, recorded and not in turn; CPU time of the rendering thread."""
    timbres = sounds(bundle)
    voices, plain, taped = 0, [], []
    for _ in range(rounds):
        _, took = _play(bundle, timbres, None)
        plain.append(took)
        voices, took = _play(bundle, timbres, Tape.private())
        taped.append(took)
    percent = 100 * np.concatenate(taped) / (1e6 * PERIOD / RATE_HZ)
    added = percent - 100 * np.concatenate(plain) / (1e6 * PERIOD / RATE_HZ)
    share = (float(np.median(percent)), float(np.percentile(percent, 99)))
    return Heaviest(voices, share, float(np.median(added)))


def sounds(bundle: Bundle) -> list[Timbre]:
    """Return what the hits sound like."""
    return [_timbre(bundle, number) for number in range(SOUNDS)]


def _timbre(bundle: Bundle, number: int) -> Timbre:
    """Return one of many sounds of the longest class, near its mean."""
    rng = np.random.default_rng(number)
    longest = int(np.argmax(bundle.header.class_length_s))
    offset = 0.1 * rng.normal(size=bundle.header.embedding)
    return Timbre(
        embedding=(bundle.arrays["prior.mean"][longest] + offset).astype(np.float32),
        condition=bundle.condition(longest),
        tilt=rng.uniform(-1.0, 1.0),
        tune=rng.uniform(0.5, 2.0),
    )


def _play(bundle: Bundle, timbres: list[Timbre], tape: Tape | None) -> tuple[int, Micros]:
    """Return how many voices played, and the µs of each block."""
    took = np.zeros(BLOCKS)
    with Offline(bundle, RATE_HZ, tape=tape) as engine:
        engine.push(link.record(0, 1, 2**TRACKS - 1))
        for block in range(BLOCKS):
            for event in events(timbres, block):
                engine.push(event)
            began = time.thread_time_ns()
            engine.render(PERIOD)
            took[block] = 1e-3 * (time.thread_time_ns() - began)
            while tape is not None and block % READ_EVERY == 0 and tape.read(1) is not None:
                pass
        voices = engine.telemetry().voices
    return voices, took[SETTLED:]


def events(timbres: list[Timbre], block: int) -> list[CEvent]:
    """Return what happens in a block: the hits of all tracks where they repeat, and the knob."""
    begin, end = block * PERIOD, (block + 1) * PERIOD
    made = [link.sound(begin + PERIOD // 2, block % TRACKS, timbres[block % SOUNDS])]
    for repeat in range(-(-begin // GAP), -(-end // GAP)):
        for track in range(TRACKS):
            number = repeat * TRACKS + track
            start = Start(seed=number, gain=0.05, pan=0.1 * (repeat % 3 - 1), length_s=4.0)
            made.append(link.hit(repeat * GAP, track, timbres[number % SOUNDS], start))
    return made
