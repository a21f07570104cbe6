"""The paper's configuration on our data: `python -m models.baseline DATA_DIR --out RUN_DIR --minutes 45`.

The yardstick of every table: Bitton, Esling, Harada, "Neural Granular Sound Synthesis", arXiv 2008.01393,
re-implemented from its description. The run can be stopped at any time; the same command goes on. Of --set,
what prepares the data counts; the networks and their training are those below.

As in the paper: 16 kHz, grains of 1024 every 256, z of 96, 513 gains of uniform noise filtered circularly,
Hann overlap-add with the first half-grain not windowed, parallel FIRs, one-hot classes, an embedding of 256
under N(0, I) by LSTMs, L1 of ln(5e-3 + |STFT|²) over windows of 32 to 1024 on linear and logarithmic
frequency, KL with warm-up, then squared error of paths of frozen posterior means and β·KL, Adam.

Chosen so that one CPU thread trains it well in 45 minutes, by single runs of a minute of CPU time each:

- Encoder: three strided convolutions of 16, 32, 64 channels, residual blocks from the second on: 2.8 MMAC a
  grain; 128 channels throughout take 28 times as long. Held-out loss 0.78; wider (16, 48, 96) 0.81.
  At a rate of 1e-3, residual blocks in the first as well: 0.83 against 0.93 (in training 0.85 against 0.73).
- 8 stretches of 32 grains: 0.78; 4: 0.84. Rate 2e-3: a rate of 1e-3 gave 0.93, 3e-3 0.78, but was restless
  in longer runs.
- KL of a grain: 3e-4 a nat; 3e-3 and 5e-4 were alike (0.78, 0.77). Some of it from the first step on: without
  any for the first tenth, as published, means ran away to 2e5 nats a grain.
- Gains up to 64: with 2, as published, filtered noise is nowhere near a full-scale kick, which takes 25.
- Three quarters of the time for grains, 5,700 steps on a shared core; the rest for paths, 3,400 steps.
- LSTMs of 128 that remember for 1 to `longest` grains at first: squared error 0.045 after 50 s; 0.059 with
  192; without the long memory 0.12 with 128 and 0.15 with 256, worse than the class mean's 0.08. Rate 2e-3:
  0.043, 4e-3: 0.046.
- β of paths 1e-3: 11 nats a hit after 50 s, 8 in the end. At 1e-2, as published, the variances of
  the paths along their principal directions leave room for one or two.
"""

import argparse
import hashlib
import json
import shlex
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import soxr
import torch
from numpy.typing import NDArray

from instrument.bands import MODEL_RATE_HZ
from models import checkpoints, data, settings
from models.baseline_networks import HOP, RATE_HZ, GrainVae, PathVae, Sizes, condition, cut
from models.baseline_train import CHECKPOINT, PARTS, Batches, Plan, Recordings, Run
from models.data import Hit
from models.run import recordings as digest
from models.stopping import STOPPED, stoppable

F32 = NDArray[np.float32]
PAPER = Sizes(classes=0, pitched=False, longest=0)


class Baseline:
    """A trained baseline; sounds come and go at 48 kHz and are 16 kHz inside. Satisfies systems.System."""

    name = "paper"

    def __init__(self, run_dir: Path) -> None:
        state = checkpoints.read(run_dir / CHECKPOINT, *PARTS)
        self.sizes = Sizes.from_json(state["sizes"])
        self.classes: tuple[str, ...] = tuple(state["classes"])
        self.heard: str | None = state.get("heard")
        self.grains, self.path_vae = GrainVae(self.sizes), PathVae(self.sizes)
        self.grains.load_state_dict(state["grains"])
        self.path_vae.load_state_dict(state["path"])
        self.grains.eval()
        self.path_vae.eval()

    @torch.no_grad()
    def reconstruct(self, hit: Hit, seed: int) -> F32:
        """Return a recording through the grain path, as long as it; the seed is the noise's."""
        return _fit(self._sound(self._path(hit), self._given(hit.label, hit.pitch), seed), len(hit.audio))

    @torch.no_grad()
    def embed(self, hit: Hit) -> F32:
        """Return the embedding's posterior mean, (E,)."""
        return self.posterior(hit)[0]

    @torch.no_grad()
    def posterior(self, hit: Hit) -> tuple[F32, F32]:
        """Return mean and ln variance of a recording's embedding, both (E,)."""
        path = self._path(hit)[:, : self.sizes.longest]
        rest = path[:, -1:].expand(-1, self.sizes.longest - path.shape[1], -1)
        mean, spread = self.path_vae.encode(torch.cat([path, rest], dim=1), self._given(hit.label, hit.pitch))
        return np.asarray(mean[0].numpy()), np.asarray(spread[0].numpy())

    def draw(self, label: int, seed: int, pitch: float = 0.0) -> F32:  # noqa: ARG002  (one prior for all)
        """Return an embedding from the paper's prior, N(0, I), (E,)."""
        return np.random.default_rng(seed).standard_normal(self.sizes.embedding).astype(np.float32)

    @torch.no_grad()
    def sound(self, label: int, embedding: F32, seed: int, pitch: float = 0.0) -> F32:
        """Return the hit of an embedding, as long as the longest recording."""
        given = self._given(label, pitch)
        path = self.path_vae.decode(torch.from_numpy(embedding)[None], given, self.sizes.longest)
        return self._sound(path, given, seed)

    def _given(self, label: int, pitch: float) -> torch.Tensor:
        return condition(self.sizes, torch.tensor([label]), torch.tensor([pitch]))

    def _path(self, hit: Hit) -> torch.Tensor:
        sound = torch.from_numpy(_lowered(hit.audio))[None]
        return self.grains.encode(cut(sound, torch.ones(1)))[0]

    def _sound(self, path: torch.Tensor, given: torch.Tensor, seed: int) -> F32:
        generator = torch.Generator().manual_seed(seed)
        sound = self.grains.sound(self.grains.gains(path, given), torch.ones(1), generator)
        return np.asarray(soxr.resample(sound[0].numpy(), RATE_HZ, MODEL_RATE_HZ), np.float32)


