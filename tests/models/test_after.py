"""A run may begin with the weights of one that has ended."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from models import data, train
from models.run import CHECKPOINT, Budget, begin, load_model
from tests.models.conftest import SMALL


@pytest.fixture(scope="module")
def earlier(hits: data.Hits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a run of six steps."""
    out = tmp_path_factory.mktemp("earlier")
    begin(hits, SMALL, out, Budget(steps=6)).train()
    return out


def test_a_run_after_another_begins_with_its_weights_in_the_second_stage(
    earlier: Path, hits: data.Hits, tmp_path: Path
) -> None:
    run = begin(hits, SMALL, tmp_path, Budget(steps=6))
    assert run.adopt(earlier)  # the same recordings
    ended, _ = load_model(earlier / CHECKPOINT)
    for own, other in zip(run.model.parameters(), ended.parameters(), strict=True):
        assert torch.equal(own, other)
    assert run.stages[run.stage].name == "audio"


def test_another_size_is_refused_in_words(earlier: Path, hits: data.Hits, tmp_path: Path) -> None:
    run = begin(hits, replace(SMALL, width=SMALL.width + 8), tmp_path, Budget(steps=6))
    with pytest.raises(ValueError, match="has other sizes"):
        run.adopt(earlier)


def test_a_run_of_other_recordings_is_told_apart(earlier: Path, hits: data.Hits, tmp_path: Path) -> None:
    fewer = replace(hits, hits=hits.hits[1:])
    assert not begin(fewer, SMALL, tmp_path, Budget(steps=6)).adopt(earlier)


def test_the_command_line_goes_on_from_it_and_notes_both_commands(
    earlier: Path, data_dir: Path, tmp_path: Path
) -> None:
    (earlier / "run.json").write_text(json.dumps({"command": "the first one"}))
    small = [f"--set={name}={getattr(SMALL, name)}" for name in ("longest_s", "per_class", "audio_batch")]
    command = [str(data_dir), "--out", str(tmp_path), "--steps", "6", "--threads", "1"]
    with pytest.raises(SystemExit) as ended:
        train.main([*command, "--after", str(earlier), *small])
    assert ended.value.code == 0
    told = json.loads((tmp_path / "run.json").read_text())["command"]
    assert told.startswith("the first one; then python -m models.train")
    stages = [state.name for state in tmp_path.glob("after-*.pt")]
    assert sorted(stages) == ["after-audio.pt", "after-hits.pt"]
