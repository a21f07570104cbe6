"""One training run in its directory: its stages one after the other, its checkpoints, its log."""

import hashlib
import json
import math
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from models import checkpoints, data, distributed, quantise, settings
from models.batches import Sampler
from models.config import Config
from models.distributed import World
from models.model import Model, learn_onsets
from models.stages import Losses, Paths, Stage, stages

CHECKPOINT = "checkpoint.pt"
SAVE_EVERY_S = 120.0
LOG_EVERY = 50
ALONE = World()


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
    """One training run in its directory: model, optimiser, and how far it is. Every process has its own.

    Weights, optimiser, place and clock are the same in all processes; the batches are not.
    """

    def __init__(self, model: Model, sampler: Sampler, out: Path, budget: Budget, world: World) -> None:
        self.model, self.sampler, self.out, self.budget, self.world = model, sampler, out, budget, world
        self.stages = stages(model, sampler)
        self.stage, self.step, self.seconds, self.total_steps, self.spent = 0, 0, 0.0, 0, 0.0
        self.stopping = False  # set from outside, in any process: stop after this step
        self.stopped = False  # agreed on by all
        self.moved: list[str] = []  # hyper-parameters that are not as the run was begun
        self.means: dict[str, float] = {}
        self._saved = 0.0
        self._enter()

    def _enter(self) -> None:
        """Make ready for a stage; in all processes at once."""
        stage = self.stages[self.stage]
        self.minimised = distributed.spread(stage, self.world)
        self.optimiser = torch.optim.AdamW(stage.parameters(), lr=1e-3, weight_decay=1e-4)

    @property
    def ended(self) -> bool:
        return self.stage == len(self.stages)

    @property
    def paths(self) -> Paths:
        """The stage of hits, whose weight of the KL moves."""
        owners = [getattr(stage.step, "__self__", None) for stage in self.stages]
        return next(owner for owner in owners if isinstance(owner, Paths))

    def train(self, most_steps: int | None = None) -> None:
        """Train until the budget is spent, for `most_steps`, or until `stopping`."""
        until = None if most_steps is None else self.total_steps + most_steps
        while not self.ended:
            stage = self.stages[self.stage]
            with self._bar(stage) as bar:
                while (progress := self._progress(stage)) < 1.0:
                    if self.stopped or (until is not None and self.total_steps >= until):
                        return
                    self._step(stage, progress)
                    self._note(stage, bar)
            self._next_stage()

    def stop(self) -> None:
        """Ask for an end after the step that is being made, in all processes."""
        self.stopping = True

    def _progress(self, stage: Stage) -> float:
        return self.budget.progress(stage.share, self.seconds, self.step)

    def _bar(self, stage: Stage) -> Any:
        """Return a bar of a stage in per cent, which tells how long it will take."""
        layout = "{desc}: {percentage:3.0f}%|{bar:20}| {elapsed} of it, {remaining} left{postfix}"
        often_s = 1.0 if sys.stderr.isatty() else 10.0
        return tqdm(desc=stage.name, total=100.0, initial=100.0 * self._progress(stage), bar_format=layout,
                    mininterval=often_s, disable=not self.world.first)  # fmt: skip

    def _minimised(self, progress: float) -> Losses:
        """Return a step's losses; late in all stages but the first, decoders compute in int8."""
        late = self.stage > 0 and progress > 1.0 - self.model.config.rehearsed
        with quantise.rehearsed(self.model) if late else nullcontext():
            found: Losses = self.minimised(progress)
        return found

    def _step(self, stage: Stage, progress: float) -> None:
        began = time.monotonic()
        rate = stage.rate * min(1.0, (self.step + 1) / 200) * (0.52 + 0.48 * math.cos(math.pi * progress))
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        found = self._minimised(progress)
        self.optimiser.zero_grad()
        found["loss"].backward()  # type: ignore[no-untyped-call]
        parameters = [p for group in self.optimiser.param_groups for p in group["params"]]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        self.optimiser.step()
        self._average(found)
        self.step += 1
        self.total_steps += 1
        self._agree(time.monotonic() - began)

    def _agree(self, took: float) -> None:
        """Take the first process's clock and weight of the KL, so that all leave a stage at the same step."""
        own = [self.seconds + took, self.spent + took, self.paths.pull]
        (self.seconds, self.spent, self.paths.pull), self.stopped = self.world.agree(own, self.stopping)

    def _average(self, found: Losses) -> None:
        for name, value in found.items():
            old = self.means.get(name, float(value.detach()))
            self.means[name] = old + 0.02 * (float(value.detach()) - old)

    def _note(self, stage: Stage, bar: Any) -> None:
        progress = self._progress(stage)
        bar.update(min(100.0, 100.0 * progress) - bar.n)
        if not self.world.first:
            return
        if self.step % LOG_EVERY == 0:
            bar.set_postfix(
                {"step": self.step} | {k: f"{v:.3f}" for k, v in self.means.items()}, refresh=False
            )
            line = {"stage": stage.name, "step": self.step, "progress": round(progress, 4)}
            with (self.out / "log.jsonl").open("a") as log:
                log.write(json.dumps(line | {k: round(v, 5) for k, v in self.means.items()}) + "\n")
        if self.spent > self._saved + SAVE_EVERY_S:
            self.save()

    def _next_stage(self) -> None:
        self.save(f"after-{self.stages[self.stage].name}.pt")
        self.stage, self.step, self.seconds = self.stage + 1, 0, 0.0
        if not self.ended:
            self.means = {}
            self._enter()
        self.save()

    def save(self, name: str = CHECKPOINT) -> None:
        """Write a checkpoint, in the first process; what was there stays until the new one is whole."""
        if not self.world.first:
            return
        state = {
            "config": self.model.config.to_json(),
            "classes": self.model.classes,
            "recordings": recordings(self.sampler.hits, self.model.classes),
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "at": [self.stage, self.step, self.seconds, self.total_steps],
            "spent": self.spent,
            "pull": self.paths.pull,
            "torch_rng": torch.get_rng_state(),
            "numpy_rng": self.sampler.rng.bit_generator.state,
            "means": self.means,
        }
        checkpoints.write(self.out / name, state)
        self._saved = self.spent

    def adopt(self, earlier: Path) -> bool:
        """Begin with an earlier run's weights, in the second stage; ValueError where it differs.

        Return whether it was trained on the same recordings: others may have been held out of this run.
        """
        model, state = load_model(earlier / CHECKPOINT)
        if model.classes != self.model.classes:
            raise ValueError(f"{earlier} is of the classes {', '.join(model.classes)}")
        try:
            self.model.load_state_dict(model.state_dict())
        except RuntimeError:
            raise ValueError(f"{earlier} has other sizes; give the --set values it was begun with") from None
        self.stage = 1
        self._enter()
        return bool(state.get("recordings") == recordings(self.sampler.hits, self.model.classes))

    def resume(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.model.load_state_dict(state["model"])
        self.stage, self.step, self.seconds, self.total_steps = state["at"]
        self.spent = self._saved = state.get("spent", self.seconds)
        self.paths.pull = state["pull"]
        if not self.ended:
            self._enter()
            self.optimiser.load_state_dict(state["optimiser"])
        torch.set_rng_state(state["torch_rng"].cpu())
        self.sampler.rng.bit_generator.state = state["numpy_rng"]
        self.means = state["means"]


def recordings(hits: list[data.Hit], classes: tuple[str, ...]) -> str:
    """Return what tells the recordings a model is trained on from others: a digest of their names."""
    names = sorted(f"{classes[hit.label]}/{Path(hit.path).name}" for hit in hits if hit.original)
    return hashlib.sha256("\n".join(names).encode()).hexdigest()[:16]


def load_model(path: Path) -> tuple[Model, dict[str, Any]]:
    """Return the model of a checkpoint, and the checkpoint; ValueError where there is no whole one."""
    state = checkpoints.read(path, "config", "classes", "model")
    model = Model(Config.from_json(state["config"]), tuple(state["classes"]))
    model.load_state_dict(state["model"])
    model.eval()
    return model, state


def checkpoint(out: Path, config: Config, classes: tuple[str, ...]) -> dict[str, Any] | None:
    """Return the checkpoint in a folder, if any; ValueError when it is of another model or damaged."""
    path = out / CHECKPOINT
    if not path.exists():
        return None
    try:
        state = checkpoints.read(path, "config", "classes", "model")
        begun, known = Config.from_json(state["config"]), tuple(state["classes"])
    except ValueError as error:
        raise ValueError(f"{error}; another --out begins anew") from None
    try:
        settings.check_same(begun, config)
        if known != classes:
            raise ValueError(f"it is of the classes {', '.join(known)}, not {', '.join(classes)}")
    except ValueError as error:
        raise ValueError(f"{out} holds another run: {error}; give another --out") from None
    return state


def begin(hits: data.Hits, config: Config, out: Path, budget: Budget, world: World = ALONE) -> Run:
    """Return a run on a data set, resumed when `out` has a checkpoint."""
    torch.manual_seed(config.seed)
    if world.first:
        out.mkdir(parents=True, exist_ok=True)
    model = Model(config, hits.classes)
    sampler = Sampler(hits.training(), config, np.random.default_rng(config.seed))
    run = Run(model, sampler, out, budget, world)
    state = world.given(checkpoint(out, config, hits.classes) if world.first else None)
    if state is None:
        learn_onsets(model, sampler.openings.cpu().numpy())
    else:
        if state.get("recordings", own := recordings(sampler.hits, hits.classes)) != own:
            raise ValueError(f"{out} holds another run: of other recordings; give another --out")
        run.resume(state)
        run.moved = settings.moved(Config.from_json(state["config"]), config)
    world.share(model)
    if not world.first:  # other batches than the first process's, and other ones after each start
        torch.manual_seed(config.seed + 1_000_003 * world.rank + run.total_steps)
        sampler.rng = np.random.default_rng([config.seed, world.rank, run.total_steps])
    return run
