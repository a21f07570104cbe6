"""Temperatures: draws as different as recordings."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from instrument import bundle
from models import judge, spread
from models.played import Player
from models.spread import COOLER, TEMPERATURES, Trial, calmed, chosen


def test_spread_is_the_mean_distance_between_points() -> None:
    assert spread.spread(np.array([[0.0, 0.0], [3.0, 4.0]], np.float32)) == pytest.approx(5.0)
    assert spread.spread(np.array([[0.0], [0.0], [3.0]], np.float32)) == pytest.approx(2.0)
    assert spread.spread(np.zeros((1, 4), np.float32)) == 0.0


WIDER = [Trial(t, spread, 0.9) for t, spread in zip(TEMPERATURES, (2.0, 2.3, 2.6, 2.9, 3.2), strict=True)]


@pytest.mark.parametrize(
    ("wanted", "expected"), [(1.0, 1.0), (2.1, 1.0), (2.4, 1.1), (2.65, 1.2), (9.0, 1.4)]
)
def test_draws_become_as_wide_as_recordings_within_limits(wanted: float, expected: float) -> None:
    assert chosen(WIDER, wanted).temperature == expected


def test_no_width_is_worth_draws_of_another_class() -> None:
    rights = (0.90, 0.87, 0.85, 0.85, 0.80)
    tried = [replace(trial, right=right) for trial, right in zip(WIDER, rights, strict=True)]
    assert chosen(tried, 9.0).temperature == 1.1


def test_nothing_hotter_is_tried_once_the_width_is_past() -> None:
    following = iter(WIDER)
    assert chosen(following, 2.2).temperature == 1.1
    assert [trial.temperature for trial in following] == [1.3, 1.4]


def test_one_unlucky_temperature_does_not_end_the_search() -> None:
    tried = [
        replace(trial, right=right) for trial, right in zip(WIDER, (0.9, 0.8, 0.9, 0.8, 0.9), strict=True)
    ]
    assert chosen(tried, 2.6).temperature == 1.2


@pytest.mark.parametrize(("wanted", "expected"), [(2.0, 1.0), (1.8, 0.9), (1.5, 0.8), (0.1, 0.7)])
def test_draws_that_differ_more_than_recordings_are_calmed(wanted: float, expected: float) -> None:
    cooler = [Trial(t, spread, 0.9) for t, spread in zip(COOLER, (1.75, 1.5, 1.2), strict=True)]
    assert calmed(Trial(1.0, 2.0, 0.9), cooler, wanted).temperature == expected


def test_hotter_draws_are_further_apart(tiny_bundle: Path) -> None:
    player = Player(bundle.load(tiny_bundle))
    cool, hot = (
        np.stack([judge.picture(sound).ravel() for sound in spread.draws(player, 4, temperature, 24)])
        for temperature in (0.5, 1.4)
    )
    assert spread.spread(hot) > 1.2 * spread.spread(cool)


def test_every_temperature_is_tried(tiny_bundle: Path) -> None:
    listener = judge.Judge(8).eval()
    found = list(spread.trials(Player(bundle.load(tiny_bundle)), 4, listener, 3))
    assert [trial.temperature for trial in found] == list(TEMPERATURES)
    assert all(trial.spread > 0.0 and trial.right in (0.0, 1 / 3, 2 / 3, 1.0) for trial in found)


def test_pitched_draws_have_pitches_of_their_range(pitched_bundle: Path, tiny_bundle: Path) -> None:
    rng = np.random.default_rng(0)
    pitched, plain = Player(bundle.load(pitched_bundle)), Player(bundle.load(tiny_bundle))

    found = {spread.any_pitch(pitched, 4, rng) for _ in range(400)}

    assert found == set(range(40, 77))
    assert spread.any_pitch(plain, 4, rng) is None
