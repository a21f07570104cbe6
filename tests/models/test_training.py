"""Training learns, goes on where it stopped, and what it exports plays and encodes alike everywhere."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from instrument import bands, bundle, encoder
from instrument.analysis import FLOOR
from models import data, export, priors, quantise
from models.batches import Sampler
from models.model import Model
from models.stages import sounded, still
from models.train import Budget, Run, begin, load_model
from tests.models.conftest import SMALL


@pytest.fixture(scope="module")
def run_dir(hits: data.Hits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a run of 60 steps in all three stages."""
    out = tmp_path_factory.mktemp("run")
    torch.set_num_threads(1)
    begin(hits, SMALL, out, Budget(steps=60)).train()
    return out


@pytest.fixture(scope="module")
def made(run_dir: Path, hits: data.Hits, data_dir: Path) -> bundle.Bundle:
    return export.export(run_dir, run_dir / "made.safetensors", hits, data_dir)


def distance(run: Run) -> float:
    """Return how far a run's grains are from what was heard, over a few batches."""
    with torch.no_grad():
        found = [run.stages[0].step(0.0) for _ in range(8)]
    return float(np.mean([float(f["noise"] + f["sine"]) for f in found]))


def test_the_feature_stage_learns_four_hits(hits: data.Hits, tmp_path: Path) -> None:
    run = begin(hits, SMALL, tmp_path, Budget(steps=10_000))
    before = distance(run)
    run.train(most_steps=100)
    assert distance(run) < 0.5 * before


def test_a_resumed_run_ends_where_one_piece_would(hits: data.Hits, tmp_path: Path) -> None:
    whole = begin(hits, SMALL, tmp_path / "whole", Budget(steps=30))
    whole.train()
    parts = begin(hits, SMALL, tmp_path / "parts", Budget(steps=30))
    parts.train(most_steps=11)
    parts.save()
    resumed = begin(hits, SMALL, tmp_path / "parts", Budget(steps=30))
    resumed.train()
    for a, b in zip(whole.model.parameters(), resumed.model.parameters(), strict=True):
        assert torch.equal(a, b)


def test_a_bundle_comes_back_as_exported(made: bundle.Bundle, run_dir: Path) -> None:
    again = bundle.load(made.path)
    assert again.classes == ("bell", "clap", "hat", "kick")
    assert again.header.tracks == (3, 1, 0, 2)  # kick and clap as in a drum machine, then the others
    encoder.check(again.arrays)
    model, _ = load_model(run_dir / "checkpoint.pt")
    weight = again.arrays["outer.weight"] * again.arrays["outer.scale"][:, None]
    error = np.abs(weight - model.grain_decoder.outer.weight.detach().numpy())
    assert (error <= 0.5001 * again.arrays["outer.scale"][:, None]).all()


def test_numpy_encodes_as_torch_does(made: bundle.Bundle, run_dir: Path, hits: data.Hits) -> None:
    model, _ = load_model(run_dir / "checkpoint.pt")
    for layer in [*model.grain_encoder.parameters(), *model.hit_encoder.parameters()]:
        layer.data = layer.data.half().float() if layer.dim() > 1 else layer.data  # bundles hold float16
    model.grain_encoder.onset.copy_(model.grain_encoder.onset.half().float())
    for stored in hits.training()[:4]:
        hit = data.make_hit(data.Origin(stored.path, stored.label), stored.audio, SMALL)  # in full precision
        with torch.no_grad():
            path = model.encode(hit)
            mean, _ = model.hit_encoder(model.hear(path)[None], model.condition(torch.tensor([hit.label])))
        found = encoder.encode_path(made, hit.audio)
        np.testing.assert_allclose(found, path.numpy(), atol=1e-3)
        np.testing.assert_allclose(encoder.encode_embedding(made, found, hit.label), mean[0], atol=1e-3)


def test_an_empty_recording_has_an_empty_path(made: bundle.Bundle) -> None:
    assert encoder.encode_path(made, np.zeros(0, np.float32)).shape == (0, 32)


def test_int8_stays_near_float(run_dir: Path, hits: data.Hits) -> None:
    model, _ = load_model(run_dir / "checkpoint.pt")
    encoded = priors.encode(model, hits.training()[:4])
    embedding, labels = torch.from_numpy(encoded.embeddings), torch.from_numpy(encoded.labels)
    condition = model.condition(labels)
    int8 = quantise.Decoder(model)
    with torch.no_grad():
        z = model.hit_decoder(embedding, condition, 40)
        y = model.grain_decoder(z, condition[:, None])
    assert float((int8.paths(embedding, condition, 40) - z).abs().max()) < 0.1 * float(z.abs().max() + 1.0)
    assert float((int8.grains(z, condition)[0] - y).abs().mean()) < 0.1


def test_a_folder_of_the_wrong_kind_of_row_scales() -> None:
    whole, scale = quantise.rows(np.array([[0.0, 0.0], [2.54, -1.27]], np.float32))
    assert whole.tolist() == [[0, 0], [127, -64]]
    np.testing.assert_allclose(scale, [1.0, 0.02], rtol=1e-6)


def test_silence_is_learned_from_without_a_fault(hits: data.Hits) -> None:
    config = replace(SMALL, silent=1.0)
    model = Model(config, hits.classes)
    sampler = Sampler(hits.training(), config, np.random.default_rng(1))
    batch, target = sampler.stretches(2, config.audio_grains)
    assert not target.any()
    assert float(batch.inputs.abs().max()) == -FLOOR
    with torch.no_grad():
        model.grain_decoder.spectrum.bias[: bands.BANDS + 16] = -20.0  # silent already: no slope to divide by
        model.grain_decoder.atoms.zero_()
    sounded(model, sampler)["loss"].backward()  # type: ignore[no-untyped-call]
    assert all(p.grad is None or bool(torch.isfinite(p.grad).all()) for p in model.parameters())


def test_decoders_rehearse_int8_at_the_end_of_audio_and_hits(hits: data.Hits, tmp_path: Path) -> None:
    def trained(rehearsed: float, steps: int) -> torch.Tensor:
        config = replace(SMALL, rehearsed=rehearsed, share_features=0.25, share_audio=0.5)
        run = begin(hits, config, tmp_path / f"{rehearsed}-{steps}", Budget(steps=16))
        run.train(steps)
        return run.model.grain_decoder.outer.weight.detach()

    assert torch.equal(trained(0.5, 8), trained(0.0, 8))  # 4 steps of features, 4 of the 8 of audio
    assert not torch.equal(trained(0.5, 10), trained(0.0, 10))


def test_silence_is_learned_in_every_class(hits: data.Hits) -> None:
    torch.manual_seed(1)
    model = Model(SMALL, hits.classes)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    before = float(still(model).detach())
    for _ in range(100):
        optimiser.zero_grad()
        still(model).backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert float(still(model).detach()) < 0.01 * before
