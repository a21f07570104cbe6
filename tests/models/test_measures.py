"""The measures say what their definitions say, and move the right way on hits made in code."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from models import figures, floors, made, measures, morphs, proofs, sets, trials
from models.data import Hit
from models.figures import MEAN
from tests.models.conftest import made_hit

RATE_HZ = 48_000


def decaying_noise(seed: int, seconds: float = 0.8) -> np.ndarray:
    t = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = np.random.default_rng(seed).standard_normal(len(t)) * np.exp(-t * 8.0)
    return np.asarray(0.9 * sound / np.abs(sound).max(), np.float32)


@pytest.mark.filterwarnings("default")
def test_mr_stft_is_what_auraloss_computes_by_default() -> None:
    auraloss = pytest.importorskip(
        "auraloss", reason="auraloss is not installed: MR-STFT is not compared with it"
    )
    loss = auraloss.freq.MultiResolutionSTFTLoss()
    sounds, target = np.stack([decaying_noise(1), made.kick(1, 0.0)[:1].repeat(38_400)]), decaying_noise(2)
    expected = [
        float(loss(torch.from_numpy(s)[None, None], torch.from_numpy(target)[None, None])) for s in sounds
    ]
    np.testing.assert_allclose(measures.mr_stft(sounds, target), expected, rtol=1e-4)


def test_all_proofs_hold() -> None:
    torch.set_num_threads(1)
    told = list(proofs.proofs())
    assert len(told) > 40
    assert not [proof.line() for proof in told if not proof.holds]


def test_a_proof_that_goes_the_wrong_way_fails() -> None:
    assert not proofs.Proof("", better=1.0, worse=0.9).holds
    assert not proofs.Proof("", better=1.0, worse=1.1, least=0.2).holds


def test_the_floor_of_noise_is_what_two_of_its_realisations_score() -> None:
    sounds = np.stack([decaying_noise(seed) for seed in range(4)])
    between = measures.compare(sounds[1:], sounds[0])
    floor = floors.floor(as_hit(sounds[0]), 3)
    assert floor.mr_stft == pytest.approx(between.mr_stft, rel=0.06)
    assert floor.lsd_48k == pytest.approx(between.lsd_48k, rel=0.1)


def test_the_floor_of_a_tone_is_far_below_that_of_noise() -> None:
    tone = np.sin(2 * np.pi * 220.0 * np.arange(RATE_HZ) / RATE_HZ) * np.exp(
        -4.0 * np.arange(RATE_HZ) / RATE_HZ
    )
    assert floors.floor(as_hit(np.asarray(0.9 * tone, np.float32)), 2).mr_stft < 0.7


def test_log_spectral_distance_of_twice_the_level_is_its_log_power() -> None:
    noise = np.random.default_rng(1).standard_normal(RATE_HZ).astype(np.float32) * 0.1
    assert measures.lsd((2.0 * noise)[None], noise)[0] == pytest.approx(np.log10(4.0), rel=1e-3)


def test_the_attack_is_the_difference_of_high_passed_levels() -> None:
    noise = decaying_noise(3)
    assert measures.attack_db(np.float32(0.5) * noise, noise) == pytest.approx(20 * np.log10(2.0), abs=0.1)
    hum = np.float32(0.5) * np.sin(2 * np.pi * 30.0 * np.arange(len(noise)) / RATE_HZ).astype(np.float32)
    assert measures.attack_db(noise + hum, noise) < 1.0


def test_a_target_ends_where_it_is_60_db_down_and_50_ms_later() -> None:
    sound = np.zeros(RATE_HZ, np.float32)
    sound[:2560] = 0.5
    made_, real = measures.cut(sound[None], sound)
    assert len(real) == made_.shape[1] == 2560 + 2400
    assert real.max() == pytest.approx(1.0)


@pytest.mark.parametrize("sounds", [np.zeros((2, 100), np.float32), np.zeros((2, 20_000), np.float32)])
def test_silence_and_short_sounds_have_finite_figures(sounds: np.ndarray) -> None:
    comparison = measures.compare(sounds, decaying_noise(1, 0.2))
    assert all(np.isfinite(getattr(comparison, name)) for name in measures.NAMES)


def test_kid_of_the_same_kind_is_about_nothing() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.standard_normal((2, 200, 16))
    assert abs(sets.kid(a)(b)) < 0.05
    assert sets.kid(a)(b + 1.0) > 1.0


def test_the_frechet_distance_of_two_gaussians_is_known() -> None:
    rng = np.random.default_rng(1)
    a = rng.standard_normal((40_000, 2))
    assert sets.frechet(a)(2.0 * a + 3.0) == pytest.approx(2 * 9.0 + 2 * 1.0, rel=0.03)


def test_intervals_hold_what_they_should_and_macro_means_are_of_classes() -> None:
    rng = np.random.default_rng(1)
    inside = [
        figure.low <= 0.0 <= figure.high
        for figure in (figures.of_classes({"a": list(rng.standard_normal(30))})["a"] for _ in range(100))
    ]
    assert 85 <= sum(inside) <= 99
    found = figures.of_classes({"a": [1.0] * 9, "b": [3.0], "none": [float("nan")]})
    assert found[MEAN].value == 2.0
    assert (set(found), found[MEAN].n) == ({"a", "b", MEAN}, 10)


def test_t60_is_measured_and_where_the_sound_ends_before_followed() -> None:
    t = np.arange(RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(1).standard_normal(RATE_HZ)
    for seconds in (0.3, 1.6):
        sound = np.asarray(noise * 10 ** (-3.0 * t / seconds), np.float32)
        assert 2 ** morphs.shape(sound).t60 == pytest.approx(seconds, rel=0.1)


def test_a_system_that_gives_back_what_it_hears_is_without_fault() -> None:
    hit = as_hit(made.kick(1, 55.0))
    echo = SimpleNamespace(name="echo", classes=("kick",), reconstruct=lambda hit, seed: hit.audio)  # noqa: ARG005
    values = trials.reconstructed(echo, [hit], seeds=2)
    assert values["mr_stft"]["kick"] == [0.0]
    assert values["partial"]["kick"] == [pytest.approx(1.0)]


def as_hit(audio: np.ndarray) -> Hit:
    """Return a hit of class 0 of which nothing but its sound is looked at."""
    none = np.zeros((0, 0), np.float32)
    return Hit(path="", label=0, held=True, original=True, typical=True, pitch=0.0,
               audio=audio, inputs=none, bands=none, sines=none)  # fmt: skip


def test_the_made_kick_of_the_other_set_has_a_main_partial() -> None:
    kick = made_hit("kick", 0)
    assert measures.main_partial(kick, kick) == pytest.approx((1.0, 0.0))
