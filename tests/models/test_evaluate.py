"""An evaluation measures every system, writes what it found in one shape, and holds the bars against it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from instrument import bundle
from instrument.bundle import Bundle
from models import baseline, data, evaluate, export, judge, results, trials
from models.bars import bars
from models.baseline_train import Plan
from models.config import Config
from models.evaluate import Evaluation, Size
from models.figures import MEAN, Figure
from models.results import Bar, Results
from models.run import Budget, begin
from models.systems import Core, Float, MeanPath, Posterior
from tests.models.conftest import SMALL

HELD_OUT = Config(**SMALL.to_json() | {"hold_out": ("other",)})
TINY = Size(held=1, draws=4, pairs=1, seeds=1, judge_steps=4)


@pytest.fixture(scope="module")
def run_dir(data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run of a few steps with its bundle, that holds a source out."""
    out = tmp_path_factory.mktemp("run")
    torch.set_num_threads(1)
    hits = data.read(data_dir, out / "cache", HELD_OUT)
    begin(hits, HELD_OUT, out, Budget(steps=20)).train()
    export.export(out, out / "made.safetensors", hits, data_dir)
    return out


@pytest.fixture(scope="module")
def evaluation(run_dir: Path, data_dir: Path) -> Evaluation:
    """Give an evaluation with nothing measured yet."""
    reader = evaluate.parser()
    bundle, cache = str(run_dir / "made.safetensors"), str(run_dir / "cache")
    wanted = ["--held", "1", "--draws", "4", "--pairs", "1", "--cache", cache]
    made = evaluate.read(reader.parse_args([bundle, str(data_dir), *wanted]))
    made.size = TINY
    return made


@pytest.fixture(scope="module")
def found(evaluation: Evaluation, run_dir: Path, data_dir: Path) -> Results:
    """Give the results of everything there is to measure without a baseline."""
    whole = Float(run_dir, evaluation.core.space)
    mean = MeanPath(evaluation.core, evaluation.training)
    evaluation.recordings([evaluation.core, whole, mean])
    evaluation.quantised(whole)
    evaluation.embeddings([whole])
    evaluation.draws([evaluation.core])
    evaluation.morphs([evaluation.core])
    evaluation.harder()
    evaluation.targets(data_dir / "kick")
    return evaluation.finish()


def test_a_recording_beyond_the_range_of_its_class_is_played_at_its_own_pitch(pitched_bundle: Path) -> None:
    core = Core(bundle.load(pitched_bundle))
    _, highest = core.bundle.header.class_pitch[4]
    path = np.random.default_rng(1).normal(0.0, 0.2, (24, 32)).astype(np.float32)
    end, beyond = (core.play(path, 4, seed=1, pitch=pitch) for pitch in (highest, highest + 7))
    assert np.abs(end - beyond).max() > 0.1 * np.abs(end).max()


def test_everything_asked_of_a_model_is_measured(found: Results) -> None:
    of_core = {measure for measure, of in found.figures.items() if "core" in of}
    assert of_core >= {
        "mr_stft", "lsd_16k", "lsd_48k", "attack_db", "rise_ms", "partial", "cents", "silence_db",
        "kid_judge", "kid_mel", "frechet_judge", "frechet_mel", "named", "diversity_judge", "coverage_judge",
        "nearest_mel", "loudness_range_db", "ends_in_silence", "morph", "int8_mr_stft_percent",
        "int8_attack_db", "mr_stft soft", "mr_stft quiet", "mr_stft low-passed", "envelope",
    }  # fmt: skip
    assert {"float", "mean path", "floor"} <= set(found.figures["mr_stft"])
    assert found.value("kl_nats", "float") is not None
    assert found.figures["mr_stft"]["core"].keys() == {*found.classes, MEAN}
    assert found.figures["partial"]["core"].keys() == {"kick", MEAN}
    for of_systems in found.figures.values():
        for of_classes in of_systems.values():
            assert all(f.low <= f.high and np.isfinite(f.value) and f.n > 0 for f in of_classes.values())


