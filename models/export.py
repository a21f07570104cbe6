"""Write a checkpoint as a bundle: `python -m models.export RUN_DIR OUT.safetensors --data DATA_DIR`."""

import argparse
import datetime
import json
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from instrument import bundle
from instrument.bands import MODEL_HOP_FRAMES, MODEL_RATE_HZ
from instrument.errors import BundleError
from models import data, licences, loudness, priors, quantise, spread, velocity
from models.model import Model
from models.played import Player
from models.run import CHECKPOINT, load_model, recordings

LABELS = {"hihat_closed": "closed hat", "hihat_open": "open hat"}
TRACKS = ("kick", "snare", "clap", "hihat_closed", "hihat_open", "tom", "crash", "ride")
MOST_TRACKS = 8

Arrays = dict[str, NDArray[Any]]


def arrays(model: Model) -> Arrays:
    """Return the networks as a bundle holds them: int8 where the core computes in int8."""
    grain = model.grain_decoder
    gates_weight, gates_bias = model.hit_decoder.constant()
    found: Arrays = {
        "gates.weight": _numpy(gates_weight),
        "gates.bias": _numpy(gates_bias),
        "first.weight": _numpy(model.hit_decoder.first.weight),
        "first.bias": _numpy(model.hit_decoder.first.bias),
        "lens.weight": _numpy(grain.lens.weight),
        "atoms.wave": _numpy(grain.waves()),
    }
    layers = {"path": model.hit_decoder.path, "inner": grain.inner, "outer": grain.outer,
              "spectrum": grain.spectrum, "attack": grain.attack}  # fmt: skip
    found |= _quantised("recurrent", *model.hit_decoder.recurrent())
    for name, layer in layers.items():
        found |= _quantised(name, layer.weight, layer.bias)
    return found | encoder_arrays(model)


def encoder_arrays(model: Model) -> Arrays:
    """Return both encoders, under the names instrument.encoder reads; weights in float16."""
    found: Arrays = {
        "encoder.onset": _numpy(model.grain_encoder.onset).astype(np.float16),
        "encoder.span_grains": np.array([model.config.span_grains], np.int32),
    }
    for prefix, part in (("grain", model.grain_encoder), ("hit", model.hit_encoder)):
        for layer in ("inner", "outer", "head"):
            linear = getattr(part, layer)
            found[f"encoder.{prefix}.{layer}.weight"] = _numpy(linear.weight).astype(np.float16)
            found[f"encoder.{prefix}.{layer}.bias"] = _numpy(linear.bias)
    return found


def prior_arrays(encoded: priors.Encoded, classes: int) -> Arrays:
    """Return each class's density and the directions of its knobs, as long as one standard deviation."""
    densities, embedding, latent = [], [], []
    for label in range(classes):
        own = encoded.embeddings[encoded.labels == label]
        densities.append(priors.density(own))
        embedding.append(priors.directions(own, bundle.KNOBS_EMBEDDING))
        latent.append(priors.latent_directions(encoded, label, bundle.KNOBS_LATENT))
    return {
        "prior.mean": np.stack([mean for mean, _ in densities]),
        "prior.factor": np.stack([factor for _, factor in densities]),
        "knobs.embedding": np.stack(embedding),
        "knobs.latent": np.stack(latent),
    }


def velocity_arrays(encoded: priors.Encoded, hits: list[data.Hit], classes: int) -> Arrays:
    """Return how soft and hard hits of each class differ."""
    struck = velocity.strokes([hit.path for hit in hits])
    rows = []
    for label in range(classes):
        own = [i for i, hit in enumerate(hits) if hit.label == label and hit.original]
        rows.append(
            velocity.direction(
                encoded.embeddings[own], [struck[i] for i in own], [hits[i].pitch for i in own]
            )
        )
    return {"velocity.embedding": np.stack(rows)}


def reached(player: Player) -> Arrays:
    """Return the directions of a bundle's knobs, shortened where their ends would be too loud."""
    found = {}
    for name in ("knobs.embedding", "knobs.latent"):
        knobs = player.bundle.arrays[name].copy()
        for label, of_class in enumerate(tqdm(knobs, desc=name, unit="class")):
            for at, direction in enumerate(of_class):
                share = priors.reach(player, label, direction, latent=name == "knobs.latent")
                knobs[label, at] = share * direction
        found[name] = knobs
    return found


def loudness_arrays(player: Player, hits: list[data.Hit]) -> Arrays:
    """Return how loud hits of each class are."""
    found = []
    for label, name in enumerate(player.bundle.classes):
        found.append(loudness.learn(player, label, sum(hit.label == label for hit in hits)))
        tqdm.write(f"{name}: loudness told within {found[-1].residual_db:.1f} dB (standard deviation)")
    return {
        "loudness.linear": np.stack([each.linear for each in found]),
        "loudness.quadratic": np.stack([each.quadratic for each in found]),
    }


def tracks(classes: tuple[str, ...]) -> list[int]:
    """Return the class of each track: drums in the order of a drum machine, others as they come."""
    known = [classes.index(name) for name in TRACKS if name in classes]
    others = [i for i in range(len(classes)) if i not in known]
    return (known + others)[:MOST_TRACKS]


