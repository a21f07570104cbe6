"""The baseline: it learns, sounds the same for a seed, keeps its place in time, goes on where it stopped."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models import baseline, data
from models.baseline_networks import GRAIN, HOP, Sizes, condition, cut, noise_grains, overlap, windows
from models.baseline_train import CHECKPOINT, Plan, Run, spectral
from models.systems import System

TINY = Plan(steps=10_000, batch=4, stretch=12, path_grains=0, rate=6e-3)
NARROW = Sizes(0, False, 0, channels=(4, 8, 16), hidden=64, path_hidden=32)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def begin(hits: data.Hits, plan: Plan, folder: Path) -> Run:
    return baseline.begin(hits, plan, folder, folder, NARROW)


def distance(run: Run) -> float:
    """Return how far a run's sound is from what was heard, over a few batches."""
    with torch.no_grad():
        return float(np.mean([float(run.sounded(0.0)["spectral"]) for _ in range(4)]))


@pytest.fixture(scope="module")
def trained(hits: data.Hits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a run through both stages."""
    out = tmp_path_factory.mktemp("baseline")
    begin(hits, replace(TINY, steps=120, share_grains=0.25), out).train()
    return out


def test_it_learns_four_hits(hits: data.Hits, tmp_path: Path) -> None:
    run = begin(hits, TINY, tmp_path)
    before = distance(run)
    run.train(most_steps=40)
    assert distance(run) < 0.8 * before


def test_the_embedding_learns_paths(trained: Path, hits: data.Hits) -> None:
    run = begin(hits, TINY, trained)
    begun = begin(hits, TINY, trained.parent / "untrained")
    begun.paths = run.paths = run.posterior_means()
    with torch.no_grad():
        assert float(run.embedded(0.0)["path"]) < 0.8 * float(begun.embedded(0.0)["path"])


def test_a_resumed_run_ends_where_one_piece_would(hits: data.Hits, tmp_path: Path) -> None:
    plan = replace(TINY, steps=12)
    whole = begin(hits, plan, tmp_path / "whole")
    whole.train()
    for stop in (5, 10):  # in either stage
        part = begin(hits, plan, tmp_path / "parts")
        part.train(most_steps=stop - part.step - 9 * part.stage)
        part.save()
    resumed = begin(hits, plan, tmp_path / "parts")
    resumed.train()
    for network in ("grains", "path"):
        for a, b in zip(
            getattr(whole, network).parameters(), getattr(resumed, network).parameters(), strict=True
        ):
            assert torch.equal(a, b)


def test_a_seed_sounds_the_same(trained: Path, hits: data.Hits) -> None:
    system: System = baseline.load(trained)
    hit = hits.training()[0]
    first = system.reconstruct(hit, 1)
    assert first.shape == hit.audio.shape
    np.testing.assert_array_equal(first, system.reconstruct(hit, 1))
    assert not np.array_equal(first, system.reconstruct(hit, 2))
    drawn = system.draw(0, 3)
    np.testing.assert_array_equal(drawn, system.draw(0, 3))
    np.testing.assert_array_equal(system.sound(0, drawn, 1), system.sound(0, drawn, 1))
    assert system.embed(hit).shape == drawn.shape == (256,)


def test_a_class_is_heard_in_what_it_sounds_like(trained: Path) -> None:
    system = baseline.load(trained)
    assert system.classes == ("bell", "clap", "hat", "kick")
    drawn = system.draw(0, 1)
    assert not np.allclose(system.sound(2, drawn, 1), system.sound(3, drawn, 1))


def test_a_delayed_onset_sounds_as_late(trained: Path) -> None:
    system = baseline.load(trained)
    gains = torch.zeros(1, 24, GRAIN // 2 + 1)
    gains[:, 10:] = 1.0
    with torch.no_grad():
        sound = system.grains.sound(gains, torch.ones(1))[0]
    reach = system.sizes.taps // 2
    assert not sound[: 10 * HOP - reach].any()
    assert float(sound[10 * HOP : 11 * HOP].square().mean()) > 0.0


def test_flat_gains_give_flat_noise_from_the_first_sample_on() -> None:
    grains = noise_grains(torch.ones(200, 8, GRAIN // 2 + 1), torch.Generator().manual_seed(1))
    shape = windows(torch.ones(200), 8)
    start = (overlap(grains * shape) / overlap(shape).clamp(min=1.0))[:, :HOP]
    assert float(start.square().mean()) == pytest.approx(1.0 / 3.0, rel=0.05)  # uniform in ±1
    assert float(start[:, :16].square().mean()) == pytest.approx(1.0 / 3.0, rel=0.1)


def test_windows_divided_out_leave_the_sound() -> None:
    sound = torch.rand(2, 20 * HOP) - 0.5
    begins = torch.tensor([1.0, 0.0])
    again = overlap(cut(sound, begins)) / overlap(windows(begins, 20)).clamp(min=1.0)
    torch.testing.assert_close(again[0, : 20 * HOP], sound[0])
    torch.testing.assert_close(again[1, GRAIN - HOP : 20 * HOP], sound[1, GRAIN - HOP :])


def test_a_pitch_is_a_column_of_its_own() -> None:
    labels, pitches = torch.tensor([1, 0]), torch.tensor([72.0, 0.0])
    assert condition(Sizes(2, False, 8), labels, pitches).tolist() == [[0, 1], [1, 0]]
    assert condition(Sizes(2, True, 8), labels, pitches).tolist() == [[0, 1, 0.5], [1, 0, 0]]


def test_a_pitched_data_set_sounds_by_pitch(hits: data.Hits, tmp_path: Path) -> None:
    tuned = replace(hits, hits=tuple(replace(hit, pitch=48.0) for hit in hits.hits))
    run = begin(tuned, replace(TINY, steps=4), tmp_path)
    run.train()
    assert run.sizes.pitched
    system = baseline.load(tmp_path)
    drawn = system.draw(0, 1)
    assert not np.allclose(system.sound(0, drawn, 1, pitch=36.0), system.sound(0, drawn, 1, pitch=72.0))


def test_nothing_is_nearer_than_the_sound_itself() -> None:
    rng = torch.Generator().manual_seed(1)
    sound = torch.rand(1, 8192, generator=rng) - 0.5
    assert float(spectral(sound, sound)) == 0.0
    assert 0.0 < float(spectral(sound * 0.9, sound)) < float(spectral(sound * 0.5, sound))


def test_a_checkpoint_says_what_it_is_of(trained: Path) -> None:
    state = torch.load(trained / CHECKPOINT, weights_only=False)
    assert state["at"][0] == 2
    assert Sizes.from_json(state["sizes"]).latent == 96


def test_a_run_of_other_classes_does_not_go_on(trained: Path, hits: data.Hits) -> None:
    other = replace(hits, classes=("bell", "clap", "hat", "snare"))
    with pytest.raises(ValueError, match="begun on other data"):
        begin(other, TINY, trained)
    with pytest.raises(ValueError, match="begun on other data"):
        begin(replace(hits, hits=hits.hits[1:]), TINY, trained)


def test_stopped_it_ends_after_its_step_and_goes_on(hits: data.Hits, tmp_path: Path) -> None:
    run = begin(hits, TINY, tmp_path)
    run.stop()
    run.train()
    assert not run.ended
    run.save()
    begin(hits, replace(TINY, steps=4), tmp_path).train()
    assert torch.load(tmp_path / CHECKPOINT, weights_only=False)["at"][0] == 2


def test_what_a_person_got_wrong_is_one_line(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / CHECKPOINT).write_bytes(b"PK nothing")
    small = ["--steps", "4", "--set=longest_s=0.25", "--set=per_class=2"]
    for arguments, told in (
        (["nowhere", "--out", str(tmp_path)], "no such folder"),
        ([str(data_dir), "--out", str(tmp_path), *small], "cannot be read"),
        ([str(data_dir), "--out", str(tmp_path), "--after", "x"], "unrecognized arguments: --after"),
    ):
        with pytest.raises(SystemExit) as ended:
            baseline.main(arguments)
        assert ended.value.code == 2
        assert told in capsys.readouterr().err.strip().splitlines()[-1]
