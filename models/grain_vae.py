"""The grain VAE: what is heard of a grain → z (32) → what the synthesiser makes of it."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from instrument import bands
from instrument.analysis import INPUTS
from instrument.encoder import LEVEL_CENTRE, LEVEL_SPAN, ONSET_SPAN
from models.config import Config

SLOPE = 0.1
OUTPUTS = bands.BANDS + 2 * bands.OSCILLATORS
GRAIN = 2 * bands.MODEL_HOP_FRAMES
ATOM_FADE = 128
NEVER = -100.0  # ln gain of what an ablation leaves out: nothing trains it back


class GrainEncoder(nn.Module):
    """Features of a grain to mean and log variance of its latent; mirrored in numpy by instrument.encoder."""

    onset: Tensor  # (ATOMS, GRAIN): orthonormal directions in which first grains are heard

    def __init__(self, config: Config) -> None:
        super().__init__()
        self.inner = nn.Linear(INPUTS + config.atoms + 1, config.encoder_width)
        self.outer = nn.Linear(config.encoder_width, config.encoder_width)
        self.head = nn.Linear(config.encoder_width, 2 * config.latent)
        self.register_buffer("onset", torch.zeros(config.atoms, GRAIN))

    def forward(self, inputs: Tensor, onset: Tensor, first: Tensor) -> tuple[Tensor, Tensor]:
        """Encode grains.

        Args:
            inputs: (…, INPUTS) of instrument.analysis.
            onset: (…, ATOMS) projections on `onset` where `first`, else 0.
            first: (…) 1 where a grain is its hit's first, else 0.
        """
        levels = torch.cat([inputs[..., : bands.BANDS + 16], inputs[..., bands.BANDS + 32 :]], dim=-1)
        offsets = inputs[..., bands.BANDS + 16 : bands.BANDS + 32]
        x = torch.cat(
            [(levels - LEVEL_CENTRE) / LEVEL_SPAN, offsets, onset / ONSET_SPAN, first[..., None]], dim=-1
        )
        x = functional.leaky_relu(self.inner(x), SLOPE)
        x = functional.leaky_relu(self.outer(x), SLOPE)
        mean, spread = self.head(x).chunk(2, dim=-1)
        return mean, torch.clamp(spread, -10.0, 4.0)


class GrainDecoder(nn.Module):
    """Latent and class to the synthesiser's parameters: the network of the C core."""

    fade: Tensor  # (GRAIN,)

    def __init__(self, config: Config, classes: int) -> None:
        super().__init__()
        self.lens = nn.Linear(classes, config.width, bias=False)
        self.inner = nn.Linear(config.latent, config.width)
        self.outer = nn.Linear(config.width, config.width)
        self.spectrum = nn.Linear(config.width, OUTPUTS)
        self.attack = nn.Linear(config.width, config.atoms)
        self.atoms = nn.Parameter(torch.zeros(config.atoms, GRAIN))
        fade = torch.ones(GRAIN) * config.attack
        fade[-ATOM_FADE:] = torch.cos(torch.linspace(0.0, torch.pi / 2, ATOM_FADE)) ** 2
        self.register_buffer("fade", fade)
        with torch.no_grad():
            self.spectrum.bias[: bands.BANDS + 16] = -6.0
            if not config.oscillators:
                self.spectrum.bias[bands.BANDS : bands.BANDS + 16] = NEVER
            self.lens.weight.mul_(0.1)

    def hidden(self, z: Tensor, condition: Tensor) -> Tensor:
        """Return the last layer before the heads, (…, width)."""
        x = functional.leaky_relu(self.inner(z) + self.lens(condition), SLOPE)
        return functional.leaky_relu(self.outer(x), SLOPE)

    def forward(self, z: Tensor, condition: Tensor) -> Tensor:
        """Return levels and slot positions, (…, OUTPUTS)."""
        out: Tensor = self.spectrum(self.hidden(z, condition))
        return out

    def waves(self) -> Tensor:
        """Return the atoms, faded so that none ends in a click, (ATOMS, GRAIN)."""
        return self.atoms * self.fade


def divergence(mean: Tensor, spread: Tensor) -> Tensor:
    """Return the KL divergence from the unit normal per latent dimension, in nats."""
    return 0.5 * (mean**2 + spread.exp() - 1.0 - spread)


def sample(mean: Tensor, spread: Tensor) -> Tensor:
    return mean + torch.randn_like(mean) * torch.exp(0.5 * spread)
