"""Draws, knobs and morphs."""

from pathlib import Path

import numpy as np
import pytest

from instrument import bundle
from instrument.bundle import Bundle
from instrument.sound import NEUTRAL_KNOBS, Place, Sound, velocity_tilt
from instrument.space import (
    EMBEDDING_REACH,
    LATENT_REACH,
    MOST_CORRECTION_DB,
    Space,
    decay_s,
    draw,
    radius_squared,
    second_seed,
)

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


@pytest.fixture
def known(tmp_path: Path, bundle_parts) -> Space:
    """Give the space of a bundle that knows how loud kicks are and how they are struck."""
    header, arrays = bundle_parts()
    rng = np.random.default_rng(0)
    linear, quadratic, velocity = np.zeros((8, 32)), np.zeros((8, 32, 32)), np.zeros((8, 32))
    linear[KICK], quadratic[KICK] = rng.normal(0, 1, 32), rng.normal(0, 0.1, (32, 32))
    velocity[KICK] = rng.normal(0, 0.3, 32)
    arrays |= {
        "loudness.linear": linear.astype(np.float32),
        "loudness.quadratic": quadratic.astype(np.float32),
        "velocity.embedding": velocity.astype(np.float32),
    }
    hot = [1.0] * KICK + [1.4] + [1.0] * (7 - KICK)
    return Space(bundle.write(tmp_path / "known.safetensors", header | {"class_temperature": hot}, arrays))


def test_each_class_has_its_own_temperature(known: Space, space: Space) -> None:
    middle = known.bundle.arrays["prior.mean"]

    np.testing.assert_array_equal(known.draw(0, 5), space.draw(0, 5))
    np.testing.assert_array_equal(known.draw(KICK, 5), space.draw(KICK, 5, 1.4))
    wide = [known.draw(KICK, seed) - middle[KICK] for seed in range(300)]
    narrow = [space.draw(KICK, seed) - middle[KICK] for seed in range(300)]
    assert np.std(wide) == pytest.approx(1.4 * np.std(narrow), rel=0.05)


def test_a_hit_is_turned_down_by_as_much_as_its_place_is_loud(known: Space) -> None:
    arrays = known.bundle.arrays
    away = 0.05 * np.random.default_rng(1).normal(0, 1, 32)
    louder_db = arrays["loudness.linear"][KICK] @ away + away @ arrays["loudness.quadratic"][KICK] @ away

    assert known.correction_db(KICK, arrays["prior.mean"][KICK]) == 0.0
    assert known.correction_db(KICK, arrays["prior.mean"][KICK] + away) == pytest.approx(-louder_db, abs=1e-3)
    assert known.correction_db(0, arrays["prior.mean"][0] + away) == 0.0


def test_a_correction_has_its_limits(known: Space) -> None:
    away = np.sign(known.bundle.arrays["loudness.linear"][KICK]) * 0.5
    found = [known.correction_db(KICK, known.bundle.arrays["prior.mean"][KICK] + s * away) for s in (-1, 1)]
    assert found == [MOST_CORRECTION_DB, -MOST_CORRECTION_DB]


def test_the_correction_follows_knobs_morph_and_velocity(known: Space) -> None:
    sound = Sound(class_name="kick", seed=3)
    for struck, velocity in [(sound.with_knob(0, 0.8), 64), (sound.with_knob(6, 0.5), 64), (sound, 120)]:
        stroke = known.strike(struck, velocity)
        assert stroke.gain_db == known.correction_db(KICK, stroke.timbre.embedding)
        assert stroke.gain_db != known.strike(sound, 64).gain_db


def test_velocity_moves_a_hit_along_the_direction_of_its_class(known: Space) -> None:
    sound, direction = Sound(class_name="kick", seed=3), known.bundle.arrays["velocity.embedding"][KICK]
    drawn = known.draw(KICK, 3)

    for velocity, share in [(1, -1.0), (64, 0.0), (127, 1.0)]:
        stroke = known.strike(sound, velocity)
        np.testing.assert_allclose(stroke.timbre.embedding, drawn + share * direction, atol=1e-6)
        assert stroke.tilt == 0.0


