"""Loudness told from embeddings."""

from pathlib import Path

import numpy as np
import pytest

from instrument import bundle
from models.loudness import correction_db, fit, learn, loudness_db
from models.played import Player

RATE_HZ = 48_000


def tone(hz: float, level: float, seconds: float = 0.5) -> np.ndarray:
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * RATE_HZ)) / RATE_HZ)).astype(np.float32)


def test_loudness_is_a_level_that_hears_as_the_ear_does() -> None:
    middle = loudness_db(tone(1_000, 0.5))
    assert middle == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)) + 1.2, abs=0.3)
    assert loudness_db(tone(1_000, 0.05)) == pytest.approx(middle - 20, abs=0.01)
    assert loudness_db(tone(30, 0.5)) < middle - 3
    assert middle + 2 < loudness_db(tone(6_000, 0.5)) < middle + 5


def test_a_short_hit_is_softer_than_a_long_one_and_silence_after_it_is_nothing() -> None:
    short = np.pad(tone(1_000, 0.5, 0.02), (0, 20_000))
    assert loudness_db(tone(1_000, 0.5, 0.2)) - loudness_db(short) == pytest.approx(10 * np.log10(5), abs=0.5)


def quadratic(rng: np.random.Generator, factor: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return forms that make a few dB of a class's spread."""
    unit = np.linalg.inv(factor)
    raw = rng.normal(0.0, 0.25, factor.shape)
    return unit.T @ rng.normal(0.0, 1.5, len(factor)), unit.T @ (raw + raw.T) / 2 @ unit


def test_a_fit_finds_the_form_it_was_made_with() -> None:
    rng = np.random.default_rng(0)
    factor = np.tril(rng.normal(0.0, 0.3, (8, 8)) + 1.5 * np.eye(8))
    linear, form = quadratic(rng, factor)
    offsets = rng.normal(size=(600, 8)) @ factor.T
    heard = -20.0 + offsets @ linear + np.einsum("ni,ij,nj->n", offsets, form, offsets)

    found = fit(offsets, heard + rng.normal(0.0, 0.5, 600), factor)

    fresh = rng.normal(size=(200, 8)) @ factor.T
    true = fresh @ linear + np.einsum("ni,ij,nj->n", fresh, form, fresh)
    told = fresh @ found.linear + np.einsum("ni,ij,nj->n", fresh, found.quadratic, fresh)
    assert np.std(told - true) < 0.3 < 0.2 * np.std(true)
    assert found.residual_db == pytest.approx(0.5, abs=0.1)
    np.testing.assert_allclose(found.quadratic, found.quadratic.T, atol=1e-6)


def test_noise_is_not_taken_for_loudness() -> None:
    rng = np.random.default_rng(0)
    offsets = rng.normal(size=(300, 16))

    found = fit(offsets, rng.normal(0.0, 2.0, 300), np.eye(16))

    fresh = rng.normal(size=(200, 16))
    told = fresh @ found.linear + np.einsum("ni,ij,nj->n", fresh, found.quadratic, fresh)
    assert np.std(told) < 0.7
    assert found.residual_db == pytest.approx(2.0, abs=0.3)


def test_directions_without_width_stay_small() -> None:
    """A prior may be all but flat in a dimension; a bundle still holds its numbers."""
    rng = np.random.default_rng(0)
    factor = np.diag([1.0, 1e-2])
    offsets = rng.normal(size=(300, 2)) @ factor

    found = fit(offsets, 3.0 * offsets[:, 0] + 200.0 * offsets[:, 1], factor)

    assert np.abs(found.quadratic).max() < 1e3
    assert found.linear[0] == pytest.approx(3.0, abs=0.2)


def test_hits_are_nearer_in_loudness_once_it_is_learned(tiny_bundle: Path) -> None:
    player = Player(bundle.load(tiny_bundle))
    found = learn(player, 4, recordings=100)

    plain, level = [], []
    for n in range(5_000, 5_060):
        embedding = player.space.draw(4, n)
        plain.append(loudness_db(player.play(player.timbre(4, embedding), n, 0.5)))
        level.append(plain[-1] + correction_db(found, embedding - player.bundle.arrays["prior.mean"][4]))
    assert np.std(level) < 0.8 * np.std(plain)
