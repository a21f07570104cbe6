"""Draws, knobs and morphs."""

from pathlib import Path

import numpy as np
import pytest

from instrument import bundle
from instrument.bundle import Bundle
from instrument.sound import NEUTRAL_KNOBS, Sound
from instrument.space import EMBEDDING_REACH, LATENT_REACH, Space, decay_s, draw, radius_squared, second_seed

KICK = 4


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


@pytest.fixture(scope="module")
def space(tiny: Bundle) -> Space:
    return Space(tiny)


def test_the_radius_is_the_99_percent_quantile_of_chi_squared() -> None:
    assert radius_squared(32) == pytest.approx(53.486, rel=3e-3)
    assert radius_squared(4) == pytest.approx(13.277, rel=3e-3)


def test_a_draw_depends_on_class_seed_and_temperature_alone(tiny: Bundle, space: Space) -> None:
    first = space.draw(KICK, 7)
    space.draw(1, 8)

    np.testing.assert_array_equal(first, space.draw(KICK, 7))
    np.testing.assert_array_equal(first, draw(tiny, KICK, 7))
    assert not np.array_equal(first, space.draw(KICK, 8))
    assert not np.array_equal(first, space.draw(KICK, 7, 0.5))
    assert first.shape == (32,)
    assert first.dtype == np.float32


def test_draws_have_the_mean_and_spread_of_their_class(tiny: Bundle, space: Space) -> None:
    drawn = np.array([space.draw(KICK, seed) for seed in range(2_000)])

    np.testing.assert_allclose(drawn.mean(axis=0), tiny.arrays["prior.mean"][KICK], atol=0.06)
    np.testing.assert_allclose(drawn.std(axis=0), 0.5, atol=0.06)


def test_no_draw_lies_beyond_the_radius_or_in_another_class(tiny: Bundle, space: Space) -> None:
    for index in range(len(tiny.classes)):
        for seed in range(200):
            drawn = space.draw(index, seed)
            distance = (drawn - tiny.arrays["prior.mean"][index]) / 0.5
            assert distance @ distance <= radius_squared(32) * 1.0001
            assert space.nearest(drawn) == index


def test_the_wildest_temperature_still_ends_and_stays_in_its_class(space: Space) -> None:
    for seed in range(20):
        assert space.nearest(space.draw(KICK, seed, 50.0)) == KICK


def test_no_temperature_is_the_mean(tiny: Bundle, space: Space) -> None:
    np.testing.assert_allclose(space.draw(KICK, 3, 0.0), tiny.arrays["prior.mean"][KICK])


def test_neutral_knobs_leave_a_draw_alone(space: Space) -> None:
    timbre = space.timbre(Sound(class_name="kick", seed=3))

    np.testing.assert_array_equal(timbre.embedding, space.draw(KICK, 3))
    np.testing.assert_array_equal(timbre.latent, np.zeros(32))
    np.testing.assert_array_equal(timbre.condition, np.eye(8)[KICK])
    assert timbre.decay_s == 0.0


@pytest.mark.parametrize("knob", range(4))
def test_a_shape_knob_moves_the_embedding_along_its_direction(tiny: Bundle, space: Space, knob: int) -> None:
    sound = Sound(class_name="kick", seed=3)
    moved = space.timbre(sound.with_knob(knob, 1.0)).embedding - space.timbre(sound).embedding

    direction = EMBEDDING_REACH * tiny.arrays["knobs.embedding"][KICK, knob]
    np.testing.assert_allclose(moved, direction, atol=1e-5)
    back = space.timbre(sound.with_knob(knob, 0.0)).embedding - space.timbre(sound).embedding
    np.testing.assert_allclose(back, -direction, atol=1e-5)


@pytest.mark.parametrize("knob", range(2))
def test_a_grain_knob_moves_the_latents_along_its_direction(tiny: Bundle, space: Space, knob: int) -> None:
    moved = space.timbre(Sound(class_name="kick", seed=3).with_knob(4 + knob, 1.0))

    np.testing.assert_allclose(
        moved.latent, LATENT_REACH * tiny.arrays["knobs.latent"][KICK, knob], atol=1e-5
    )
    np.testing.assert_array_equal(moved.embedding, space.draw(KICK, 3))


def test_morph_goes_straight_to_a_second_draw_of_the_class(space: Space) -> None:
    sound = Sound(class_name="kick", seed=3)
    own, other = space.draw(KICK, 3), space.draw(KICK, second_seed(3))

    np.testing.assert_allclose(space.timbre(sound.with_knob(6, 1.0)).embedding, other, atol=1e-6)
    np.testing.assert_allclose(
        space.timbre(sound.with_knob(6, 0.25)).embedding, 0.75 * own + 0.25 * other, atol=1e-6
    )


def test_a_given_embedding_takes_the_place_of_the_draw(space: Space) -> None:
    given = tuple(float(value) for value in range(32))

    timbre = space.timbre(Sound(class_name="kick", seed=3, embedding=given))

    np.testing.assert_array_equal(timbre.embedding, given)


def test_decay_is_free_at_the_top_and_shortens_towards_zero() -> None:
    assert decay_s(NEUTRAL_KNOBS[7]) == 0.0
    spans = [decay_s(knob / 100) for knob in range(100)]
    assert spans == sorted(spans)
    assert spans[0] == pytest.approx(0.03)
    assert 3.5 < spans[-1] < 4.0
