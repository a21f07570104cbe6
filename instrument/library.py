"""Kits and patterns by name: the player's own folder first, then those that came with the instrument."""

from pathlib import Path

from instrument import kit, lookup, parse, pattern
from instrument.bundle import Bundle
from instrument.errors import StateError
from instrument.kit import Kit
from instrument.pattern import Pattern

DEFAULT_KIT, DEFAULT_PATTERN = "plain", "steady"
_FACTORY = Path(__file__).resolve().parent


def load_pattern(name_or_path: str = DEFAULT_PATTERN, own: Path | None = None) -> Pattern:
    """Return a pattern by name, or by the path of its YAML file; StateError when it cannot be used."""
    path = _find("patterns", name_or_path, own)
    return pattern.from_data(str(path), parse.read_yaml(path))


def load_kit(name_or_path: str, bundle: Bundle, seed: int, own: Path | None = None) -> Kit:
    """Return a kit by name or path, sounds without a seed drawn from `seed`; StateError when unusable.

    With a bundle of other classes the default kit is one of that bundle's own classes.
    """
    path = _find("kits", name_or_path, own)
    loaded = kit.from_data(str(path), parse.read_yaml(path), seed)
    if name_or_path == DEFAULT_KIT and any(t.sound.class_name not in bundle.classes for t in loaded.tracks):
        return kit.drawn(bundle, seed)
    kit.fits(loaded, bundle)
    return loaded


def names(kind: str, own: Path | None = None) -> list[str]:
    """Return the names known of a kind, "kits" or "patterns", sorted."""
    return sorted({name for folder in _folders(kind, own) for name in lookup.stems(folder, ".yaml")})


def _find(kind: str, name_or_path: str, own: Path | None) -> Path:
    if "/" in name_or_path or name_or_path.endswith(".yaml"):
        return Path(name_or_path)
    for folder in _folders(kind, own):
        if lookup.is_file(path := folder / f"{name_or_path}.yaml"):
            return path
    known = ", ".join(names(kind, own))
    raise StateError(
        f"no {kind[:-1]} named {name_or_path!r}; known are {known}; or give a path ending in .yaml"
    )


def _folders(kind: str, own: Path | None) -> list[Path]:
    return [folder / kind for folder in (own, _FACTORY) if folder is not None]
