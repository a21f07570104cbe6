"""A decoder that rehearses int8 computes what the int8 decoder does, and learns as if it did not round."""

import numpy as np
import pytest
import torch
from torch import Tensor

from models import quantise
from models.model import Model
from tests.models.conftest import SMALL

CLASSES = ("bell", "clap", "hat")
HITS, GRAINS = 3, 60


@pytest.fixture
def model() -> Model:
    """Give a model of random weights, some of which are large."""
    torch.manual_seed(3)
    made = Model(SMALL, CLASSES)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter) ** 3)
    return made


def given(model: Model) -> tuple[Tensor, Tensor]:
    """Return embeddings and conditions."""
    embedding = torch.randn(HITS, SMALL.embedding, generator=torch.Generator().manual_seed(1))
    return embedding, model.condition(torch.arange(HITS))


def decoded(model: Model) -> tuple[Tensor, Tensor, Tensor]:
    """Return paths, outputs and atom weights as training decodes them."""
    embedding, condition = given(model)
    z = model.hit_decoder(embedding, condition, GRAINS)
    hidden = model.grain_decoder.hidden(z, condition[:, None])
    return z, model.grain_decoder.spectrum(hidden), model.grain_decoder.attack(hidden[:, 0])


def test_rehearsed_has_the_bits_of_the_int8_decoder_and_float_comes_back(model: Model) -> None:
    before = decoded(model)
    with quantise.rehearsed(model):
        rehearsed = decoded(model)
    after = decoded(model)

    int8, (embedding, condition) = quantise.Decoder(model), given(model)
    z = int8.paths(embedding, condition, GRAINS)
    for ours, theirs in zip(rehearsed, (z, *int8.grains(z, condition)), strict=True):
        assert torch.equal(ours, theirs)
    for ours, theirs, rounded in zip(after, before, rehearsed, strict=True):
        assert torch.equal(ours, theirs)
        assert not torch.equal(ours, rounded)


def test_float_comes_back_after_an_error(model: Model) -> None:
    before = decoded(model)
    with pytest.raises(KeyboardInterrupt), quantise.rehearsed(model):
        raise KeyboardInterrupt
    assert torch.equal(decoded(model)[1], before[1])


def test_a_layer_rounds_as_the_bundle_has_it(model: Model) -> None:
    weight = model.grain_decoder.outer.weight.detach()
    int8, scale = quantise.rows(weight.numpy())
    layer = quantise.Layer(weight, model.grain_decoder.outer.bias)
    np.testing.assert_array_equal(layer.weight.numpy(), int8)
    np.testing.assert_array_equal(layer.scale.numpy(), scale)


def test_gradients_are_those_of_the_rounded_layer_without_its_rounding() -> None:
    draws = torch.Generator().manual_seed(5)
    weight, x, pull = (torch.randn(*shape, generator=draws) for shape in ((7, 20), (4, 20), (4, 7)))
    weight.requires_grad_()
    x.requires_grad_()
    layer = quantise.Layer(weight, torch.zeros(7))
    (layer(x) * pull).sum().backward()  # type: ignore[no-untyped-call]

    int8, scale = quantise.rows(weight.detach().numpy())
    step = x.detach().abs().amax(dim=1, keepdim=True) / 127
    heard = torch.round(x.detach() / step) * step
    held = torch.from_numpy(int8 * scale[:, None])
    torch.testing.assert_close(weight.grad, pull.T @ heard)
    torch.testing.assert_close(x.grad, pull @ held)


def test_every_weight_of_the_decoders_learns(model: Model) -> None:
    with quantise.rehearsed(model):
        z, y, atoms = decoded(model)
        (z.square().mean() + y.square().mean() + atoms.square().mean()).backward()  # type: ignore[no-untyped-call]
    for decoder in (model.hit_decoder, model.grain_decoder):
        for name, parameter in decoder.named_parameters():
            if name == "atoms":  # waves: neither int8 nor decoded here
                continue
            assert parameter.grad is not None, name
            assert torch.isfinite(parameter.grad).all(), name
            assert parameter.grad.abs().max() > 0, name


def test_silence_stays_silence() -> None:
    layer = quantise.Layer(torch.zeros(3, 5), torch.tensor([1.0, 2.0, 3.0]))
    assert torch.equal(layer(torch.zeros(2, 5)), torch.tensor([[1.0, 2.0, 3.0]] * 2))


def test_a_rounded_layer_learns_another() -> None:
    draws = torch.Generator().manual_seed(2)
    wanted, x, weight = (torch.randn(*shape, generator=draws) for shape in ((8, 16), (200, 16), (8, 16)))
    weight.requires_grad_()
    optimiser = torch.optim.SGD([weight], lr=0.5)

    def missed() -> Tensor:
        return (quantise.Layer(weight, torch.zeros(8))(x) - x @ wanted.T).square().mean()

    before = float(missed().detach())
    for _ in range(200):
        optimiser.zero_grad()
        missed().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    assert float(missed().detach()) < 1e-3 * before
