"""Weights as int8 with one scale a row, and the same arithmetic as the C core in torch.

Activations are quantised per vector and on the spot: scale = largest magnitude / 127, round half to even.
Gradients pass the rounding as if it were not there (straight through: Bengio et al. 2013, Jacob et al. 2018),
so a decoder can learn while it computes in int8: `rehearsed`.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from models.grain_vae import SLOPE
from models.model import Model

LEVELS = 127.0

Call = Callable[[Tensor], Tensor]


def rows(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return int8 weights and the scale of each row, so that weight ≈ int8 * scale."""
    largest = np.abs(weight).max(axis=1)
    scale = np.where(largest > 0.0, largest / LEVELS, 1.0).astype(np.float32)
    return np.rint(weight / scale[:, None]).astype(np.int8), scale


class _Round(torch.autograd.Function):
    """Round half to even; the gradient passes unchanged."""

    @staticmethod
    def forward(_: Any, x: Tensor) -> Tensor:
        return torch.round(x)

    @staticmethod
    def backward(_: Any, *gradients: Tensor) -> Tensor:
        return gradients[0]


def _rounded(x: Tensor) -> Tensor:
    out: Tensor = _Round.apply(x)  # type: ignore[no-untyped-call]
    return out


class Layer:
    """One int8 layer: y = (int8 · q(x)) · scales + bias. Differentiable; scales count as constants."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        largest = weight.detach().abs().amax(dim=1)
        self.scale = torch.where(largest > 0.0, largest / LEVELS, torch.ones_like(largest))
        self.weight = _rounded(weight / self.scale[:, None])  # whole numbers: float32 sums are exact
        self.bias = bias

    def __call__(self, x: Tensor) -> Tensor:
        largest = x.detach().abs().amax(dim=-1, keepdim=True)
        inverse = torch.where(largest > 0.0, LEVELS / largest, torch.zeros_like(largest))
        sums = _rounded(x * inverse) @ self.weight.T
        return sums * ((largest / LEVELS) * self.scale) + self.bias


def states(fixed: Tensor, state: Tensor, recurrent: Call, grains: int) -> Tensor:
    """Return a GRU's states (B, grains, H) after its first (B, H); its input's share (B, 3H) is constant."""
    fixed_r, fixed_u, fixed_n = fixed.chunk(3, dim=1)
    found = []
    for _ in range(grains):
        r, u, n = recurrent(state).chunk(3, dim=1)
        update = torch.sigmoid(fixed_u + u)
        new = torch.tanh(fixed_n + torch.sigmoid(fixed_r + r) * n)
        state = (1.0 - update) * new + update * state
        found.append(state)
    return torch.stack(found, dim=1)


class Decoder:
    """The whole decoder in int8: embedding to path, latent to the synthesiser's parameters."""

    @torch.no_grad()
    def __init__(self, model: Model) -> None:
        self.model = model
        path = model.hit_decoder.path
        self.recurrent = Layer(*model.hit_decoder.recurrent())
        self.path = Layer(path.weight, path.bias)
        grain = model.grain_decoder
        self.inner, self.outer, self.spectrum, self.attack = (
            Layer(layer.weight, layer.bias)
            for layer in (grain.inner, grain.outer, grain.spectrum, grain.attack)
        )

    @torch.no_grad()
    def paths(self, embedding: Tensor, condition: Tensor, grains: int) -> Tensor:
        """Return the paths of embeddings (B, E), (B, grains, Z)."""
        weight, bias = self.model.hit_decoder.constant()
        x = torch.cat([embedding, condition], dim=1)
        first = torch.tanh(self.model.hit_decoder.first(x))
        return self.path(states(x @ weight.T + bias, first, self.recurrent, grains))

    @torch.no_grad()
    def grains(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's outputs (B, T, OUTPUTS) and grain 0's atom weights (B, ATOMS)."""
        lens = self.model.grain_decoder.lens(condition)[:, None]
        hidden = functional.leaky_relu(self.inner(z) + lens, SLOPE)
        hidden = functional.leaky_relu(self.outer(hidden), SLOPE)
        return self.spectrum(hidden), self.attack(hidden[:, 0])


@contextmanager
def rehearsed(model: Model) -> Iterator[None]:
    """Let a model's decoders compute as in int8 and learn as in float while the context lasts.

    What they return has the bits of `Decoder`. For the last part of training, so that what rounding takes is
    learned round; it costs a Python loop over the grains of a path.
    """
    grain, hit = model.grain_decoder, model.hit_decoder
    with ExitStack() as hooks:
        for layer in (grain.inner, grain.outer, grain.spectrum, grain.attack, hit.path):
            hooks.callback(layer.register_forward_hook(_linear).remove)
        hooks.callback(hit.gru.register_forward_hook(_recurrent).remove)
        yield


def _linear(layer: nn.Module, inputs: tuple[Tensor, ...], _: Tensor) -> Tensor:
    own = dict(layer.named_parameters())
    return Layer(own["weight"], own["bias"])(inputs[0])


def _recurrent(gru: nn.Module, inputs: tuple[Tensor, ...], _: Any) -> tuple[Tensor, Tensor]:
    """Run a GRU of one layer on an input (B, T, I) that never changes, from its first state (1, B, H)."""
    own = dict(gru.named_parameters())
    fixed = inputs[0][:, 0] @ own["weight_ih_l0"].T + own["bias_ih_l0"]
    recurrent = Layer(own["weight_hh_l0"], own["bias_hh_l0"])
    found = states(fixed, inputs[1][0], recurrent, inputs[0].shape[1])
    return found, found[:, -1][None]
