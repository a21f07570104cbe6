"""Kits and patterns by name: the player's own folder first, then those that came with the instrument."""

from dataclasses import dataclass
from pathlib import Path

from instrument import kit, lookup, parse, pattern
from instrument.bundle import Bundle
from instrument.errors import StateError
from instrument.kit import Kit
from instrument.pattern import Pattern

DEFAULT_KIT, DEFAULT_PATTERN = "plain", "steady"
WIDE_KIT = "jungle"  # it has ten tracks
KITS, PATTERNS = "kits", "patterns"
SUFFIX = ".yaml"
_FACTORY = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Entry:
    """A kit or pattern that can be had by name."""

    name: str
    path: Path
    own: bool  # the player's; otherwise it came with the instrument


def load_pattern(name_or_path: str = DEFAULT_PATTERN, own: Path | None = None) -> Pattern:
    """Return a pattern by name, or by the path of its YAML file; StateError when it cannot be used."""
    path = find(PATTERNS, name_or_path, own)
    return pattern.from_data(str(path), parse.read_yaml(path))


def read_kit(name_or_path: str, seed: int, own: Path | None = None) -> Kit:
    """Return a kit by name or path, sounds without a seed drawn from `seed`; StateError when it is none."""
    path = find(KITS, name_or_path, own)
    return kit.from_data(str(path), parse.read_yaml(path), seed)


def load_kit(name_or_path: str, bundle: Bundle, seed: int, own: Path | None = None) -> Kit:
    """Return a kit as `read_kit` does that fits a bundle; StateError when it does not.

    With a bundle of other classes the default kit is one of that bundle's own classes.
    """
    loaded = read_kit(name_or_path, seed, own)
    if name_or_path == DEFAULT_KIT and not kit.has_classes(loaded, bundle):
        return kit.drawn(bundle, seed)
    kit.fits(loaded, bundle)
    return loaded


def names(kind: str, own: Path | None = None) -> list[str]:
    """Return the names known of a kind, KITS or PATTERNS, sorted."""
    return [entry.name for entry in entries(kind, own)]


def entries(kind: str, own: Path | None = None) -> list[Entry]:
    """Return what is known of a kind, by name; a player's own hides what came with the instrument."""
    found = {
        name: Entry(name, folder / kind / f"{name}{SUFFIX}", own=folder is own)
        for folder in (_FACTORY, own)
        if folder is not None
        for name in lookup.stems(folder / kind, SUFFIX)
    }
    return [found[name] for name in sorted(found)]


def find(kind: str, name_or_path: str, own: Path | None = None) -> Path:
    """Return the file of a kit or pattern, given its name or a path (anything with a slash or .yaml)."""
    if "/" in name_or_path or name_or_path.endswith(SUFFIX):
        return Path(name_or_path)
    known = {entry.name: entry for entry in entries(kind, own) if lookup.is_file(entry.path)}
    if name_or_path not in known:
        listed = ", ".join(known)
        raise StateError(
            f"no {kind[:-1]} named {name_or_path!r}; known are {listed}; or give a path ending in {SUFFIX}"
        )
    return known[name_or_path].path
