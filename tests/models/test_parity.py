"""Torch and the core make the same sound of the same bundle."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from instrument import bands, bundle
from instrument.engine import link
from instrument.engine.offline import Offline
from models import data, export, priors, quantise, synth
from models.model import Model
from models.train import Budget, begin, load_model
from tests.instrument.engine import compiled, reference
from tests.models.conftest import SMALL

GRAINS, SECOND = 40, 188
TOGETHER = 20  # grains; later on, a number rounded the other way at a tie may have gone round the recurrence
GAIN = 0.25  # keeps the limiter out


@pytest.fixture(scope="module")
def run_dir(hits: data.Hits, data_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a run with its bundle, trained little."""
    out = tmp_path_factory.mktemp("run")
    torch.set_num_threads(1)
    begin(hits, SMALL, out, Budget(steps=40)).train()
    export.export(out, out / "made.safetensors", hits, data_dir)
    return out


def played(path: Path, timbre: link.Timbre, seed: int) -> np.ndarray:
    """Return a hit as the core renders it, (GRAINS * HOP,)."""
    with Offline(bundle.load(path)) as engine:
        engine.push(link.hit(0, 0, timbre, link.Start(seed=seed, gain=GAIN)))
        return engine.render(GRAINS * synth.HOP)[:, 0] / GAIN


def hz_of(pitch: float) -> float:
    """Return the frequency of a MIDI pitch, 0 of none."""
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0) if pitch else 0.0


@pytest.mark.parametrize("label", [0, 2])
@pytest.mark.parametrize("pitch", [0.0, 41.3, 76.0])
def test_the_core_renders_what_int8_torch_renders(
    run_dir: Path, hits: data.Hits, label: int, pitch: float
) -> None:
    model, _ = load_model(run_dir / "checkpoint.pt")
    encoded = priors.encode(model, [h for h in hits.training() if h.label == label])
    embedding = encoded.embeddings[0]
    condition, seed = model.condition(torch.tensor([label])), 2**63 + 11
    int8 = quantise.Decoder(model)
    z = int8.paths(torch.from_numpy(embedding[None]), condition, GRAINS)
    y, weights = int8.grains(z, condition)
    with torch.no_grad():
        turns, centres = synth.Turns.of_seed(seed, GRAINS), synth.centres(torch.tensor([pitch]))
        attack = synth.attack(weights, model.grain_decoder.waves())
        sound = synth.render(y, attack, turns, centres)
    timbre = link.Timbre(embedding=embedding, condition=condition[0].numpy(), pitch_hz=hz_of(pitch))
    core = played(run_dir / "made.safetensors", timbre, seed)
    peak = float(sound.abs().max())
    assert peak > 1e-3
    if pitch:
        unpitched = played(run_dir / "made.safetensors", replace(timbre, pitch_hz=0.0), seed)
        assert np.abs(core - unpitched).max() > 1e-2 * peak
    apart = np.abs(core - sound[0].numpy()) / peak
    assert apart[: TOGETHER * synth.HOP].max() < 1e-3
    assert apart.max() < 3e-2


def in_float(model: Model) -> reference.Model:
    """Return a torch model's weights, unquantised, as the core takes them."""
    hit, grain = model.hit_decoder, model.grain_decoder
    pairs = {
        "gates": hit.constant(), "recurrent": hit.recurrent(), "first": (hit.first.weight, hit.first.bias),
        "path": (hit.path.weight, hit.path.bias), "inner": (grain.inner.weight, grain.inner.bias),
        "outer": (grain.outer.weight, grain.outer.bias),
        "spectrum": (grain.spectrum.weight, grain.spectrum.bias),
        "attack": (grain.attack.weight, grain.attack.bias),
        "lens": (grain.lens.weight, torch.zeros(len(grain.lens.weight))),
    }  # fmt: skip
    layers = {
        name: reference.Layer(weight.detach().numpy().copy(), bias.detach().numpy().copy())
        for name, (weight, bias) in pairs.items()
    }
    waves = grain.waves().detach().numpy()
    return reference.Model(synth.HOP, 48_000.0, layers, waves, bands.noise_tables(48_000))


@pytest.mark.parametrize("label", [1, 3])
def test_the_core_in_float_decodes_what_torch_decodes_within_1e4(run_dir: Path, label: int) -> None:
    model, _ = load_model(run_dir / "checkpoint.pt")
    embedding = torch.randn(1, SMALL.embedding, generator=torch.Generator().manual_seed(label))
    condition = model.condition(torch.tensor([label]))
    with torch.no_grad():
        z = model.hit_decoder(embedding, condition, SECOND)
        made = synth.parts(model.grain_decoder(z, condition[:, None]))

    assert float(made.gains.max()) > 1e-3
    decoder = compiled.Decoder(in_float(model))
    voice = decoder.voice(embedding[0].numpy(), condition[0].numpy(), first=True)
    core = [decoder.decode([voice])[0] for _ in range(SECOND)]

    for name, wanted in (("bands", made.gains), ("amplitudes", made.amplitudes)):
        found = np.stack([getattr(grain, name) for grain in core])
        np.testing.assert_allclose(found, wanted[0].numpy(), rtol=1e-4, atol=1e-4 * float(wanted.max()))
    np.testing.assert_allclose(np.stack([grain.hz for grain in core]), made.hz[0].numpy(), rtol=1e-4)