def test_the_core_and_torch_in_float_agree(found: Results) -> None:
    whole = found.value("mr_stft", "float")
    assert whole is not None
    assert found.value("mr_stft", "core") == pytest.approx(whole, rel=0.1)


def test_results_come_back_as_written(found: Results, tmp_path: Path) -> None:
    found.save(tmp_path)
    again = Results.load(tmp_path)
    assert again.figures == found.figures
    assert (again.bars, again.details, again.classes) == (found.bars, found.details, found.classes)
    table = (tmp_path / results.TABLE).read_text()
    assert all(text in table for text in ("| mr_stft | core |", "| attack_db: in dB: at most 3 |", "kick"))
    told = json.loads((tmp_path / results.FILE).read_text())["figures"]["rise_ms"]["core"][MEAN]
    assert set(told) == {"median", "low", "high", "n"}


def test_missing_or_foreign_results_are_named_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        Results.load(tmp_path)
    (tmp_path / results.FILE).write_text('{"figures": 1}')
    with pytest.raises(ValueError, match="not the results"):
        Results.load(tmp_path)


def with_figures(core: float, paper: float | None, floor: float) -> Results:
    """Return results in which every class has the same MR-STFT."""
    made = Results({}, ("clap", "kick", "ride"))
    rows = {"core": core, "paper": paper, "floor": floor}
    for system, value in rows.items():
        if value is not None:
            of = {name: Figure("mean", value, value, value, 1) for name in (*made.classes, MEAN)}
            made.add(system, {"mr_stft": of})
    return made


def holding(made: Results) -> dict[str, bool | None]:
    return {bar.text.split(":")[0]: bar.holds for bar in bars(made) if bar.measure == "mr_stft"}


def test_bars_are_held_against_the_baseline_and_the_floor() -> None:
    assert holding(with_figures(0.9, 1.0, 0.84)) == {
        "clap, of the paper's": True, "clap, of its floor": True,
        "kick, of the paper's": False, "ride, of the paper's": True,
    }  # fmt: skip
    assert holding(with_figures(0.9, 1.0, 0.83))["clap, of its floor"] is False
    assert holding(with_figures(0.69, 1.0, 0.8))["kick, of the paper's"] is True


def test_a_bar_without_its_baseline_is_not_measured() -> None:
    assert holding(with_figures(0.9, None, 0.9))["kick, of the paper's"] is None
    line = results.table(Results({}, (), bars=[Bar("m", "text", "–", None)]))
    assert "| m: text | – | not measured |" in line


def test_systems_give_back_sounds_as_long_as_they_were(evaluation: Evaluation, run_dir: Path) -> None:
    hit = evaluation.held[0]
    whole = Float(run_dir, evaluation.core.space)
    for system in (evaluation.core, whole, MeanPath(evaluation.core, evaluation.training)):
        assert system.classes == evaluation.hits.classes
        assert system.reconstruct(hit, 1).shape == hit.audio.shape
        np.testing.assert_array_equal(system.reconstruct(hit, 1), system.reconstruct(hit, 1))
        assert system.embed(hit).shape == system.draw(hit.label, 3).shape == (SMALL.embedding,)
    assert isinstance(whole, Posterior)
    assert not isinstance(evaluation.core, Posterior)


def test_a_draw_as_played_is_the_draw_with_its_gain(evaluation: Evaluation) -> None:
    core: Core = evaluation.core
    plain = core.sound(1, core.draw(1, 5), 5)
    assert core.played(1, 5).shape == plain.shape
    assert np.abs(core.played(1, 5)).max() > 0.0


