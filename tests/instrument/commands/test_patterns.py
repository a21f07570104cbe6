"""`graindrum pattern`: what is listed and shown, taken in from YAML and MIDI, and written as either."""

from pathlib import Path

import pytest

from instrument import library, midi_file, parse, pattern
from instrument.cli import main
from instrument.midi_file import Note, Part, Score

PATTERNS = Path(library.__file__).parent / "patterns"


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the player's own patterns, in a home of its own."""
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    return tmp_path / "home" / "graindrum" / "patterns"


def mine(tmp_path: Path, bpm: float = 77.0) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text((PATTERNS / "steady.yaml").read_text().replace("tempo_bpm: 104", f"tempo_bpm: {bpm:g}"))
    return path


def beat(tmp_path: Path, notes: list[Note]) -> Path:
    path = tmp_path / "beat.mid"
    score = Score(name="beat", tempo_bpm=93.0, steps=16, parts=(Part("drums", tuple(notes)),))
    path.write_bytes(midi_file.data(score))
    return path


def test_every_pattern_is_listed_with_what_it_is_like(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pattern", "list"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == library.names(library.PATTERNS)
    assert all("bpm" in line and len(line) > 40 for line in lines)


def test_a_pattern_is_shown_a_line_a_lane_with_marks_that_are_explained(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["pattern", "show", "speeds"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[:3] for line in lines[2:5]] == [
        ["1", "16", "█···"], ["2", "16", "····"], ["3", "12", "×3/4"],
    ]  # fmt: skip

    assert main(["pattern", "show", "drift"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:2] == ["1", "64"]
    assert lines[4].split()[0] == "▇···"  # 64 steps take two lines
    assert {"2  repeats, 2 to 8", "+  several of these"} <= {line.strip() for line in lines}


def test_a_pattern_is_taken_in_as_it_is_written_and_never_over_another(
    tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pattern", "import", str(mine(tmp_path))]) == 0
    assert (own / "mine.yaml").read_text() == (tmp_path / "mine.yaml").read_text()

    assert main(["pattern", "import", str(mine(tmp_path, bpm=88.0))]) == 2
    assert "'mine' is taken" in capsys.readouterr().err
    assert library.load_pattern("mine", own.parent).tempo_bpm == 77.0

    assert main(["pattern", "import", str(tmp_path / "mine.yaml"), "--force"]) == 0
    assert library.load_pattern("mine", own.parent).tempo_bpm == 88.0


def test_a_midi_file_becomes_a_pattern(tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    notes = [Note(0.0, 0.5, 10, 36, 120), Note(4.25, 0.5, 10, 38, 100), Note(8.0, 0.5, 1, 43, 64)]

    assert main(["pattern", "import", str(beat(tmp_path, [*notes, Note(1.0, 0.5, 1, 99, 1)]))]) == 0

    assert "1 of 1 bars, 3 hits" in (said := capsys.readouterr().out)
    assert "1 notes play no track" in said
    loaded = library.load_pattern("beat", own.parent)
    assert loaded.tempo_bpm == 93.0
    assert loaded.lanes[0].steps[0].velocity == 120
    assert (loaded.lanes[1].steps[4].velocity, loaded.lanes[1].steps[4].shift) == (100, 0.25)
    assert loaded.lanes[7].steps[8].velocity == 64


def test_a_midi_file_without_a_hit_is_not_taken_in(
    tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = beat(tmp_path, [Note(0.0, 1.0, 1, 99, 100), Note(0.0, 1.0, 2, 24, 100)])

    assert main(["pattern", "import", str(path)]) == 2
    assert "--drums" in capsys.readouterr().err
    assert not own.exists()


def test_drums_on_any_channel_are_read_when_asked_for(tmp_path: Path, own: Path) -> None:
    path = beat(tmp_path, [Note(0.0, 1.0, 1, 42, 100)])

    assert main(["pattern", "import", str(path), "--drums"]) == 0

    assert library.load_pattern("beat", own.parent).lanes[3].steps[0].velocity == 100


@pytest.mark.parametrize("content", [b"", b"MThd rubbish", b"\x00" * 99])
def test_a_file_that_is_neither_is_not_taken_in(
    tmp_path: Path, own: Path, capsys: pytest.CaptureFixture[str], content: bytes
) -> None:
    for name in ("bad.mid", "bad.yaml", "bad.wav"):
        (tmp_path / name).write_bytes(content)
        assert main(["pattern", "import", str(tmp_path / name)]) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1
    assert not own.exists()


@pytest.mark.parametrize("name", library.names(library.PATTERNS))
def test_a_pattern_written_as_yaml_is_the_same_pattern(name: str, tmp_path: Path) -> None:
    out = tmp_path / "out.yaml"

    assert main(["pattern", "export", name, str(out)]) == 0

    assert pattern.from_data("here", parse.read_yaml(out)) == library.load_pattern(name)


def test_a_pattern_written_as_midi_lasts_as_long_as_asked_and_falls_by_the_seed(tmp_path: Path) -> None:
    out = tmp_path / "out.mid"

    def written(*options: str) -> tuple[bytes, Score]:
        assert main(["pattern", "export", "weather", str(out), *options]) == 0
        return out.read_bytes(), midi_file.read(out)

    (first, score), (again, _), (other, _) = (written("--bars", "3", "--seed", seed) for seed in "778")
    assert first == again != other
    assert score.steps == 48
    assert score.tempo_bpm == pytest.approx(98, rel=1e-5)
    assert len(score.parts) == 1 + 8
    assert written()[1].steps == 64


def test_ten_lanes_play_ten_tracks(tmp_path: Path) -> None:
    out = tmp_path / "out.mid"

    assert main(["pattern", "export", "amen", str(out)]) == 0

    parts = midi_file.read(out).parts[1:]
    assert [part.name.split()[1] for part in parts] == [
        "kick", "snare", "bass", "break", "cymbal", "fx", "hat", "lead", "pad", "perc",
    ]  # fmt: skip
    assert {note.number for note in parts[0].notes} == {36}
    assert {(note.channel, note.number) for note in parts[2].notes} == {(3, 38)}


def test_a_pattern_written_as_midi_is_taken_in_again(tmp_path: Path, own: Path) -> None:
    out = tmp_path / "again.mid"
    main(["pattern", "export", "four", str(out)])

    assert main(["pattern", "import", str(out)]) == 0

    assert library.load_pattern("again", own.parent).lanes == library.load_pattern("four").lanes


def test_another_kind_of_file_is_not_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pattern", "export", "four", str(tmp_path / "four.wav")]) == 2

    assert "ends in .yaml or .mid" in capsys.readouterr().err
    assert not (tmp_path / "four.wav").exists()
