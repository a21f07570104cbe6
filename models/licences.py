"""Credit lines of the recordings a model was trained on, from the data's own lists."""

import csv
import re
from collections import defaultdict
from pathlib import Path


def credit_lines(data_dir: Path, sources: set[str], listing: Path | None = None) -> list[str]:
    """Return one line a source and one an author named per file, from LICENSES.md and manifest.csv.

    Both are looked for in `listing` (default: beside the data folder); without them each source is named
    alone, and whoever shares the bundle must know what it was made of.
    """
    folder = listing or data_dir.parent
    lines = _sections(folder / "LICENSES.md", sources)
    lines += _authors(folder / "manifest.csv", data_dir.name, sources)
    return lines or [f"{source}: recordings without a licence list" for source in sorted(sources)]


def _sections(path: Path, sources: set[str]) -> list[str]:
    if not path.exists():
        return []
    lines = []
    for section in re.split(r"^## ", path.read_text(), flags=re.MULTILINE)[1:]:
        name, _, body = section.partition("\n")
        if name.strip() in sources:
            found = dict(re.findall(r"^- (Repository|Licence|Attribution|Note): (.*)$", body, re.MULTILINE))
            note = f" {found['Note']}" if "Changed" in found.get("Note", "") else ""
            who = _who(name.strip(), found.get("Attribution", ""))
            lines.append(
                f"{who} — {found.get('Licence', 'unknown')} — {found.get('Repository', name.strip())}.{note}"
            )
    return lines


def _who(name: str, attribution: str) -> str:
    """Return whom a source's line names."""
    if "manifest" in attribution.partition(":")[0]:
        return f"{name}: authors named one by one"
    return attribution.removeprefix("none required").removeprefix("; ") or f"{name}, no credit required"


def _authors(path: Path, data_set: str, sources: set[str]) -> list[str]:
    """Return the authors that per-file licences ask to name: `user (licence): addresses`."""
    if not path.exists():
        return []
    works: dict[tuple[str, str], set[str]] = defaultdict(set)
    with path.open(newline="") as file:
        for row in csv.DictReader(file):
            name = Path(row["path"]).name.split("__")[0]
            found = re.match(r"freesound (\S+) (https?://\S+)", row["author"])
            if row["set"] == data_set and name in sources and found and row["licence"].startswith("CC-BY"):
                works[found[1], row["licence"]].add(found[2])
    return [
        f"freesound {user} ({licence}): {' '.join(sorted(at))}"
        for (user, licence), at in sorted(works.items())
    ]