def test_without_a_direction_velocity_is_brightness_and_the_timbre_stays(known: Space) -> None:
    sound = Sound(class_name="snare", seed=3)

    for velocity in (1, 64, 127):
        stroke = known.strike(sound, velocity)
        np.testing.assert_array_equal(stroke.timbre.embedding, known.timbre(sound).embedding)
        assert (stroke.tilt, stroke.gain_db) == (velocity_tilt(velocity), 0.0)


def test_a_sound_has_the_pitch_it_names_or_the_middle_of_its_class(pitched_bundle: Path) -> None:
    pitched = Space(bundle.load(pitched_bundle))

    for pitch, hz in [(None, 233.08), (69.0, 440.0), (20.0, 82.41)]:
        timbre = pitched.timbre(Sound(class_name="kick", seed=3, pitch=pitch))
        assert timbre.pitch_hz == pytest.approx(hz, rel=1e-4)
        np.testing.assert_array_equal(timbre.condition, pitched.bundle.condition(KICK, pitch))


def test_a_sound_of_an_unpitched_bundle_has_none(space: Space) -> None:
    assert space.timbre(Sound(class_name="kick", seed=3)).pitch_hz == 0.0


def test_decay_is_free_at_the_top_and_shortens_towards_zero() -> None:
    assert decay_s(NEUTRAL_KNOBS[7]) == 0.0
    spans = [decay_s(knob / 100) for knob in range(100)]
    assert spans == sorted(spans)
    assert spans[0] == pytest.approx(0.03)
    assert 3.5 < spans[-1] < 4.0


def whitened(space: Space, place: Place) -> np.ndarray:
    arrays = space.bundle.arrays
    away = space.embedding(place).astype(np.float64) - arrays["prior.mean"][KICK]
    return np.linalg.solve(arrays["prior.factor"][KICK].astype(np.float64), away)


def test_a_walk_takes_small_steps_and_stays_spread_as_draws_are(space: Space) -> None:
    places = [Place("kick", 1)]
    for seed in range(600):
        places.append(space.walk(places[-1], seed))
    walked = np.array([whitened(space, place) for place in places])
    drawn = np.array([whitened(space, Place("kick", seed)) for seed in range(600)])

    lengths = np.linalg.norm(np.diff(walked, axis=0), axis=1)
    apart = np.linalg.norm(np.diff(drawn, axis=0), axis=1)
    assert 0.15 < lengths.mean() / apart.mean() < 0.3
    assert lengths.max() < 0.5 * apart.mean()
    assert np.linalg.norm(walked[100:], axis=1).mean() == pytest.approx(
        np.linalg.norm(drawn, axis=1).mean(), rel=0.1
    )
    assert all(space.nearest(space.embedding(place)) == KICK for place in places)


def test_a_walk_depends_on_where_it_is_and_its_seed_alone(tiny: Bundle, space: Space) -> None:
    assert space.walk(Place("kick", 1), 5) == Space(tiny).walk(Place("kick", 1), 5)
    assert space.walk(Place("kick", 1), 5) != space.walk(Place("kick", 1), 6)


def test_a_walk_from_far_outside_leads_on_by_a_small_step(space: Space) -> None:
    far = Place("kick", 1, tuple(float(value) for value in 3.0 * space.embedding(Place("kick", 1))))

    assert space.walk(far, 1) != far
    assert np.linalg.norm(whitened(space, space.walk(far, 1))) <= np.linalg.norm(whitened(space, far)) + 1e-4


def test_the_morph_knob_leads_to_the_place_that_was_chosen(space: Space) -> None:
    chosen = Place("kick", 77)
    morphed = Sound(class_name="kick", seed=1, towards=chosen, knobs=(*NEUTRAL_KNOBS[:6], 1.0, 1.0))

    np.testing.assert_array_equal(space.timbre(morphed).embedding, space.embedding(chosen))


def test_a_morph_to_a_place_of_another_class_is_one_to_the_second_draw(space: Space) -> None:
    """Where a step plays another class than its track's."""
    knobs = (*NEUTRAL_KNOBS[:6], 1.0, 1.0)
    strange = Sound(class_name="kick", seed=1, towards=Place("snare", 77), knobs=knobs)

    np.testing.assert_array_equal(space.timbre(strange).embedding, space.draw(KICK, second_seed(1)))
