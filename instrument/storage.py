"""The journal: the instrument's last state, so that it comes back as it was left, power cut or not.

Each state is a file of its own, state-NNNNNNNN.yaml: written under another name, synced, renamed, the folder
synced. The newest three are kept; a damaged one is passed over for the one before it.
"""

import logging
import os
import re
import threading
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from instrument import kit, lookup, mapping, parse, pattern, program
from instrument.errors import StateError
from instrument.kit import Kit
from instrument.mapping import Learned
from instrument.messages import BANKS, CORNERS, MOST_TRACKS, SLOTS
from instrument.pattern import Pattern
from instrument.program import NO_PROGRAM, Program
from instrument.sound import LARGEST_SEED

log = logging.getLogger(__name__)

GENERATIONS = 3
LARGEST_BYTES = 64_000_000  # more than banks full of the longest patterns
RETRY_S = 2.0  # after a state that could not be written: there may be room by then
_NAME = re.compile(r"state-(\d{8})\.yaml")
_MARK = "# graindrum state, crc32 "


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What is kept of the instrument."""

    bundle: str
    seed: int
    kit: Kit
    pattern: Pattern
    selected: int = 0  # track index
    draws: tuple[int, ...] = (0,) * MOST_TRACKS
    live_hits: int = 0
    program: Program = NO_PROGRAM  # banks, songs and chain; the pattern itself is not in its bank
    bindings: tuple[Learned, ...] = ()
    corners: tuple[Kit | None, ...] = (None,) * CORNERS


def load(folder: Path) -> tuple[Saved | None, list[str]]:
    """Return the newest state that is whole (None: there is none), and a warning for each damaged one."""
    warnings: list[str] = []
    try:
        known = _generations(folder)
    except OSError as error:
        reason = error.strerror or error
        return None, [f"what you change may not be kept: the state folder {folder} cannot be used ({reason})"]
    for path in reversed(known):
        try:
            return from_data(str(path), _read(path)), warnings
        except StateError as error:  # noqa: PERF203  (three at most)
            warnings.append(f"{error}; going back to the state before it")
    return None, warnings


def save(folder: Path, saved: Saved) -> Path:
    """Write a state so that it is there whole, or not at all, whatever happens meanwhile."""
    folder.mkdir(parents=True, exist_ok=True)
    known = _generations(folder)
    number = int(known[-1].stem.removeprefix("state-")) + 1 if known else 1
    path = folder / f"state-{number:08d}.yaml"
    text = _text(saved).encode()
    write_whole(path, f"{_MARK}{zlib.crc32(text):08x}\n".encode() + text)
    unfinished = list(folder.glob(".state-*"))  # by a process that was killed
    for old in [*known[: max(0, len(known) + 1 - GENERATIONS)], *unfinished]:
        old.unlink(missing_ok=True)
    return path


def write_whole(path: Path, data: bytes) -> None:
    """Write a file under another name, sync it, rename it, sync its folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


class _Same:
    """A pattern that equals itself alone: to compare two would take as long as to write one."""

    __slots__ = ("pattern",)

    def __init__(self, kept: Pattern) -> None:
        self.pattern = kept

    def __hash__(self) -> int:
        return id(self.pattern)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.pattern is other.pattern


@lru_cache(BANKS * SLOTS)
def _lines(same: _Same) -> tuple[str, ...]:
    return tuple(parse.write_yaml(pattern.to_data(same.pattern)).splitlines())


def _text(saved: Saved) -> str:
    """Return the file's text; of many patterns only those are written anew that have changed."""
    lines = [parse.write_yaml(to_data(saved)).rstrip(), "pattern:"]
    lines += (f"  {line}" for line in _lines(_Same(saved.pattern)))
    stored = program.stored(saved.program)
    lines.append("banks:" if stored else "banks: {}")
    for name, kept in stored.items():
        lines += (f"  {name}:", *(f"    {line}" for line in _lines(_Same(kept))))
    return "\n".join([*lines, ""])


def to_data(saved: Saved) -> dict[str, object]:
    """Return what the file holds, patterns apart."""
    return {
        "schema": parse.SCHEMA,
        "bundle": saved.bundle,
        "seed": saved.seed,
        "selected": saved.selected,
        "draws": list(saved.draws),
        "live_hits": saved.live_hits,
        "kit": kit.to_data(saved.kit),
        "bindings": mapping.learned_data(saved.bindings),
        "corners": [None if corner is None else kit.to_data(corner) for corner in saved.corners],
        "program": program.to_data(saved.program),
    }


