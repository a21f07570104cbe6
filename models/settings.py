"""A run's hyper-parameters from the command line, checked, and compared with those a run was begun with."""

import argparse
import math
from dataclasses import asdict, replace
from pathlib import Path

from instrument.header import LARGEST
from models.config import Config
from models.recordings import TOP_HZ

SIZES = "embedding", "latent", "hidden", "width", "atoms"  # which the instrument bounds
FIXED = (
    "seed", *SIZES, "encoder_width", "pitched",
    "longest_s", "end_db", "tail_s", "silent_grains", "per_class", "jitter_frames", "hold_out",
)  # fmt: skip
BOUNDS: dict[str, tuple[float, float]] = {
    "encoder_width": (1, 4096), "longest_s": (0.05, 60.0), "end_db": (-120.0, -6.0), "tail_s": (0.0, 10.0),
    "silent_grains": (1, 1000), "per_class": (0, 10**6), "jitter_frames": (0, 4800), "low_passed": (0.0, 1.0),
    "low_pass_hz": (20.0, TOP_HZ), "softened": (0.0, 1.0), "share_features": (1e-6, 1.0),
    "share_audio": (1e-6, 1.0), "rehearsed": (0.0, 1.0), "feature_batch": (8, 10**6),
    "audio_batch": (1, 10**6), "audio_grains": (2, 10**4), "anchor_batch": (8, 10**6),
    "quiet_db": (-120.0, 0.0), "silent": (0.0, 1.0), "no_class": (0.0, 1.0), "hit_batch": (1, 10**6),
}  # fmt: skip
WEIGHT = 0.0, 1e6  # of what is not above
TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return the options of `python -m models.train`."""
    found = shared(description)
    add = found.add_argument
    add(
        "--after",
        type=Path,
        metavar="RUN_DIR",
        help="begin with that run's weights, without the first stage",
    )
    add("--threads", type=int, default=0, help="of each process; default: 2, with several processes fewer")
    add("--device", choices=("cpu", "cuda"), default="cpu", help="cuda is untested")
    return found


def shared(description: str | None) -> argparse.ArgumentParser:
    """Return the options that the training of a model and of the paper's configuration have in common."""
    found = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = found.add_argument
    add("data", type=Path, help="a folder with a folder of recordings a class")
    add("--out", type=Path, required=True, help="the run: checkpoints, log, cache")
    add("--minutes", type=float, default=60.0)
    add("--steps", type=int, default=0, help="instead of minutes: exactly repeatable on one process")
    add("--cache", type=Path, help="decoded audio and features; default: RUN_DIR/cache")
    add("--hold-out", default="", help="sources kept from training, comma-separated; default: chosen")
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="any hyper-parameter of models/config.py",
    )
    add("--seed", type=int, default=1)
    return found


def config(args: argparse.Namespace) -> Config:
    """Return the hyper-parameters of a command line; ValueError where they make no sense."""
    if not (math.isfinite(args.minutes) and args.minutes > 0.0) or args.steps < 0 or args.threads < 0:
        raise ValueError("--minutes is to be above 0, --steps and --threads not below")
    if not 0 <= args.seed < 2**32:
        raise ValueError(f"--seed {args.seed}: expected 0 to {2**32 - 1}")
    plain = replace(Config(), seed=args.seed, hold_out=tuple(filter(None, args.hold_out.split(","))))
    return _sensible(changed(plain, args.set))


def _sensible(config: Config) -> Config:
    """Return hyper-parameters as they are; ValueError where one is out of its bounds."""
    for name, value in asdict(config).items():
        low, high = BOUNDS.get(name, WEIGHT)
        if isinstance(value, (int, float)) and name not in ("seed", *SIZES) and not low <= value <= high:
            raise ValueError(f"--set {name}={value}: expected {low:g} to {high:g}")
    if config.share_features + config.share_audio >= 1.0:
        raise ValueError("--set: share_features and share_audio are to leave some of the time for hits")
    return config


def changed(config: Config, settings: list[str]) -> Config:
    """Return hyper-parameters with some set from NAME=VALUE; ValueError for a wrong name or value."""
    for setting in settings:
        name, equals, text = setting.partition("=")
        values = asdict(config)
        if name not in values or not equals:
            raise ValueError(
                f"--set {setting}: expected NAME=VALUE, where NAME is one of {', '.join(values)}"
            )
        try:
            config = Config.from_json(values | {name: _read(values[name], text)})
        except (KeyError, ValueError):
            kind = type(values[name]).__name__
            raise ValueError(f"--set {setting}: {text!r} is no {kind}; it is {values[name]} now") from None
    return config


def _read(default: object, text: str) -> object:
    """Return a value of the default's type."""
    if isinstance(default, bool):
        return TRUTHS[text.lower()]
    if isinstance(default, tuple):
        return tuple(filter(None, text.split(",")))
    return type(default)(text)  # type: ignore[call-arg]


def check_playable(config: Config, classes: tuple[str, ...]) -> None:
    """Raise ValueError where the instrument could not play a model of these sizes and classes."""
    for name in SIZES:
        if not 1 <= getattr(config, name) <= LARGEST[name]:
            raise ValueError(f"{name} is {getattr(config, name)}; expected 1 to {LARGEST[name]}")
    most = LARGEST["condition"] - config.pitched
    if len(classes) > most:
        raise ValueError(f"{len(classes)} class folders, a model has at most {most}: {', '.join(classes)}")


def check_same(begun: Config, config: Config) -> None:
    """Raise ValueError where a run was begun with another model, other data preparation or another seed."""
    was, now = asdict(begun), asdict(config)
    if differing := [f"{name} {_text(was[name])}" for name in FIXED if was[name] != now[name]]:
        wanted = ", ".join(_text(now[name]) for name in FIXED if was[name] != now[name])
        raise ValueError(f"it was begun with {', '.join(differing)}, not {wanted}")


def moved(begun: Config, config: Config) -> list[str]:
    """Return in words which other hyper-parameters differ: a run goes on with the new ones."""
    was, now = asdict(begun), asdict(config)
    return [f"{name} {_text(now[name])}, was {_text(was[name])}" for name in now if was[name] != now[name]]


def _text(value: object) -> str:
    return ",".join(map(str, value)) or "(chosen)" if isinstance(value, tuple) else str(value)
