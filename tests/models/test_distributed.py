"""Several processes train as one: equal weights, mean gradients, one writer, any number goes on."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
import torch
from torch.multiprocessing.spawn import spawn

from models import data, distributed
from models.distributed import World
from models.train import CHECKPOINT, Budget, Run, begin, main
from tests.models.conftest import RATE_HZ, SMALL, made_hit

DEADLINE_S = 120.0
STEPS = 20
SETTINGS = ("per_class", "longest_s", "silent_grains", "feature_batch", "anchor_batch", "audio_batch",
            "audio_grains", "hit_batch")  # fmt: skip


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def as_process(rank: int, port: int, tell: Callable[..., Any], folder: Path, args: tuple[Any, ...]) -> None:
    """Be one of two processes, as torchrun would start it; leave what `tell` returns in a file."""
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE="2", LOCAL_WORLD_SIZE="2",
                      MASTER_ADDR="127.0.0.1", MASTER_PORT=str(port))  # fmt: skip
    torch.set_num_threads(1)
    world = distributed.join("cpu")
    torch.save(tell(world, folder, *args), folder / f"told-{rank}.pt")
    distributed.leave(world)


def two(tell: Callable[..., Any], folder: Path, *args: Any) -> list[Any]:
    """Return what `tell(world, folder, *args)` returns in each of two processes."""
    started = spawn(as_process, (free_port(), tell, folder, args), nprocs=2, join=False)  # type: ignore[no-untyped-call]
    try:
        assert started.join(timeout=DEADLINE_S) or started.join(timeout=DEADLINE_S)
    finally:
        for process in started.processes:
            process.kill()
    return [torch.load(folder / f"told-{rank}.pt", weights_only=False) for rank in range(2)]


def gradients(run: Run, world: World) -> list[torch.Tensor]:
    """Return the gradients of one step of every stage."""
    found = []
    for stage in run.stages:
        run.model.zero_grad()
        step = distributed.spread(stage, world)
        step(0.5)["loss"].backward()
        found += [p.grad.clone() for p in stage.parameters() if p.grad is not None]
    return found


def turns(world: World, folder: Path) -> list[str]:
    def make() -> str:
        made = folder / "made"
        found = made.read_text() if made.exists() else ""
        made.write_text(found + str(world.rank))
        return found

    def fail() -> None:
        raise ValueError("no such folder")

    before = world.in_turn(make)
    with pytest.raises(ValueError if world.first else SystemExit):
        world.in_turn(fail if world.first else make)
    return [before, *world.given([str(world.rank)])]


def trained(world: World, folder: Path, hits: data.Hits) -> dict[str, Any]:
    """Train in two pieces, each process in its own folder; what the second has belongs to no one."""
    first = begin(hits, SMALL, folder / "gradients", Budget(steps=STEPS), world)
    told: dict[str, Any] = {"gradients": gradients(first, world), "turns": turns(world, folder)}
    out = folder / ("run" if world.first else "never-written")
    killed = begin(hits, SMALL, out, Budget(steps=STEPS), world)
    killed.train(most_steps=STEPS // 2)
    killed.save()
    again = begin(hits, SMALL, out, Budget(steps=STEPS), world)
    told["resumed_at"] = (again.stage, again.step, again.total_steps)
    again.train()
    return told | {"weights": again.model.state_dict(), "pull": again.paths.pull, "steps": again.total_steps,
                   "draw": again.sampler.draw(16).tolist()}  # fmt: skip


@pytest.fixture(scope="module")
def told(hits: data.Hits, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """Give the folder of a training by two processes and what each of them told."""
    folder = tmp_path_factory.mktemp("two")
    return folder, two(trained, folder, hits)


def test_both_processes_end_with_the_same_weights_though_they_draw_apart(
    told: tuple[Path, list[dict[str, Any]]],
) -> None:
    one, other = told[1]
    for name, tensor in one["weights"].items():
        assert torch.equal(tensor, other["weights"][name]), name
    assert one["pull"] == other["pull"]
    assert one["draw"] != other["draw"]


def test_gradients_are_the_mean_of_both_batches(
    told: tuple[Path, list[dict[str, Any]]], hits: data.Hits, tmp_path: Path
) -> None:
    alone = [
        gradients(begin(hits, SMALL, tmp_path, Budget(steps=STEPS), World(rank)), World()) for rank in (0, 1)
    ]
    shared, _ = (each["gradients"] for each in told[1])
    assert len(shared) == len(alone[0]) > 0
    for mean, own, other in zip(shared, *alone, strict=True):
        assert not torch.equal(own, other)
        torch.testing.assert_close(mean, (own + other) / 2, rtol=1e-3, atol=1e-5)


def test_a_killed_training_goes_on_from_its_checkpoint_in_both_processes_or_one(
    told: tuple[Path, list[dict[str, Any]]], hits: data.Hits
) -> None:
    folder, (one, other) = told
    assert one["resumed_at"] == other["resumed_at"]
    assert one["resumed_at"][2] == STEPS // 2
    assert one["steps"] == other["steps"] == STEPS
    alone = begin(hits, SMALL, folder / "run", Budget(steps=STEPS))
    assert alone.ended
    assert alone.total_steps == STEPS


def test_the_first_process_alone_writes(told: tuple[Path, list[dict[str, Any]]]) -> None:
    folder, _ = told
    assert (folder / "run" / CHECKPOINT).exists()
    assert not (folder / "never-written").exists()
    assert not list((folder / "run").glob("*.part"))


def test_the_first_process_prepares_while_others_wait_and_all_leave_when_it_fails(
    told: tuple[Path, list[dict[str, Any]]],
) -> None:
    folder, found = told
    assert [each["turns"] for each in found] == [["", "0"], ["0", "0"]]
    assert (folder / "made").read_text() == "01"


@pytest.fixture
def folder_of_hits(tmp_path: Path) -> Path:
    folder = tmp_path / "My Drums"
    for kind in ("kick", "hat"):
        (folder / kind).mkdir(parents=True)
        for variant in range(2):
            soundfile.write(folder / kind / f"own__{variant}.wav", made_hit(kind, variant), RATE_HZ)
    return folder


def test_torchrun_stopped_by_ctrl_c_goes_on_with_one_process(
    folder_of_hits: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    settings = [f"--set={name}={getattr(SMALL, name)}" for name in SETTINGS]
    train = [str(folder_of_hits), "--out", str(out), "--threads", "1", *settings]
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    command = [*torchrun, "--master-port", str(free_port()), "-m", "models.train", *train, "--minutes", "60"]
    with subprocess.Popen(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as started:
        assert started.stdout is not None
        begun = [started.stdout.readline(), started.stdout.readline()]
        started.send_signal(signal.SIGINT)
        stopped, errors = started.communicate(timeout=DEADLINE_S)
    assert begun[0].startswith("4 recordings to train on"), errors
    assert "the same command goes on" in stopped, errors
    steps = torch.load(out / CHECKPOINT, weights_only=False)["at"][3]
    with pytest.raises(SystemExit) as ended:
        main([*train, "--steps", "8"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert f"goes on after {steps} steps" in told
    assert "python -m models.export" in told
