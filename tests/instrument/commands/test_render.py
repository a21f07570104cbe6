"""`graindrum render`: as many bars as asked, the same bits at every block size, at every rate."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from instrument.cli import main


@pytest.fixture(autouse=True)
def _nobodys_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))


def _render(out: Path, tiny: Path, *arguments: str) -> np.ndarray:
    assert main(["render", str(out), "--bundle", str(tiny), *arguments]) == 0
    return np.asarray(soundfile.read(out, dtype="float32")[0])


def test_the_block_size_changes_no_byte(tiny_bundle: Path, tmp_path: Path):
    written = []
    for block in ("16", "128", "1000", "4096"):
        _render(tmp_path / "a.wav", tiny_bundle, "--bars", "1", "--block", block, "--seed", "3")
        written.append((tmp_path / "a.wav").read_bytes())
    assert all(data == written[0] for data in written)


def test_the_seed_decides_every_byte(tiny_bundle: Path, tmp_path: Path):
    renders = [_render(tmp_path / "a.wav", tiny_bundle, "--bars", "1", "--seed", seed) for seed in "112"]
    assert np.array_equal(renders[0], renders[1])
    assert not np.array_equal(renders[0][:48_000], renders[2][:48_000])


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_bars_last_what_tempo_and_rate_say_and_then_ring_out(rate_hz: int, tiny_bundle: Path, tmp_path: Path):
    out = tmp_path / "a.wav"
    sound = _render(out, tiny_bundle, "--bars", "2", "--bpm", "150", "--rate", str(rate_hz))
    assert soundfile.info(out).samplerate == rate_hz
    bars = 2 * 4 * 60 / 150
    assert bars <= len(sound) / rate_hz < bars + 2.0
    assert np.abs(sound[:2048]).max() > 0.01
    assert np.abs(sound[-8:]).max() < 1e-3


def test_tempo_moves_the_steps(tiny_bundle: Path, tmp_path: Path):
    slow, fast = (
        _render(tmp_path / "a.wav", tiny_bundle, "--bars", "1", "--bpm", bpm) for bpm in ("60", "120")
    )
    assert 1.6 < len(slow) / len(fast) <= 2.0


def test_a_kit_and_a_pattern_of_ones_own_are_played(tiny_bundle: Path, tmp_path: Path):
    rows = ["[100" + ", 0" * 15 + "]"] + ["[" + "0, " * 15 + "0]"] * 7
    (tmp_path / "one.yaml").write_text(
        "schema: 1\nname: one\ntempo_bpm: 120\ntracks:\n" + "".join(f"  - {row}\n" for row in rows)
    )
    kit = "schema: 1\nname: eight\ntracks:\n" + "".join(
        f"  - {{class: tom, seed: {seed}}}\n" for seed in range(8)
    )
    (tmp_path / "eight.yaml").write_text(kit)
    arguments = [
        "--kit",
        str(tmp_path / "eight.yaml"),
        "--pattern",
        str(tmp_path / "one.yaml"),
        "--bars",
        "1",
    ]
    sound = _render(tmp_path / "a.wav", tiny_bundle, *arguments)
    assert np.abs(sound[:4_000]).max() > 0.01
    assert np.abs(sound[48_000:]).max() == 0.0


def test_stems_are_float_files_a_track_as_long_as_the_master(tiny_bundle: Path, tmp_path: Path):
    folder = tmp_path / "stems"
    out = tmp_path / "a.wav"
    master = _render(out, tiny_bundle, "--bars", "1", "--stems", str(folder))

    paths = sorted(folder.iterdir())
    assert [path.name for path in paths][:2] == ["01-kick.wav", "02-snare.wav"]
    assert len(paths) == 8
    assert {soundfile.info(path).subtype for path in paths} == {"FLOAT"}
    assert {soundfile.info(path).frames for path in paths} == {len(master)}


def test_a_kit_of_other_classes_brings_its_own_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    out = tmp_path / "a.wav"
    assert main(["render", str(out), "--kit", "night", "--pattern", "halfstep", "--bars", "1"]) == 0
    assert main(["render", str(out), "--kit", "night", "--bundle", "drums8"]) == 2
    assert "it is for bundle dnb10" in capsys.readouterr().err
