"""Figures into the model card: `python -m models.card models/README.md NAME=RESULTS_DIR…`.

Between `<!-- NAME: figures -->` and `<!-- NAME: end -->` the card has what models.evaluate found of the
bundle NAME, and what models.speed did where it wrote speed.json beside that; all between is replaced.
"""

import argparse
import re
from collections.abc import Sequence
from pathlib import Path

from models import speed
from models.bars import CORE, FLOOR, PAPER, REAL
from models.figures import MEAN, Figure
from models.page import SPEED
from models.page_tables import LADDER, rungs
from models.results import Results

# of each column, which measure of which system
BY_CLASS = {
    "MR-STFT": ("mr_stft", CORE), "paper": ("mr_stft", PAPER), "floor": ("mr_stft", FLOOR),
    "attack dB": ("attack_db", CORE), "paper ": ("attack_db", PAPER),
    "LSD": ("lsd_16k", CORE), "paper  ": ("lsd_16k", PAPER),
    "partial": ("partial", CORE), "cents": ("cents", CORE),
    "named": ("named", CORE), "real named": ("named", REAL), "diversity": ("diversity_judge", CORE),
}  # fmt: skip


def figures(results: Results, found: speed.Speed | None) -> str:
    """Return the figures of one bundle as Markdown."""
    parts = [_by_class(results), _ladder(results), _folded("every measure", _overview(results)),
             _folded("what was asked, and whether it holds", _asked(results))]  # fmt: skip
    if found:
        parts.append(speed.to_text(found))
    return "\n\n".join(part for part in parts if part)


def _folded(title: str, text: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{text}\n\n</details>" if text else ""


def _by_class(results: Results) -> str:
    columns = {name: at for name, at in BY_CLASS.items() if results.figures.get(at[0], {}).get(at[1])}
    rows = [
        [label, *(_value(results.figure(*at, label)) for at in columns.values())]
        for label in (*results.classes, MEAN)
    ]
    return _table(["class", *columns], rows)


def _overview(results: Results) -> str:
    """Return the macro means of all systems but the ladder's, with their intervals."""
    between = rungs(results)[1:-1]
    systems = [name for name in results.systems if name not in between]
    rows = []
    for measure, of_systems in results.figures.items():
        means = [of_systems.get(name, {}).get(MEAN) for name in systems]
        if any(means):
            median = any(figure and figure.kind == "median" for figure in means)
            rows.append([f"{measure}{' (median)' if median else ''}", *map(_interval, means)])
    return _table(["mean of classes", *systems], rows)


def _ladder(results: Results) -> str:
    measures = [measure for measure in LADDER if measure in results.figures]
    rows = [[name, *(_interval(results.figure(m, name)) for m in measures)] for name in rungs(results)]
    return _table(["ladder", *measures], rows) if rows else ""


def _asked(results: Results) -> str:
    """Return what was asked and found; what did not hold in bold."""
    holds = {True: "yes", False: "**no**", None: "not measured"}
    rows = [[f"{bar.measure}: {bar.text}", bar.found, holds[bar.holds]] for bar in results.bars]
    return _table(["asked", "found", "holds"], rows) if rows else ""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *rows)]
    return "\n".join(lines)


def _interval(figure: Figure | None) -> str:
    return "" if figure is None else f"{_value(figure)} ({_short(figure.low)} – {_short(figure.high)})"


def _value(figure: Figure | None) -> str:
    return "" if figure is None else _short(figure.value)


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"


def filled(card: str, name: str, text: str) -> str:
    """Return the card with `text` between the marks of `name`; ValueError when it does not have them once."""
    begin, end = f"<!-- {name}: figures -->", f"<!-- {name}: end -->"
    if card.count(begin) != 1 or card.count(end) != 1 or card.index(begin) > card.index(end):
        raise ValueError(f"the card needs one {begin} and one {end} after it")
    before, after = card.partition(begin)[0], card.partition(end)[2]
    return f"{before}{begin}\n\n{text}\n\n{end}{after}"


def of_folder(folder: Path) -> str:
    """Return the figures of a folder of results."""
    stored = folder / SPEED
    found = speed.load(stored) if stored.exists() else None
    return figures(Results.load(folder), found)


def _named(text: str) -> tuple[str, Path]:
    if not (found := re.fullmatch(r"([^=]+)=(.+)", text)):
        raise argparse.ArgumentTypeError(f"{text!r}: expected NAME=RESULTS_DIR")
    return found[1], Path(found[2])


def main() -> None:
    """Read the command line and fill the card in."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("card", type=Path)
    parser.add_argument("results", type=_named, nargs="+", metavar="NAME=RESULTS_DIR")
    args = parser.parse_args()
    try:
        card = args.card.read_text(encoding="utf-8")
        for name, folder in args.results:
            card = filled(card, name, of_folder(folder))
        args.card.write_text(card, encoding="utf-8")
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
