"""The kits that a bundle can play, by name.

Read when they are first asked for and when their file has changed: what is put there is there at once.
"""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path

from instrument import library
from instrument.bundle import Bundle
from instrument.errors import StateError
from instrument.kit import Kit

log = logging.getLogger(__name__)


class Shelf(Mapping[str, Kit]):
    """The player's own kits and those that came with the instrument; KeyError for what cannot be played."""

    def __init__(self, bundle: Bundle, seed: int, own: Path | None = None) -> None:
        """Take the bundle that plays, the seed of what a kit leaves open, and the player's folder."""
        self._bundle, self._seed, self._own = bundle, seed, own
        self._read: dict[Path, tuple[int, Kit | None]] = {}  # with the time of the file; None: unfit

    def warm(self) -> None:
        """Read every kit now, so that none has to be while something plays."""
        for entry in library.entries(library.KITS, self._own):
            self._kit(entry)

    def __getitem__(self, name: str) -> Kit:
        for entry in library.entries(library.KITS, self._own):
            if entry.name == name and (kit := self._kit(entry)) is not None:
                return kit
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        entries = library.entries(library.KITS, self._own)
        return (entry.name for entry in entries if self._kit(entry) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _kit(self, entry: library.Entry) -> Kit | None:
        try:
            changed = entry.path.stat().st_mtime_ns
        except OSError:
            return None
        known = self._read.get(entry.path)
        if known is None or known[0] != changed:
            known = self._read[entry.path] = changed, self._fitting(entry.name)
        return known[1]

    def _fitting(self, name: str) -> Kit | None:
        """Return a kit, None when it is damaged or for another bundle."""
        try:
            return library.load_kit(name, self._bundle, self._seed, self._own)
        except StateError as error:
            log.debug("%s", error)
            return None
