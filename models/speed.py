"""What a grain costs: `python -m models.speed BUNDLE [--json FILE]`.

The same step of the network in the C core, torch and ONNX Runtime, in one run on one thread. Rounds are
interleaved, so that a drifting clock touches all alike; figures are medians of CPU time, because a
neighbour that takes the core away is no cost of theirs.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from instrument import bands
from instrument import bundle as bundles
from instrument.bench import machine
from instrument.errors import BundleError, GraindrumError
from models import runtimes
from models.runtimes import Runtime

BATCHES = (1, 8, 10)
ROUNDS = 40
STEPS = 64  # grains of each hit in a measurement, 0.34 s
WARM = 8


@dataclass(frozen=True, slots=True)
class Macs:
    """Multiply-adds.

    Attributes:
        grain: of every grain: recurrent step, path, grain network, its spectrum's head.
        first: more in a hit's first grain: the attack's head.
        hit: once a hit: the first state and what of the recurrent and the grain network never changes.
        noise: of every grain: band noises times their gains, which the others in the table do not make.
        paper: of every grain in the paper's decoder.
    """

    grain: int
    first: int
    hit: int
    noise: int
    paper: int


@dataclass(frozen=True, slots=True)
class Cost:
    """One runtime's median µs for one grain of every hit, by number of hits."""

    runtime: str
    us: dict[int, float]


@dataclass(frozen=True, slots=True)
class Speed:
    """Everything that was measured; the core's network comes first, the core with its sound last."""

    machine: str
    bundle: str
    macs: Macs
    costs: list[Cost]


def measure(
    bundle: bundles.Bundle,
    rounds: int = ROUNDS,
    steps: int = STEPS,
    tick: Callable[[], object] = lambda: None,
) -> Speed:
    """Measure every runtime; `tick` is called after each round."""
    torch.set_num_threads(1)
    hits = runtimes.starts(bundle, max(BATCHES))
    rivals: list[Runtime | runtimes.WholeCore] = [
        *runtimes.every(bundle, hits), runtimes.WholeCore(bundle)
    ]  # fmt: skip
    found: dict[tuple[str, int], list[float]] = {}
    for turn in range(rounds):
        for batch in BATCHES:
            for rival in _rotated(rivals, turn):  # who comes after whom must not matter
                found.setdefault((rival.name, batch), []).append(_once(rival, batch, steps))
        tick()
    costs = [
        Cost(rival.name, {batch: float(np.median(found[rival.name, batch])) for batch in BATCHES})
        for rival in rivals
    ]
    return Speed(machine(), bundle.name, macs(bundle), costs)


def _rotated(rivals: Sequence[Any], turn: int) -> list[Any]:
    start = turn % len(rivals)
    return [*rivals[start:], *rivals[:start]]


def _once(rival: "Runtime | runtimes.WholeCore", batch: int, steps: int) -> float:
    """Return the µs of one step of `batch` hits, over `steps` of them."""
    rival.begin(batch)
    for _ in range(WARM):
        rival.step()
    began = time.thread_time_ns()
    for _ in range(steps):
        rival.step()
    took = time.thread_time_ns() - began
    if isinstance(rival, runtimes.WholeCore) and rival.sounding() < batch:
        raise BundleError("hits of this bundle's longest class end too soon to measure")
    return 1e-3 * took / steps


def macs(bundle: bundles.Bundle) -> Macs:
    """Count multiply-adds of products with weights; what is done element by element is not counted."""
    sizes = {name: array.size for name, array in bundle.arrays.items() if name.endswith(".weight")}
    return Macs(
        grain=sum(sizes[f"{layer}.weight"] for layer in runtimes.LAYERS),
        first=sizes["attack.weight"],
        hit=sum(sizes[f"{layer}.weight"] for layer in ("gates", "first", "lens")),
        noise=bands.BANDS * 2 * bands.MODEL_HOP_FRAMES,
        paper=paper_macs(),
    )


def paper_macs(latent: int = 128, hidden: int = 512, classes: int = 7, bins: int = 1025) -> int:
    """Return the multiply-adds a grain of the paper's decoder, in the sizes of its authors' code (2021).

    An LSTM whose input never changes, two layers with the class beside them, latent; three layers, bins.
    Its four transforms of 2048 samples a grain are not counted, nor is what comes once a hit.
    """
    path = 4 * hidden * 2 * hidden + (hidden + classes) * hidden + hidden**2 + hidden * latent
    return path + latent * hidden + 2 * hidden**2 + hidden * bins


def to_text(speed: Speed) -> str:
    """Return the figures as Markdown."""
    core, count = speed.costs[0], speed.macs
    lines = [
        f"{speed.bundle} on {speed.machine}; one thread, median CPU time.",
        "",
        "| µs for one grain of each of | 1 hit | 8 hits | 10 hits | times the core's, 1 / 8 / 10 |",
        "|---|---|---|---|---|",
    ]
    for cost in speed.costs:
        ratio = " / ".join(f"{cost.us[batch] / core.us[batch]:.1f}" for batch in BATCHES)
        us = " | ".join(f"{cost.us[batch]:.1f}" for batch in BATCHES)
        lines.append(f"| {cost.runtime} | {us} | {ratio} |")
    notes = [
        "",
        f"Multiply-adds of a grain: {_millions(count.grain)} in the network (the paper's decoder: "
        f"{_millions(count.paper)}) and {_millions(count.noise)} in the noise;",
        f"{_millions(count.first)} more in a hit's first grain, {_millions(count.hit)} once a hit.",
        "All but the last row compute the same: a step of the GRU, the path, the grain network and its head;",
        "what does not change within a hit is computed before, for all of them. The last row also makes the",
        "sound: noise, oscillators, mixing, limiter.",
    ]
    return "\n".join([*lines, *notes])


def _millions(count: int) -> str:
    return f"{count / 1e6:.3g} M"


def to_data(speed: Speed) -> dict[str, Any]:
    """Return the figures as JSON takes them."""
    return asdict(speed)


def load(path: Path) -> Speed:
    """Return the figures that `--json` wrote; ValueError, in one line, when the file is not of these."""
    try:
        return from_data(json.loads(path.read_text()))
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path}: not the figures of models.speed ({error})") from None


def from_data(data: dict[str, Any]) -> Speed:
    """Return what `to_data` gave, as JSON gives it back."""
    costs = [Cost(c["runtime"], {int(b): float(us) for b, us in c["us"].items()}) for c in data["costs"]]
    return Speed(data["machine"], data["bundle"], Macs(**data["macs"]), costs)


def main() -> None:
    """Read the command line and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundle")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    args = parser.parse_args()
    if args.rounds < 1:
        parser.error("--rounds: at least 1")
    try:
        bundle = bundles.load(args.bundle)
        with tqdm(total=args.rounds, unit="round") as bar:
            speed = measure(bundle, args.rounds, tick=bar.update)
        print(to_text(speed))
        if args.json:
            args.json.write_text(json.dumps(to_data(speed), indent=1))
    except (GraindrumError, OSError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
