"""Folders of one-shots to hits ready for training: decoded, aligned, varied, analysed, cached.

DATA_DIR holds one folder a class; the part of a file's name before "__" is its source. Sources are held out
whole, so that no microphone's view of a training hit is judged.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from instrument import analysis
from instrument.bands import MODEL_HOP_FRAMES, MODEL_RATE_HZ
from models.config import Config

F32 = NDArray[np.float32]
SUFFIXES = {".flac", ".wav", ".aif", ".aiff", ".ogg"}
PEAK = 0.9
VERSION = 3  # of the cache: raise when anything below changes what is stored
HELD_PER_CLASS = 3


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a hit comes from; see Hit."""

    path: str
    label: int
    held: bool = False
    original: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """One recorded hit, or a variant of one.

    Attributes:
        audio: mono at 48 kHz, onset first, silence last; a whole number of hops.
        inputs: (N, INPUTS) as the encoder hears it.
        bands: (N, BANDS) levels of its noise, without its sines.
        held: whether its source is kept from training.
        original: whether it is a recording as it is, not a variant.
    """

    path: str
    label: int
    held: bool
    original: bool
    audio: F32
    inputs: F32
    bands: F32


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


def files(data_dir: Path) -> dict[str, list[Path]]:
    """Return the recordings of each class folder, by class id."""
    if not data_dir.is_dir():
        raise ValueError(f"{data_dir}: no such folder; expected one with a folder of recordings a class")
    found = {
        folder.name: sorted(f for f in folder.iterdir() if f.suffix.lower() in SUFFIXES)
        for folder in sorted(data_dir.iterdir())
        if folder.is_dir()
    }
    found = {name: recordings for name, recordings in found.items() if recordings}
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


def load(path: Path, config: Config) -> F32:
    """Return a recording: mono, 48 kHz, from its onset to its end, peak PEAK, faded."""
    try:
        audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(
            f"{path}: cannot be read ({error}); expected {', '.join(sorted(SUFFIXES))}"
        ) from None
    mono = audio.mean(axis=1)
    if rate != MODEL_RATE_HZ:
        mono = soxr.resample(mono, rate, MODEL_RATE_HZ)
    return prepare(mono, config)


def prepare(mono: F32, config: Config) -> F32:
    """Align, cut and normalise a recording at 48 kHz."""
    mono = mono[analysis.onset_frame(mono) :]
    mono = mono[: int(config.longest_s * MODEL_RATE_HZ)]
    peak = float(np.abs(mono).max(initial=0.0))
    if peak == 0.0:
        return np.zeros(MODEL_HOP_FRAMES, np.float32)
    mono = mono * np.float32(PEAK / peak)
    mono = mono[: _end_frame(mono, config)].copy()
    fade = min(len(mono), int(0.02 * MODEL_RATE_HZ))
    mono[len(mono) - fade :] *= np.cos(np.linspace(0, np.pi / 2, fade, dtype=np.float32)) ** 2
    return np.asarray(mono, np.float32)


def _end_frame(mono: F32, config: Config) -> int:
    block = MODEL_HOP_FRAMES
    count = len(mono) // block
    if count == 0:
        return len(mono)
    level = np.sqrt(np.mean(mono[: count * block].reshape(count, block) ** 2, axis=1))
    loud = np.nonzero(level > level.max() * 10 ** (config.end_db / 20))[0]
    return min(len(mono), (int(loud[-1]) + 1) * block + int(config.tail_s * MODEL_RATE_HZ))


def vary(mono: F32, rng: np.random.Generator, config: Config) -> F32:
    """Return a variant: resampled within 3 semitones, tilted or low-passed, moved by `jitter_frames`."""
    ratio = 2.0 ** (rng.uniform(-3.0, 3.0) / 12.0)
    mono = soxr.resample(mono, MODEL_RATE_HZ, MODEL_RATE_HZ / ratio)
    spectrum = np.fft.rfft(mono)
    hz = np.maximum(np.fft.rfftfreq(len(mono), 1.0 / MODEL_RATE_HZ), 20.0)
    gain = (hz / 1000.0) ** (rng.uniform(-2.0, 2.0) / 6.02)
    if rng.random() < 0.25:
        gain = gain / np.sqrt(1.0 + (hz / rng.uniform(5000.0, 14000.0)) ** 8)
    mono = np.fft.irfft(spectrum * gain, n=len(mono)).astype(np.float32)
    mono = prepare(mono, config)
    return np.roll(np.pad(mono, (0, config.jitter_frames)), int(rng.integers(0, config.jitter_frames + 1)))


