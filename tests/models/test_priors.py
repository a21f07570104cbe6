"""What a trained model's spaces look like."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from instrument import bundle
from instrument.space import EMBEDDING_REACH, LATENT_REACH
from models import data, priors
from models.loudness import HEARD_S, loudness_db
from models.played import Player
from tests.models.conftest import SMALL

KICK = 4


@pytest.fixture(scope="module")
def player(tiny_bundle: Path) -> Player:
    return Player(bundle.load(tiny_bundle))


def test_a_density_is_the_mean_and_covariance_of_its_points() -> None:
    rng = np.random.default_rng(0)
    factor = np.tril(rng.normal(0.0, 1.0, (4, 4))) + 2.0 * np.eye(4)
    points = (rng.normal(size=(5_000, 4)) @ factor.T + 3.0).astype(np.float32)

    mean, found = priors.density(points)

    np.testing.assert_allclose(mean, 3.0, atol=0.2)
    np.testing.assert_allclose(found @ found.T, factor @ factor.T, atol=0.6)
    assert not np.triu(found, 1).any()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_thin_class_still_has_a_density(count: int) -> None:
    _, factor = priors.density(np.random.default_rng(0).normal(size=(count, 8)).astype(np.float32))
    assert (np.diagonal(factor) > 0.0).all()


def test_directions_are_a_standard_deviation_long_and_point_one_way() -> None:
    points = np.random.default_rng(0).normal(size=(2_000, 6)) * [0.1, 5.0, 1.0, 0.1, 2.0, 0.1]

    found = priors.directions(points.astype(np.float32), 3)

    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [5.0, 2.0, 1.0], rtol=0.05)
    assert [int(np.argmax(np.abs(row))) for row in found] == [1, 4, 2]
    assert (found.max(axis=1) > 0.9).all()


def test_fewer_hits_than_knobs_leave_knobs_that_move_nothing() -> None:
    found = priors.directions(np.random.default_rng(0).normal(size=(2, 6)).astype(np.float32), 4)
    assert np.linalg.norm(found[0]) > 0.0
    assert np.abs(found[1:]).max() < 1e-5


def test_draws_are_brought_to_one_loudness_and_none_clips(player: Player) -> None:
    gain_db = priors.gain_db(player, KICK)
    drawn = [
        player.play(player.timbre(KICK, player.space.draw(KICK, n)), n, HEARD_S) for n in range(priors.DRAWS)
    ]
    level = float(np.median([loudness_db(sound) for sound in drawn])) + gain_db
    peak_db = 20 * np.log10(np.percentile([np.abs(sound).max() for sound in drawn], 75)) + gain_db
    assert gain_db <= priors.MOST_GAIN_DB
    assert level <= priors.TARGET_DB + 0.1
    assert peak_db <= 0.1
    short_of = (priors.MOST_GAIN_DB - gain_db, priors.TARGET_DB - level, -peak_db)
    assert min(short_of) == pytest.approx(0.0, abs=0.1)  # as loud as one of the three allows


@pytest.mark.parametrize("latent", [False, True])
def test_a_knob_reaches_until_its_end_is_twice_as_loud(player: Player, latent: bool) -> None:
    mean, rng = player.bundle.arrays["prior.mean"][KICK], np.random.default_rng(1)
    most = LATENT_REACH if latent else EMBEDDING_REACH

    def peak(moved: np.ndarray) -> float:
        timbre = player.timbre(KICK, mean, moved) if latent else player.timbre(KICK, mean + moved)
        return float(np.abs(player.play(timbre, KICK, priors.KNOB_S)).max())

    for _ in range(4):
        direction = rng.normal(0.0, 0.5, 32).astype(np.float32)
        share = priors.reach(player, KICK, direction, latent=latent)
        ends = [peak((sign * share * most * direction).astype(np.float32)) for sign in (-1, 1)]
        assert share == priors.REACHES[-1] or max(ends) <= 2.0 * peak(np.zeros(32, np.float32))
        assert share in priors.REACHES


def test_a_pitch_range_is_that_of_recordings_not_of_variants(hits: data.Hits) -> None:
    made = [
        replace(hit, label=0, pitch=pitch) for hit, pitch in zip(hits.hits, (60.2, 47.9, 71.0), strict=False)
    ]
    variant = replace(made[0], original=False, pitch=99.0)
    unpitched = replace(made[0], pitch=0.0)

    assert priors.pitch_range([*made, variant, unpitched], 0) == (48, 71)
    with pytest.raises(ValueError, match="no recording with a pitch"):
        priors.pitch_range([unpitched], 0)


def test_a_hit_lasts_as_long_as_recordings_do_and_longer_where_they_were_cut(hits: data.Hits) -> None:
    own = [hit for hit in hits.training() if hit.label == 0]
    longest = max(len(hit.inputs) for hit in own if hit.original) - SMALL.silent_grains
    found = priors.length_s(own, 0, replace(SMALL, longest_s=9.0))
    assert found == pytest.approx(longest * 256 / 48_000 + 0.1, abs=0.02)
    assert priors.length_s(own, 0, replace(SMALL, longest_s=0.1)) == pytest.approx(found + 0.9, abs=0.02)
