"""Velocity: level and brightness."""

from itertools import pairwise

from instrument.sound import velocity_level_db, velocity_tilt


def test_velocity_is_level_from_barely_audible_to_full() -> None:
    levels = [velocity_level_db(velocity) for velocity in range(1, 128)]

    assert all(softer < louder for softer, louder in pairwise(levels))
    assert levels[0] == -48.0
    assert levels[-1] == 0.0
    assert -13 < velocity_level_db(64) < -10


def test_velocity_is_brightness_around_that_of_the_model() -> None:
    assert velocity_tilt(100) == 0.0
    assert -2.1 < velocity_tilt(1) < velocity_tilt(60) < 0.0 < velocity_tilt(127) < 1.0
