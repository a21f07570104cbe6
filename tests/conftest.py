"""Fixtures for every test: a small bundle with random weights that sounds."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instrument import analysis, bundle, encoder

Parts = tuple[dict[str, Any], dict[str, np.ndarray]]
CLASSES = ["clap", "crash", "hihat_closed", "hihat_open", "kick", "ride", "snare", "tom"]


def _header(pitched: bool) -> dict[str, Any]:
    count = len(CLASSES)
    pitch = {"class_pitch": [[36 + at, 72 + at] for at in range(count)]} if pitched else {}
    return pitch | {
        "schema": 1, "name": "tiny", "rate_hz": 48_000, "hop": 256, "embedding": 32, "latent": 32,
        "hidden": 192, "width": 256, "condition": count + pitched, "atoms": 64, "classes": CLASSES,
        "class_labels": [name.replace("_", " ") for name in CLASSES],
        "tracks": [4, 6, 0, 2, 3, 7, 1, 5], "class_gain_db": [0.0] * count, "class_length_s": [0.5] * count,
        "temperature": 1.0, "provenance": {"command": "tests/conftest.py"}, "licences": ["Random weights"],
    }  # fmt: skip


def _quantised(weight: np.ndarray) -> dict[str, np.ndarray]:
    scale = np.abs(weight).max(axis=1) / 127
    return {
        "weight": np.round(weight / scale[:, None]).astype(np.int8),
        "scale": scale.astype(np.float32),
        "bias": np.zeros(len(weight), np.float32),
    }


def _layers(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """A GRU whose state leaks away (update gate near one); a large latent is loud."""
    sizes = {
        "recurrent": (576, 192, 0.3), "path": (32, 192, 1.2), "inner": (256, 32, 1.4),
        "outer": (256, 256, 1.4), "spectrum": (96, 256, 0.5), "attack": (64, 256, 0.01),
    }  # fmt: skip
    arrays: dict[str, np.ndarray] = {}
    for layer, (rows, columns, scale) in sizes.items():
        weight = rng.normal(0.0, scale / np.sqrt(columns), (rows, columns))
        if layer == "spectrum":
            weight += np.r_[np.full(80, 0.085), np.zeros(16)][:, None]
        arrays |= {f"{layer}.{part}": array for part, array in _quantised(weight).items()}
    arrays["recurrent.bias"][192:384] = 3.5  # leak of 3 % a grain: silent after some 0.5 s
    arrays["spectrum.bias"][:80] = -11.5
    return arrays


def _encoder(rng: np.random.Generator, condition: int) -> dict[str, np.ndarray]:
    """An encoder of random layers; what it hears decides what the sizes are."""
    inputs = analysis.INPUTS + 16 + 1
    layers = {
        "grain.inner": (64, inputs), "grain.outer": (64, 64), "grain.head": (64, 64),
        "hit.inner": (64, encoder.SPANS * 32 + condition), "hit.outer": (64, 64), "hit.head": (64, 64),
    }  # fmt: skip
    arrays = {"encoder.onset": rng.normal(0.0, 0.05, (16, 512)).astype(np.float16)}
    for layer, (rows, columns) in layers.items():
        weight = rng.normal(0.0, 1.2 / np.sqrt(columns), (rows, columns))
        arrays[f"encoder.{layer}.weight"] = weight.astype(np.float16)
        arrays[f"encoder.{layer}.bias"] = np.zeros(rows, np.float16)
    return arrays


def make_bundle_parts(seed: int = 1, *, pitched: bool = False) -> Parts:
    """Return header and arrays of a random bundle with the sizes of a real one."""
    rng = np.random.default_rng(seed)
    count = len(CLASSES)
    condition = count + pitched

    def normal(scale: float, *shape: int) -> np.ndarray:
        return rng.normal(0.0, scale, shape).astype(np.float32)

    fade = np.exp(-np.arange(512) / 60).astype(np.float32)
    arrays = _layers(rng) | _encoder(rng, condition) | {
        "gates.weight": normal(0.02, 576, 32 + condition), "gates.bias": np.zeros(576, np.float32),
        "first.weight": normal(0.3, 192, 32 + condition), "first.bias": normal(0.2, 192),
        "lens.weight": normal(0.1, 256, condition), "atoms.wave": normal(0.2, 64, 512) * fade,
        "prior.mean": normal(1.0, count, 32),
        "prior.factor": np.stack([np.eye(32, dtype=np.float32) * 0.5] * count),
        "knobs.embedding": normal(0.3, count, 4, 32), "knobs.latent": normal(0.3, count, 2, 32),
    }  # fmt: skip
    return _header(pitched), arrays


@pytest.fixture(scope="session")
def bundle_parts() -> Callable[..., Parts]:
    """Give fresh header and arrays to change before `bundle.write`."""
    return make_bundle_parts


@pytest.fixture(scope="session")
def tiny_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the path of a small valid bundle with random weights."""
    path = tmp_path_factory.mktemp("bundles") / "tiny.safetensors"
    bundle.write(path, *make_bundle_parts())
    return path


@pytest.fixture(scope="session")
def pitched_bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the path of a small valid bundle whose classes have pitches: kick from 40 to 76."""
    path = tmp_path_factory.mktemp("bundles") / "pitched.safetensors"
    header, arrays = make_bundle_parts(pitched=True)
    bundle.write(path, header | {"name": "pitched"}, arrays)
    return path