def header(model: Model, hits: data.Hits, name: str) -> dict[str, Any]:
    """Return a bundle's header, but for what is measured on it, provenance and licences."""
    config, own = model.config, range(len(model.classes))
    training = hits.training()
    pitch = {"class_pitch": [priors.pitch_range(training, k) for k in own]} if config.pitched else {}
    return pitch | {
        "schema": bundle.SCHEMA,
        "name": name,
        "rate_hz": MODEL_RATE_HZ,
        "hop": MODEL_HOP_FRAMES,
        "embedding": config.embedding,
        "latent": config.latent,
        "hidden": config.hidden,
        "width": config.width,
        "condition": len(model.classes) + config.pitched,
        "atoms": config.atoms,
        "classes": list(model.classes),
        "class_labels": [LABELS.get(c, c.replace("_", " ")) for c in model.classes],
        "tracks": tracks(model.classes),
        "class_gain_db": [0.0 for _ in own],
        "class_length_s": [priors.length_s(training, k, config) for k in own],
        "temperature": 1.0,
        "provenance": {},
        "licences": [],
    }


def player(written: dict[str, Any], found: Arrays) -> Player:
    """Return what plays a bundle that is not written yet."""
    return Player(bundle.check(Path(written["name"]), json.dumps(written), found))


def measured(written: dict[str, Any], found: Arrays, hits: data.Hits, cache: Path) -> None:
    """Complete a bundle by what is measured on its own sound: knobs, temperatures, loudness, gains."""
    found |= reached(player(written, found))
    training = hits.training()
    listener = spread.ear(training, len(hits.classes), cache)
    written["class_temperature"] = spread.temperatures(player(written, found), training, listener)
    found |= loudness_arrays(player(written, found), training)
    ready = player(written, found)
    written["class_gain_db"] = [round(priors.gain_db(ready, k), 2) for k in range(len(hits.classes))]


def provenance(state: dict[str, Any], run_dir: Path, hits: data.Hits) -> dict[str, Any]:
    """Return where a model comes from: command, hyper-parameters, data, split, steps, last losses."""
    run = run_dir / "run.json"
    told = json.loads(run.read_text()) if run.exists() else {}
    return {
        "command": told.get(
            "command", f"python -m models.train {told.get('data', 'DATA_DIR')} --out RUN_DIR"
        ),
        "config": state["config"],
        "date": datetime.datetime.now(datetime.timezone.utc).date().isoformat(),
        "steps": state["at"][3],
        "data": {"name": told.get("data"), "training": len(hits.training()), "held": len(hits.held())},
        "split": {"held_sources": list(hits.held_sources)},
        "figures": {k: round(v, 4) for k, v in state["means"].items()},
    }


def export(
    run_dir: Path, out: Path, hits: data.Hits, credits_from: Path, cache: Path | None = None
) -> bundle.Bundle:
    """Write the bundle of a run's checkpoint and return it; ValueError when it cannot be one."""
    model, state = load_model(run_dir / CHECKPOINT)
    check_whole(model)
    if state.get("recordings", own := recordings(hits.training(), hits.classes)) != own:
        raise ValueError(f"{run_dir} was trained on other recordings than those of {credits_from}")
    typical = [hit for hit in hits.training() if hit.typical]
    encoded = priors.encode(model, typical)
    found = arrays(model) | prior_arrays(encoded, len(model.classes))
    found |= velocity_arrays(encoded, typical, len(model.classes))
    written = header(model, hits, out.stem)
    measured(written, found, hits, cache or run_dir / "cache")
    written["provenance"] = provenance(state, run_dir, hits)
    sources = {Path(h.path).name.split("__")[0] for h in hits.training()}
    written["licences"] = licences.credit_lines(credits_from, sources)
    return bundle.write(out, written, found)


def check_whole(model: Model) -> None:
    """Raise ValueError for a model with a part left out, to measure its worth: the core has them all."""
    left_out = [part for part in ("flat_noise", "oscillators", "attack") if not getattr(model.config, part)]
    if left_out:
        raise ValueError(f"a model without {', '.join(left_out)} is for measuring only; it makes no bundle")


def main(argv: list[str] | None = None) -> None:
    """Read the command line and export."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, help="folder that models.train wrote")
    parser.add_argument("out", type=Path, help="bundle to write, *.safetensors; its name is the bundle's")
    parser.add_argument("--data", type=Path, required=True, help="the folder it was trained on")
    parser.add_argument("--cache", type=Path, help="as given to models.train")
    args = parser.parse_args(argv)
    if args.out.suffix != bundle.SUFFIX:
        parser.error(f"{args.out}: expected a name that ends in {bundle.SUFFIX}")
    try:
        config = load_model(args.run / CHECKPOINT)[0].config
        hits = data.read(args.data, args.cache or args.run / "cache", config)
        made = export(args.run, args.out, hits, args.data, args.cache)
    except (OSError, ValueError, BundleError) as error:
        parser.error(str(error))
    gains = dict(zip(made.classes, made.header.class_gain_db, strict=True))
    print(f"{args.out}: {args.out.stat().st_size / 1024:.0f} KiB, classes and gains in dB: {gains}")


def _quantised(name: str, weight: torch.Tensor, bias: torch.Tensor) -> Arrays:
    whole, scale = quantise.rows(_numpy(weight))
    return {f"{name}.weight": whole, f"{name}.scale": scale, f"{name}.bias": _numpy(bias)}


def _numpy(tensor: torch.Tensor) -> NDArray[np.float32]:
    return np.asarray(tensor.detach().numpy(), np.float32).copy()


if __name__ == "__main__":
    main()