def from_data(where: str, data: Mapping[str, object]) -> Saved:
    """Check what the file holds; StateError when it is no state. Schema 1 had neither banks nor bindings."""
    parse.checked_schema(where, data)
    seed = parse.whole(f"{where}: seed", data.get("seed"), 0, LARGEST_SEED)
    loaded = kit.from_data(f"{where}: kit", parse.checked_schema(f"{where}: kit", data.get("kit")), seed)
    return Saved(
        bundle=parse.text(f"{where}: bundle", data.get("bundle")),
        seed=seed,
        kit=loaded,
        pattern=pattern.from_data(
            f"{where}: pattern", parse.checked_schema(f"{where}: pattern", data.get("pattern"))
        ),
        selected=parse.whole(f"{where}: selected", data.get("selected"), 0, len(loaded.tracks) - 1),
        draws=_draws(f"{where}: draws", data.get("draws")),
        live_hits=parse.whole(f"{where}: live_hits", data.get("live_hits"), 0, LARGEST_SEED),
        program=program.from_data(f"{where}: program", data.get("program"), data.get("banks", {})),
        bindings=mapping.learned_from(f"{where}: bindings", data.get("bindings", [])),
        corners=_corners(f"{where}: corners", data.get("corners", [None] * CORNERS), seed),
    )


def _corners(where: str, data: object, seed: int) -> tuple[Kit | None, ...]:
    corners = parse.items(where, data, CORNERS)
    return tuple(
        None if corner is None else kit.from_data(where, parse.checked_schema(where, corner), seed)
        for corner in corners
    )


def _draws(where: str, data: object) -> tuple[int, ...]:
    """Return how many sounds were drawn for each track; the file may know fewer tracks."""
    draws = [parse.whole(where, count, 0, LARGEST_SEED) for count in parse.items(where, data)]
    return (*draws, *(0,) * MOST_TRACKS)[:MOST_TRACKS]


def _generations(folder: Path) -> list[Path]:
    """Return the states of a folder, oldest first; OSError when it is there and cannot be listed."""
    try:
        return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))
    except FileNotFoundError:
        return []


def _read(path: Path) -> Mapping[str, object]:
    try:
        mark, _, text = lookup.read(path, LARGEST_BYTES).partition(b"\n")
    except OSError as error:
        raise StateError(f"{path}: cannot be read ({error.strerror or error})") from None
    if mark != f"{_MARK}{zlib.crc32(text):08x}".encode():
        raise StateError(f"{path}: damaged, its checksum is wrong")
    return parse.read_yaml(path, LARGEST_BYTES)


class Journal:
    """Writes states in a thread of its own: syncing a memory card may take longer than a bar."""

    def __init__(self, folder: Path, delay_s: float = 0.5) -> None:
        self._folder = folder
        self._delay_s = delay_s
        self._changed = threading.Condition()
        self._waiting: Saved | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._write_until_stopped, name="journal", daemon=True)
        self.warning = ""

    def start(self) -> None:
        self._thread.start()

    def note(self, saved: Saved) -> None:
        """Have a state written soon; only the newest of those that wait is."""
        with self._changed:
            self._waiting = saved
            self._changed.notify()

    def stop(self) -> None:
        """Write what waits, then end."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join(5.0)

    def _write_until_stopped(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting is not None or self._stopping)
                pause_s = RETRY_S if self.warning else self._delay_s  # more edits may follow
                self._changed.wait_for(lambda: self._stopping, pause_s)
                saved, self._waiting = self._waiting, None
                last = self._stopping
            if saved is None:
                return
            self.warning = self._write(saved)
            with self._changed:
                if self.warning and not last:
                    self._waiting = self._waiting or saved  # again, unless there is a newer one

    def _write(self, saved: Saved) -> str:
        """Return why a state could not be written, or an empty text."""
        try:
            save(self._folder, saved)
        except OSError as error:
            warning = f"the state cannot be saved in {self._folder}: {error.strerror or error}"
            if warning != self.warning:
                log.warning("%s", warning)
            return warning
        return ""
