"""Credit lines of the recordings a model was trained on, from the data's own lists."""

import csv
import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

CHANGES = "Changed: mixed to mono, trimmed, resampled, levelled."
LINKS = {
    "CC-BY-4.0": "https://creativecommons.org/licenses/by/4.0/",
    "CC-BY-3.0": "https://creativecommons.org/licenses/by/3.0/",
    "Apache-2.0": "https://www.apache.org/licenses/LICENSE-2.0",
}
FREE = re.compile(r"CC0|public domain|(the )?unlicense", re.IGNORECASE)  # these ask for nothing
DERIVED = "(derived) "


@dataclass(frozen=True, slots=True)
class Source:
    """One source of recordings, as LICENSES.md has it."""

    name: str
    repository: str
    licence: str
    attribution: str

    def line(self, licence: str, made_of: list[str]) -> str:
        """Return the line that credits it.

        Args:
            licence: of the recordings used.
            made_of: the repositories they were put together from; empty: they are as they were.
        """
        if made_of:
            return f"{self.name}: put together from {', '.join(made_of)} — {licence}."
        free = bool(FREE.match(licence))
        link = f" ({LINKS[licence]})" if licence in LINKS else ""
        return f"{self._who(free)} — {licence}{link} — {self.repository}.{'' if free else f' {CHANGES}'}"

    def _who(self, free: bool) -> str:
        if self.attribution.startswith("per file") and not free:
            return f"{self.name}: authors named one by one"
        thanked = re.sub(r" *\(per-file[^)]*\)|^per file.*", "", self.attribution)
        return thanked.removeprefix("none required").removeprefix("; ") or f"{self.name}, no credit required"


def credit_lines(data_dir: Path, sources: set[str], listing: Path | None = None) -> list[str]:
    """Return one line a source and one an author named per file, from LICENSES.md and manifest.csv.

    Both are looked for in `listing` (default: beside the data folder); without them each source is named
    alone, and whoever shares the bundle must know what it was made of. Recordings put together from others
    bring in the sources of these.
    """
    folder = listing or data_dir.parent
    rows = _rows(folder / "manifest.csv", data_dir.name, sources)
    made_of = _made_of(rows)
    repositories = {repository for several in made_of.values() for repository in several}
    lines = [
        source.line(_licence(source, rows), sorted(made_of.get(source.name, ())))
        for source in _listed(folder / "LICENSES.md")
        if source.name in sources or source.repository in repositories
    ]
    return [*lines, *_authors(rows)] or [
        f"{name}: recordings without a licence list" for name in sorted(sources)
    ]


def _listed(path: Path) -> list[Source]:
    if not path.exists():
        return []
    found = []
    for section in re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        told = dict(re.findall(r"^- (Repository|Licence|Attribution): (.*)$", body, re.MULTILINE))
        repository, licence = told.get("Repository", name.strip()), told.get("Licence", "unknown")
        found.append(Source(name.strip(), repository, licence, told.get("Attribution", "")))
    return found


def _rows(path: Path, data_set: str, sources: set[str]) -> list[dict[str, str]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["set"] == data_set and _source(row) in sources]


def _source(row: dict[str, str]) -> str:
    return Path(row["path"]).name.split("__")[0]


def _licence(source: Source, rows: list[dict[str, str]]) -> str:
    """Return a source's licence; where files differ, those of the recordings used, the asking ones first."""
    if not source.licence.startswith("per file"):
        return source.licence
    found = {row["licence"] for row in rows if _source(row) == source.name}
    return ", ".join(sorted(found, key=lambda licence: (bool(FREE.match(licence)), licence)))


def _made_of(rows: list[dict[str, str]]) -> dict[str, set[str]]:
    """Return the repositories behind each source whose recordings were put together from others."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        told = row.get("source_repo") or ""
        if told.startswith(DERIVED):
            found[_source(row)].update(told.removeprefix(DERIVED).split("; "))
    return found


def _authors(rows: list[dict[str, str]]) -> list[str]:
    """Return the authors that per-file licences ask to name: `user (licence): addresses`."""
    works: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        found = re.match(r"freesound (\S+) (https?://\S+)", row["author"])
        if found and row["licence"].startswith("CC-BY"):
            works[found[1], row["licence"]].add(found[2])
    return [
        f"freesound {user} ({licence}): {' '.join(sorted(at))} {CHANGES}"
        for (user, licence), at in sorted(works.items())
    ]
