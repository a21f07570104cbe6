"""The tables of the page as HTML: what was asked, all figures with their intervals, the ladder, the cost."""

from collections.abc import Iterable, Mapping, Sequence
from html import escape

from models.bars import CORE, FLOAT, FLOOR, MEAN_PATH, PAPER, REAL
from models.figures import MEAN, Figure
from models.results import Results
from models.speed import BATCHES, Speed

PLOT_WIDTH, LINE = 180, 9  # of an interval's picture, pixels; LINE a system
COLOURS = 5
NOT_RUNGS = (CORE, FLOAT, PAPER, MEAN_PATH, FLOOR, REAL)
LADDER = ("mr_stft", "lsd_16k", "lsd_48k", "attack_db", "rise_ms", "partial", "cents")


def overview(results: Results) -> str:
    """Return what was asked of the model and what was found, then the macro means of all measures."""
    rows = [
        _row([*map(escape, (bar.measure, bar.text, bar.found)), _verdict(bar.holds)]) for bar in results.bars
    ]
    asked = _table("What was asked", ["measure", "bar", "found", "holds"], rows) if rows else ""
    systems = [name for name in results.systems if name in NOT_RUNGS]
    lines = []
    for measure, of_systems in results.figures.items():
        found = {name: of_systems[name][MEAN] for name in systems if MEAN in of_systems.get(name, {})}
        if found:
            lines.append(_figures(measure, found, systems, _span(found.values())))
    return asked + _table("All classes", ["measure", *systems, "95 %"], lines) + _key(systems)


def by_class(results: Results) -> str:
    """Return one table a measure, closed until it is asked for: a row a class."""
    return "\n".join(_measure(results, measure) for measure in results.figures)


def _measure(results: Results, measure: str) -> str:
    of_systems = results.figures[measure]
    span = _span(figure for of_classes in of_systems.values() for figure in of_classes.values())
    lines = []
    for label in (*results.classes, MEAN):
        found = {system: of[label] for system, of in of_systems.items() if label in of}
        if found:
            lines.append(_figures(label, found, results.systems, span))
    table = _table("", ["class", *results.systems, "95 %"], lines)
    return f"<details><summary>{escape(measure)}</summary>{table}</details>"


def rungs(results: Results) -> list[str]:
    """Return the systems of the ladder, from the paper's up; empty where there are none between."""
    between = [name for name in results.systems if name not in NOT_RUNGS]
    ends = [name for name in (PAPER, FLOAT, CORE) if name in results.systems]
    return [*ends[:1], *between, *ends[1:]] if between else []


def ladder(results: Results) -> str:
    """Return the macro means of the ladder, a row a rung: what each part of the model is worth."""
    names = rungs(results)
    if not names:
        return ""
    measures = [measure for measure in LADDER if measure in results.figures]
    rows = [_row([escape(name), *(_cell(results.figure(m, name)) for m in measures)]) for name in names]
    return _table("Ladder", ["rung", *measures], rows)


def speed(found: Speed) -> str:
    """Return what a grain costs."""
    core = found.costs[0]
    rows = []
    for cost in found.costs:
        us = [f"{cost.us[batch]:.1f}" for batch in BATCHES]
        times = " / ".join(f"{cost.us[batch] / core.us[batch]:.1f}" for batch in BATCHES)
        rows.append(_row([escape(cost.runtime), *us, times]))
    head = [
        "µs for one grain of each of",
        *(f"{batch} hit{'s' * (batch > 1)}" for batch in BATCHES),
        "times the core's",
    ]
    macs = found.macs
    note = (
        f"{found.machine}; one thread, medians of CPU time. The last row also makes the sound. "
        f"Multiply-adds of a grain: {macs.grain:,}; the paper's decoder: {macs.paper:,}."
    )
    return _table("What a grain costs", head, rows) + f'<p class="note">{escape(note)}</p>'


def _figures(
    name: str, found: Mapping[str, Figure], systems: Sequence[str], span: tuple[float, float]
) -> str:
    """Return a row: each system's figure, then all of them drawn."""
    cells = [_cell(found.get(system)) for system in systems]
    plot = _plot([(systems.index(system), figure) for system, figure in found.items()], span)
    return _row([escape(name), *cells, plot], "all" if name == MEAN else "")


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    ends = f"{_short(figure.low)} – {_short(figure.high)}, n {figure.n}"
    return f'<span title="{figure.kind}; 95 %: {ends}">{_short(figure.value)}</span>'


def _plot(figures: Sequence[tuple[int, Figure]], span: tuple[float, float]) -> str:
    """Return values and intervals as a picture, a line a system."""
    low, high = span

    def x(value: float) -> str:
        share = (value - low) / (high - low) if high > low else 0.5
        return f"{PLOT_WIDTH * min(max(share, 0.0), 1.0):.1f}"

    height = LINE * len(figures)
    marks = []
    for place, (system, figure) in enumerate(figures):
        y = f"{LINE * (place + 0.5):.1f}"
        line = f'<line x1="{x(figure.low)}" x2="{x(figure.high)}" y1="{y}" y2="{y}"/>'
        point = f'<circle cx="{x(figure.value)}" cy="{y}" r="2.6"/>'
        marks.append(f'<g class="s{system % COLOURS}">{line}{point}</g>')
    ends = f"{_short(low)} to {_short(high)}"
    return (
        f'<svg width="{PLOT_WIDTH}" height="{height}" role="img" aria-label="{ends}">{"".join(marks)}</svg>'
    )


def _span(figures: Iterable[Figure]) -> tuple[float, float]:
    """Return where a picture begins and ends: at 0, or what lies below it, and at the largest."""
    own = list(figures)
    return min([0.0, *(f.low for f in own)]), max([0.0, *(f.high for f in own)])


def _key(systems: Sequence[str]) -> str:
    marks = [f'<span class="s{i % COLOURS}">●</span> {escape(name)}' for i, name in enumerate(systems)]
    told = "Points are the figures, lines their 95 % intervals; pictures begin at 0."
    return f'<p class="note">{told} {" ".join(marks)}</p>'


def _verdict(holds: bool | None) -> str:
    if holds is None:
        return "not measured"
    return '<span class="met">yes</span>' if holds else '<span class="missed">no</span>'


def _table(title: str, head: Sequence[str], rows: Sequence[str]) -> str:
    heading = f"<h3>{escape(title)}</h3>" if title else ""
    cells = "".join(f"<th>{escape(name)}</th>" for name in head)
    table = f"<table><thead><tr>{cells}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
    return f'{heading}<div class="scroll">{table}</div>'


def _row(cells: Sequence[str], kind: str = "") -> str:
    marked = f' class="{kind}"' if kind else ""
    return f"<tr{marked}>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _short(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
