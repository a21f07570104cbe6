"""What `kit` and `pattern` have in common: files by name, listed, taken in, written out."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from instrument import lookup
from instrument.commands.arguments import Parser, Subparsers
from instrument.errors import StateError

if TYPE_CHECKING:
    from instrument.library import Entry


def add_group(commands: "Subparsers[Parser]", kind: str, about: str) -> "Subparsers[Parser]":
    """Add a command whose first argument is a command of its own; `kind` is its name."""
    group = commands.add_parser(kind, help=about, description=f"{about[0].upper()}{about[1:]}.")
    return group.add_subparsers(metavar="ACTION", dest="action", required=True, parser_class=Parser)


def own_folder() -> Path:
    """Return the folder that holds the player's kits and patterns."""
    from instrument import config

    return config.state_folder(config.load())


def listed(kind: str, own: Path, facts: Callable[[str], str]) -> list[str]:
    """Return a line for each entry: whose it is, facts of its file, the comment that begins it."""
    from instrument import library

    entries = library.entries(kind, own)
    told = [_told(facts, entry) for entry in entries]
    wide, deep = max(len(entry.name) for entry in entries), max(map(len, told))
    return [
        f"{'*' if entry.own else ' '} {entry.name:<{wide}}  {facts:<{deep}}  {_comment(entry)}".rstrip()
        for entry, facts in zip(entries, told, strict=True)
    ]


def _told(facts: Callable[[str], str], entry: "Entry") -> str:
    try:
        return facts(str(entry.path))
    except StateError:
        return "cannot be used"


def _comment(entry: "Entry") -> str:
    try:
        first = lookup.read(entry.path).decode(errors="replace").partition("\n")[0]
    except OSError:
        return ""
    return first[1:].strip() if first.startswith("#") else ""


def place_for(kind: str, name: str, own: Path, *, force: bool) -> Path:
    """Return where a kit or pattern of a name is to lie; StateError when the name is taken or no name."""
    from instrument import library

    if not name or name.startswith(".") or "/" in name or not name.isprintable():
        raise StateError(f"{name!r} is no name for one of the {kind}; expected letters, digits, '-', '_'")
    known = {entry.name: entry for entry in library.entries(kind, own)}
    if name in known and not force:
        whose = f"is {known[name].path}" if known[name].own else "came with the instrument"
        raise StateError(f"the name {name!r} is taken: it {whose}; --force puts this one in its place")
    return own / kind / f"{name}{library.SUFFIX}"


def write(path: Path, data: bytes) -> None:
    """Write a file whole, or leave what is there; StateError when it cannot be written."""
    from instrument import storage

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        storage.write_whole(path, data)
    except OSError as error:
        raise StateError(f"{path}: cannot be written ({error.strerror or os.fspath(path)})") from None


def numbered_wavs(folder: Path, names: list[str]) -> list[Path]:
    """Make a folder and return the path of a WAV file for each name in it: 01-kick.wav, 02-….wav."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StateError(f"{folder}: no folder can be made there ({error.strerror})") from None
    plain = [re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "track" for name in names]
    return [folder / f"{number:02d}-{name}.wav" for number, name in enumerate(plain, start=1)]
