"""A made data set: four kinds of hit, a few of each, small enough to learn in seconds."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from models import data
from models.config import Config

RATE_HZ = 44_100
SMALL = Config(per_class=2, longest_s=0.25, silent_grains=8, feature_batch=64, anchor_batch=16,
               audio_batch=2, audio_grains=24, hit_batch=4, feature_rate=1e-2)  # fmt: skip


def made_hit(kind: str, variant: int) -> np.ndarray:
    """Return 0.2 s of a falling sine, of noise, of a click or of two sines, at RATE_HZ."""
    rng = np.random.default_rng(variant)
    t = np.arange(int(0.2 * RATE_HZ)) / RATE_HZ
    sounds = {
        "kick": np.sin(2 * np.pi * (55 + variant) * t * (1 + 0.2 * np.exp(-40 * t))) * np.exp(-20 * t),
        "hat": rng.standard_normal(len(t)) * np.exp(-40 * t),
        "clap": rng.standard_normal(len(t)) * np.exp(-((t % 0.01) * 300)) * np.exp(-15 * t),
        "bell": (np.sin(2 * np.pi * 800 * t) + 0.5 * np.sin(2 * np.pi * 2130 * t)) * np.exp(-12 * t),
    }
    return np.asarray(0.5 * sounds[kind] / np.abs(sounds[kind]).max(), np.float32)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of four class folders; every third hit is of the source "other"."""
    folder = tmp_path_factory.mktemp("made")
    for kind in ("kick", "hat", "clap", "bell"):
        (folder / kind).mkdir()
        for variant in range(3):
            source = "other" if variant == 2 else "own"
            path = folder / kind / f"{source}__{variant}.wav"
            soundfile.write(path, made_hit(kind, variant), RATE_HZ)
    return folder


@pytest.fixture(scope="session")
def hits(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> data.Hits:
    """Give the made data set, read."""
    return data.read(data_dir, tmp_path_factory.mktemp("cache"), SMALL)
