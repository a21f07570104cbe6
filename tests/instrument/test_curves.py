"""Velocity curves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument import curves
from instrument.errors import MessageError

velocities = st.integers(1, 127)
names = st.sampled_from(sorted(curves.CURVES))


@given(names, velocities)
def test_every_stroke_plays_at_a_velocity_that_midi_has(name: str, velocity: int) -> None:
    assert 1 <= curves.shaped(name, velocity) <= 127


@given(names, velocities, velocities)
def test_no_curve_plays_the_harder_stroke_softer(name: str, one: int, other: int) -> None:
    low, high = sorted((one, other))

    assert curves.shaped(name, low) <= curves.shaped(name, high)


@pytest.mark.parametrize("name", ["linear", "soft", "hard", "log"])
def test_the_hardest_stroke_stays_the_hardest(name: str) -> None:
    assert curves.shaped(name, 127) == 127


@pytest.mark.parametrize("name", curves.CURVES)
def test_a_release_stays_a_release(name: str) -> None:
    assert curves.shaped(name, 0) == 0


@given(st.integers(2, 126))
def test_soft_and_log_lift_what_hard_lowers(velocity: int) -> None:
    assert curves.shaped("soft", velocity) >= velocity
    assert curves.shaped("log", velocity) >= velocity
    assert curves.shaped("hard", velocity) <= velocity


def test_fixed_is_as_bright_as_the_model_has_it() -> None:
    assert {curves.shaped("fixed", velocity) for velocity in range(1, 128)} == {100}


def test_a_curve_that_is_none_is_refused_by_name() -> None:
    known = "linear, soft, hard, log, fixed"
    with pytest.raises(MessageError, match=f"no velocity curve 'steep'; known are {known}"):
        curves.shaped("steep", 64)
