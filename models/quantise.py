"""Weights as int8 with one scale a row, and the same arithmetic as the C core in torch.

Activations are quantised per vector and on the spot: scale = largest magnitude / 127, round half to even.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from models.grain_vae import SLOPE
from models.model import Model

LEVELS = 127.0


def rows(weight: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Return int8 weights and the scale of each row, so that weight ≈ int8 * scale."""
    largest = np.abs(weight).max(axis=1)
    scale = np.where(largest > 0.0, largest / LEVELS, 1.0).astype(np.float32)
    return np.rint(weight / scale[:, None]).astype(np.int8), scale


class Layer:
    """One int8 layer: y = (int8 · q(x)) · scales + bias."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        quantised, scale = rows(weight.detach().numpy())
        self.weight = torch.from_numpy(quantised.astype(np.float32))  # whole numbers: float32 sums are exact
        self.scale = torch.from_numpy(scale)
        self.bias = bias.detach()

    def __call__(self, x: Tensor) -> Tensor:
        largest = x.abs().amax(dim=-1, keepdim=True)
        inverse = torch.where(largest > 0.0, LEVELS / largest, torch.zeros_like(largest))
        sums = torch.round(x * inverse) @ self.weight.T
        return sums * ((largest / LEVELS) * self.scale) + self.bias


class Decoder:
    """The whole decoder in int8: embedding to path, latent to the synthesiser's parameters."""

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
        fixed_r, fixed_u, fixed_n = (x @ weight.T + bias).chunk(3, dim=1)
        state = torch.tanh(self.model.hit_decoder.first(x))
        found = []
        for _ in range(grains):
            r, u, n = self.recurrent(state).chunk(3, dim=1)
            update = torch.sigmoid(fixed_u + u)
            new = torch.tanh(fixed_n + torch.sigmoid(fixed_r + r) * n)
            state = (1.0 - update) * new + update * state
            found.append(self.path(state))
        return torch.stack(found, dim=1)

    @torch.no_grad()
    def grains(self, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return the decoder's outputs (B, T, OUTPUTS) and grain 0's atom weights (B, ATOMS)."""
        lens = self.model.grain_decoder.lens(condition)[:, None]
        hidden = functional.leaky_relu(self.inner(z) + lens, SLOPE)
        hidden = functional.leaky_relu(self.outer(hidden), SLOPE)
        return self.spectrum(hidden), self.attack(hidden[:, 0])
