"""The journal: whole states only, whatever happens while one is written."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from instrument import bundle, library, storage
from instrument.pattern import Lane, Locks, Pattern, Step
from instrument.program import Program
from instrument.storage import GENERATIONS, Journal, Saved


@pytest.fixture
def saved(tiny_bundle: Path) -> Saved:
    tiny = bundle.load(tiny_bundle)
    kit, pattern = library.load_kit("plain", tiny, 1), library.load_pattern("steady")
    return Saved(bundle="tiny", seed=1, kit=kit, pattern=pattern, selected=3, draws=(1,) * 10, live_hits=8)


def with_tempo(saved: Saved, bpm: float) -> Saved:
    return replace(saved, pattern=replace(saved.pattern, tempo_bpm=bpm))


def tempi(folder: Path) -> float | None:
    loaded, _ = storage.load(folder)
    return loaded.pattern.tempo_bpm if loaded is not None else None


def test_what_was_saved_is_loaded(tmp_path: Path, saved: Saved) -> None:
    storage.save(tmp_path, saved)

    assert storage.load(tmp_path) == (saved, [])


def test_a_first_start_finds_nothing_and_complains_of_nothing(tmp_path: Path) -> None:
    assert storage.load(tmp_path / "nowhere") == (None, [])


def test_full_banks_come_back_though_they_are_a_large_file(tmp_path: Path, saved: Saved) -> None:
    busy = Lane((Step(99, 0.5, "!1:2", 7, -0.5, 0.25, 0.125, Locks("kick", (0.25,) * 8, -3.5)),) * 64)
    program = Program()
    for slot in range(5):
        full = Pattern(name=f"{slot}", lanes=(busy,) * 8)
        program = program.stored((0, slot), full).stored((7, slot), full)
    path = storage.save(tmp_path, replace(saved, program=program))

    assert path.stat().st_size > 1_000_000
    assert storage.load(tmp_path) == (replace(saved, program=program), [])


def test_three_generations_are_kept(tmp_path: Path, saved: Saved) -> None:
    for bpm in range(60, 70):
        storage.save(tmp_path, with_tempo(saved, float(bpm)))

    assert len(list(tmp_path.iterdir())) == GENERATIONS
    assert tempi(tmp_path) == 69.0


@pytest.mark.parametrize("damage", ["truncate", "flip", "empty", "remove", "garbage", "other schema"])
def test_a_damaged_state_means_the_one_before_it_and_a_warning(
    tmp_path: Path, saved: Saved, damage: str
) -> None:
    storage.save(tmp_path, with_tempo(saved, 60.0))
    newest = storage.save(tmp_path, with_tempo(saved, 61.0))
    data = newest.read_bytes()
    if damage == "remove":
        newest.unlink()
    elif damage == "flip":
        newest.write_bytes(data.replace(b"tempo_bpm: 61", b"tempo_bpm: 91"))
    else:
        spoiled = {
            "truncate": data[: len(data) // 2], "empty": b"", "garbage": random.Random(1).randbytes(999),
            "other schema": data.replace(b"schema: 2", b"schema: 7"),
        }[damage]  # fmt: skip
        newest.write_bytes(spoiled)

    loaded, warnings = storage.load(tmp_path)

    assert loaded == with_tempo(saved, 60.0)
    assert len(warnings) == (damage != "remove")
    assert all(str(newest) in warning and "going back" in warning for warning in warnings)


def test_every_generation_damaged_is_a_first_start_with_warnings(tmp_path: Path, saved: Saved) -> None:
    for bpm in (60.0, 61.0, 62.0):
        storage.save(tmp_path, with_tempo(saved, bpm)).write_bytes(b"?")

    loaded, warnings = storage.load(tmp_path)

    assert loaded is None
    assert len(warnings) == GENERATIONS


def test_a_write_that_fails_leaves_the_state_before_it(
    tmp_path: Path, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.save(tmp_path, with_tempo(saved, 60.0))

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        storage.save(tmp_path, with_tempo(saved, 61.0))

    assert tempi(tmp_path) == 60.0
    assert len(list(tmp_path.iterdir())) == 1


def test_what_a_killed_process_left_half_written_is_cleared_away(tmp_path: Path, saved: Saved) -> None:
    (tmp_path / ".state-00000001.yaml.123").write_text("schema")

    path = storage.save(tmp_path, saved)

    assert list(tmp_path.iterdir()) == [path]


WRITER = """
import sys, itertools
from dataclasses import replace
from pathlib import Path
from instrument import storage
folder = Path(sys.argv[1])
saved, _ = storage.load(folder)
for count in itertools.count():
    bpm = 20.0 + count % 280
    storage.save(folder, replace(saved, live_hits=count, pattern=replace(saved.pattern, tempo_bpm=bpm)))
    print(count, flush=True)
"""


def test_killed_while_writing_it_comes_back_with_a_state_no_older_than_the_last_finished(
    tmp_path: Path, saved: Saved
) -> None:
    storage.save(tmp_path, saved)
    for delay in range(5):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE)
        assert writer.stdout is not None
        finished = [int(writer.stdout.readline()) for _ in range(2 + 3 * delay)][-1]
        writer.send_signal(signal.SIGKILL)
        rest = writer.stdout.read().split()
        writer.wait()
        writer.stdout.close()

        loaded, warnings = storage.load(tmp_path)

        assert warnings == []
        assert loaded is not None
        assert loaded.live_hits >= max([finished, *map(int, rest)])
        assert loaded.pattern.tempo_bpm == 20.0 + loaded.live_hits % 280


def test_the_journal_writes_within_two_seconds_and_the_newest_when_stopped(
    tmp_path: Path, saved: Saved
) -> None:
    journal = Journal(tmp_path)
    journal.start()
    began = time.monotonic()
    for bpm in (60.0, 61.0, 62.0):
        journal.note(with_tempo(saved, bpm))
    while tempi(tmp_path) != 62.0:
        assert time.monotonic() - began < 2.0

    journal.note(with_tempo(saved, 99.0))
    journal.stop()

    assert tempi(tmp_path) == 99.0
    assert len(list(tmp_path.glob("state-*"))) <= 2


def test_a_folder_that_cannot_be_looked_into_is_a_warning_and_a_first_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    for folder in (tmp_path / "file", tmp_path / "file" / "state", tmp_path / ("a" * 300)):
        loaded, warnings = storage.load(folder)

        assert loaded is None
        assert len(warnings) == 1
        assert f"{folder} cannot be used" in warnings[0]


def test_a_state_that_could_not_be_saved_is_saved_once_there_is_room(
    tmp_path: Path, saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "state"
    folder.write_text("in the way")
    monkeypatch.setattr(storage, "RETRY_S", 0.05)
    journal = Journal(folder, delay_s=0.0)
    journal.start()
    journal.note(saved)
    deadline = time.monotonic() + 10.0
    while not journal.warning:
        assert time.monotonic() < deadline

    folder.unlink()

    while tempi(folder) is None:
        assert time.monotonic() < deadline
    journal.stop()
    assert journal.warning == ""
    assert storage.load(folder) == (saved, [])


def test_a_folder_that_cannot_be_written_is_a_warning_not_an_end(tmp_path: Path, saved: Saved) -> None:
    (tmp_path / "file").write_text("in the way")
    journal = Journal(tmp_path / "file" / "state", delay_s=0.0)
    journal.start()

    journal.note(saved)
    journal.stop()

    assert "cannot be saved" in journal.warning
