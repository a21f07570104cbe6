"""Velocity: level and brightness."""

from itertools import pairwise

import pytest

from instrument import sound
from instrument.errors import StateError
from instrument.sound import Place, Sound, velocity_level_db, velocity_share, velocity_tilt


def test_velocity_is_level_from_barely_audible_to_full() -> None:
    levels = [velocity_level_db(velocity) for velocity in range(1, 128)]

    assert all(softer < louder for softer, louder in pairwise(levels))
    assert levels[0] == -48.0
    assert levels[-1] == 0.0
    assert -13 < velocity_level_db(64) < -10


def test_velocity_is_brightness_around_that_of_the_model() -> None:
    assert velocity_tilt(100) == 0.0
    assert -2.1 < velocity_tilt(1) < velocity_tilt(60) < 0.0 < velocity_tilt(127) < 1.0


def test_a_velocity_lies_between_soft_and_hard() -> None:
    assert [velocity_share(velocity) for velocity in (1, 64, 127)] == [-1.0, 0.0, 1.0]


def test_a_pitch_is_kept_in_a_kit_and_left_out_where_there_is_none() -> None:
    pitched = Sound(class_name="violin", seed=3, pitch=67.5)

    assert sound.from_data("kit", sound.to_data(pitched), 0) == pitched
    assert "pitch" not in sound.to_data(Sound(class_name="kick", seed=3))


@pytest.mark.parametrize("pitch", [-1, 128, "C4", True, float("nan")])
def test_a_pitch_that_is_none_is_refused(pitch: object) -> None:
    with pytest.raises(StateError, match="kit pitch is"):
        sound.from_data("kit", {"class": "violin", "pitch": pitch}, 0)


@pytest.mark.parametrize("towards", [Place("kick", 9), Place("kick", 3, (0.5, -1.0))])
def test_what_a_sound_morphs_to_is_kept_in_a_kit(towards: Place) -> None:
    made = Sound(class_name="kick", seed=3, towards=towards)

    assert sound.from_data("kit", sound.to_data(made), 0) == made
    assert "towards" not in sound.to_data(Sound(class_name="kick", seed=3))


@pytest.mark.parametrize("towards", [7, {"class": "kick"}, {"embedding": 1}])
def test_a_place_to_morph_to_that_is_none_is_refused(towards: object) -> None:
    with pytest.raises(StateError, match="kit towards"):
        sound.from_data("kit", {"class": "kick", "towards": towards}, 0)