def test_a_judge_is_kept_and_comes_back_the_same(evaluation: Evaluation, tmp_path: Path) -> None:
    torch.manual_seed(3)
    before = torch.get_rng_state()
    trained = judge.kept(evaluation.training, 4, tmp_path, steps=2)
    again = judge.kept(evaluation.training, 4, tmp_path, steps=2)
    assert torch.equal(torch.get_rng_state(), before)
    assert len(list(tmp_path.iterdir())) == 1
    assert all(torch.equal(a, b) for a, b in zip(trained.parameters(), again.parameters(), strict=True))
    assert judge.digest(evaluation.training, 2) != judge.digest(evaluation.training[1:], 2)


def test_held_out_recordings_are_chosen_over_all_sources(evaluation: Evaluation) -> None:
    hits = [hit for hit in evaluation.hits.hits if hit.original]
    chosen = trials.chosen(hits, 2)
    assert len(chosen) == 8
    assert trials.chosen(hits, 100) == sorted(hits, key=lambda h: h.label)


def test_a_class_without_held_out_recordings_is_left_out(evaluation: Evaluation) -> None:
    kicks = tuple(h for h in evaluation.hits.hits if not h.held or h.label == 3)
    some = data.Hits(evaluation.hits.classes, kicks, evaluation.hits.held_sources)
    made = Evaluation(evaluation.bundle, some, evaluation.cache, TINY)
    made.recordings([made.core], floor=False)
    made.draws([made.core])
    assert made.finish().figures["mr_stft"]["core"].keys() == {"kick", MEAN}
    assert made.results.figures["named"]["core"].keys() == {*some.classes, MEAN}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nowhere", "data"], "no bundle named"),
        (["drums8"], "needed"),
        (["drums8", "nowhere", "--ladder", "x"], "NAME=RUN_DIR"),
        (["drums8", "nowhere", "--draws", "0"], "1 at least"),
        (["drums8", "nowhere", "--targets", "nowhere"], "no folder with recordings"),
    ],
)
def test_what_a_person_got_wrong_is_one_line(
    arguments: list[str], told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["evaluate", *arguments])
    with pytest.raises(SystemExit, match="2"):
        evaluate.main()
    assert told in capsys.readouterr().err.splitlines()[-1]


def test_data_of_other_classes_is_refused(run_dir: Path, data_dir: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "kick").symlink_to(data_dir / "kick")
    (other / "hat").symlink_to(data_dir / "hat")
    args = evaluate.parser().parse_args(
        [str(run_dir / "made.safetensors"), str(other), "--cache", str(tmp_path)]
    )
    with pytest.raises(ValueError, match="the bundle's are"):
        evaluate.read(args)


def test_a_run_that_the_bundle_is_not_of_is_refused(
    evaluation: Evaluation, run_dir: Path, tmp_path: Path
) -> None:
    assert evaluate.whole_model(run_dir, evaluation).classes == evaluation.hits.classes
    begin(evaluation.hits, HELD_OUT, tmp_path, Budget(steps=3)).train()
    with pytest.raises(ValueError, match="was not exported from"):
        evaluate.whole_model(tmp_path, evaluation)


def test_a_baseline_of_another_split_is_refused(
    evaluation: Evaluation, hits: data.Hits, tmp_path: Path
) -> None:
    for own, folder in ((evaluation.hits, tmp_path / "same"), (hits, tmp_path / "other")):
        baseline.begin(own, Plan(steps=2), folder, tmp_path).train()
    assert evaluate.paper_model(tmp_path / "same", evaluation).name == "paper"
    with pytest.raises(ValueError, match="other recordings held out"):
        evaluate.paper_model(tmp_path / "other", evaluation)


def test_a_bundle_is_what_is_evaluated(evaluation: Evaluation) -> None:
    assert isinstance(evaluation.bundle, Bundle)
    assert evaluation.results.about["held_sources"] == ["other"]


def test_what_noise_itself_follows_is_said_beside_each_target(found: Results) -> None:
    followed, floor = found.details["envelope"], found.details["envelope floor"]
    assert followed.keys() == floor.keys() != set()
    assert all(0.0 < value <= 1.0 for value in floor.values())
