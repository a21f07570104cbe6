"""Folders of one-shots to hits ready for training: decoded, aligned, varied, analysed, cached.

DATA_DIR holds one folder a class; the part of a file's name before "__" is its source. Sources are held out
whole, so that no microphone's view of a training hit is judged. Where DATA_DIR has a pitches.csv (columns
path and midi_measured or midi), hits have a pitch; there, classes of one source hold out whole pitches.
"""

import csv
import hashlib
import json
import re
import sys
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from instrument import analysis
from instrument.bands import BANDS, MODEL_HOP_FRAMES
from models import harmonics
from models.config import Config
from models.recordings import SUFFIXES, load, vary

F32 = NDArray[np.float32]
VERSION = 4  # of the cache: raise when anything below changes what is stored
HELD_PER_CLASS = 3
PITCHES = "pitches.csv"
HELD_PITCHES = 5  # of a class with one source, every so many semitones are held out


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a hit comes from; see Hit."""

    path: str
    label: int
    held: bool = False
    original: bool = True
    typical: bool = True
    pitch: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """One recorded hit, or a variant of one.

    Attributes:
        audio: mono at 48 kHz, onset first, silence last; a whole number of hops.
        inputs: (N, INPUTS) as the encoder hears it.
        bands: (N, BANDS) levels of its noise, without its sines.
        sines: (N, 2 * OSCILLATORS) levels and places of the sines the oscillators are to play: those heard in
            the slots or, of a hit with a pitch, its harmonics.
        held: whether it is kept from training.
        original: whether it is a recording as it is, not a variant.
        typical: whether it may be drawn like: no variant that was low-passed or softened.
        pitch: MIDI number, fractional; 0 for none.
    """

    path: str
    label: int
    held: bool
    original: bool
    typical: bool
    pitch: float
    audio: F32
    inputs: F32
    bands: F32
    sines: F32


@dataclass(frozen=True, slots=True)
class Hits:
    """A data set: class names in folder order, and its hits."""

    classes: tuple[str, ...]
    hits: tuple[Hit, ...]
    held_sources: tuple[str, ...]

    def training(self) -> list[Hit]:
        return [h for h in self.hits if not h.held]

    def held(self) -> list[Hit]:
        return [h for h in self.hits if h.held]


def source(path: Path) -> str:
    """Return the source a file came from; several sources that are views of one kit count as one."""
    name = path.name.split("__")[0] if "__" in path.name else path.stem
    return {"muldjordmic": "muldjord", "vcslb": "vcsl"}.get(name, name)


def class_id(folder: str) -> str:
    """Return a folder's name as the id of its class: of a-z, 0-9 and '_', without accents."""
    plain = unicodedata.normalize("NFKD", folder.replace("ß", "ss")).encode("ascii", "ignore").decode()
    if found := re.sub(r"[^a-z0-9]+", "_", plain.lower()).strip("_"):
        return found
    raise ValueError(f"class folder {folder!r}: its name gives no class id; name it with a-z, 0-9 and '_'")


def files(data_dir: Path) -> dict[str, list[Path]]:
    """Return the recordings of each class folder, by class id; what is hidden or no recording is left out."""
    if not data_dir.is_dir():
        raise ValueError(f"{data_dir}: no such folder; expected one with a folder of recordings a class")
    found: dict[str, list[Path]] = {}
    for folder in sorted(f for f in data_dir.iterdir() if f.is_dir() and not f.name.startswith(".")):
        inside = (f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES and not f.name.startswith("."))
        if recordings := sorted(inside):
            if same := found.get(name := class_id(folder.name)):
                twice = f"{same[0].parent.name!r} and {folder.name!r}"
                raise ValueError(f"{data_dir}: {twice} are both class {name}; rename one")
            found[name] = recordings
    if not found:
        raise ValueError(f"{data_dir}: no class folders with recordings; expected e.g. {data_dir}/kick/*.wav")
    return found


