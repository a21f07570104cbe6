"""One training on several processes, GPUs or nodes, as `torchrun` starts them.

Processes on the CPU speak gloo: tested, with two of them. CUDA devices speak nccl: untested.
"""

import datetime
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel

from models.stages import Losses, Stage

T = TypeVar("T")

LONGEST_WAIT = datetime.timedelta(hours=12)  # for the first process, which analyses the data


@dataclass(frozen=True, slots=True)
class World:
    """All processes of a training, and which of them this is.

    Attributes:
        rank: of this process, 0 to size - 1; the first one alone writes, logs and shows progress.
        local_rank: the same on its own machine.
        size: how many processes there are.
    """

    rank: int = 0
    local_rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        return self.rank == 0

    def share(self, module: nn.Module) -> None:
        """Give every process the first one's weights and buffers."""
        if self.size > 1:
            for tensor in module.state_dict().values():
                distributed.broadcast(tensor, 0)

    def given(self, value: T) -> T:
        """Return the first process's value, whatever it is, in every process."""
        if self.size == 1:
            return value
        box = [value]
        distributed.broadcast_object_list(box, 0)
        return box[0]

    def agree(self, own: list[float], wanted: bool) -> tuple[list[float], bool]:
        """Return the first process's numbers in every process, and whether any process wanted something."""
        if self.size == 1:
            return own, wanted
        ours = own if self.first else [0.0] * len(own)
        total = torch.tensor([*ours, float(wanted)], dtype=torch.float64)
        distributed.all_reduce(total)
        *numbers, wishes = total.tolist()
        return numbers, wishes > 0.0

    def in_turn(self, make: Callable[[], T]) -> T:
        """Return what `make` returns, by the first process, then each machine's first, then the rest.

        So what it leaves on disk is made once, be the disk shared or each machine's own. Where it fails its
        error is raised, while the other processes leave quietly.
        """
        made: list[T] = []
        failed: Exception | None = None
        own = 0 if self.first else 1 if self.local_rank == 0 else 2
        for turn in range(3):
            if turn == own:
                try:
                    made.append(make())
                except (OSError, ValueError) as error:
                    failed = error
            if self.agree([], failed is not None)[1]:
                raise failed or SystemExit(2)
        return made[0]


class Step(nn.Module):
    """A stage's step as a module whose parameters are the stage's own."""

    def __init__(self, stage: Stage) -> None:
        super().__init__()
        self.own = nn.ParameterList(stage.parameters())
        self.minimise = stage.step

    def forward(self, progress: float) -> Losses:
        found = self.minimise(progress)
        return {name: value if name == "loss" else value.detach() for name, value in found.items()}


def spread(stage: Stage, world: World) -> nn.Module:
    """Return a stage's step; with several processes its gradients become the mean of all processes'.

    Every process draws its own batch, so N of them see N times as much a step, at the same rate.
    """
    step = Step(stage)
    return step if world.size == 1 else DistributedDataParallel(step)


def join(device: str) -> World:
    """Return the world that `torchrun` has put this process in, on "cpu" or "cuda"; alone without it."""
    rank, size, local = (int(os.environ.get(k, d)) for k, d in
                         (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0")))  # fmt: skip
    if device == "cuda":
        if not torch.cuda.is_available():
            raise ValueError("this PyTorch finds no CUDA device; --device cpu trains without")
        torch.cuda.set_device(local)
        torch.set_default_device(f"cuda:{local}")
    if size > 1:
        distributed.init_process_group("nccl" if device == "cuda" else "gloo", timeout=LONGEST_WAIT)
    return World(rank, local, size)


def leave(world: World) -> None:
    """Part from the other processes."""
    if world.size > 1:
        distributed.destroy_process_group()


def own_threads(world: World) -> int:
    """Return how many threads each process of this machine gets: two alone, else a fair share."""
    beside = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    return 2 if world.size == 1 else max(1, (os.cpu_count() or 1) // beside)
