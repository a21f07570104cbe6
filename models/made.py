"""Hits made in code, to try the measures on: kicks, hats and snares, each of its own random character."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from instrument.bands import MODEL_RATE_HZ
from models.config import Config

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SECONDS = 0.3
PEAK = 0.9
OWN, HELD = "own", "held"  # sources
SMALL = Config(per_class=1, longest_s=0.35, silent_grains=8, feature_batch=64, anchor_batch=16, audio_batch=2,
               audio_grains=24, hit_batch=4, feature_rate=1e-2, hold_out=(HELD,))  # fmt: skip


def kick(seed: int, hz: float = 0.0, click: float = 0.3) -> F32:
    """Return a sine that falls to `hz` (0: one of its own) with a click of noise."""
    rng = np.random.default_rng([1, seed])
    t = _time()
    end = hz or rng.uniform(45.0, 90.0)
    turns = end * (t + rng.uniform(0.02, 0.06) * (1.0 - np.exp(-30.0 * t)))
    body = np.sin(2 * np.pi * turns) * np.exp(-t * rng.uniform(10.0, 20.0))
    return _levelled(body + click * rng.standard_normal(len(t)) * np.exp(-t * 500.0))


def hat(seed: int) -> F32:
    """Return noise, mostly above 5 kHz, that dies away in 40 to 200 ms."""
    rng = np.random.default_rng([2, seed])
    t = _time()
    bright = np.diff(np.diff(rng.standard_normal(len(t) + 2)))
    return _levelled(bright * np.exp(-t * rng.uniform(35.0, 160.0)))


def snare(seed: int) -> F32:
    """Return a short tone of about 200 Hz under noise."""
    rng = np.random.default_rng([3, seed])
    t = _time()
    tone = np.sin(2 * np.pi * rng.uniform(170.0, 240.0) * t) * np.exp(-t * rng.uniform(20.0, 40.0))
    return _levelled(tone + rng.uniform(0.3, 0.8) * rng.standard_normal(len(t)) * np.exp(-t * 25.0))


KINDS: dict[str, Callable[[int], F32]] = {"hat": hat, "kick": kick, "snare": snare}


def write(folder: Path, own: int, held: int) -> None:
    """Write a folder of class folders: `own` recordings of each kind to train on, `held` from elsewhere."""
    for name, make in KINDS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for seed in range(own + held):
            source = OWN if seed < own else HELD
            soundfile.write(folder / name / f"{source}__{seed}.wav", make(seed), MODEL_RATE_HZ)


def _time() -> F64:
    return np.arange(int(SECONDS * MODEL_RATE_HZ)) / MODEL_RATE_HZ


def _levelled(sound: F64) -> F32:
    """Return a sound at PEAK, its last 5 ms faded."""
    fade = int(0.005 * MODEL_RATE_HZ)
    sound[-fade:] *= np.linspace(1.0, 0.0, fade)
    return np.asarray(PEAK * sound / np.abs(sound).max(), np.float32)