def make_hit(origin: Origin, audio: F32, config: Config) -> Hit:
    """Return a hit with its grains analysed and silence added."""
    hops = analysis.grain_count(len(audio)) + config.silent_grains
    audio = np.pad(audio, (0, hops * MODEL_HOP_FRAMES - len(audio))).astype(np.float32)
    grains = analysis.analyse(audio)
    inputs, noise = grains.inputs(), grains.residual_bands()
    return Hit(origin.path, origin.label, origin.held, origin.original, audio, inputs, noise)


def read(data_dir: Path, cache_dir: Path, config: Config) -> Hits:
    """Return the data set of a folder, from the cache where it is there."""
    found = files(data_dir)
    held = config.hold_out or held_sources(found)
    known = {source(path) for recordings in found.values() for path in recordings}
    if unknown := set(held) - known:
        raise ValueError(f"no source named {', '.join(sorted(unknown))} to hold out in {data_dir}")
    key = json.dumps([VERSION, str(data_dir.resolve()), config.seed, config.per_class, config.longest_s,
                      config.end_db, config.tail_s, config.silent_grains, config.jitter_frames, held,
                      [len(r) for r in found.values()]])  # fmt: skip
    cache = cache_dir / f"{data_dir.name}-{hashlib.sha256(key.encode()).hexdigest()[:12]}.npz"
    classes = tuple(found)
    if not cache.exists():
        cache_dir.mkdir(parents=True, exist_ok=True)
        _store(cache, list(_all_hits(found, held, config)))
    return Hits(classes, tuple(_restore(cache)), held)


def _all_hits(found: dict[str, list[Path]], held: tuple[str, ...], config: Config) -> Iterator[Hit]:
    rng = np.random.default_rng(config.seed)
    bar = tqdm(total=sum(map(len, found.values())), desc="analyse", unit="hit")
    for label, recordings in enumerate(found.values()):
        training = sum(source(p) not in held for p in recordings)
        variants = (config.per_class - training) / max(training, 1)
        for path in recordings:
            audio = load(path, config)
            apart = source(path) in held
            yield make_hit(Origin(str(path), label, apart, True), audio, config)
            count = 0 if apart else int(max(variants, 0.0) + rng.random())
            for _ in range(count):
                yield make_hit(Origin(str(path), label, False, False), vary(audio, rng, config), config)
            bar.update()
    bar.close()


def _store(cache: Path, hits: list[Hit]) -> None:
    part = cache.with_suffix(".part.npz")
    np.savez(
        part,
        paths=np.array([h.path for h in hits]),
        labels=np.array([h.label for h in hits]),
        held=np.array([h.held for h in hits]),
        original=np.array([h.original for h in hits]),
        lengths=np.array([len(h.inputs) for h in hits]),
        audio=np.concatenate([np.round(h.audio * 32767).clip(-32768, 32767).astype(np.int16) for h in hits]),
        inputs=np.concatenate([h.inputs.astype(np.float16) for h in hits]),
        bands=np.concatenate([h.bands.astype(np.float16) for h in hits]),
    )
    part.rename(cache)


def _restore(cache: Path) -> Iterator[Hit]:
    with np.load(cache) as stored:
        values = {name: stored[name] for name in stored.files}
    start = 0
    for i, length in enumerate(values["lengths"]):
        stop = start + int(length)
        audio = values["audio"][start * MODEL_HOP_FRAMES : stop * MODEL_HOP_FRAMES].astype(np.float32) / 32767
        yield Hit(
            str(values["paths"][i]), int(values["labels"][i]), bool(values["held"][i]),
            bool(values["original"][i]), audio, values["inputs"][start:stop].astype(np.float32),
            values["bands"][start:stop].astype(np.float32),
        )  # fmt: skip
        start = stop
