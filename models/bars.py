"""What is asked of the measures, beside the baseline and on held-out recordings, and whether it holds."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from models.figures import MEAN
from models.results import Bar, Results

CORE, FLOAT, PAPER, MEAN_PATH, FLOOR, REAL = "core", "float", "paper", "mean path", "floor", "real"

TUNED = ("kick", "tom")
METAL = ("ride", "crash")
MORPHS, ENDED, ENVELOPE = 0.9, 1.0, 0.9
HARDER, EASIER = 1.15, 0.85  # of the plain figure


@dataclass(frozen=True, slots=True)
class Asked:
    """Reads figures of results for a bar; None where there is none."""

    results: Results

    def core(self, measure: str, label: str = MEAN) -> float | None:
        return self.results.value(measure, CORE, label)

    def share(self, measure: str, of: str, label: str = MEAN) -> float | None:
        """Return the core's figure over another system's."""
        own, other = self.core(measure, label), self.results.value(measure, of, label)
        return None if own is None or not other else own / other

    def labels(self, measure: str) -> list[str]:
        """Return the classes that have a figure of the core."""
        return [name for name in self.results.classes if self.core(measure, name) is not None]


def bars(results: Results) -> list[Bar]:
    """Return every bar."""
    asked = Asked(results)
    return [bar for group in (_recordings, _tone, _draws, _health) for bar in group(asked)]


def _recordings(asked: Asked) -> Iterator[Bar]:
    for label in asked.labels("mr_stft"):
        most = 0.70 if label in TUNED else 0.92 if label in METAL else 1.0
        yield _most("mr_stft", f"{label}, of the paper's", asked.share("mr_stft", PAPER, label), most)
        if most == 1.0:
            yield _most("mr_stft", f"{label}, of its floor", asked.share("mr_stft", FLOOR, label), 1.08)
    for measure in ("lsd_16k", "lsd_48k"):
        yield _most(measure, "of the paper's", asked.share(measure, PAPER), 0.95)
    loudest = [asked.core("silence_db", label) or 0.0 for label in asked.labels("silence_db")]
    yield _most("silence_db", "digital silence, loudest class", max(loudest, default=None), -80.0)
    yield _most("attack_db", "of the paper's", asked.share("attack_db", PAPER), 0.6)
    yield _most("attack_db", "in dB", asked.core("attack_db"), 3.0)
    yield _most("rise_ms", "median error in ms", asked.core("rise_ms"), 3.0)


def _tone(asked: Asked) -> Iterator[Bar]:
    for label in [name for name in asked.labels("partial") if name in TUNED]:
        yield _least("partial", f"{label}, median", asked.core("partial", label), 0.75)
        yield _most("cents", f"{label}, median", asked.core("cents", label), 30.0)
    yield from _harder(asked)


def _harder(asked: Asked) -> Iterator[Bar]:
    for measure in ("mr_stft", "lsd_16k", "attack_db", "partial", "cents"):
        for how in ("low-passed", "quiet", "soft"):
            named = f"{measure} {how}"
            if asked.core(named) is None:
                continue
            share = _over(asked.core(named), asked.core(measure))
            asks, bound = (_least, EASIER) if measure == "partial" else (_most, HARDER)
            yield asks(named, "of the plain figure", share, bound)


def _draws(asked: Asked) -> Iterator[Bar]:
    for measure in ("kid_judge", "kid_mel", "frechet_judge", "frechet_mel"):
        yield _most(measure, "of the paper's", asked.share(measure, PAPER), 0.5)
    real = asked.results.value("named", REAL)
    yield _bar("named", f"at least {_text(real)}, as held-out recordings are", asked.core("named"),
               lambda x: real is not None and x >= real, known=real is not None)  # fmt: skip
    for label in asked.labels("diversity_judge"):
        yield _bar("diversity_judge", f"{label}: 0.85 to 1.1", asked.core("diversity_judge", label),
                   lambda x: 0.85 <= x <= 1.1)  # fmt: skip
    yield _least("nearest_mel", "of held-out recordings' distance", asked.share("nearest_mel", REAL), 0.5)
    for label in asked.labels("loudness_range_db"):
        yield _most("loudness_range_db", label, asked.core("loudness_range_db", label), 3.0)
    if asked.core("note_cents") is not None:
        yield _most("note_cents", "median of draws", asked.core("note_cents"), 30.0)
    yield _least("ends_in_silence", "all draws", asked.core("ends_in_silence"), ENDED)
    yield _least("morph", "of random pairs", asked.core("morph"), MORPHS)


def _health(asked: Asked) -> Iterator[Bar]:
    yield _bar("kl_nats", "8 to 20", asked.results.value("kl_nats", FLOAT), lambda x: 8.0 <= x <= 20.0)
    for measure, most in (("int8_mr_stft_percent", 1.0), ("int8_attack_db", 0.2)):
        yield _most(measure, "int8 over float", asked.core(measure), most)
    followed = asked.results.details.get("envelope", {})
    floor = asked.results.details.get("envelope floor", {})
    for name, match in sorted(followed.items()):
        redrawn = f" (noise redrawn: {floor[name]:.2f})" if floor.get(name, 1.0) < ENVELOPE else ""
        yield _least("envelope", name + redrawn, match, ENVELOPE)


def _over(value: float | None, plain: float | None) -> float | None:
    return None if value is None or not plain else value / plain


def _most(measure: str, text: str, found: float | None, most: float) -> Bar:
    return _bar(measure, f"{text}: at most {most:g}", found, lambda x: x <= most)


def _least(measure: str, text: str, found: float | None, least: float) -> Bar:
    return _bar(measure, f"{text}: at least {least:g}", found, lambda x: x >= least)


def _bar(
    measure: str, text: str, found: float | None, holds: Callable[[float], bool], *, known: bool = True
) -> Bar:
    if found is None or not known:
        return Bar(measure, text, _text(found), None)
    return Bar(measure, text, _text(found), bool(holds(found)))


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
