"""Train a model on a folder of class folders: `python -m models.train DATA_DIR --out RUN_DIR --minutes 60`.

The run can be stopped at any time; the same command goes on from RUN_DIR's checkpoint. On several processes,
GPUs or nodes: `torchrun --nproc-per-node N -m models.train DATA_DIR --out RUN_DIR`; N may change between.
Every process holds the whole data set. Training on CUDA devices is untested.
"""

import argparse
import json
import os
import shlex
import sys
from pathlib import Path

import torch

from models import data, distributed, settings
from models.config import Config
from models.distributed import World
from models.run import ALONE, CHECKPOINT, Budget, Run, begin, checkpoint, load_model
from models.stopping import STOPPED, stoppable

__all__ = ["CHECKPOINT", "Budget", "Run", "begin", "load_model"]


def _read(args: argparse.Namespace, config: Config, world: World) -> data.Hits:
    """Return the data set, once it is sure that a model can be trained on it in this folder."""
    found = data.files(args.data)
    classes = tuple(found)
    settings.check_playable(config, classes)
    if world.first:
        _tell_left_out(args.data, found)
        args.out.mkdir(parents=True, exist_ok=True)
        if not os.access(args.out, os.W_OK):
            raise PermissionError(f"{args.out}: cannot be written to; give another --out")
        checkpoint(args.out, config, classes)
    hits = data.read(args.data, args.cache or args.out / "cache", config)
    counts = [sum(hit.label == label for hit in hits.training()) for label in range(len(classes))]
    if empty := [name for name, count in zip(hits.classes, counts, strict=True) if count == 0]:
        apart = f"; held out: {', '.join(hits.held_sources)}" if hits.held_sources else ""
        raise ValueError(f"no recordings of {', '.join(empty)} are left to train on{apart}")
    return hits


def _tell_left_out(data_dir: Path, found: dict[str, list[Path]]) -> None:
    """Say which folders are not heard: those without recordings, and those within class folders."""
    heard = {path.parent for recordings in found.values() for path in recordings}
    for folder in sorted((*data_dir.glob("[!.]*"), *data_dir.glob("[!.]*/[!.]*"))):
        if folder.is_dir() and folder not in heard:
            print(f"left out: {folder}: recordings are to lie in {data_dir}/CLASS itself")


def _tell_beginning(hits: data.Hits, run: Run) -> None:
    recorded = [hit for hit in hits.training() if hit.original]
    counts = [f"{name} {sum(h.label == k for h in recorded)}" for k, name in enumerate(hits.classes)]
    sources = ", ".join(hits.held_sources)
    print(f"{len(recorded)} recordings to train on, {len(hits.training()) - len(recorded)} variants of them: "
          f"{', '.join(counts)}")  # fmt: skip
    print(f"{len(hits.held())} recordings held out: {sources}" if sources else
          "nothing held out: too few sources or recordings; --hold-out names some", flush=True)  # fmt: skip
    if run.total_steps and not run.ended:
        print(f"goes on after {run.total_steps} steps and {run.spent / 60:.1f} minutes", flush=True)
    if run.moved:
        print(f"with other hyper-parameters than before: {'; '.join(run.moved)}", flush=True)


def _tell_end(args: argparse.Namespace, run: Run) -> None:
    figures = ", ".join(f"{name} {value:.3f}" for name, value in run.means.items())
    command = ["python", "-m", "models.export", str(args.out), f"{_bundle_name(args.data)}.safetensors",
               "--data", str(args.data)]  # fmt: skip
    command += ["--cache", str(args.cache)] if args.cache else []
    print(f"trained to its end: {run.total_steps} steps, {run.spent / 60:.1f} minutes; last means: {figures}")
    print(f"the next command writes a bundle that plays:\n  {shlex.join(command)}")


def _bundle_name(data_dir: Path) -> str:
    """Return the name of a data folder as a bundle may have it."""
    try:
        return data.class_id(data_dir.resolve().name)
    except ValueError:
        return "own"


def _note_down(args: argparse.Namespace, hits: data.Hits, run: Run) -> None:
    """Write into the run's folder how it was started, for the bundle's provenance."""
    many = run.world.size
    start = f"torchrun --nproc-per-node {many}" if many > 1 else "python"
    name, budget = (
        args.data.resolve().name,
        f"--steps {args.steps}" if args.steps else f"--minutes {args.minutes:g}",
    )
    command = [start, "-m models.train", shlex.quote(name), "--out RUN_DIR", budget, f"--seed {args.seed}"]
    command += [f"--hold-out {','.join(hits.held_sources)}"] if hits.held_sources else []
    command += [f"--set {shlex.quote(setting)}" for setting in args.set]
    earlier = _command(args.after) + "; then " if args.after else ""
    command += ["--after EARLIER_DIR"] if args.after else []
    told = {"data": name, "held_sources": hits.held_sources, "minutes": args.minutes, "steps": args.steps,
            "command": earlier + " ".join(command), "config": run.model.config.to_json()}  # fmt: skip
    (args.out / "run.json").write_text(json.dumps(told, indent=1))


def _command(run: Path) -> str:
    """Return how a run was started."""
    try:
        return str(json.loads((run / "run.json").read_text())["command"])
    except (OSError, ValueError, KeyError):
        return f"a run in {run.name}"


def _train(args: argparse.Namespace, world: World) -> int:
    """Read, train, tell; return the exit status."""
    config = settings.config(args)
    torch.set_num_threads(args.threads or distributed.own_threads(world))
    hits = world.in_turn(lambda: _read(args, config, world))
    run = begin(hits, config, args.out, Budget(args.minutes, args.steps), world)
    after = args.after if not run.total_steps else None
    heard_others = after is not None and not run.adopt(after)
    with stoppable(run.stop, second_ends=world.size == 1):
        world.agree([], False)  # from here on every process can be stopped
        if world.first:
            _tell_beginning(hits, run)
            if heard_others:
                print(f"{after} heard other recordings: what is held out here may be among them")
            if not run.ended:
                _note_down(args, hits, run)
        run.train()
    if not run.ended:
        run.save()
        if world.first:
            print(f"stopped after {run.total_steps} steps; the same command goes on")
        return STOPPED
    if world.first:
        _tell_end(args, run)
    return 0


def main(argv: list[str] | None = None) -> None:
    """Read the command line and train."""
    parser = settings.parser(__doc__)
    args = parser.parse_args(argv)
    world = ALONE
    try:
        world = distributed.join(args.device)
        status = _train(args, world)
        distributed.leave(world)
    except (OSError, ValueError) as error:
        if world.first:
            parser.error(str(error))
        status = 2
    except KeyboardInterrupt:
        if world.first:
            print("\nstopped; the same command begins again, or goes on from the last checkpoint")
        status = STOPPED
    sys.exit(status)


if __name__ == "__main__":
    main()
