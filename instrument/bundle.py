"""A model bundle: one safetensors file with a JSON header, checked in full before anything is used.

The header says what the arrays must be; every array is compared with it: name, dtype, shape, finite
values, positive scales. Arrays called `encoder.*` belong to `instrument.encoder`, which knows their shapes.
"""

import json
import os
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instrument import header as headers
from instrument import lookup
from instrument.bands import BANDS, MODEL_HOP_FRAMES, OSCILLATORS
from instrument.encoder import PITCH_CENTRE, PITCH_SPAN
from instrument.errors import BundleError
from instrument.header import Header
from instrument.units import midi_to_hz, note_name

SCHEMA = headers.SCHEMA
SUFFIX = ".safetensors"
DEFAULT_BUNDLE = "drums8"
METADATA_KEY = "graindrum"
KNOBS_EMBEDDING, KNOBS_LATENT = 4, 2
LARGEST_BYTES = 100_000_000
LARGEST_VALUE = 1e4  # beyond it float32 sums in the decoder could overflow
QUANTISED_LAYERS = ("recurrent", "path", "inner", "outer", "spectrum", "attack")

Array = NDArray[Any]
Shapes = dict[str, tuple[str, tuple[int, ...]]]


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
        plain = _plain(name)
        if plain not in self.classes:
            known = ", ".join(self.classes)
            raise BundleError(f"bundle {self.name} has no class {name!r}; its classes are: {known}")
        return self.classes.index(plain)

    def condition(self, class_index: int, pitch: float | None = None) -> NDArray[np.float32]:
        """Return the condition of a class, (C,): one-hot and, in a pitched bundle, the pitch it sounds at."""
        condition = np.zeros(self.header.condition, np.float32)
        condition[class_index] = 1.0
        if (sounding := self.sounding_pitch(class_index, pitch)) is not None:
            condition[len(self.classes)] = (sounding - PITCH_CENTRE) / PITCH_SPAN
        return condition

    def sounding_pitch(self, class_index: int, pitch: float | None = None) -> float | None:
        """Return the MIDI pitch that a class sounds at when asked for one; None in an unpitched bundle.

        None asks for the middle of what the class was trained on; beyond that range is its nearest end.
        """
        if not self.header.pitched:
            return None
        low, high = self.header.class_pitch[class_index]
        asked = round((low + high) / 2.0) if pitch is None else pitch
        return float(min(max(asked, low), high))

    def pitch_hz(self, class_index: int, pitch: float | None = None) -> float:
        """Return the frequency of `sounding_pitch`; 0 in an unpitched bundle."""
        sounding = self.sounding_pitch(class_index, pitch)
        return 0.0 if sounding is None else midi_to_hz(sounding)

    def check_pitch(self, class_index: int, pitch: float) -> None:
        """Raise BundleError, in one line, unless a class can sound at a MIDI pitch as it is."""
        name = self.classes[class_index]
        if not self.header.pitched:
            raise BundleError(f"{name} of bundle {self.name} has no pitch; leave the pitch out")
        low, high = self.header.class_pitch[class_index]
        if not low <= pitch <= high:
            raise BundleError(
                f"{name} has no pitch {pitch:g}; its range is {low:g} to {high:g} "
                f"({note_name(low)} to {note_name(high)})"
            )


def folders() -> list[Path]:
    """Return where named bundles lie: in the installed package, and in a checkout."""
    package = Path(__file__).resolve().parent
    candidates = (package / "bundles", package.parent / "models" / "bundles")
    return [folder for folder in candidates if folder.is_dir()]


def available() -> list[str]:
    """Return the names `find` knows, sorted."""
    return sorted({name for folder in folders() for name in lookup.stems(folder, SUFFIX)})


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the file of a bundle, given its name or a path (anything with a slash or the suffix)."""
    text = os.fspath(name_or_path)
    if os.sep in text or text.endswith(SUFFIX):
        path = Path(text)
        if not lookup.is_file(path):
            raise BundleError(f"no bundle at {text}: a *{SUFFIX} file is expected there")
        return path
    for folder in folders():
        if lookup.is_file(path := folder / f"{text}{SUFFIX}"):
            return path
    known = ", ".join(available()) or "none installed"
    raise BundleError(f"no bundle named {text!r}; known are: {known}; or give the path of a *{SUFFIX} file")


def load(name_or_path: str | os.PathLike[str] = DEFAULT_BUNDLE) -> Bundle:
    """Read and check a bundle; BundleError, in one line, when it is missing, damaged or of another kind."""
    path = find(name_or_path)
    return check(path, *_read(path))


def holding(class_name: str) -> Bundle:
    """Return the default bundle if it has a class, else the first other installed one that has."""
    others = [name for name in available() if name != DEFAULT_BUNDLE]
    known = []
    for name in [DEFAULT_BUNDLE, *others]:
        loaded = load(name)
        if _plain(class_name) in loaded.classes:
            return loaded
        known.append(f"{name} has {', '.join(loaded.classes)}")
    raise BundleError(f"no installed bundle has a class {class_name!r}; {'; '.join(known)}")


def write(path: Path, header: Mapping[str, Any], arrays: Mapping[str, Array]) -> Bundle:
    """Check and write a bundle, atomically: either the whole file is there under its name, or nothing new."""
    from safetensors.numpy import save

    packed = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    text = json.dumps(dict(header) | {"checksum": checksum(packed)}, sort_keys=True)
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
    header = headers.read_header(path, text)
    expected = shapes(header)
    optional = optional_shapes(header)
    for name, (dtype, shape) in (expected | optional).items():
        if name not in arrays and name in optional:
            continue
        if name not in arrays:
            raise BundleError(f"{path}: tensor {name} is missing; expected {_describe(dtype, shape)}")
        array = arrays[name]
        if (str(array.dtype), array.shape) != (dtype, shape):
            found = _describe(str(array.dtype), array.shape)
            raise BundleError(f"{path}: tensor {name} is {found}; expected {_describe(dtype, shape)}")
    if header.checksum is not None and header.checksum != (found := checksum(arrays)):
        raise BundleError(f"{path} is damaged: its arrays have the checksum {found}, not {header.checksum}")
    for name, array in arrays.items():
        _check_values(path, name, array, known=name in expected or name in optional)
    for array in arrays.values():
        array.flags.writeable = False
    return Bundle(path=path, header=header, arrays=MappingProxyType(dict(arrays)))


def checksum(arrays: Mapping[str, Array]) -> str:
    """Return the CRC-32 of all arrays' bytes, one after the other in the order of their names."""
    crc = 0
    for name in sorted(arrays):
        crc = zlib.crc32(np.ascontiguousarray(arrays[name]).data, crc)
    return f"{crc:08x}"


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


def optional_shapes(header: Header) -> Shapes:
    """Return dtype and shape of the tensors a bundle may leave out: they are zeros then."""
    classes, embedding = len(header.classes), header.embedding
    return {
        "loudness.linear": ("float32", (classes, embedding)),
        "loudness.quadratic": ("float32", (classes, embedding, embedding)),
        "velocity.embedding": ("float32", (classes, embedding)),
    }


def _read(path: Path) -> tuple[str, dict[str, Array]]:
    from safetensors import SafetensorError, safe_open

    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise BundleError(f"{path}: is larger than {LARGEST_BYTES / 1e6:g} MB; not a Graindrum bundle")
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


def _plain(class_name: str) -> str:
    return re.sub(r"[\s-]+", "_", class_name.strip().lower())


def _describe(dtype: str, shape: tuple[int, ...]) -> str:
    return f"{dtype} ({', '.join(map(str, shape))})"
