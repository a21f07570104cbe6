"""Measure a model beside the paper's: `python -m models.evaluate BUNDLE DATA_DIR --out FOLDER`.

`python -m models.evaluate --quick` tries the measures, then all of this, on hits made in code: seconds.

Everything a bundle does is heard through the int8 core. Writes results.json and table.md into FOLDER; what is
measured is defined in models.measures (recordings given back), models.draws and models.sets (hits drawn),
models.morphs and models.trials (embedding, morphs, silence, targets), what is asked of it in models.bars.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from instrument import bundle as bundles
from instrument.bundle import Bundle
from instrument.errors import GraindrumError
from models import bars, baseline, data, draws, export, figures, judge, made, proofs, trials
from models.bars import CORE, FLOOR, REAL
from models.config import Config
from models.results import TABLE, Results
from models.run import Budget, begin, recordings
from models.systems import Core, Float, MeanPath, System

SEEDS = 4
HELD_PER_CLASS, DRAWS, PAIRS = 16, 48, 10
QUICK_STEPS = 40


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured: recordings, draws and morphs a class, noise seeds, training of the judge."""

    held: int = HELD_PER_CLASS
    draws: int = DRAWS
    pairs: int = PAIRS
    seeds: int = SEEDS
    judge_steps: int = judge.STEPS


QUICK = Size(held=1, draws=4, pairs=1, seeds=1, judge_steps=8)


class Evaluation:
    """One bundle, its data, and the results as they come."""

    def __init__(self, bundle: Bundle, hits: data.Hits, cache: Path, size: Size) -> None:
        self.bundle, self.hits, self.cache, self.size = bundle, hits, cache, size
        self.core = Core(bundle)
        self.training = [h for h in hits.training() if h.original]
        self.held = trials.chosen(hits.held(), size.held)
        self.pitches = trials.Pitches.of(self.training, len(hits.classes))
        self.config = Config.of_provenance(bundle.header.provenance)
        about = {
            "bundle": bundle.name, "checksum": bundle.header.checksum, "seeds": size.seeds,
            "held_sources": list(hits.held_sources), "held": len(self.held), "held_most": size.held,
            "draws": size.draws, "pairs": size.pairs, "training": len(self.training),
        }  # fmt: skip
        self.results = Results(about, hits.classes)
        self.values: dict[str, trials.Values] = {}

    def recordings(self, systems: Sequence[System], *, floor: bool = True) -> None:
        """Measure how systems give back held-out recordings, and what these score against themselves."""
        for system in systems:
            values = trials.reconstructed(system, self.held, self.size.seeds)
            self.values[system.name] = values
            self.results.add(system.name, trials.summed_up(values))
        if floor:
            found = trials.floor(self.hits.classes, self.held, self.size.seeds)
            self.results.add(FLOOR, trials.summed_up(found))
        self.results.add(CORE, trials.silence(self.core, self.config))

    def harder(self) -> None:
        """Measure the core on low-passed, quiet and soft versions of the same recordings."""
        for how, hits in trials.harder(self.held, self.config).items():
            found = trials.summed_up(trials.reconstructed(self.core, hits, self.size.seeds))
            self.results.add(CORE, {f"{name} {how}": of_classes for name, of_classes in found.items()})

    def draws(self, systems: Sequence[System]) -> None:
        """Measure hits drawn from systems, beside held-out recordings."""
        classes = len(self.hits.classes)
        trained = judge.kept(self.training, classes, self.cache, self.size.judge_steps)
        ear = draws.Ear(trained, self.training, self.hits.held(), classes)
        self.results.add(REAL, draws.compared(ear, ear.held, self.hits.classes))
        self.results.add(REAL, draws.played_notes(self.hits.held(), self.hits.classes))
        for system in systems:
            sounds = draws.drawn(system, self.size.draws, self.pitches)
            self.results.add(system.name, draws.compared(ear, ear.heard(sounds), self.hits.classes))
            self.results.add(system.name, draws.in_tune(system, sounds, self.pitches))
        self.results.add(CORE, draws.as_played(self.core, self.size.draws, self.pitches))

    def embeddings(self, systems: Sequence[System]) -> None:
        """Measure what embeddings carry, and morphs between them."""
        for system in systems:
            self.results.add(system.name, trials.embedded(system, self.held))

    def morphs(self, systems: Sequence[System]) -> None:
        """Measure morphs between random pairs of draws."""
        for system in systems:
            self.results.add(system.name, trials.morphed(system, self.size.pairs, self.pitches))

    def quantised(self, whole: System) -> None:
        """Measure what int8 costs beside the same model in float."""
        self.results.add(CORE, trials.quantised(self.values[CORE], self.values[whole.name]))

    def targets(self, folder: Path) -> None:
        """Measure how recordings of any kind are followed."""
        found = trials.targets(self.bundle, folder)
        self.results.details["envelope"] = {name: each.path for name, each in found.items()}
        self.results.details["envelope floor"] = {name: each.floor for name, each in found.items()}
        self.results.add(
            CORE, {"envelope": figures.of_classes({"all": [each.path for each in found.values()]})}
        )
        floor = figures.of_classes({"all": [each.floor for each in found.values()]})
        self.results.add(FLOOR, {"envelope": floor})

    def finish(self) -> Results:
        """Return the results, with the bars."""
        self.results.bars = bars.bars(self.results)
        return self.results


