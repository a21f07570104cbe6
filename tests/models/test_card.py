"""The card gets the figures that were measured, where its marks are, and keeps everything else."""

import json
import sys
from pathlib import Path

import pytest

from models import card, speed
from models.figures import Figure
from models.page import SPEED
from models.results import Bar, Results

CARD = "# Card\n\nBefore.\n\n<!-- one: figures -->\nstale\n<!-- one: end -->\n\nAfter.\n"


def figure(value: float) -> Figure:
    return Figure("mean", value, value - 0.1, value + 0.2, 12)


@pytest.fixture
def results(tmp_path: Path) -> Results:
    """Give results that are also saved in tmp_path."""
    found = Results({}, ("kick", "snare"))
    found.add("core", {"mr_stft": {"kick": figure(0.7), "snare": figure(1.25), "mean": figure(0.975)}})
    found.add("paper", {"mr_stft": {"kick": figure(1.5), "snare": figure(1.4), "mean": figure(1.45)}})
    found.add("with sines", {"mr_stft": {"mean": figure(1.1)}})
    found.bars = [Bar("mr_stft", "kick", "0.47", True), Bar("mr_stft", "snare", "1.2", False)]
    found.save(tmp_path)
    return found


def rows(text: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line[:1] == "|"
    ]


def test_classes_means_ladder_and_bars_are_there(results: Results) -> None:
    found = rows(card.figures(results, None))
    assert ["class", "MR-STFT", "paper"] in found
    assert ["kick", "0.7", "1.5"] in found
    assert ["mr_stft", "0.975 (0.875 – 1.18)", "1.45 (1.35 – 1.65)"] in found
    assert ["with sines", "1.1 (1 – 1.3)"] in found
    assert [row[0] for row in found if "(" in row[1] and len(row) == 2] == ["paper", "with sines", "core"]
    assert ["mr_stft: snare", "1.2", "**no**"] in found


def test_every_row_of_a_table_is_as_wide_as_its_head(results: Results) -> None:
    for table in card.figures(results, None).split("\n\n"):
        assert len({line.count("|") for line in table.splitlines()}) == 1


def test_the_command_replaces_what_is_between_the_marks_and_nothing_else(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    macs = speed.Macs(grain=215_040, first=1, hit=2, noise=3, paper=3_805_000)
    costs = [speed.Cost("C core", dict.fromkeys(speed.BATCHES, 4.0))]
    (tmp_path / SPEED).write_text(json.dumps(speed.to_data(speed.Speed("a machine", "one", macs, costs))))
    (tmp_path / "README.md").write_text(CARD)
    monkeypatch.setattr(sys, "argv", ["card", str(tmp_path / "README.md"), f"one={tmp_path}"])
    card.main()
    once = (tmp_path / "README.md").read_text()
    card.main()
    assert (tmp_path / "README.md").read_text() == once
    assert once.startswith("# Card\n\nBefore.\n\n<!-- one: figures -->\n\n| class |")
    assert once.endswith("<!-- one: end -->\n\nAfter.\n")
    assert "stale" not in once
    assert "| C core | 4.0 |" in once
    assert results.classes[0] in once


@pytest.mark.parametrize("text", ["no marks", CARD + CARD, "<!-- one: end --><!-- one: figures -->"])
def test_a_card_without_its_marks_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="one: figures"):
        card.filled(text, "one", "x")


def test_what_is_no_pair_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["card", "README.md", "one"])
    with pytest.raises(SystemExit):
        card.main()
    assert "expected NAME=RESULTS_DIR" in capsys.readouterr().err.splitlines()[-1]


def test_damaged_figures_of_speed_are_told_in_one_line(results: Results, tmp_path: Path) -> None:
    results.save(tmp_path)
    for text in ("{", "{}", "[]"):
        (tmp_path / SPEED).write_text(text)
        with pytest.raises(ValueError, match=r"speed\.json: not the figures of models\.speed"):
            card.of_folder(tmp_path)
