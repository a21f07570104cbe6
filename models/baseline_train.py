"""Training of the paper's configuration: first the grain VAE on sound, then the embedding on its paths."""

import json
import math
import time
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from tqdm import tqdm

from models import checkpoints
from models.baseline_networks import (
    GRAIN,
    HOP,
    RATE_HZ,
    GrainVae,
    PathVae,
    Sizes,
    condition,
    cut,
    divergence,
    sample,
)

F32 = NDArray[np.float32]
CHECKPOINT = "checkpoint.pt"
PARTS = "sizes", "classes", "grains", "path"  # of a checkpoint, that its sound needs
SAVE_EVERY_S = 120.0
LOG_EVERY = 20
WINDOWS = (32, 64, 128, 256, 512, 1024)
LOG_WINDOWS = (256, 512, 1024)  # in smaller ones a logarithmic scale has fewer bins than its bands
EPSILON = 5e-3  # of a power of an STFT that is not normalised
LOWEST_HZ = 40.0


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast. What is not from the paper was chosen by held-out loss: see models.baseline."""

    seed: int = 1
    minutes: float = 45.0
    steps: int = 0
    share_grains: float = 0.75
    batch: int = 8
    stretch: int = 32
    rate: float = 2e-3
    grain_kl: float = 3e-4
    path_grains: int = 3264  # in a batch of whole paths: 32 of 1.6 s
    path_rate: float = 2e-3
    path_kl: float = 1e-3

    def progress(self, share: float, seconds: float, steps: int) -> float:
        """Return how far a stage that gets `share` of the whole is, 0 to 1 and over."""
        if self.steps:
            return steps / max(1, round(share * self.steps))
        return seconds / (60.0 * share * self.minutes)


@dataclass(frozen=True, slots=True)
class Recordings:
    """Training hits at RATE_HZ, one after the other; where each starts and how long it is, in hops."""

    sound: Tensor
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]
    labels: Tensor
    pitches: Tensor


class Batches:
    """Draws from recordings; every class as often as any other."""

    def __init__(self, recordings: Recordings, rng: np.random.Generator) -> None:
        self.recordings, self.rng = recordings, rng
        labels = recordings.labels.numpy()
        self.by_label = [np.nonzero(labels == label)[0] for label in np.unique(labels)]

    def draw(self, count: int) -> NDArray[np.int64]:
        """Return indices of `count` hits."""
        labels = self.rng.integers(len(self.by_label), size=count)
        return np.array([self.rng.choice(self.by_label[label]) for label in labels])

    def stretches(self, count: int, grains: int) -> tuple[NDArray[np.int64], Tensor, Tensor]:
        """Return hits, the sound of `grains` hops of each, and 1 where it begins with the onset."""
        chosen = self.draw(count)
        lengths, starts = self.recordings.lengths[chosen], self.recordings.starts[chosen]
        start = (self.rng.random(count) * (np.maximum(lengths - grains, 0) + 1)).astype(np.int64)
        start[self.rng.random(count) < 0.5] = 0
        frames = torch.from_numpy((starts + start) * HOP)[:, None] + torch.arange(grains * HOP)
        last = torch.from_numpy((starts + lengths) * HOP)[:, None]
        sound = self.recordings.sound[torch.minimum(frames, last - 1)] * (frames < last)
        return chosen, sound, torch.from_numpy((start == 0).astype(np.float32))


@cache
def _log_bands(length: int) -> Tensor:
    """Return triangles on a logarithmic scale of frequency, (F, length // 4), each of sum 1."""
    hz = torch.linspace(0.0, RATE_HZ / 2, length // 2 + 1)
    edges = torch.logspace(math.log10(LOWEST_HZ), math.log10(RATE_HZ / 2), length // 4 + 2)
    rise = (hz[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    fall = (edges[2:] - hz[:, None]) / (edges[2:] - edges[1:-1])
    bands = torch.clamp(torch.minimum(rise, fall), min=0.0)
    nearest = functional.one_hot(torch.argmin((hz[:, None] - edges[1:-1]).abs(), dim=0), len(hz)).T.float()
    bands = torch.where(bands.sum(dim=0) > 0.0, bands, nearest)  # a band between two bins takes the nearer
    return bands / bands.sum(dim=0)


def power(sound: Tensor, length: int) -> Tensor:
    """Return STFT powers, Hann, 75 % overlap, (B, F, frames)."""
    spectrum = torch.stft(sound, length, length // 4, window=torch.hann_window(length), return_complex=True)
    return spectrum.real**2 + spectrum.imag**2


def spectral(sound: Tensor, target: Tensor, windows: tuple[int, ...] = WINDOWS) -> Tensor:
    """Return the paper's distance: L1 of ln(ε + power), mean over windows, on linear and on log frequency."""
    gaps = []
    for length in windows:
        a, b = power(sound, length), power(target, length)
        gaps.append(((EPSILON + a).log() - (EPSILON + b).log()).abs().mean())
        if length in LOG_WINDOWS:
            a, b = (torch.matmul(x.transpose(1, 2), _log_bands(length)) for x in (a, b))
            gaps.append(((EPSILON + a).log() - (EPSILON + b).log()).abs().mean())
    return torch.stack(gaps).mean()


def warm_up(progress: float) -> float:
    """Return the share of a KL's full weight: all from 0.6 on, and never none, or means run away."""
    return min(1.0, max(0.05, (progress - 0.1) / 0.5))


class Run:
    """One training run in its directory: both VAEs, optimiser, and how far it is."""

    def __init__(self, sizes: Sizes, plan: Plan, batches: Batches, out: Path) -> None:
        torch.manual_seed(plan.seed)
        self.sizes, self.plan, self.batches, self.out = sizes, plan, batches, out
        self.grains, self.path = GrainVae(sizes), PathVae(sizes)
        self.stage, self.step, self.seconds = 0, 0, 0.0
        self.means: dict[str, float] = {}
        self.paths: Tensor | None = None
        self.classes: tuple[str, ...] = ()
        self.heard = ""  # what tells the recordings from others
        self._saved = 0
        self._stopping = False
        self.optimiser = self._optimiser()

    @property
    def shares(self) -> tuple[float, float]:
        return self.plan.share_grains, 1.0 - self.plan.share_grains

    def _optimiser(self) -> torch.optim.Adam:
        network = self.path if self.stage else self.grains
        return torch.optim.Adam(network.parameters(), lr=self.plan.rate)

    @property
    def ended(self) -> bool:
        return self.stage == 2

    def stop(self) -> None:
        """Ask for an end after the step that is being made."""
        self._stopping = True

    def train(self, most_steps: int | None = None) -> None:
        """Train until the plan's end, for `most_steps`, or until `stop`."""
        done = 0
        while not self.ended:
            with tqdm(desc=("grains", "paths")[self.stage], initial=self.step, mininterval=5.0) as bar:
                while (progress := self._progress()) < 1.0:
                    if self._stopping or (most_steps is not None and done >= most_steps):
                        return
                    self._step(progress)
                    self._note(progress, bar)
                    done += 1
            self._next_stage()

    def _progress(self) -> float:
        return self.plan.progress(self.shares[self.stage], self.seconds, self.step)

    def _step(self, progress: float) -> None:
        began = time.monotonic()
        top = self.plan.path_rate if self.stage else self.plan.rate
        rate = top * min(1.0, (self.step + 1) / 100) * (0.51 + 0.49 * math.cos(math.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        found = self.embedded(progress) if self.stage else self.sounded(progress)
        self.optimiser.zero_grad()
        found["loss"].backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_((self.path if self.stage else self.grains).parameters(), 5.0)
        self.optimiser.step()
        for name, value in found.items():
            old = self.means.get(name, float(value.detach()))
            self.means[name] = old + 0.05 * (float(value.detach()) - old)
        self.step += 1
        self.seconds += time.monotonic() - began

    def conditions(self, chosen: NDArray[np.int64]) -> Tensor:
        index = torch.from_numpy(chosen)
        recordings = self.batches.recordings
        return condition(self.sizes, recordings.labels[index], recordings.pitches[index])

    def sounded(self, progress: float) -> dict[str, Tensor]:
        """Return the losses of stretches of sound."""
        chosen, target, begins = self.batches.stretches(self.plan.batch, self.plan.stretch)
        mean, spread = self.grains.encode(cut(target, begins))
        gains = self.grains.gains(sample(mean, spread), self.conditions(chosen))
        sound = self.grains.sound(gains, begins)[:, : target.shape[1]]
        lead = torch.arange(target.shape[1]) < GRAIN - HOP  # grains before the stretch would sound there
        keep = 1.0 - (1.0 - begins)[:, None] * lead
        near = spectral(sound * keep, target * keep)
        kl = divergence(mean, spread).mean()
        return {"loss": near + self.plan.grain_kl * warm_up(progress) * kl, "spectral": near, "kl": kl}

    def embedded(self, progress: float) -> dict[str, Tensor]:
        """Return the losses of paths: heard whole, decoded often in part, the start the most often."""
        if self.paths is None:
            self.paths = self.posterior_means()
        chosen = self.batches.draw(max(8, self.plan.path_grains // self.sizes.longest))
        path, given = self.paths[torch.from_numpy(chosen)].float(), self.conditions(chosen)
        mean, spread = self.path.encode(path, given)
        count = min(path.shape[1], int(self.batches.rng.choice([32, 64, path.shape[1]], p=[0.4, 0.3, 0.3])))
        made = self.path.decode(sample(mean, spread), given, count)
        near, kl = functional.mse_loss(made, path[:, :count]), divergence(mean, spread).mean()
        return {"loss": near + self.plan.path_kl * warm_up(progress) * kl, "path": near, "kl": kl}

    def posterior_means(self) -> Tensor:
        """Return paths, (M, longest, Z) in half precision; the last grain, of silence, is repeated."""
        self.grains.eval()
        found = self.batches.recordings
        paths = []
        with torch.no_grad():
            for start, length in zip(found.starts, found.lengths, strict=True):
                sound = found.sound[start * HOP : (start + length) * HOP]
                path = self.grains.encode(cut(sound[None], torch.ones(1)))[0][0].half()
                paths.append(torch.cat([path, path[-1:].expand(self.sizes.longest - len(path), -1)]))
        return torch.stack(paths)

    def _note(self, progress: float, bar: Any) -> None:
        bar.update()
        if self.step % LOG_EVERY == 0:
            bar.set_postfix({k: f"{v:.3f}" for k, v in self.means.items()}, refresh=False)
            line = {"stage": self.stage, "step": self.step, "progress": round(progress, 4)}
            with (self.out / "log.jsonl").open("a") as log:
                log.write(json.dumps(line | {k: round(v, 5) for k, v in self.means.items()}) + "\n")
        if int(self.seconds / SAVE_EVERY_S) > self._saved:
            self._saved = int(self.seconds / SAVE_EVERY_S)
            self.save()

    def _next_stage(self) -> None:
        self.stage, self.step, self.seconds, self._saved, self.means = self.stage + 1, 0, 0.0, 0, {}
        self.optimiser = self._optimiser()
        self.save()

    def save(self) -> None:
        """Write a checkpoint; what was there stays until the new one is whole."""
        state = {
            "sizes": self.sizes.to_json(), "plan": asdict(self.plan), "classes": self.classes,
            "heard": self.heard,
            "grains": self.grains.state_dict(), "path": self.path.state_dict(),
            "optimiser": self.optimiser.state_dict(), "at": [self.stage, self.step, self.seconds],
            "torch_rng": torch.get_rng_state(), "numpy_rng": self.batches.rng.bit_generator.state,
            "means": self.means,
        }  # fmt: skip
        checkpoints.write(self.out / CHECKPOINT, state)

    def resume(self) -> bool:
        """Go on from the checkpoint, if there is one; ValueError where it is of other data, or damaged."""
        if not (self.out / CHECKPOINT).exists():
            return False
        state = checkpoints.read(self.out / CHECKPOINT, *PARTS)
        begun = Sizes.from_json(state["sizes"]), tuple(state["classes"]), state.get("heard", self.heard)
        if begun != (self.sizes, self.classes, self.heard):
            raise ValueError(f"{self.out}: begun on other data or with other sizes; give another --out")
        self.grains.load_state_dict(state["grains"])
        self.path.load_state_dict(state["path"])
        self.stage, self.step, self.seconds = state["at"]
        self._saved = int(self.seconds / SAVE_EVERY_S)
        self.optimiser = self._optimiser()
        self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["torch_rng"])
        self.batches.rng.bit_generator.state = state["numpy_rng"]
        self.means = state["means"]
        return True
