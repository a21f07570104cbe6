"""Proofs that the measures move the right way, on made hits: each says what is better and what is worse.

`python -m models.evaluate --quick` goes through them, and the tests do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from instrument.bands import MODEL_RATE_HZ
from models import data, floors, judge, made, measures, morphs, sets
from models.draws import Ear, loudness_range
from models.trials import ends_in_silence, envelope_match

F32 = NDArray[np.float32]
JUDGE_STEPS = 24
EACH = 12  # made hits a class


@dataclass(frozen=True, slots=True)
class Proof:
    """What a measure says of something better and of something worse."""

    text: str
    better: float
    worse: float
    least: float = 0.0  # how far apart they must be

    @property
    def holds(self) -> bool:
        return self.worse - self.better > self.least

    def line(self) -> str:
        mark = "ok" if self.holds else "FAILS"
        return f"{mark:5s} {self.text}: {self.better:.3g} < {self.worse:.3g}"


def proofs() -> Iterator[Proof]:
    """Give every proof."""
    for group in (_recordings, _attack, _tone, _draws, _played, _morphs):
        yield from group()


def _one(sound: F32, target: F32) -> measures.Comparison:
    return measures.compare(sound[None], target)


def _recordings() -> Iterator[Proof]:
    target, other = made.hat(1), made.snare(1)
    again = floors.realisations(target, 2, seed=1)
    copy, redrawn, wrong = _one(target, target), _one(again[1], again[0]), _one(other, target)
    for name in ("mr_stft", "lsd_16k", "lsd_48k"):
        a, b, c = (float(getattr(x, name)) for x in (copy, redrawn, wrong))
        yield Proof(f"{name}: a copy before its noise drawn again", a, b, 0.1)
        yield Proof(f"{name}: its noise drawn again before a snare", b, c, 0.1)
    louder = _one(2.0 * target, target)
    yield Proof("mr_stft: a copy before one twice as loud", copy.mr_stft, louder.mr_stft, 0.5)
    quiet = _one(np.float32(0.12) * target, np.float32(0.06) * target)
    yield Proof("mr_stft: 24 dB down is no worse", abs(louder.mr_stft - quiet.mr_stft), 0.05)


def _attack() -> Iterator[Proof]:
    target = made.snare(1)
    found = [_one(delayed(target, ms), target).attack_db for ms in (0.0, 2.0, 8.0)]
    yield Proof("attack_db: on time before 2 ms late", found[0], found[1], 1.0)
    yield Proof("attack_db: 2 ms late before 8 ms late", found[1], found[2], 1.0)
    rises = [_one(softened(target, ms), target).rise_ms for ms in (0.0, 5.0, 20.0)]
    yield Proof("rise_ms: as it is before 5 ms soft", rises[0], rises[1], 1.0)
    yield Proof("rise_ms: 5 ms soft before 20 ms soft", rises[1], rises[2], 2.0)
    click, none = made.kick(1, 55.0), made.kick(1, 55.0, click=0.0)
    yield Proof("attack_db: a kick's click before none", 0.0, _one(none, click).attack_db, 1.0)
    first, second = click, click.copy()
    second[int(0.025 * MODEL_RATE_HZ) :] = 0.0
    yield Proof("attack_db: nothing after 20 ms counts", _one(second, first).attack_db, 0.01)


def _tone() -> Iterator[Proof]:
    target = made.kick(1, 55.0)
    found = [_one(made.kick(1, 55.0 * 2 ** (c / 1200.0)), target) for c in (0.0, 25.0, 100.0)]
    for name in ("cents", "glide_cents"):
        values = [float(getattr(x, name)) for x in found]
        yield Proof(f"{name}: in tune before 25 cents sharp", values[0], values[1], 15.0)
        yield Proof(f"{name}: 25 cents sharp before 100", values[1], values[2], 50.0)
    steady = [measures.main_partial(_steady(hz), _steady(60.0))[1] for hz in (60.0, 60.0 * 2 ** (25 / 1200))]
    yield Proof("cents: those of a steady tone 25 cents sharp are 25", abs(steady[1] - 25.0), 1.0)
    missing = _one(measures.high_passed(target, 300.0), target).partial
    yield Proof("partial: missing before there", missing, found[0].partial, 0.8)
    yield Proof("note_cents: in tune before 40 cents flat", _note(0.0), _note(-40.0), 35.0)
    yield Proof("partial: there is one", abs(found[0].partial - 1.0), 1e-3)


def _note(cents: float) -> float:
    t = np.arange(MODEL_RATE_HZ) / MODEL_RATE_HZ
    turns = 220.0 * 2 ** (cents / 1200.0) * t
    note = np.sum([np.sin(2 * np.pi * k * turns) / k for k in range(1, 6)], axis=0) * np.exp(-2.0 * t)
    return measures.note_cents(np.asarray(note, np.float32), 220.0)


def _steady(hz: float) -> F32:
    t = np.arange(MODEL_RATE_HZ // 2) / MODEL_RATE_HZ
    return np.asarray(np.sin(2 * np.pi * hz * t) * np.exp(-8.0 * t), np.float32)


def _draws() -> Iterator[Proof]:
    names = tuple(made.KINDS)
    hits = [data.make_hit(data.Origin(f"{n}{s}", k), make(s), made.SMALL)
            for k, (n, make) in enumerate(made.KINDS.items()) for s in range(EACH)]  # fmt: skip
    trained = judge.learn(hits, len(names), steps=JUDGE_STEPS)
    ear = Ear(trained, hits, [], len(names))
    fresh = ear.heard([[make(100 + s) for s in range(EACH)] for make in made.KINDS.values()])
    wrong = ear.heard([[made.hat(100 + s) for s in range(EACH)] for _ in names])
    same = ear.heard([[make(100)] * EACH for make in made.KINDS.values()])
    kick = names.index("kick")
    yield Proof("named: hats as kicks before kicks", _mean(wrong.named[kick]), _mean(fresh.named[kick]), 0.5)
    for embedding in ("judge", "mel"):
        real = ear.training.of_class[embedding][kick]
        a, b, c = (p.of_class[embedding][kick] for p in (fresh, wrong, same))
        far, wide, covers = sets.kid(real), sets.diversity(real), sets.coverage(real)
        yield Proof(f"kid_{embedding}: kicks before hats", far(a), far(b), 0.05)
        yield Proof(f"diversity_{embedding}: one kick again and again before many", wide(c), wide(a), 0.3)
        yield Proof(f"coverage_{embedding}: one kick before many", covers(c), covers(a), 0.1)
        yield Proof(f"coverage_{embedding}: hats before kicks", covers(b), covers(a), 0.1)
        copied = _mean(sets.nearest(real, real))
        yield Proof(
            f"nearest_{embedding}: copies before new kicks", copied, _mean(sets.nearest(a, real)), 0.01
        )
    yield _frechet(ear)


def _mean(values: "list[float] | NDArray[np.float64]") -> float:
    return float(np.mean(values))


def _frechet(ear: Ear) -> Proof:
    real = np.concatenate(ear.training.of_class["mel"])[:, :4]  # few directions, since there are few hits
    far = sets.frechet(real)
    return Proof("frechet: themselves before moved by half", far(real), far(real + 0.5), 0.9)


def _played() -> Iterator[Proof]:
    sounds = [made.snare(s) for s in range(EACH)]
    uneven = [sound * np.float32(1 + s % 2) for s, sound in enumerate(sounds)]
    a, b = (loudness_range(own).value for own in (sounds, uneven))
    yield Proof("loudness_range_db: even before every other twice as loud", a, b, 3.0)
    ending = np.pad(made.hat(1), (0, MODEL_RATE_HZ // 4))
    humming = ending + np.float32(0.01) * np.random.default_rng(1).standard_normal(len(ending)).astype(
        np.float32
    )
    yield Proof("ends_in_silence: a hum before none", ends_in_silence(humming), ends_in_silence(ending))
    target = made.snare(1)
    held = np.full(len(target), 0.1, np.float32)
    match = [envelope_match(x, target) for x in (held, floors.realisations(target, 1, seed=2)[0])]
    yield Proof("envelope: a drone before its noise drawn again", match[0], match[1], 0.5)


def morph(clip_at: int | None = None, silent_at: int | None = None) -> list[F32]:
    """Return eleven hats from short to long, one of them clipped or silent."""
    t = np.arange(MODEL_RATE_HZ // 2) / MODEL_RATE_HZ
    noise = np.random.default_rng(1).standard_normal(len(t))
    sounds = [np.asarray(0.1 * noise * np.exp(-t * 60.0 / (1 + n)), np.float32) for n in range(morphs.STEPS)]
    for at, gain in ((clip_at, 8.0), (silent_at, 1e-3)):
        if at is not None:
            sounds[at] = sounds[at] * np.float32(gain)
    return sounds


def _morphs() -> Iterator[Proof]:
    def share(rule: str, sounds: list[F32]) -> float:
        return float(morphs.good(sounds)[rule])

    straight, turned = morph(), morph()
    turned[3], turned[8] = turned[8], turned[3]
    yield Proof(
        "morph_t60: there and back before straight", share("morph_t60", turned), share("morph_t60", straight)
    )
    for text, broken in (("clipped", morph(clip_at=5)), ("silent", morph(silent_at=5))):
        yield Proof(f"morph_sounding: {text} middle before none", share("morph_sounding", broken),
                    share("morph_sounding", straight))  # fmt: skip
        yield Proof(f"morph: {text} middle before none", share("morph", broken), share("morph", straight))


def delayed(sound: F32, ms: float) -> F32:
    """Return a sound some milliseconds late."""
    late = int(ms * 1e-3 * MODEL_RATE_HZ)
    return np.pad(sound, (late, 0))[: len(sound)]


def softened(sound: F32, ms: float) -> F32:
    """Return a sound that fades in."""
    if ms == 0.0:
        return sound
    rise = np.minimum(np.arange(len(sound), dtype=np.float32) / (ms * 1e-3 * MODEL_RATE_HZ), 1.0)
    return np.asarray(sound * rise, np.float32)


def all_hold(tell: Callable[[str], object]) -> bool:
    """Tell every proof and return whether all hold."""
    with torch.random.fork_rng(devices=[]):
        told = [(proof.holds, tell(proof.line())) for proof in proofs()]
    return all(holds for holds, _ in told)
