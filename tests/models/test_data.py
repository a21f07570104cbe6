"""Folders become aligned, normalised, analysed hits, held out by source, and the cache gives the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from models import data, recordings
from models.config import Config
from tests.models.conftest import SMALL


def test_hits_begin_at_their_onset_and_end_in_silence(hits: data.Hits) -> None:
    for hit in hits.hits:
        assert abs(np.abs(hit.audio).max() - recordings.PEAK) < 1e-3
        assert np.argmax(np.abs(hit.audio) > 0.05 * recordings.PEAK) < 200
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
        recordings.load(broken, SMALL)
    with pytest.raises(ValueError, match="no such folder"):
        data.files(tmp_path / "nowhere")


def test_an_unknown_source_to_hold_out_is_named(data_dir: Path) -> None:
    config = Config(**SMALL.to_json() | {"hold_out": ("nobody",)})
    with pytest.raises(ValueError, match="nobody"):
        data.read(data_dir, data_dir / "cache", config)


def test_silence_survives_preparation() -> None:
    assert not recordings.prepare(np.zeros(1000, np.float32), SMALL).any()


def test_a_variant_says_how_far_its_pitch_moved() -> None:
    rng = np.random.default_rng(3)
    tone = np.sin(2 * np.pi * 1000.0 * np.arange(24_000) / 48_000).astype(np.float32)
    for _ in range(6):
        made = recordings.vary(tone, rng, SMALL)
        heard = np.argmax(np.abs(np.fft.rfft(made.audio, 1 << 18))) * 48_000 / (1 << 18)
        assert abs(12 * np.log2(heard / 1000.0) - made.semitones) < 0.03


def _pitched_folder(folder: Path, rows: dict[str, float]) -> Path:
    """Write one class of notes, a fundamental and one overtone each, and pitches.csv."""
    (folder / "reed").mkdir(parents=True)
    time = np.arange(24_000) / 48_000
    lines = ["path,midi"]
    for name, pitch in rows.items():
        turns = 2 * np.pi * 440.0 * 2 ** ((pitch - 69) / 12) * time
        sound = (0.5 * np.sin(turns) + 0.3 * np.sin(3 * turns)) * np.exp(-3 * time)
        soundfile.write(folder / "reed" / name, sound, 48_000)
        lines.append(f"any/where/reed/{name},{pitch}")
    (folder / data.PITCHES).write_text("\n".join(lines))
    return folder


def test_pitched_hits_have_their_harmonics_as_targets(tmp_path: Path) -> None:
    folder = _pitched_folder(tmp_path / "notes", {"a__1.wav": 60.0, "a__2.wav": 63.3})
    hits = data.read(folder, tmp_path / "cache", replace(SMALL, pitched=True, per_class=0))
    for hit, pitch in zip(sorted(hits.hits, key=lambda h: h.path), (60.0, 63.3), strict=True):
        levels, places = hit.sines[8:36, :16], hit.sines[8:36, 16:]
        assert hit.pitch == pytest.approx(pitch)
        assert (levels[:, [0, 2]] > -4.0).all()
        assert (levels[:, 4:] < levels[:, :1] - 4.0).all()
        assert np.abs(places[:, [0, 2]]).max() < 0.02  # some 7 cents
        decay = np.diff(levels[:, 0]).mean() * 48_000 / 256
        assert decay == pytest.approx(-3.0, abs=0.1)


def test_a_pitched_class_of_one_source_holds_out_whole_pitches(tmp_path: Path) -> None:
    rows = {f"a__{p}-{take}.wav": float(p) for p in range(58, 64) for take in "xy"}
    hits = data.read(_pitched_folder(tmp_path / "n", rows), tmp_path / "c", replace(SMALL, pitched=True))
    assert {h.pitch for h in hits.held()} == {60.0}
    assert 60.0 not in {h.pitch for h in hits.training() if h.original}


def test_a_pitch_list_of_another_shape_is_refused(tmp_path: Path) -> None:
    folder = _pitched_folder(tmp_path / "n", {"a__1.wav": 60.0})
    (folder / data.PITCHES).write_text("file,note\na__1.wav,C4\n")
    with pytest.raises(ValueError, match=r"pitches\.csv: expected columns path and midi"):
        data.read(folder, tmp_path / "c", SMALL)


def test_a_folder_of_ones_own_is_read_as_it_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "Große Trommel"
    (folder / "inner").mkdir(parents=True)
    (tmp_path / ".hidden").mkdir()
    rng = np.random.default_rng(1)
    soundfile.write(folder / "Take 1.WAV", rng.standard_normal((9000, 2)) * 0.1, 44_100, subtype="PCM_24")
    soundfile.write(folder / "silent.wav", np.zeros(4800), 48_000)
    (folder / "broken.wav").write_bytes(b"no wave file")
    (folder / "notes.txt").write_text("not audio")
    hits = data.read(tmp_path, tmp_path / ".cache", SMALL)
    said = capsys.readouterr().err
    assert hits.classes == ("grosse_trommel",)
    assert {Path(h.path).name for h in hits.hits} == {"Take 1.WAV"}
    assert "silent.wav: is silent" in said
    assert "broken.wav: cannot be read" in said


def test_two_folders_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("Hi-Hat", "hi hat"):
        (tmp_path / name).mkdir()
        soundfile.write(tmp_path / name / "a.wav", np.ones(480), 48_000)
    with pytest.raises(ValueError, match="are both class hi_hat; rename one"):
        data.files(tmp_path)


def test_a_new_recording_is_analysed(tmp_path: Path) -> None:
    folder = _pitched_folder(tmp_path / "n", {"a__1.wav": 60.0, "a__2.wav": 62.0})
    before = data.read(folder, tmp_path / "c", SMALL).hits[0].audio
    soundfile.write(
        folder / "reed" / "a__1.wav", np.random.default_rng(2).standard_normal(9000) * 0.1, 48_000
    )
    assert not np.array_equal(data.read(folder, tmp_path / "c", SMALL).hits[0].audio[:2000], before[:2000])


def test_a_corrected_list_of_pitches_is_read_again(tmp_path: Path) -> None:
    folder = _pitched_folder(tmp_path / "n", {"a__1.wav": 60.0, "a__2.wav": 62.0})
    assert data.read(folder, tmp_path / "c", SMALL).hits[0].pitch == 60.0
    listing = folder / data.PITCHES
    listing.write_text(listing.read_text().replace("60.0", "61.0"))
    assert data.read(folder, tmp_path / "c", SMALL).hits[0].pitch == 61.0