def read(args: argparse.Namespace) -> Evaluation:
    """Read bundle and data; ValueError or GraindrumError, in one line, when they do not fit."""
    if min(args.held, args.draws, args.pairs, args.threads) < 1:
        raise ValueError("--held, --draws, --pairs and --threads are to be 1 at least")
    if args.targets and not trials.sounds(args.targets):
        raise ValueError(f"--targets {args.targets}: no folder with recordings")
    bundle = bundles.load(args.bundle)
    cache = args.cache or (args.run or args.out) / "cache"
    hits = data.read(args.data, cache, Config.of_provenance(bundle.header.provenance))
    if hits.classes != bundle.classes:
        known, found = ", ".join(bundle.classes), ", ".join(hits.classes)
        raise ValueError(f"{args.data} has the classes {found}; the bundle's are {known}")
    return Evaluation(bundle, hits, cache, Size(args.held, args.draws, args.pairs))


def whole_model(run_dir: Path, evaluation: Evaluation) -> Float:
    """Return the bundle's model in float; ValueError when the run is another's, or went on since."""
    found = Float(run_dir, evaluation.core.space)
    weight, stored = (
        export.arrays(found.model)["spectrum.weight"],
        evaluation.bundle.arrays["spectrum.weight"],
    )
    if not np.array_equal(weight, stored):
        raise ValueError(f"{evaluation.bundle.name} was not exported from {run_dir} as it is now")
    return found


def paper_model(run_dir: Path, evaluation: Evaluation) -> baseline.Baseline:
    """Return the baseline of a run; ValueError when it is of other classes or heard other recordings."""
    found, hits = baseline.load(run_dir), evaluation.hits
    if found.classes != hits.classes or found.heard not in (None, recordings(hits.training(), hits.classes)):
        raise ValueError(f"{run_dir} was trained on other data, or with other recordings held out")
    return found


def run(args: argparse.Namespace) -> Results:
    """Measure everything the command line asks for."""
    evaluation = read(args)
    core, space = evaluation.core, evaluation.core.space
    whole = whole_model(args.run, evaluation) if args.run else None
    paper = paper_model(args.baseline, evaluation) if args.baseline else None
    ladder = [Float(folder, space, name) for name, folder in args.ladder]
    others: list[System] = [system for system in (whole, paper) if system is not None]
    mean = MeanPath(core, evaluation.training)
    evaluation.recordings([core, *others, *ladder, mean])
    if whole:
        evaluation.quantised(whole)
    evaluation.embeddings(others)
    evaluation.draws([core, mean, *([paper] if paper else [])])
    evaluation.morphs([core, *([paper] if paper else [])])
    if args.robust:
        evaluation.harder()
    if args.targets:
        evaluation.targets(args.targets)
    return evaluation.finish()


