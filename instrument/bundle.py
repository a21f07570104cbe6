"""A model bundle: one safetensors file with a JSON header, checked in full before anything is used.

The header says what the arrays must be; every array is compared with it: name, dtype, shape, finite
values, positive scales. Arrays called `encoder.*` belong to `instrument.encoder`, which knows their shapes.
"""

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from instrument.bands import BANDS, MODEL_HOP_FRAMES, MODEL_RATE_HZ, OSCILLATORS
from instrument.errors import BundleError

SCHEMA = 1
SUFFIX = ".safetensors"
DEFAULT_BUNDLE = "drums8"
METADATA_KEY = "graindrum"
LARGEST = {"embedding": 32, "latent": 32, "hidden": 512, "width": 512, "condition": 16, "atoms": 64}
MOST_TRACKS = 16
KNOBS_EMBEDDING, KNOBS_LATENT = 4, 2
LARGEST_VALUE = 1e4  # beyond it float32 sums in the decoder could overflow
QUANTISED_LAYERS = ("recurrent", "path", "inner", "outer", "spectrum", "attack")

Array = NDArray[Any]
Shapes = dict[str, tuple[str, tuple[int, ...]]]


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


@dataclass(frozen=True, slots=True, eq=False)
class Bundle:
    """A checked bundle: header and read-only arrays."""

    path: Path
    header: Header
    arrays: Mapping[str, Array]

    @property
    def name(self) -> str:
        return self.header.name

    @property
    def classes(self) -> tuple[str, ...]:
        return self.header.classes

    @property
    def has_encoder(self) -> bool:
        return any(name.startswith("encoder.") for name in self.arrays)

    def class_index(self, name: str) -> int:
        """Return the index of a class by its id; case does not matter, "Hihat-Closed" is hihat_closed."""
        plain = re.sub(r"[\s-]+", "_", name.strip().lower())
        if plain not in self.classes:
            known = ", ".join(self.classes)
            raise BundleError(f"bundle {self.name} has no class {name!r}; its classes are: {known}")
        return self.classes.index(plain)

    def condition(self, class_index: int) -> NDArray[np.float32]:
        """Return the one-hot condition of a class, (C,)."""
        condition = np.zeros(self.header.condition, np.float32)
        condition[class_index] = 1.0
        return condition


def folders() -> list[Path]:
    """Return where named bundles lie: in the installed package, and in a checkout."""
    package = Path(__file__).resolve().parent
    candidates = (package / "bundles", package.parent / "models" / "bundles")
    return [folder for folder in candidates if folder.is_dir()]


def available() -> list[str]:
    """Return the names `find` knows, sorted."""
    return sorted({path.stem for folder in folders() for path in folder.glob(f"*{SUFFIX}")})


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a bundle, given its name or a path (anything with a slash or the suffix)."""
    text = os.fspath(name_or_path)
    if os.sep in text or text.endswith(SUFFIX):
        path = Path(text)
        if not path.is_file():
            raise BundleError(f"no bundle at {text}: a *{SUFFIX} file is expected there")
        return path
    for folder in folders():
        if (path := folder / f"{text}{SUFFIX}").is_file():
            return path
    known = ", ".join(available()) or "none installed"
    raise BundleError(f"no bundle named {text!r}; known are: {known}; or give the path of a *{SUFFIX} file")


def load(name_or_path: str | os.PathLike[str] = DEFAULT_BUNDLE) -> Bundle:
    """Read and check a bundle; BundleError, in one line, when it is missing, damaged or of another kind."""
    path = find(name_or_path)
    return check(path, *_read(path))


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Bundle:
    """Check and write a bundle, atomically: either the whole file is there under its name, or nothing new."""
    from safetensors.numpy import save

    text = json.dumps(dict(header), sort_keys=True)
    packed = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    bundle = check(path, text, packed)
    data = save(packed, metadata={METADATA_KEY: text})
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return bundle


def check(path: Path, text: str, arrays: Mapping[str, Array]) -> Bundle:
    """Compare arrays with the header (JSON `text`) that describes them."""
    header = _header(path, text)
    expected = shapes(header)
    for name, (dtype, shape) in expected.items():
        if name not in arrays:
            raise BundleError(f"{path}: tensor {name} is missing; expected {_describe(dtype, shape)}")
        array = arrays[name]
        if (str(array.dtype), array.shape) != (dtype, shape):
            found = _describe(str(array.dtype), array.shape)
            raise BundleError(f"{path}: tensor {name} is {found}; expected {_describe(dtype, shape)}")
    for name, array in arrays.items():
        _check_values(path, name, array, known=name in expected)
    for array in arrays.values():
        array.flags.writeable = False
    return Bundle(path=path, header=header, arrays=MappingProxyType(dict(arrays)))


def shapes(header: Header) -> Shapes:
    """Return dtype and shape of every tensor a bundle of these sizes holds, but for the encoder's."""
    embedding, latent, hidden, width = header.embedding, header.latent, header.hidden, header.width
    classes = len(header.classes)
    layers = {
        "recurrent": (3 * hidden, hidden),
        "path": (latent, hidden),
        "inner": (width, latent),
        "outer": (width, width),
        "spectrum": (BANDS + 2 * OSCILLATORS, width),
        "attack": (header.atoms, width),
    }
    expected: Shapes = {
        "gates.weight": ("float32", (3 * hidden, embedding + header.condition)),
        "gates.bias": ("float32", (3 * hidden,)),
        "first.weight": ("float32", (hidden, embedding + header.condition)),
        "first.bias": ("float32", (hidden,)),
        "lens.weight": ("float32", (width, header.condition)),
        "atoms.wave": ("float32", (header.atoms, 2 * MODEL_HOP_FRAMES)),
        "prior.mean": ("float32", (classes, embedding)),
        "prior.factor": ("float32", (classes, embedding, embedding)),
        "knobs.embedding": ("float32", (classes, KNOBS_EMBEDDING, embedding)),
        "knobs.latent": ("float32", (classes, KNOBS_LATENT, latent)),
    }
    for layer, (rows, columns) in layers.items():
        expected[f"{layer}.weight"] = ("int8", (rows, columns))
        expected[f"{layer}.scale"] = ("float32", (rows,))
        expected[f"{layer}.bias"] = ("float32", (rows,))
    return expected


