"""What systems are put through: recordings given back, hits drawn, morphs, targets; and what comes of it.

Every function returns measure → class → figure, as `models.results` keeps it.
"""

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import soundfile
import soxr
from numpy.typing import NDArray
from tqdm import tqdm

from instrument import resynth
from instrument.analysis import onset_frame
from instrument.bands import MODEL_RATE_HZ
from instrument.bundle import Bundle
from models import data, figures, floors, measures, morphs, recordings
from models.config import Config
from models.data import Hit
from models.figures import Figure, Kind
from models.systems import Posterior, System

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Values = dict[str, dict[str, list[float]]]  # measure → class → one value a clip, draw or pair
Found = dict[str, dict[str, Figure]]

TONAL = ("kick", "tom", "bass")
OF_TONE = ("partial", "cents", "glide_cents")
MEDIANS = ("rise_ms", *OF_TONE)
SILENCE_FRAMES = 24_000
ACTIVE = 0.01  # variance of its posterior mean from which a dimension counts as in use
LAST_S = 0.05
ENDED_DB = -60.0
FLOOR_SEEDS = 4
ENVELOPE_S = 0.01


@dataclass(frozen=True, slots=True)
class Pitches:
    """The pitches draws of a class are asked for: those of its recordings, or none."""

    of_class: tuple[tuple[float, ...], ...]

    @classmethod
    def of(cls, hits: Sequence[Hit], classes: int) -> "Pitches":
        return cls(tuple(tuple(h.pitch for h in hits if h.label == k and h.pitch) for k in range(classes)))

    def asked(self, label: int, seed: int) -> float:
        """Return the pitch that a draw of a seed is asked for; 0 in a class without pitches."""
        own = self.of_class[label]
        return own[seed % len(own)] if own else 0.0


def chosen(hits: Sequence[Hit], most: int) -> list[Hit]:
    """Return at most so many hits a class, spread over its sources, always the same ones."""
    found: list[Hit] = []
    for label in sorted({h.label for h in hits}):
        own = [h for h in hits if h.label == label]
        found += [own[i] for i in np.unique(np.linspace(0, len(own) - 1, min(most, len(own))).astype(int))]
    return found


def tonal(name: str, hit: Hit) -> bool:
    """Return whether a recording has a main partial worth following."""
    return bool(hit.pitch) or name.lower() in TONAL


def reconstructed(system: System, hits: Sequence[Hit], seeds: int) -> Values:
    """Return how near a system comes to recordings, R1 to R4."""

    def compared(hit: Hit) -> measures.Comparison:
        made = np.stack([system.reconstruct(hit, seed) for seed in range(seeds)])
        return measures.compare(made, hit.audio)

    bar = tqdm(hits, desc=f"{system.name}: recordings", unit="hit", mininterval=2.0)
    return _gathered(system.classes, ((hit, compared(hit)) for hit in bar))


def floor(classes: tuple[str, ...], hits: Sequence[Hit], seeds: int) -> Values:
    """Return what recordings score against themselves with their noise drawn again."""
    bar = tqdm(hits, desc="floor", unit="hit", mininterval=2.0)
    return _gathered(classes, ((hit, floors.floor(hit, seeds)) for hit in bar))


def _gathered(classes: tuple[str, ...], compared: Iterator[tuple[Hit, measures.Comparison]]) -> Values:
    found: Values = {name: {label: [] for label in classes} for name in measures.NAMES}
    for hit, comparison in compared:
        label = classes[hit.label]
        for name in measures.NAMES:
            value = float(getattr(comparison, name))
            found[name][label].append(value if name not in OF_TONE or tonal(label, hit) else np.nan)
    return found


def summed_up(values: Values) -> Found:
    """Return figures of values: medians where a few clips far off would hide the rest."""
    return {name: figures.of_classes(own, _kind(name)) for name, own in values.items()}


def _kind(measure: str) -> Kind:
    return "median" if measure in MEDIANS else "mean"


def quantised(int8: Values, whole: Values) -> Found:
    """Return what int8 costs clip by clip: R1 in percent, R3 in dB."""
    pairs = {
        label: (np.array(int8["mr_stft"][label]), np.array(whole["mr_stft"][label]))
        for label in whole["mr_stft"]
    }
    percent = {label: list(100.0 * (a - b) / b) for label, (a, b) in pairs.items()}
    attack = {
        label: list(np.array(int8["attack_db"][label]) - np.array(own))
        for label, own in whole["attack_db"].items()
    }
    return {
        "int8_mr_stft_percent": figures.of_classes(percent),
        "int8_attack_db": figures.of_classes(attack),
    }


def silence(system: System, config: Config) -> Found:
    """Return the largest sample that digital silence comes back as, in dB of full scale."""
    found = {}
    for label, name in enumerate(system.classes):
        hit = data.make_hit(data.Origin("silence", label), np.zeros(SILENCE_FRAMES, np.float32), config)
        peak = float(np.abs(system.reconstruct(hit, 1)).max(initial=0.0))
        found[name] = [20 * np.log10(max(peak, 1e-9))]
    return {"silence_db": figures.of_classes(found)}