def load(run_dir: Path) -> Baseline:
    """Return the baseline of a run; ValueError when there is none, or its checkpoint is damaged."""
    return Baseline(run_dir)


def _lowered(audio: F32) -> F32:
    """Return a sound at RATE_HZ, a whole number of hops."""
    low = soxr.resample(audio, MODEL_RATE_HZ, RATE_HZ)
    return np.pad(low, (0, -len(low) % HOP)).astype(np.float32)


def _fit(audio: F32, frames: int) -> F32:
    return np.pad(audio, (0, max(0, frames - len(audio))))[:frames]


def recordings(hits: list[Hit], cache_dir: Path) -> Recordings:
    """Return hits at RATE_HZ; what has been resampled once is in `cache_dir`."""
    told = hashlib.sha256(b"".join(h.audio[:: len(h.audio) // 64].tobytes() for h in hits)).hexdigest()[:12]
    cache = cache_dir / f"baseline-{told}.npz"
    if not cache.exists():
        cache_dir.mkdir(parents=True, exist_ok=True)
        sounds = [np.round(_lowered(h.audio) * 32767).clip(-32768, 32767).astype(np.int16) for h in hits]
        part = cache.with_suffix(".part.npz")
        np.savez(part, sound=np.concatenate(sounds), lengths=np.array([len(s) // HOP for s in sounds]))
        part.rename(cache)
    with np.load(cache) as stored:
        sound, lengths = stored["sound"].astype(np.float32) / 32767, stored["lengths"]
    return Recordings(
        torch.from_numpy(sound), np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths,
        torch.tensor([h.label for h in hits]), torch.tensor([h.pitch for h in hits]),
    )  # fmt: skip


def begin(hits: data.Hits, plan: Plan, out: Path, cache_dir: Path, widths: Sizes = PAPER) -> Run:
    """Return a run on a data set, resumed where `out` has a checkpoint; of `widths`, what the data is not."""
    found = recordings(hits.training(), cache_dir)
    pitched = bool((found.pitches > 0.0).any())
    longest = int(found.lengths.max())
    sizes = replace(widths, classes=len(hits.classes), pitched=pitched, longest=longest)
    out.mkdir(parents=True, exist_ok=True)
    run = Run(sizes, plan, Batches(found, np.random.default_rng(plan.seed)), out)
    run.classes, run.heard = hits.classes, digest(hits.training(), hits.classes)
    run.resume()
    return run


def _train(args: argparse.Namespace) -> int:
    """Read, train, tell; return the exit status."""
    cache = args.cache or args.out / "cache"
    hits = data.read(args.data, cache, settings.config(args))
    plan = replace(Plan(), seed=args.seed, minutes=args.minutes, steps=args.steps)
    run = begin(hits, plan, args.out, cache)
    told = {"data": args.data.resolve().name, "minutes": args.minutes, "steps": args.steps,
            "held_sources": hits.held_sources}  # fmt: skip
    (args.out / "run.json").write_text(json.dumps(told, indent=1))
    del hits  # a gigabyte
    with stoppable(run.stop):
        run.train()
    if not run.ended:
        run.save()
        return STOPPED
    return 0


def main(argv: list[str] | None = None) -> None:
    """Read the command line and train."""
    parser = settings.shared(__doc__)
    parser.add_argument("--threads", type=int, default=1, help="default: 1")
    args = parser.parse_args(argv)
    try:
        settings.config(args)
        torch.set_num_threads(args.threads or 1)
        status = _train(args)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    except KeyboardInterrupt:  # while the data is read
        status = STOPPED
    given = f"for models.evaluate: --baseline {shlex.quote(str(args.out))}"
    told = f"trained to its end; {given}" if status == 0 else "stopped; the same command goes on"
    sys.stdout.write(told + "\n")
    sys.exit(status)


if __name__ == "__main__":
    main()
