"""Folders become aligned, normalised, analysed hits, held out by source, and the cache gives the same."""

from pathlib import Path

import numpy as np
import pytest

from models import data
from models.config import Config
from models.licences import credit_lines
from tests.models.conftest import SMALL


def test_hits_begin_at_their_onset_and_end_in_silence(hits: data.Hits) -> None:
    for hit in hits.hits:
        assert abs(np.abs(hit.audio).max() - data.PEAK) < 1e-3
        assert np.argmax(np.abs(hit.audio) > 0.05 * data.PEAK) < 200
        assert not hit.audio[-256 * (SMALL.silent_grains - 1) :].any()
        assert len(hit.audio) == 256 * len(hit.inputs)


def test_a_source_is_held_out_whole(data_dir: Path) -> None:
    hits = data.read(data_dir, data_dir / "cache", Config(**SMALL.to_json() | {"hold_out": ("other",)}))
    assert {Path(h.path).name.split("__")[0] for h in hits.held()} == {"other"}
    assert {Path(h.path).name.split("__")[0] for h in hits.training()} == {"own"}
    assert len(hits.held()) == 4


def test_views_of_one_kit_are_one_source() -> None:
    assert data.source(Path("muldjordmic__room-1.flac")) == data.source(Path("muldjord__1.flac"))


def test_a_folder_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no class folders"):
        data.files(tmp_path)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "kick__1.wav"
    broken.write_bytes(b"no wave file")
    with pytest.raises(ValueError, match=r"kick__1\.wav: cannot be read"):
        data.load(broken, SMALL)
    with pytest.raises(ValueError, match="no such folder"):
        data.files(tmp_path / "nowhere")


def test_an_unknown_source_to_hold_out_is_named(data_dir: Path) -> None:
    config = Config(**SMALL.to_json() | {"hold_out": ("nobody",)})
    with pytest.raises(ValueError, match="nobody"):
        data.read(data_dir, data_dir / "cache", config)


def test_silence_survives_preparation() -> None:
    assert not data.prepare(np.zeros(1000, np.float32), SMALL).any()


def test_credits_name_sources_and_authors(tmp_path: Path) -> None:
    (tmp_path / "LICENSES.md").write_text(
        "# x\n\n## own\n\n- Repository: a/b\n- Licence: CC-BY-4.0\n- Attribution: Ann\n"
        "- Note: Changed: cut.\n\n## free\n\n- Licence: CC0-1.0\n- Attribution: none required\n\n"
        "## unused\n\n- Licence: CC0-1.0\n"
    )
    (tmp_path / "manifest.csv").write_text(
        "path,set,licence,author\nd/kick/own__1.flac,d,CC-BY (freesound),freesound bob https://freesound.org/s/1/\n"
    )
    lines = credit_lines(tmp_path / "d", {"own", "free"})
    assert lines == [
        "Ann — CC-BY-4.0 — a/b. Changed: cut.",
        "free, no credit required — CC0-1.0 — free.",
        "freesound bob (CC-BY (freesound)): https://freesound.org/s/1/",
    ]


def test_unlisted_sources_are_still_named(tmp_path: Path) -> None:
    assert credit_lines(tmp_path / "d", {"mine"}) == ["mine: recordings without a licence list"]
