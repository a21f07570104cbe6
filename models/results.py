"""The results of an evaluation: what `python -m models.evaluate` writes, and any page or card reads.

results.json holds, beside what was measured and how (`about`):

    "figures": measure → system → class → {"mean" | "median" | "value": x, "low": x, "high": x, "n": x}
    "bars": [{"measure", "text", "found", "holds"}]
    "details": measure → name → x, where single items have a figure worth keeping (target recordings)

Classes have their macro mean beside them under "mean". "value" is the figure of a whole set. Low and high
bound 95 % of it, resampled over clips, draws or pairs, of which there are n.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.figures import MEAN, Figure

FILE, TABLE = "results.json", "table.md"
OfClasses = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class Bar:
    """What is asked of a measure, and whether it is so; `holds` is None where it could not be measured."""

    measure: str
    text: str
    found: str
    holds: bool | None


@dataclass(slots=True)
class Results:
    """All figures of one evaluation."""

    about: dict[str, Any]
    classes: tuple[str, ...]
    figures: dict[str, dict[str, OfClasses]] = field(default_factory=dict)
    bars: list[Bar] = field(default_factory=list)
    details: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, system: str, found: Mapping[str, OfClasses]) -> None:
        """Take figures of a system, measure → class → figure; measures without figures are left out."""
        for measure, of_classes in found.items():
            if of_classes:
                self.figures.setdefault(measure, {})[system] = dict(of_classes)

    def figure(self, measure: str, system: str, label: str = MEAN) -> Figure | None:
        """Return one figure, None where there is none."""
        return self.figures.get(measure, {}).get(system, {}).get(label)

    def value(self, measure: str, system: str, label: str = MEAN) -> float | None:
        """Return what a figure says, None where there is none."""
        found = self.figure(measure, system, label)
        return None if found is None else found.value

    @property
    def systems(self) -> tuple[str, ...]:
        """All systems, in the order in which they came."""
        return tuple(dict.fromkeys(name for of in self.figures.values() for name in of))

    def save(self, folder: Path) -> None:
        """Write results.json and table.md."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_text(json.dumps(self.to_json(), indent=1) + "\n")
        (folder / TABLE).write_text(table(self))

    @classmethod
    def load(cls, folder: Path) -> "Results":
        """Read the results in a folder; ValueError, in one line, when there are none."""
        path = folder / FILE
        try:
            return cls.from_json(json.loads(path.read_text()))
        except OSError as error:
            raise ValueError(f"{path}: cannot be read ({error.strerror}); run models.evaluate") from None
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: not the results of models.evaluate ({error})") from None

    def to_json(self) -> dict[str, Any]:
        return {
            "about": self.about,
            "classes": list(self.classes),
            "figures": {
                measure: {
                    system: {label: figure.to_json() for label, figure in of_classes.items()}
                    for system, of_classes in of_systems.items()
                }
                for measure, of_systems in self.figures.items()
            },
            "bars": [{name: getattr(bar, name) for name in Bar.__slots__} for bar in self.bars],
            "details": self.details,
        }

    @classmethod
    def from_json(cls, told: Mapping[str, Any]) -> "Results":
        figures = {
            measure: {
                system: {label: Figure.from_json(figure) for label, figure in of_classes.items()}
                for system, of_classes in of_systems.items()
            }
            for measure, of_systems in told["figures"].items()
        }
        bars = [Bar(**bar) for bar in told["bars"]]
        return cls(dict(told["about"]), tuple(told["classes"]), figures, bars, dict(told["details"]))


def table(results: Results) -> str:
    """Return all figures and bars as Markdown."""
    columns = [*results.classes, MEAN]
    lines = [
        "| measure | system | " + " | ".join(columns) + " | 95 % | n |",
        "|---" * (len(columns) + 4) + "|",
    ]
    for measure, of_systems in results.figures.items():
        for system, of_classes in of_systems.items():
            cells = [_cell(of_classes.get(name)) for name in columns]
            mean = of_classes.get(MEAN)
            ends = f"{_short(mean.low)} – {_short(mean.high)} | {mean.n}" if mean else " | "
            kind = next(iter(of_classes.values())).kind
            named = f"{measure} ({kind})" if kind == "median" else measure
            lines.append(f"| {named} | {system} | {' | '.join(cells)} | {ends} |")
    lines += ["", "| bar | found | holds |", "|---|---|---|"]
    holds = {True: "yes", False: "**no**", None: "not measured"}
    lines += [f"| {bar.measure}: {bar.text} | {bar.found} | {holds[bar.holds]} |" for bar in results.bars]
    return "\n".join(lines) + "\n"


def _cell(figure: Figure | None) -> str:
    return "" if figure is None else _short(figure.value)


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
