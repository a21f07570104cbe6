"""The hit VAE: the path of a hit's latents → e (32) → the path again, one GRU step a hop."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from instrument.encoder import SPANS
from models.config import Config
from models.grain_vae import SLOPE


class HitEncoder(nn.Module):
    """Means over the parts of a path, and its class, to mean and log variance of its embedding."""

    def __init__(self, config: Config, classes: int) -> None:
        super().__init__()
        width = config.encoder_width
        self.inner = nn.Linear(SPANS * config.latent + classes, width)
        self.outer = nn.Linear(width, width)
        self.head = nn.Linear(width, 2 * config.embedding)

    def forward(self, heard: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Encode hits heard in SPANS parts, (B, SPANS, Z)."""
        x = torch.cat([heard.flatten(1), condition], dim=1)
        x = functional.leaky_relu(self.inner(x), SLOPE)
        x = functional.leaky_relu(self.outer(x), SLOPE)
        mean, spread = self.head(x).chunk(2, dim=-1)
        return mean, torch.clamp(spread, -10.0, 4.0)


class HitDecoder(nn.Module):
    """Embedding and class to a path: a GRU whose input never changes. The C core runs the same."""

    def __init__(self, config: Config, classes: int) -> None:
        super().__init__()
        self.first = nn.Linear(config.embedding + classes, config.hidden)
        self.gru = nn.GRU(config.embedding + classes, config.hidden, batch_first=True)
        self.path = nn.Linear(config.hidden, config.latent)

    def forward(self, embedding: Tensor, condition: Tensor, grains: int) -> Tensor:
        """Return the paths, (B, grains, Z)."""
        x = torch.cat([embedding, condition], dim=1)
        start = torch.tanh(self.first(x))
        states, _ = self.gru(x[:, None].expand(-1, grains, -1), start[None])
        out: Tensor = self.path(states)
        return out

    def constant(self) -> tuple[Tensor, Tensor]:
        """Return weight and bias of the GRU's share that never changes, (3H, E + C) and (3H)."""
        state = dict(self.gru.named_parameters())
        return state["weight_ih_l0"], state["bias_ih_l0"]

    def recurrent(self) -> tuple[Tensor, Tensor]:
        """Return weight and bias of the GRU's share that follows its state, (3H, H) and (3H)."""
        state = dict(self.gru.named_parameters())
        return state["weight_hh_l0"], state["bias_hh_l0"]
