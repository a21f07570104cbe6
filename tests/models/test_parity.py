"""Torch and the core make the same sound of the same bundle."""

from pathlib import Path

import numpy as np
import pytest
import torch

from instrument import bundle
from instrument.engine import link
from instrument.engine.offline import Offline
from models import data, export, priors, quantise, synth
from models.train import Budget, begin, load_model
from tests.models.conftest import SMALL

GRAINS = 40
GAIN = 0.25  # keeps the limiter out


@pytest.fixture(scope="module")
def run_dir(hits: data.Hits, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run with its bundle, trained little."""
    out = tmp_path_factory.mktemp("run")
    torch.set_num_threads(1)
    begin(hits, SMALL, out, Budget(steps=40)).train()
    export.export(out, out / "made.safetensors", hits, data_dir)
    return out


def played(path: Path, label: int, embedding: np.ndarray, seed: int) -> np.ndarray:
    """Return a hit as the core renders it, (GRAINS * HOP,)."""
    made = bundle.load(path)
    with Offline(made) as engine:
        timbre = link.Timbre(embedding=embedding, condition=made.condition(label))
        engine.push(link.hit(0, 0, timbre, link.Start(seed=seed, gain=GAIN)))
        return engine.render(GRAINS * synth.HOP)[:, 0] / GAIN


@pytest.mark.parametrize("label", [0, 2])
def test_the_core_renders_what_int8_torch_renders(run_dir: Path, hits: data.Hits, label: int) -> None:
    model, _ = load_model(run_dir / "checkpoint.pt")
    encoded = priors.encode(model, [h for h in hits.training() if h.label == label])
    embedding = encoded.embeddings[0]
    condition, seed = model.condition(torch.tensor([label])), 2**63 + 11
    int8 = quantise.Decoder(model)
    z = int8.paths(torch.from_numpy(embedding[None]), condition, GRAINS)
    y, weights = int8.grains(z, condition)
    with torch.no_grad():
        sound = synth.render(y, weights, model.grain_decoder.waves(), synth.Turns.of_seed(seed, GRAINS))
    core = played(run_dir / "made.safetensors", label, embedding, seed)
    peak = float(sound.abs().max())
    assert peak > 1e-3
    np.testing.assert_allclose(core, sound[0].numpy(), atol=1e-3 * peak)