def held_sources(found: dict[str, list[Path]]) -> tuple[str, ...]:
    """Choose sources to hold out: as few recordings as will do for HELD_PER_CLASS in every class."""
    counts: dict[str, dict[str, int]] = {}
    for name, recordings in found.items():
        for path in recordings:
            of = counts.setdefault(source(path), dict.fromkeys(found, 0))
            of[name] += 1
    missing = {name: min(HELD_PER_CLASS, len(r) // 8) for name, r in found.items()}
    chosen: list[str] = []
    while any(n > 0 for n in missing.values()):
        free = [s for s in counts if s not in chosen]
        if len(free) <= 1:
            break
        best = max(free, key=lambda s: (_worth(counts[s], missing), s))
        if _worth(counts[best], missing) <= 0.0:
            break
        chosen.append(best)
        missing = {name: n - counts[best][name] for name, n in missing.items()}
    return tuple(sorted(chosen))


def _worth(counts: dict[str, int], missing: dict[str, int]) -> float:
    gained = sum(min(counts[name], max(n, 0)) for name, n in missing.items())
    return gained / (10.0 + sum(counts.values()))


def make_hit(origin: Origin, audio: F32, config: Config) -> Hit:
    """Return a hit with its grains analysed and silence added."""
    hops = analysis.grain_count(len(audio)) + config.silent_grains
    audio = np.pad(audio, (0, hops * MODEL_HOP_FRAMES - len(audio))).astype(np.float32)
    grains = analysis.analyse(audio)
    inputs = grains.inputs()
    if origin.pitch:
        sines, noise = harmonics.targets(audio, grains.bands, origin.pitch)
    else:
        sines, noise = inputs[:, BANDS : BANDS + 32], grains.residual_bands()
    return Hit(origin.path, origin.label, origin.held, origin.original, origin.typical, origin.pitch,
               audio, inputs, noise, sines)  # fmt: skip


def pitches(data_dir: Path) -> dict[str, float]:
    """Return the MIDI pitch of each recording, by "folder/file"; none where there is no pitches.csv."""
    listing = data_dir / PITCHES
    if not listing.exists():
        return {}
    try:
        with listing.open(newline="") as file:
            return {
                _key(row["path"]): float(row.get("midi_measured") or row["midi"])
                for row in csv.DictReader(file)
            }
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{listing}: expected columns path and midi or midi_measured ({error})") from None


def _key(path: str) -> str:
    """Return a recording's name in its class's folder, whatever lies above."""
    return "/".join(Path(path).parts[-2:])


def read(data_dir: Path, cache_dir: Path, config: Config) -> Hits:
    """Return the data set of a folder, from the cache where it is there and no older than the recordings.

    What cannot be read, or is silent, is left out, and said so.
    """
    found = files(data_dir)
    held = config.hold_out or held_sources(found)
    known = {source(path) for recordings in found.values() for path in recordings}
    if unknown := set(held) - known:
        raise ValueError(f"no source named {', '.join(sorted(unknown))} to hold out in {data_dir}")
    known_pitches = pitches(data_dir)
    key = json.dumps([VERSION, str(data_dir.resolve()), config.seed, config.per_class, config.longest_s,
                      config.end_db, config.tail_s, config.silent_grains, config.jitter_frames,
                      config.low_passed, config.low_pass_hz, config.softened, held,
                      [len(r) for r in found.values()], len(known_pitches)])  # fmt: skip
    cache = cache_dir / f"{data_dir.name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.npz"
    hits = _cached(cache, _changed(found, data_dir))
    if not hits:
        cache_dir.mkdir(parents=True, exist_ok=True)
        _store(cache, list(_all_hits(found, _origins(found, held, known_pitches), config)))
        hits = _cached(cache, since=0.0)
    if not hits:
        raise ValueError(f"{data_dir}: none of its recordings can be used")
    return Hits(tuple(found), hits, held)


def _cached(cache: Path, since: float) -> tuple[Hit, ...]:
    """Return the hits of a cache; none when it is missing, damaged or was written before `since`."""
    try:
        return tuple(_restore(cache)) if cache.stat().st_mtime >= since else ()
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return ()


def _changed(found: dict[str, list[Path]], data_dir: Path) -> float:
    """Return when a recording was last written, added or renamed, or the list of pitches written."""
    paths = [each for r in found.values() for path in r for each in (path, path.parent)]
    return max(each.stat().st_mtime for each in (*paths, *data_dir.glob(PITCHES)))


def _origins(
    found: dict[str, list[Path]], held: tuple[str, ...], known: dict[str, float]
) -> dict[Path, Origin]:
    """Return where each recording belongs: held out by source or, in a pitched class of one, by pitch."""
    origins = {}
    for label, recordings in enumerate(found.values()):
        by_pitch = bool(known) and not any(source(p) in held for p in recordings)
        for path in recordings:
            pitch = known.get(f"{path.parent.name}/{path.name}", 0.0)
            apart = round(pitch) % HELD_PITCHES == 0 if by_pitch else source(path) in held
            origins[path] = Origin(str(path), label, apart, pitch=pitch)
    return origins


def _all_hits(found: dict[str, list[Path]], origins: dict[Path, Origin], config: Config) -> Iterator[Hit]:
    rng = np.random.default_rng(config.seed)
    bar = tqdm(total=len(origins), desc="analyse", unit="hit")
    for recordings in found.values():
        training = sum(not origins[p].held for p in recordings)
        variants = (config.per_class - training) / max(training, 1)
        for path in recordings:
            bar.update()
            origin = origins[path]
            try:
                audio = load(path, config)
            except ValueError as error:
                bar.write(f"left out: {error}", file=sys.stderr)
                continue
            yield make_hit(origin, audio, config)
            count = 0 if origin.held else int(max(variants, 0.0) + rng.random())
            for _ in range(count):
                made = vary(audio, rng, config)
                pitch = origin.pitch + made.semitones if origin.pitch else 0.0
                changed = replace(origin, original=False, typical=made.typical, pitch=pitch)
                yield make_hit(changed, made.audio, config)
    bar.close()


def _store(cache: Path, hits: list[Hit]) -> None:
    if not hits:
        return
    part = cache.with_suffix(".part.npz")
    np.savez(
        part,
        paths=np.array([h.path for h in hits]),
        labels=np.array([h.label for h in hits]),
        held=np.array([h.held for h in hits]),
        original=np.array([h.original for h in hits]),
        typical=np.array([h.typical for h in hits]),
        pitch=np.array([h.pitch for h in hits]),
        lengths=np.array([len(h.inputs) for h in hits]),
        audio=np.concatenate([np.round(h.audio * 32767).clip(-32768, 32767).astype(np.int16) for h in hits]),
        inputs=np.concatenate([h.inputs.astype(np.float16) for h in hits]),
        bands=np.concatenate([h.bands.astype(np.float16) for h in hits]),
        sines=np.concatenate([h.sines.astype(np.float16) for h in hits]),
    )
    part.replace(cache)


def _restore(cache: Path) -> Iterator[Hit]:
    with np.load(cache) as stored:
        values = {name: stored[name] for name in stored.files}
    start = 0
    for i, length in enumerate(values["lengths"]):
        stop = start + int(length)
        audio = values["audio"][start * MODEL_HOP_FRAMES : stop * MODEL_HOP_FRAMES].astype(np.float32) / 32767
        yield Hit(
            str(values["paths"][i]), int(values["labels"][i]), bool(values["held"][i]),
            bool(values["original"][i]), bool(values["typical"][i]), float(values["pitch"][i]), audio,
            *(values[name][start:stop].astype(np.float32) for name in ("inputs", "bands", "sines")),
        )  # fmt: skip
        start = stop
