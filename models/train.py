"""Train a model on a folder of class folders: `python -m models.train DATA_DIR --out RUN_DIR --minutes 60`.

The run can be stopped at any time; the same command goes on from RUN_DIR's checkpoint.
"""

import argparse
import json
import math
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from models import data
from models.batches import Sampler
from models.config import Config
from models.model import Model, learn_onsets
from models.stages import Losses, Stage, stages

CHECKPOINT = "checkpoint.pt"
SAVE_EVERY_S = 120.0
LOG_EVERY = 50


@dataclass(frozen=True, slots=True)
class Budget:
    """How long the whole training takes: minutes, or for exact repetition, steps."""

    minutes: float = 0.0
    steps: int = 0

    def progress(self, share: float, seconds: float, steps: int) -> float:
        """Return how far a stage that gets `share` of the whole is, 0 to 1 and over."""
        if self.steps:
            return steps / max(1, round(share * self.steps))
        return seconds / (60.0 * share * self.minutes)


class Run:
    """One training run in its directory: model, optimiser, and how far it is."""

    def __init__(self, model: Model, sampler: Sampler, out: Path, budget: Budget) -> None:
        self.model, self.sampler, self.out, self.budget = model, sampler, out, budget
        self.stages = stages(model, sampler)
        self.stage, self.step, self.seconds, self.total_steps = 0, 0, 0.0, 0
        self.optimiser = self._optimiser()
        self.means: dict[str, float] = {}

    def _optimiser(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(self.stages[self.stage].parameters(), lr=1e-3, weight_decay=1e-4)

    def train(self, most_steps: int | None = None) -> None:
        """Train until the budget is spent, or for `most_steps`."""
        done = 0
        while self.stage < len(self.stages):
            stage = self.stages[self.stage]
            with tqdm(desc=stage.name, unit="step", initial=self.step, mininterval=5.0) as bar:
                while (progress := self.budget.progress(stage.share, self.seconds, self.step)) < 1.0:
                    if most_steps is not None and done >= most_steps:
                        return
                    self._step(stage, progress)
                    self._note(stage, progress, bar)
                    done += 1
            self._next_stage()
        self.save()

    def _step(self, stage: Stage, progress: float) -> None:
        began = time.monotonic()
        rate = stage.rate * min(1.0, (self.step + 1) / 200) * (0.52 + 0.48 * math.cos(math.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        found = stage.step(progress)
        self.optimiser.zero_grad()
        found["loss"].backward()  # type: ignore[no-untyped-call]
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        self.optimiser.step()
        self._average(found)
        self.step += 1
        self.total_steps += 1
        self.seconds += time.monotonic() - began

    def _average(self, found: Losses) -> None:
        for name, value in found.items():
            old = self.means.get(name, float(value.detach()))
            self.means[name] = old + 0.02 * (float(value.detach()) - old)

    def _note(self, stage: Stage, progress: float, bar: Any) -> None:
        bar.update()
        if self.step % LOG_EVERY == 0:
            bar.set_postfix({k: f"{v:.3f}" for k, v in self.means.items()}, refresh=False)
            line = {"stage": stage.name, "step": self.step, "progress": round(progress, 4)}
            with (self.out / "log.jsonl").open("a") as log:
                log.write(json.dumps(line | {k: round(v, 5) for k, v in self.means.items()}) + "\n")
        if not self.budget.steps and int(self.seconds / SAVE_EVERY_S) > self._saved:
            self._saved = int(self.seconds / SAVE_EVERY_S)
            self.save()

    _saved = 0

    def _next_stage(self) -> None:
        self.save(f"after-{self.stages[self.stage].name}.pt")
        self.stage, self.step, self.seconds, self._saved = self.stage + 1, 0, 0.0, 0
        if self.stage < len(self.stages):
            self.optimiser, self.means = self._optimiser(), {}
        self.save()

    def save(self, name: str = CHECKPOINT) -> None:
        """Write a checkpoint; what was there stays until the new one is whole."""
        state = {
            "config": self.model.config.to_json(),
            "classes": self.model.classes,
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "at": [self.stage, self.step, self.seconds, self.total_steps],
            "pull": self.stages[-1].step.__self__.pull,  # type: ignore[attr-defined]
            "torch_rng": torch.get_rng_state(),
            "numpy_rng": self.sampler.rng.bit_generator.state,
            "means": self.means,
        }
        part = self.out / (name + ".part")
        torch.save(state, part)
        part.rename(self.out / name)

    def resume(self) -> bool:
        """Go on from the checkpoint, if there is one."""
        path = self.out / CHECKPOINT
        if not path.exists():
            return False
        state = torch.load(path, weights_only=False)
        self.model.load_state_dict(state["model"])
        self.stage, self.step, self.seconds, self.total_steps = state["at"]
        self.stages[-1].step.__self__.pull = state["pull"]  # type: ignore[attr-defined]
        if self.stage < len(self.stages):
            self.optimiser = self._optimiser()
            self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["torch_rng"])
        self.sampler.rng.bit_generator.state = state["numpy_rng"]
        self.means = state["means"]
        return True


def load_model(path: Path) -> tuple[Model, dict[str, Any]]:
    """Return the model of a checkpoint, and the checkpoint."""
    state = torch.load(path, weights_only=False)
    model = Model(Config.from_json(state["config"]), tuple(state["classes"]))
    model.load_state_dict(state["model"])
    model.eval()
    return model, state


def begin(hits: data.Hits, config: Config, out: Path, budget: Budget) -> Run:
    """Return a run on a data set, resumed when `out` has a checkpoint."""
    torch.manual_seed(config.seed)
    out.mkdir(parents=True, exist_ok=True)
    model = Model(config, hits.classes)
    sampler = Sampler(hits.training(), config, np.random.default_rng(config.seed))
    run = Run(model, sampler, out, budget)
    if not run.resume():
        learn_onsets(model, sampler.openings.numpy())
    return run


def main() -> None:
    """Read the command line and train."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--steps", type=int, default=0, help="instead of minutes: exactly repeatable")
    parser.add_argument("--cache", type=Path, help="decoded audio and features; default: RUN_DIR/cache")
    parser.add_argument("--hold-out", default="", help="sources kept from training, comma-separated")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    config = replace(Config(), seed=args.seed, hold_out=tuple(filter(None, args.hold_out.split(","))))
    try:
        hits = data.read(args.data, args.cache or args.out / "cache", config)
    except ValueError as error:
        parser.error(str(error))
    held = ", ".join(hits.held_sources)
    print(f"{len(hits.training())} hits to train on, {len(hits.held())} held out: {held}")
    run = begin(hits, config, args.out, Budget(args.minutes, args.steps))
    (args.out / "run.json").write_text(
        json.dumps({"data": args.data.name, "held_sources": hits.held_sources, "minutes": args.minutes,
                    "steps": args.steps, "config": config.to_json()}, indent=1))  # fmt: skip
    run.train()


if __name__ == "__main__":
    main()
