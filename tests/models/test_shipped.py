"""The bundles that ship: small, complete, credited, and of hyper-parameters that are still known."""

import re
from pathlib import Path

import numpy as np
import pytest

from instrument import bundle
from models.config import Config
from models.systems import Core

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted(path.stem for path in (ROOT / "models" / "bundles").glob("*.safetensors"))
LARGEST_BYTES = 2_000_000
QUIETEST = 0.01  # peak of a draw that sounds


def test_three_bundles_ship() -> None:
    assert SHIPPED == ["dnb10", "drums8", "notes"]


@pytest.mark.parametrize("name", SHIPPED)
def test_a_bundle_is_at_most_two_megabytes(name: str) -> None:
    assert (ROOT / "models" / "bundles" / f"{name}.safetensors").stat().st_size <= LARGEST_BYTES


@pytest.mark.parametrize("name", SHIPPED)
def test_a_bundle_says_how_it_was_made(name: str) -> None:
    told = bundle.load(name).header.provenance
    assert told["command"].startswith(("python -m models.train", "torchrun"))
    assert Config.of_provenance(told).embedding == 32


@pytest.mark.parametrize("name", SHIPPED)
def test_whoever_asks_for_credit_has_it_in_the_notice(name: str) -> None:
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    asking = [line for line in bundle.load(name).header.licences if "Changed: " in line]
    assert asking
    for line in asking:
        repository = re.search(r"— ([\w.-]+/[\w.-]+)\. Changed", line)
        wanted = [repository[1]] if repository else re.findall(r"freesound\.org/s/(\d+)", line)
        assert wanted
        assert [each for each in wanted if each not in notice] == []


@pytest.mark.parametrize("name", SHIPPED)
def test_a_draw_of_every_class_sounds(name: str) -> None:
    core = Core(bundle.load(name))
    for label in range(len(core.classes)):
        sound = core.sound(label, core.draw(label, seed=1), seed=1)
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() > QUIETEST
