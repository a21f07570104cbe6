"""The encoder's own list of arrays, and how it hears a path."""

from types import SimpleNamespace

import numpy as np
import pytest

from instrument import analysis, encoder
from instrument.errors import BundleError

WIDTH, LATENT, EMBEDDING, CLASSES, ATOMS = 16, 32, 32, 3, 64


def arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    sizes = {
        "grain.inner": (WIDTH, analysis.INPUTS + ATOMS + 1), "grain.outer": (WIDTH, WIDTH),
        "grain.head": (2 * LATENT, WIDTH), "hit.inner": (WIDTH, encoder.SPANS * LATENT + CLASSES),
        "hit.outer": (WIDTH, WIDTH), "hit.head": (2 * EMBEDDING, WIDTH),
    }  # fmt: skip
    found = {
        "encoder.onset": rng.normal(size=(ATOMS, analysis.GRAIN)),
        "lens.weight": np.zeros((WIDTH, CLASSES)),
    }
    for layer, shape in sizes.items():
        found[f"encoder.{layer}.weight"] = rng.normal(0.0, 0.1, shape).astype(np.float16)
        found[f"encoder.{layer}.bias"] = np.zeros(shape[0], np.float32)
    return found


def test_a_missing_array_is_named() -> None:
    found = arrays()
    encoder.check(found)
    del found["encoder.hit.head.bias"]
    with pytest.raises(BundleError, match=r"encoder\.hit\.head\.bias"):
        encoder.check(found)


def test_an_encoder_of_other_inputs_is_refused() -> None:
    found = arrays()
    found["encoder.grain.inner.weight"] = np.zeros((WIDTH, 7), np.float16)
    with pytest.raises(BundleError, match="other inputs"):
        encoder.check(found)


@pytest.mark.parametrize("grains", [1, 5, 40, encoder.SPAN_GRAINS, 500])
def test_every_part_of_a_path_is_a_mean(grains: int) -> None:
    weights = encoder.span_weights(grains)
    assert weights.shape == (encoder.SPANS, grains)
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-5)


def test_a_recording_becomes_a_path_and_an_embedding() -> None:
    bundle = SimpleNamespace(arrays=arrays())
    sound = np.random.default_rng(2).standard_normal(4_000).astype(np.float32)
    path = encoder.encode_path(bundle, sound)
    assert path.shape == (16, LATENT)
    embedding = encoder.encode_embedding(bundle, path, 1)
    assert embedding.shape == (EMBEDDING,)
    assert np.isfinite(embedding).all()
