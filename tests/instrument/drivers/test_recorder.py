"""What recordings are called."""

from datetime import datetime
from pathlib import Path

import pytest

from instrument.drivers.recorder import file_names, paths

NOW = datetime(2026, 3, 9, 21, 5, 7)


def test_files_are_named_by_date_time_and_track(tmp_path: Path) -> None:
    master, stems = paths(tmp_path, NOW, ["kick", "closed hat"])
    assert master == tmp_path / "2026-03-09-210507.wav"
    assert [stem.name for stem in stems] == ["2026-03-09-210507-kick.wav", "2026-03-09-210507-closed-hat.wav"]


def test_a_second_take_of_the_same_second_has_another_name(tmp_path: Path) -> None:
    names = []
    for _ in range(3):
        master, _ = paths(tmp_path, NOW, ())
        master.touch()
        names.append(master.name)
    assert names == ["2026-03-09-210507.wav", "2026-03-09-210507.2.wav", "2026-03-09-210507.3.wav"]


@pytest.mark.parametrize(
    "tracks",
    [["tom", "tom"], ["a/b", "a b"], ["", "kick"], ["☃", "☂"], ["../x", "x"], ["tom", "tom", "tom-2"]],
)
def test_names_that_would_be_the_same_or_none_are_numbered(tracks: list[str]) -> None:
    names = file_names(tracks)
    assert len(set(names)) == len(tracks)
    assert all(name.endswith(f"-{number}") for number, name in enumerate(names, start=1))
    assert not any("/" in name or name.startswith(".") for name in names)
