"""Measure a bundle as it plays: `python -m models.evaluate BUNDLE DATA_DIR [--pictures FOLDER]`.

Everything sounds through the int8 core. Recordings held out of training are compared with what the model
makes of them; draws are named by a judge that learned from real training hits alone.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from instrument import bundle as bundles
from instrument import encoder
from instrument.bands import MODEL_RATE_HZ
from instrument.engine import link
from instrument.engine.offline import Offline
from instrument.space import Space
from models import data, judge, measures
from models.config import Config

F32 = NDArray[np.float32]
DRAWS = 48
HELD_PER_CLASS = 24
GAIN = 0.25  # of everything rendered, taken back afterwards: keeps the limiter out of the measures


@dataclass(frozen=True, slots=True)
class Row:
    """The figures of one class; shares from 0 to 1, distances as models.measures defines them."""

    name: str
    draws_named: float
    held_named: float
    diversity: float
    path_mr_stft: float
    hit_mr_stft: float
    attack_db: float
    partial: float
    cents: float


class Player:
    """Renders hits of a bundle through the core."""

    def __init__(self, bundle: bundles.Bundle) -> None:
        self.bundle = bundle
        self.engine = Offline(bundle, MODEL_RATE_HZ, path_grains=1024)

    def embedding(self, label: int, embedding: F32, seed: int) -> F32:
        """Return the hit of an embedding, as long as its class."""
        timbre = link.Timbre(embedding=embedding, condition=self.bundle.condition(label))
        return self._play(timbre, link.Start(seed=seed, gain=GAIN), self.bundle.header.class_length_s[label])

    def path(self, label: int, path: F32, seed: int) -> F32:
        """Return a path played with a class."""
        self.engine.set_path(0, path)
        timbre = link.Timbre(condition=self.bundle.condition(label))
        return self._play(timbre, link.Start(seed=seed, gain=GAIN, path=0), len(path) * 256 / MODEL_RATE_HZ)

    def _play(self, timbre: link.Timbre, start: link.Start, seconds: float) -> F32:
        self.engine.push(link.reset())
        self.engine.render(64)
        now = self.engine.telemetry().frame
        self.engine.push(link.hit(now, 0, timbre, start))
        return np.asarray(self.engine.render(int(seconds * MODEL_RATE_HZ))[:, 0] / GAIN, np.float32)


def evaluate(bundle: bundles.Bundle, hits: data.Hits, pictures: Path | None = None) -> list[Row]:
    """Return a row a class."""
    player, space = Player(bundle), Space(bundle)
    learned = judge.learn(hits.training(), len(bundle.classes))
    rows = []
    for label in range(len(bundle.classes)):
        draws = [player.embedding(label, space.draw(label, seed), seed) for seed in range(DRAWS)]
        held = [h for h in hits.held() if h.label == label][:HELD_PER_CLASS]
        rows.append(_row(player, learned, label, draws, held))
        if pictures:
            draw_pictures(pictures / f"{bundle.classes[label]}.png", draws, [h.audio for h in held])
    return rows


def _row(player: Player, learned: judge.Judge, label: int, draws: list[F32], held: list[data.Hit]) -> Row:
    own = [h.audio for h in held]
    named = float(np.mean(judge.name(learned, draws) == label))
    held_named = float(np.mean(judge.name(learned, own) == label)) if own else float("nan")
    found = [_compare(player, label, h) for h in held] or [(float("nan"),) * 5]
    middle = np.median(np.array(found), axis=0)
    means = np.mean(np.array(found), axis=0)
    diversity = _spread(judge.embed(learned, draws)) / (_spread(judge.embed(learned, own)) if own else 1.0)
    return Row(player.bundle.classes[label], named, held_named, diversity,
               means[0], means[1], means[2], middle[3], middle[4])  # fmt: skip


def _compare(player: Player, label: int, hit: data.Hit) -> tuple[float, float, float, float, float]:
    path = encoder.encode_path(player.bundle, hit.audio)
    embedding = encoder.encode_embedding(player.bundle, path, label)
    by_path = _fit(player.path(label, path, 1), len(hit.audio))
    by_hit = _fit(player.embedding(label, embedding, 1), len(hit.audio))
    partial, cents = measures.main_partial(by_path, hit.audio)
    return (measures.mr_stft(by_path, hit.audio), measures.mr_stft(by_hit, hit.audio),
            measures.attack_db(by_path, hit.audio), partial, cents)  # fmt: skip


def _fit(audio: F32, frames: int) -> F32:
    return np.pad(audio, (0, max(0, frames - len(audio))))[:frames]


def _spread(points: F32) -> float:
    """Return the mean distance between points."""
    away = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return float(away.sum() / max(1, len(points) * (len(points) - 1)))


def draw_pictures(path: Path, draws: list[F32], real: list[F32]) -> None:
    """Draw log-spectrograms: real hits above, draws below."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(4, 6, figsize=(18, 11), constrained_layout=True)
    blank = [np.zeros(9600, np.float32)] * (12 - len(real[:12]))
    for ax, sound in zip(axes.ravel(), [*real[:12], *blank, *draws[:12]], strict=True):
        ax.specgram(
            sound + 1e-6 * np.random.default_rng(0).standard_normal(len(sound)),
            NFFT=1024,
            noverlap=768,
            Fs=MODEL_RATE_HZ,
            vmin=-140,
            vmax=-40,
        )
        ax.set(xlim=(0, 1.0), ylim=(20, 20000), yscale="symlog")
    figure.suptitle(f"{path.stem}: real above, drawn below")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=50)
    plt.close(figure)


def table(rows: list[Row]) -> str:
    """Return the rows and their mean as Markdown."""
    names = list(Row.__dataclass_fields__)[1:]
    lines = [f"| class | {' | '.join(n.replace('_', ' ') for n in names)} |", "|---" * (len(names) + 1) + "|"]
    lines += [f"| {row.name} | {' | '.join(f'{getattr(row, n):.3g}' for n in names)} |" for row in rows]
    means = [float(np.nanmean([getattr(row, n) for row in rows])) for n in names]
    lines.append("| **mean** | " + " | ".join(f"{m:.3g}" for m in means) + " |")
    return "\n".join(lines)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("data", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("cache"))
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    bundle = bundles.load(args.bundle)
    hits = data.read(args.data, args.cache, Config.from_json(bundle.header.provenance["config"]))
    rows = evaluate(bundle, hits, args.pictures)
    print(table(rows))
    print(json.dumps({"kl_nats": bundle.header.provenance["figures"].get("kl")}))


if __name__ == "__main__":
    main()
