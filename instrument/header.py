"""What a bundle says about itself, checked in full: every key, its type and its range."""

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from instrument.bands import MODEL_HOP_FRAMES, MODEL_RATE_HZ
from instrument.errors import BundleError

SCHEMA = 1
LARGEST = {"embedding": 32, "latent": 32, "hidden": 512, "width": 512, "condition": 16, "atoms": 64}
MOST_TRACKS = 16
HIGHEST_PITCH = 127
OPTIONAL = ("class_pitch", "class_temperature", "checksum")  # older bundles have none of them


@dataclass(frozen=True, slots=True)
class Header:
    """What a bundle says about itself; sizes in elements, `hop` in frames at `rate_hz`."""

    schema: int
    name: str
    rate_hz: int
    hop: int
    embedding: int
    latent: int
    hidden: int
    width: int
    condition: int
    atoms: int
    classes: tuple[str, ...]
    class_labels: tuple[str, ...]
    tracks: tuple[int, ...]  # class index of each track
    class_gain_db: tuple[float, ...]  # makes the classes equally loud
    class_length_s: tuple[float, ...]  # a hit is cut here at the latest
    temperature: float
    provenance: Mapping[str, Any]
    licences: tuple[str, ...]
    class_pitch: tuple[tuple[float, float], ...] = ()  # MIDI, lowest and highest trained; empty: unpitched
    class_temperature: tuple[float, ...] = ()  # empty: `temperature` for every class
    checksum: str | None = None  # CRC-32 of the arrays, see `instrument.bundle`

    @property
    def pitched(self) -> bool:
        return bool(self.class_pitch)


def read_header(path: Path, text: str) -> Header:
    """Check the header of the bundle at `path`, JSON `text`; BundleError, in one line, when it is wrong."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BundleError(f"{path}: its header is no JSON ({error})") from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        found = raw.get("schema") if isinstance(raw, dict) else type(raw).__name__
        raise BundleError(f"{path}: header schema is {found!r}; this version reads schema {SCHEMA}")
    names = [name for name in Header.__dataclass_fields__ if name in raw]
    if missing := [name for name in Header.__dataclass_fields__ if name not in {*raw, *OPTIONAL}]:
        raise BundleError(f"{path}: header lacks {', '.join(missing)}")
    lists = {name: _tuple(raw[name]) for name in names if isinstance(raw[name], list)}
    header = Header(**{name: raw[name] for name in names} | lists)
    for valid, key, expected in _rules(header):
        if not valid:
            raise BundleError(f"{path}: header {key} is {_short(getattr(header, key))}; expected {expected}")
    return header


def _rules(header: Header) -> list[tuple[bool, str, str]]:
    """Return (holds, key, what is expected) for every key; a wrong type reads as False."""
    count = len(header.classes) if isinstance(header.classes, tuple) else 0
    each = f"{count} of them, one a class"
    wide = count + bool(header.class_pitch)
    enough = each if wide == count else f"{each}, and one for the pitch"
    sizes = [(_whole(getattr(header, key), 1, top), key, f"1 to {top}") for key, top in LARGEST.items()]
    distinct = _texts(header.classes, r"[a-z0-9_]+", 1) and len(set(header.classes)) == count
    return [
        (distinct, "classes", "distinct ids of a-z, 0-9, '_'"),
        (_pitches(header.class_pitch, count), "class_pitch", f"[lowest, highest] of MIDI, {each}, or none"),
        *sizes,
        (_word(header.name, r"[A-Za-z0-9_.-]+"), "name", "letters, digits, '_', '.', '-'"),
        (header.rate_hz == MODEL_RATE_HZ, "rate_hz", str(MODEL_RATE_HZ)),
        (header.hop == MODEL_HOP_FRAMES, "hop", str(MODEL_HOP_FRAMES)),
        (
            _whole(header.condition, wide, wide if header.class_pitch else LARGEST["condition"]),
            "condition",
            enough,
        ),
        (_texts(header.class_labels, r".+", count, count), "class_labels", each),
        (_indices(header.tracks, count), "tracks", f"1 to {MOST_TRACKS} class indices"),
        (_numbers(header.class_gain_db, -60, 60, count), "class_gain_db", f"{each}, -60 to 60"),
        (_numbers(header.class_length_s, 0.01, 10, count), "class_length_s", f"{each}, 0.01 to 10"),
        (_numbers((header.temperature,), 0, 2), "temperature", "a number from 0 to 2"),
        (_each(header.class_temperature, 0, 2, count), "class_temperature", f"{each}, 0 to 2, or none"),
        (isinstance(header.provenance, dict), "provenance", "an object"),
        (_texts(header.licences, r"(?s).+", 0), "licences", "credit lines"),
        (header.checksum is None or _word(header.checksum, r"[0-9a-f]{8}"), "checksum", "eight hex digits"),
    ]


def _tuple(values: list[object]) -> tuple[object, ...]:
    return tuple(tuple(value) if isinstance(value, list) else value for value in values)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _indices(values: object, count: int) -> bool:
    sized = isinstance(values, tuple) and 1 <= len(values) <= MOST_TRACKS
    return sized and all(_whole(value, 0, count - 1) for value in cast(tuple[object, ...], values))


def _whole(value: object, low: int, high: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _word(value: object, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None


def _texts(values: object, pattern: str, least: int, most: int = 1_000) -> bool:
    sized = isinstance(values, tuple) and least <= len(values) <= most
    return sized and all(_word(value, pattern) for value in cast(tuple[object, ...], values))


def _pitches(values: object, count: int) -> bool:
    sized = isinstance(values, tuple) and len(values) in (0, count)
    return sized and all(
        _numbers(pair, 0, HIGHEST_PITCH, 2) and cast(tuple[float, float], pair)[0] <= pair[1]
        for pair in cast(tuple[Any, ...], values)
    )


def _each(values: object, low: float, high: float, count: int) -> bool:
    return values == () or _numbers(values, low, high, count)


def _numbers(values: object, low: float, high: float, count: int | None = None) -> bool:
    return (
        isinstance(values, tuple)
        and (count is None or len(values) == count)
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        and all(math.isfinite(value) and low <= value <= high for value in values)
    )