def embedded(system: System, hits: Sequence[Hit]) -> Found:
    """Return what embeddings carry: KL per hit in nats from the unit normal, and units in use.

    Of units, the figure of a whole set, classes together: those whose posterior mean varies over hits.
    """
    if not isinstance(system, Posterior):
        return {}
    kl: dict[str, list[float]] = {name: [] for name in system.classes}
    means = []
    for hit in hits:
        mean, spread = (x.astype(np.float64) for x in system.posterior(hit))
        kl[system.classes[hit.label]].append(float(0.5 * np.sum(mean**2 + np.exp(spread) - 1.0 - spread)))
        means.append(mean)
    active = np.var(np.array(means), axis=0) > ACTIVE
    count = float(active.sum())
    units = Figure("value", count, count, count, len(means))
    return {"kl_nats": figures.of_classes(kl), "active_units": {figures.MEAN: units}}


def morphed(system: System, pairs: int, pitches: Pitches) -> Found:
    """Return the share of random pairs of draws between which a morph keeps the rules."""
    found: Values = {}
    bar = tqdm(total=pairs * len(system.classes), desc=f"{system.name}: morphs", unit="pair", mininterval=2.0)
    for label, name in enumerate(system.classes):
        for seed in range(pairs):
            kept = morphs.good(morphs.steps(system, label, seed, pitches.asked(label, seed)))
            for rule, holds in kept.items():
                found.setdefault(rule, {}).setdefault(name, []).append(float(holds))
            bar.update()
    bar.close()
    return summed_up(found)


def ends_in_silence(sound: F32) -> bool:
    """Return whether the last 50 ms of a sound are 60 dB below its loudest."""
    last = int(LAST_S * MODEL_RATE_HZ)
    ending = np.pad(sound.astype(np.float64), (-len(sound) % last, 0)).reshape(-1, last)
    power = (ending**2).mean(axis=1)
    return bool(power[-1] <= max(float(power.max(initial=0.0)), 1e-12) * 10 ** (ENDED_DB / 10))


def envelope_match(played: F32, recording: F32) -> float:
    """Return the correlation of the 10 ms RMS envelopes of what was played and its recording."""
    cell = int(ENVELOPE_S * MODEL_RATE_HZ)
    count = len(recording) // cell
    both = [np.pad(x, (0, max(0, len(recording) - len(x))))[: count * cell] for x in (played, recording)]
    a, b = (np.sqrt(np.mean(x.reshape(count, cell).astype(np.float64) ** 2, axis=1)) for x in both)
    return float(np.corrcoef(a, b)[0, 1]) if a.std() > 0 and b.std() > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Followed:
    """How well an envelope is followed: by the path, and by the recording itself with its noise redrawn."""

    path: float
    floor: float


def sounds(folder: Path) -> list[Path]:
    """Return the recordings in a folder, none where there is no folder."""
    return sorted(path for path in folder.glob("[!.]*") if path.suffix.lower() in recordings.SUFFIXES)


def targets(bundle: Bundle, folder: Path) -> dict[str, Followed]:
    """Return how well each recording of a folder is followed when it is played through its path.

    What cannot be read is left out, and said so.
    """
    found = {}
    for path in tqdm(sounds(folder), desc="targets"):
        try:
            audio, rate = soundfile.read(path, dtype="float32", always_2d=True)
        except soundfile.LibsndfileError as error:
            tqdm.write(f"left out: {path}: cannot be read ({error})", file=sys.stderr)
            continue
        mono = np.asarray(soxr.resample(audio.mean(axis=1), rate, MODEL_RATE_HZ), np.float32)
        takes = resynth.takes(bundle, mono, None, keep_path=True)
        blocks = np.concatenate(list(resynth.render(bundle, takes, len(mono), seed=1)))
        played = resynth.restored(blocks, mono, keep_path=True).mean(axis=1)
        redrawn = floors.realisations(mono, FLOOR_SEEDS, seed=len(mono))
        floor = float(np.mean([envelope_match(one, mono) for one in redrawn]))
        found[path.stem] = Followed(envelope_match(played, mono), floor)
    return found


def harder(hits: Sequence[Hit], config: Config) -> Mapping[str, list[Hit]]:
    """Return the same recordings as they may also come: low-passed, quiet, with a soft attack."""
    return {name: [_changed(hit, name, config) for hit in hits] for name in ("low-passed", "quiet", "soft")}


def _changed(hit: Hit, how: str, config: Config) -> Hit:
    audio = hit.audio
    if how == "low-passed":
        audio = measures.low_passed(audio, 8000.0)
    elif how == "quiet":
        audio = audio * np.float32(10 ** (-24 / 20))
    else:
        rise = np.minimum(np.arange(len(audio), dtype=np.float32) / (0.01 * MODEL_RATE_HZ), 1.0)
        audio = audio * rise
        audio = audio[onset_frame(audio) :]
    bare = replace(config, silent_grains=0)
    origin = data.Origin(hit.path, hit.label, hit.held, original=False, pitch=hit.pitch)
    return data.make_hit(origin, np.asarray(audio, np.float32), bare)
