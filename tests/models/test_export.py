"""A checkpoint becomes a bundle with all that was measured on it, or says in one line why not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

from instrument import bundle, encoder
from instrument.space import Space
from models import data, export, priors, spread
from models.config import Config
from models.model import Model
from models.run import CHECKPOINT, Budget, begin
from tests.models.conftest import RATE_HZ, SMALL, made_hit


def _run(hits: data.Hits, config: Config, out: Path) -> Path:
    """Return the folder of a run that has just begun: random weights."""
    torch.set_num_threads(1)
    begin(hits, config, out, Budget(steps=3)).save()
    return out


@pytest.fixture(scope="module")
def notes_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder of two instruments whose recordings have pitches."""
    folder = tmp_path_factory.mktemp("pitched")
    rows = ["path,midi,midi_measured"]
    for name, lowest in (("bell", 72), ("kick", 33)):
        (folder / name).mkdir()
        for at in range(4):
            soundfile.write(folder / name / f"own__{at}.wav", made_hit(name, at), RATE_HZ)
            rows.append(f"{folder.name}/{name}/own__{at}.wav,{lowest + at},{lowest + at + 0.05}")
    (folder / "pitches.csv").write_text("\n".join(rows))
    return folder


@pytest.fixture(scope="module")
def pitched(notes_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> bundle.Bundle:
    out, config = tmp_path_factory.mktemp("run"), replace(SMALL, pitched=True)
    hits = data.read(notes_dir, out / "cache", config)
    return export.export(_run(hits, config, out), out / "pitched.safetensors", hits, notes_dir)


def test_a_pitched_run_becomes_a_pitched_bundle(pitched: bundle.Bundle) -> None:
    again = bundle.load(pitched.path)
    assert again.header.condition == 3
    assert list(again.header.class_pitch) == [(72, 74), (33, 36)]  # 75 is held out
    encoder.check(again.arrays)
    space = Space(again)
    assert np.isfinite(space.draw(0, 1)).all()
    assert again.condition(0, 74)[2] == pytest.approx(14 / 24)


def test_what_is_measured_is_in_the_bundle(pitched: bundle.Bundle) -> None:
    header, arrays = pitched.header, pitched.arrays
    assert len(header.class_temperature) == 2
    assert set(header.class_temperature) <= {*spread.COOLER, *spread.TEMPERATURES}
    assert np.abs(arrays["loudness.linear"]).max() > 0.0
    np.testing.assert_allclose(
        arrays["loudness.quadratic"], arrays["loudness.quadratic"].transpose(0, 2, 1), atol=1e-5
    )
    assert not arrays["velocity.embedding"].any()  # names that tell nothing
    assert all(-24.0 <= gain_db <= 6.0 for gain_db in header.class_gain_db)


def test_names_of_soft_and_hard_hits_make_a_direction(hits: data.Hits) -> None:
    some = hits.training()[0]
    soft_to_hard = [
        replace(some, label=1, original=True, path=f"gogodze2__ks-vl{n % 4 + 1}-rr{n}-mix.flac")
        for n in range(24)
    ]
    ranks = np.array([n % 4 / 3 for n in range(24)])
    noise = np.random.default_rng(0).normal(0.0, 0.02, (24, 8))
    embeddings = (ranks[:, None] * np.eye(8)[2] * 3.0 + noise).astype(np.float32)
    encoded = priors.Encoded(embeddings, np.ones((24, 8), np.float32), np.ones(24, np.int64), [])

    found = export.velocity_arrays(encoded, soft_to_hard, 2)["velocity.embedding"]

    assert not found[0].any()
    np.testing.assert_allclose(found[1], 1.5 * np.eye(8)[2], atol=0.05)


@pytest.mark.parametrize(
    ("classes", "expected"),
    [
        (("clap", "kick", "snare"), [1, 2, 0]),
        (("bass", "kick", "lead"), [1, 0, 2]),
        (tuple(f"instrument{n}" for n in range(12)), list(range(8))),
    ],
)
def test_tracks_are_a_drum_machines_and_then_the_others_in_their_order(
    classes: Sequence[str], expected: list[int]
) -> None:
    assert export.tracks(tuple(classes)) == expected


def _refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit) as ended:
        export.main([str(each) for each in arguments])
    assert ended.value.code == 2
    return capsys.readouterr().err.strip().splitlines()[-1]


def test_what_cannot_be_exported_is_one_line(
    hits: data.Hits, data_dir: Path, notes_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "o.safetensors"
    assert "no checkpoint.pt there" in _refused(capsys, tmp_path / "none", out, "--data", data_dir)
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / CHECKPOINT).write_bytes(b"PK nothing")
    assert "cannot be read" in _refused(capsys, damaged, out, "--data", data_dir)
    torch.save({"sizes": {}}, damaged / CHECKPOINT)
    assert "it has no config" in _refused(capsys, damaged, out, "--data", data_dir)
    run = _run(hits, SMALL, tmp_path / "run")
    assert "ends in .safetensors" in _refused(capsys, run, tmp_path / "o.pt", "--data", data_dir)
    assert "no such folder" in _refused(capsys, run, out, "--data", tmp_path / "nowhere")
    assert "trained on other recordings" in _refused(capsys, run, out, "--data", notes_dir)
    assert not out.exists()


@pytest.mark.parametrize("part", ["flat_noise", "oscillators", "attack"])
def test_a_model_with_a_part_left_out_makes_no_bundle(part: str) -> None:
    config = Config.from_json(SMALL.to_json() | {part: False})
    with pytest.raises(ValueError, match=f"a model without {part} is for measuring only"):
        export.check_whole(Model(config, ("a", "b")))