def quick(out: Path) -> bool:
    """Go through the proofs, then measure a tiny model of made hits; return whether the proofs hold."""
    held = proofs.all_hold(lambda line: sys.stdout.write(line + "\n"))
    with TemporaryDirectory() as name:
        folder = Path(name)
        source, run_dir, cache = folder / "made", folder / "run", folder / "cache"
        made.write(source, own=6, held=2)
        hits = data.read(source, cache, made.SMALL)
        begin(hits, made.SMALL, run_dir, Budget(steps=QUICK_STEPS)).train()
        bundle = export.export(run_dir, run_dir / "made.safetensors", hits, source)
        evaluation = Evaluation(bundle, hits, cache, QUICK)
        whole = Float(run_dir, evaluation.core.space)
        mean = MeanPath(evaluation.core, evaluation.training)
        evaluation.recordings([evaluation.core, whole, mean])
        evaluation.quantised(whole)
        evaluation.embeddings([whole])
        evaluation.draws([evaluation.core, mean])
        evaluation.morphs([evaluation.core])
        evaluation.harder()
        evaluation.targets(source / "kick")
        evaluation.finish().save(out)
    return held


def save(results: Results, out: Path) -> bool:
    """Write results; True, whatever the bars say."""
    results.save(out)
    return True


def rung(text: str) -> tuple[str, Path]:
    """Read NAME=RUN_DIR."""
    name, found, folder = text.partition("=")
    if not (name and found and folder):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=RUN_DIR")
    return name, Path(folder)


def parser() -> argparse.ArgumentParser:
    """Return the command line."""
    shown = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shown.add_argument("bundle", nargs="?", help="name or path")
    shown.add_argument("data", type=Path, nargs="?", help="the folder of class folders it was trained on")
    shown.add_argument("--quick", action="store_true", help="no bundle: try the measures on made hits")
    shown.add_argument(
        "--cache", type=Path, help="as given to models.train; default: RUN_DIR/cache, else OUT/cache"
    )
    shown.add_argument(
        "--run", type=Path, help="RUN_DIR of the bundle: its model in float, KL and quantisation"
    )
    shown.add_argument("--baseline", type=Path, help="RUN_DIR of models.baseline")
    shown.add_argument(
        "--ladder", type=rung, nargs="+", default=[], metavar="NAME=RUN_DIR", help="more rows, R1–R4"
    )
    shown.add_argument("--targets", type=Path, help="a folder of recordings to resynthesise")
    shown.add_argument("--robust", action="store_true", help="also low-passed, quiet and soft recordings")
    shown.add_argument("--out", type=Path, default=Path("evaluation"))
    shown.add_argument(
        "--held", type=int, default=HELD_PER_CLASS, help="held-out recordings a class, at most"
    )
    shown.add_argument("--draws", type=int, default=DRAWS, help="hits drawn a class")
    shown.add_argument("--pairs", type=int, default=PAIRS, help="morphs a class")
    shown.add_argument("--threads", type=int, default=1)
    return shown


def main() -> None:
    """Read the command line, measure, write, and print the table."""
    reader = parser()
    args = reader.parse_args()
    torch.set_num_threads(max(1, args.threads))
    if not args.quick and args.data is None:
        reader.error("a bundle and its data are needed, or --quick")
    try:
        holds = quick(args.out) if args.quick else save(run(args), args.out)
    except (ValueError, OSError, GraindrumError) as error:
        reader.error(str(error))
    sys.stdout.write((args.out / TABLE).read_text())
    sys.exit(not holds)


if __name__ == "__main__":
    main()
