"""`graindrum kit`: what is listed and shown, what is taken in and what is not, what is written."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import yaml

from instrument import kit, library, parse
from instrument.cli import main

KITS = Path(library.__file__).parent / "kits"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the player's own kits, in a home of its own."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "home" / "graindrum" / "kits"


def mine(tmp_path: Path, **change: object) -> Path:
    path = tmp_path / "mine.yaml"
    data = yaml.safe_load((KITS / "plain.yaml").read_text()) | change
    path.write_text("# My own.\n" + yaml.safe_dump(data))
    return path


def test_every_kit_is_listed_with_what_it_is_like(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kit", "list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == library.names(library.KITS)
    assert all("tracks" in line and len(line) > 30 for line in lines)


def test_a_kit_is_shown_a_row_a_track(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kit", "show", "skins"]) == 0

    rows = capsys.readouterr().out.splitlines()[3:]
    assert len(rows) == 8
    assert rows[0].split()[:3] == ["1", "floor", "tom"]
    assert "-12" in rows[0]


def test_a_kit_is_taken_in_as_it_is_written_and_then_played_by_name(
    tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = mine(tmp_path)

    assert main(["kit", "import", str(path)]) == 0
    assert (own / "mine.yaml").read_text() == path.read_text()

    main(["kit", "list"])
    listed = capsys.readouterr().out
    assert "* mine" in listed
    assert "My own." in listed
    assert main(["kit", "show", "mine"]) == 0


def test_nothing_is_replaced_unless_asked_for(
    tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = mine(tmp_path)
    main(["kit", "import", str(path)])
    before = (own / "mine.yaml").read_text()
    mine(tmp_path, name="other")

    assert main(["kit", "import", str(path)]) == 2
    assert "'mine' is taken" in capsys.readouterr().err
    assert (own / "mine.yaml").read_text() == before

    assert main(["kit", "import", "--force", str(path)]) == 0
    assert (own / "mine.yaml").read_text() == path.read_text()


def test_a_kit_that_came_along_is_not_hidden_unless_asked_for(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["kit", "import", str(KITS / "tin.yaml")]) == 2

    assert "it came with the instrument" in capsys.readouterr().err
    assert not own.exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tracks": []}, "expected a list of 8 or 10"),
        ({"bundle": "nothing"}, "no bundle named 'nothing'"),
        ({"bundle": "notes"}, "track 1 is of class 'kick'"),
        ({"colour": "red"}, "unknown colour"),
    ],
)
def test_what_no_bundle_can_play_is_not_taken_in(
    tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str], change: dict[str, object], says: str
) -> None:
    assert main(["kit", "import", str(mine(tmp_path, **change))]) == 2

    assert says in capsys.readouterr().err
    assert not own.exists()


def test_a_kit_written_as_yaml_is_the_same_kit_under_every_seed(tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"

    assert main(["kit", "export", "plain", str(out), "--seed", "5"]) == 0

    expected = library.read_kit("plain", 5)
    assert kit.from_data("here", parse.read_yaml(out), seed=6) == expected


def test_a_kit_is_written_as_a_sounding_file_a_track(tiny_bundle: Path, tmp_path: Path) -> None:
    folder = tmp_path / "shots"

    assert main(["kit", "export", "plain", str(folder), "--bundle", str(tiny_bundle)]) == 0

    paths = sorted(folder.iterdir())
    assert [path.name for path in paths] == [
        "01-kick.wav", "02-snare.wav", "03-clap.wav", "04-closed-hat.wav", "05-open-hat.wav", "06-tom.wav",
        "07-crash.wav", "08-ride.wav",
    ]  # fmt: skip
    for path in paths:
        sound = np.asarray(soundfile.read(path)[0])
        assert soundfile.info(path).subtype == "PCM_24"
        assert np.abs(sound[:2048]).max() > 1e-3, path.name
        assert np.abs(sound[-8:]).max() < 1e-3, path.name


def test_level_pan_and_tune_are_in_a_one_shot_and_mute_is_not(tiny_bundle: Path, tmp_path: Path) -> None:
    rows = [{"class": "kick", "seed": 1, "level_db": -20.0, "pan": -1.0, "mute": True}]
    rows += [{"class": "kick", "seed": 1, "tune": tune} for tune in (0, 12, 0, 0, 0, 0, 0)]
    path = mine(tmp_path, bundle=None, tracks=rows)

    assert main(["kit", "export", str(path), str(tmp_path / "a"), "--bundle", str(tiny_bundle)]) == 0

    quiet, plain, tuned = (np.asarray(soundfile.read(p)[0]) for p in sorted((tmp_path / "a").iterdir())[:3])
    assert np.abs(quiet[:, 1]).max() < 1e-6
    assert 0.05 < np.abs(quiet[:, 0]).max() / np.abs(plain).max() < 0.3
    assert pitch(tuned) > 1.3 * pitch(plain)


def pitch(sound: np.ndarray) -> float:
    """Return where the middle of a sound's energy lies, in Hz."""
    power = np.abs(np.fft.rfft(sound[:, 0])) ** 2
    return float(np.searchsorted(np.cumsum(power), power.sum() / 2) * 48_000 / len(sound))


def test_another_kind_of_file_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kit", "export", "plain", str(tmp_path / "kit.zip")]) == 2

    assert "OUT ends in .yaml" in capsys.readouterr().err
    assert not (tmp_path / "kit.zip").exists()
