"""Morphs: eleven steps between two embeddings of a class, each decoded with the same noise.

Along a good morph what differs between its ends changes one way, and no step is silent or clipped.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from instrument.bands import MODEL_RATE_HZ
from models.systems import System

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

STEPS = 11
CELL_S = 0.01
DROP_DB = 60.0
FITTED_DB = (5.0, 35.0)  # of the decay, a line through which gives T60 where the sound does not fall so far
SILENT_DB = 12.0  # a step this much below the quieter end is silent
CLIPPED_DB = 3.0  # a step that peaks this much over both ends is clipped, once over full scale
BACK = 0.15  # of what the ends differ by: how far a step may go back
DIFFERS = {"t60": 0.15, "centroid": 0.25, "level": 2.0}  # octaves, octaves, dB: from here on ends differ


@dataclass(frozen=True, slots=True)
class Shape:
    """What is followed along a morph.

    Attributes:
        t60: log2 of the seconds after its peak that a sound takes to fall by 60 dB.
        centroid: log2 of the energy-weighted mean frequency in Hz.
        level: RMS of the loudest 100 ms in dB.
        peak_db: largest sample, dB of full scale.
    """

    t60: float
    centroid: float
    level: float
    peak_db: float


def shape(sound: F32) -> Shape:
    """Return what of a sound is followed; a silent one has a level of −180 dB."""
    power = _cells(sound)
    spectrum = np.abs(np.fft.rfft(sound)) ** 2
    hz = np.fft.rfftfreq(len(sound), 1.0 / MODEL_RATE_HZ)
    centroid = float((spectrum * hz).sum() / max(float(spectrum.sum()), 1e-18))
    loudest = np.convolve(power, np.ones(10) / 10.0).max()
    return Shape(
        t60=float(np.log2(max(t60_s(power), CELL_S))),
        centroid=float(np.log2(max(centroid, 20.0))),
        level=float(10 * np.log10(loudest + 1e-18)),
        peak_db=float(20 * np.log10(np.abs(sound).max(initial=0.0) + 1e-9)),
    )


def t60_s(power: F64) -> float:
    """Return the time from the loudest of 10 ms cells until all that follow are 60 dB down.

    Where the sound ends before, a line through its decay from 5 to 35 dB down (least squares) is followed.
    """
    level = 10 * np.log10(np.maximum(power, power.max(initial=0.0) * 1e-9) + 1e-18)
    start = int(np.argmax(level))
    after = np.maximum.accumulate(level[start:][::-1])[::-1] - level[start]  # the loudest still to come
    below = np.nonzero(after <= -DROP_DB)[0]
    if len(below):
        return float(below[0]) * CELL_S
    inside = np.nonzero((after <= -FITTED_DB[0]) & (after >= -FITTED_DB[1]))[0]
    if len(inside) < 2 or after[inside[0]] == after[inside[-1]]:
        return len(after) * CELL_S
    slope = np.polyfit(inside * CELL_S, after[inside], 1)[0]
    return float(min(DROP_DB / max(-slope, 1.0), 60.0))


def _cells(sound: F32) -> F64:
    cell = int(CELL_S * MODEL_RATE_HZ)
    padded = np.pad(sound.astype(np.float64), (0, -len(sound) % cell))
    return np.asarray((padded.reshape(-1, cell) ** 2).mean(axis=1), np.float64)


def steps(system: System, label: int, seed: int, pitch: float = 0.0) -> list[F32]:
    """Return the sounds from one draw of a class to another, STEPS of them."""
    ends = [system.draw(label, 2 * seed + k, pitch) for k in range(2)]
    shares = np.linspace(0.0, 1.0, STEPS, dtype=np.float32)
    return [system.sound(label, (1 - s) * ends[0] + s * ends[1], seed, pitch) for s in shares]


def monotone(values: list[float], differs: float) -> bool:
    """Return whether values go one way, but for small steps back; where the ends hardly differ, always.

    A step back may be BACK of what the ends differ by.
    """
    away = values[-1] - values[0]
    if abs(away) < differs:
        return True
    forward = [float(np.sign(away)) * value for value in values]
    highest = np.maximum.accumulate(forward)
    return bool((highest - forward).max() <= BACK * abs(away))


def sounding(shapes: list[Shape]) -> bool:
    """Return whether no step between the ends is silent or clipped."""
    ends, middle = (shapes[0], shapes[-1]), shapes[1:-1]
    quiet = min(end.level for end in ends) - SILENT_DB
    loud = max(0.0, max(end.peak_db for end in ends) + CLIPPED_DB)
    return all(step.level >= quiet and step.peak_db <= loud for step in middle)


def good(sounds: list[F32]) -> dict[str, bool]:
    """Return by name whether a morph keeps to each rule, and under "morph" whether to all."""
    shapes = [shape(sound) for sound in sounds]
    found = {
        f"morph_{name}": monotone([float(getattr(s, name)) for s in shapes], differs)
        for name, differs in DIFFERS.items()
    }
    found["morph_sounding"] = sounding(shapes)
    return found | {"morph": all(found.values())}


def largest_step(sounds: list[F32]) -> float:
    """Return the largest step in level between neighbours, in dB."""
    levels = [shape(sound).level for sound in sounds]
    return max(abs(b - a) for a, b in pairwise(levels))