def _read(path: Path) -> tuple[str, dict[str, Array]]:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  (not a mapping)
    except SafetensorError as error:
        raise BundleError(f"{path}: not a whole safetensors file ({error})") from None
    except OSError as error:
        raise BundleError(f"{path}: cannot be read ({error.strerror or error})") from None
    if METADATA_KEY not in metadata:
        raise BundleError(f"{path}: its header has no {METADATA_KEY!r} entry; not a Graindrum bundle")
    return metadata[METADATA_KEY], arrays


def _check_values(path: Path, name: str, array: Array, *, known: bool) -> None:
    if not known and not name.startswith("encoder."):
        raise BundleError(f"{path}: tensor {name} is unknown; expected only those of schema {SCHEMA}")
    if array.dtype.kind == "f" and not bool((np.abs(array) <= LARGEST_VALUE).all()):
        raise BundleError(f"{path}: tensor {name} is not finite or beyond ±{LARGEST_VALUE:g} somewhere")
    if name.endswith(".scale") and known and not bool((array > 0).all()):
        raise BundleError(f"{path}: tensor {name} holds a scale that is not positive; expected all above 0")
    if name == "prior.factor":
        diagonal = np.diagonal(array, axis1=1, axis2=2)
        if bool((diagonal <= 0).any()) or bool(np.triu(array, 1).any()):
            raise BundleError(f"{path}: tensor {name} is no Cholesky factor: lower triangle, diagonal > 0")


def _describe(dtype: str, shape: tuple[int, ...]) -> str:
    return f"{dtype} ({', '.join(map(str, shape))})"


def _header(path: Path, text: str) -> Header:
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise BundleError(f"{path}: its header is no JSON ({error})") from None
    if not isinstance(raw, dict) or raw.get("schema") != SCHEMA:
        found = raw.get("schema") if isinstance(raw, dict) else type(raw).__name__
        raise BundleError(f"{path}: header schema is {found!r}; this version reads schema {SCHEMA}")
    names = list(Header.__dataclass_fields__)
    if missing := [name for name in names if name not in raw]:
        raise BundleError(f"{path}: header lacks {', '.join(missing)}")
    lists = {name: tuple(raw[name]) for name in names if isinstance(raw[name], list)}
    header = Header(**{name: raw[name] for name in names} | lists)
    for valid, key, expected in _rules(header):
        if not valid:
            raise BundleError(f"{path}: header {key} is {_short(getattr(header, key))}; expected {expected}")
    return header


def _rules(header: Header) -> list[tuple[bool, str, str]]:
    """Return (holds, key, what is expected) for every key; a wrong type reads as False."""
    count = len(header.classes) if isinstance(header.classes, tuple) else 0
    each = f"{count} of them, one a class"
    sizes = [(_whole(getattr(header, key), 1, top), key, f"1 to {top}") for key, top in LARGEST.items()]
    distinct = _texts(header.classes, r"[a-z0-9_]+", 1) and len(set(header.classes)) == count
    return [
        (distinct, "classes", "distinct ids of a-z, 0-9, '_'"),
        *sizes,
        (_word(header.name, r"[A-Za-z0-9_.-]+"), "name", "letters, digits, '_', '.', '-'"),
        (header.rate_hz == MODEL_RATE_HZ, "rate_hz", str(MODEL_RATE_HZ)),
        (header.hop == MODEL_HOP_FRAMES, "hop", str(MODEL_HOP_FRAMES)),
        (_whole(header.condition, count, LARGEST["condition"]), "condition", each),
        (_texts(header.class_labels, r".+", count, count), "class_labels", each),
        (_indices(header.tracks, count), "tracks", f"1 to {MOST_TRACKS} class indices"),
        (_numbers(header.class_gain_db, -60, 60, count), "class_gain_db", f"{each}, -60 to 60"),
        (_numbers(header.class_length_s, 0.01, 10, count), "class_length_s", f"{each}, 0.01 to 10"),
        (_numbers((header.temperature,), 0, 2), "temperature", "a number from 0 to 2"),
        (isinstance(header.provenance, dict), "provenance", "an object"),
        (_texts(header.licences, r"(?s).+", 0), "licences", "credit lines"),
    ]


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


def _numbers(values: object, low: float, high: float, count: int | None = None) -> bool:
    return (
        isinstance(values, tuple)
        and (count is None or len(values) == count)
        and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
        and all(math.isfinite(value) and low <= value <= high for value in values)
    )
