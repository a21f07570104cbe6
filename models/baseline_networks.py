"""The paper's networks, re-implemented from its description: filtered noise grains and a recurrent embedding.

Bitton, Esling, Harada, "Neural Granular Sound Synthesis", arXiv 2008.01393: 16 kHz, grains of 1024 samples
every 256, a waveform encoder to z of 96, a decoder to 513 non-negative gains of a noise grain's spectrum,
overlap-add, FIRs over the sum, and an embedding of 256 of the whole path of z. What the paper leaves open is
said where it is chosen; models.baseline tells what was measured.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

RATE_HZ = 16_000
GRAIN = 1024
HOP = 256
OVERLAP = GRAIN // HOP
BINS = GRAIN // 2 + 1
LOUDEST = 64.0  # gain of a bin; a full-scale sine out of uniform noise takes about 25
QUIETEST = 1e-7
GAIN_POWER = 2.302585  # ln 10: DDSP's exponent of the sigmoid
SPREAD = 5.0  # of ln variances


@dataclass(frozen=True, slots=True)
class Sizes:
    """Widths of the networks; `longest` is the length in grains of every path the embedding stands for."""

    classes: int
    pitched: bool
    longest: int
    latent: int = 96
    embedding: int = 256
    channels: tuple[int, ...] = (16, 32, 64)
    plain_levels: int = 1  # of the encoder's strided convolutions, those without residual blocks
    hidden: int = 512
    taps: int = 65
    filters: int = 5
    path_hidden: int = 128

    @property
    def condition(self) -> int:
        return self.classes + self.pitched

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Sizes":
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        return cls(**known)


def condition(sizes: Sizes, labels: Tensor, pitches: Tensor) -> Tensor:
    """Return conditions, (B, C): one-hot classes and, if pitched, (pitch − 60) ÷ 24, 0 without a pitch.

    Args:
        sizes: of the model.
        labels: (B,) class indices.
        pitches: (B,) MIDI numbers, 0 for none.
    """
    classes = functional.one_hot(labels, sizes.classes).float()
    if not sizes.pitched:
        return classes
    column = torch.where(pitches > 0.0, (pitches - 60.0) / 24.0, torch.zeros_like(pitches))
    return torch.cat([classes, column[:, None].float()], dim=1)


def windows(begins: Tensor, count: int) -> Tensor:
    """Return windows of `count` grains, (B, count, GRAIN): Hann, but 1 in the first half of a hit's first.

    Args:
        begins: (B,) 1 where the first grain is the hit's first.
        count: grains.
    """
    hann = torch.hann_window(GRAIN)
    out = hann.expand(len(begins), count, GRAIN).clone()
    rise = hann[: GRAIN // 2]
    out[:, 0, : GRAIN // 2] = torch.where(begins[:, None] > 0, torch.ones_like(rise), rise)
    return out


def cut(sound: Tensor, begins: Tensor) -> Tensor:
    """Return the windowed grains of sounds of N·HOP samples (B, N·HOP), (B, N, GRAIN)."""
    grains = functional.pad(sound, (0, GRAIN - HOP)).unfold(1, GRAIN, HOP)
    return grains * windows(begins, grains.shape[1])


def overlap(grains: Tensor) -> Tensor:
    """Return the sum of grains (B, N, GRAIN), each HOP after the last, (B, N·HOP + GRAIN − HOP)."""
    count = grains.shape[1]
    parts = grains.reshape(len(grains), count, OVERLAP, HOP)
    out = sum(functional.pad(parts[:, :, k], (0, 0, k, OVERLAP - 1 - k)) for k in range(OVERLAP))
    return torch.as_tensor(out).flatten(1)


def noise_grains(gains: Tensor, generator: torch.Generator | None = None) -> Tensor:
    """Return grains of uniform noise in [−1, 1], filtered circularly by `gains` (B, N, BINS), (B, N, GRAIN).

    The impulse response is shortened by a Hann window, which over a whole circle is a mean of neighbour bins.
    """
    near = torch.cat([gains[..., 1:2], gains, gains[..., -2:-1]], dim=-1)
    smooth = 0.5 * gains + 0.25 * (near[..., :-2] + near[..., 2:])
    noise = torch.rand(*gains.shape[:2], GRAIN, generator=generator) * 2.0 - 1.0
    return torch.as_tensor(torch.fft.irfft(torch.fft.rfft(noise) * smooth, n=GRAIN))


class Residual(nn.Module):
    """A dilated residual block over a grain."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv1d(channels, channels, 3, padding=dilation, dilation=dilation),
            nn.LeakyReLU(0.2),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        return torch.as_tensor(functional.leaky_relu(x + self.body(x), 0.2))


class GrainVae(nn.Module):
    """The grain VAE: waveform to z, z and class to a filtered noise grain, grains to sound."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        before = 1
        for level, channels in enumerate(sizes.channels):
            layers += [nn.Conv1d(before, channels, 9, 4, 4, bias=False), nn.BatchNorm1d(channels)]
            layers += [nn.LeakyReLU(0.2)]
            if level >= sizes.plain_levels:
                layers += [Residual(channels, dilation) for dilation in (1, 3, 9)]
            before = channels
        flat = before * GRAIN // 4 ** len(sizes.channels)
        self.encoder = nn.Sequential(
            *layers, nn.Flatten(), nn.Linear(flat, 512), nn.LeakyReLU(0.2), nn.Linear(512, 128),
            nn.LeakyReLU(0.2), nn.Linear(128, 2 * sizes.latent),
        )  # fmt: skip
        self.decoder = _stack(sizes.latent + sizes.condition, sizes.hidden)
        self.last = nn.Linear(sizes.hidden, BINS)
        self.fir = nn.Parameter(torch.zeros(sizes.filters, 1, sizes.taps))
        with torch.no_grad():
            self.last.bias.fill_(-2.0)
            self.fir[:, 0, sizes.taps // 2] = 1.0 / sizes.filters

    def encode(self, grains: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and ln variances of z of windowed grains (…, GRAIN), (…, Z) each."""
        found = self.encoder(grains.reshape(-1, 1, GRAIN)).reshape(*grains.shape[:-1], -1)
        mean, spread = found.chunk(2, dim=-1)
        return mean, torch.clamp(spread, -SPREAD, SPREAD)

    def gains(self, z: Tensor, condition: Tensor) -> Tensor:
        """Return the gains of z (B, N, Z) under conditions (B, C), (B, N, BINS), up to LOUDEST."""
        count = z.shape[1]
        x = torch.cat([z, condition[:, None].expand(-1, count, -1)], dim=-1).flatten(0, 1)
        y = torch.sigmoid(self.last(self.decoder(x))) ** GAIN_POWER
        return (LOUDEST * y + QUIETEST).reshape(len(z), count, BINS)

    def sound(self, gains: Tensor, begins: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Return the sound of gains (B, N, BINS), (B, N·HOP + GRAIN − HOP).

        Windows are divided out where they sum to more than 1. The parallel FIRs, of one input, are summed.
        """
        shape = windows(begins, gains.shape[1])
        sound = overlap(noise_grains(gains, generator) * shape) / overlap(shape).clamp(min=1.0)
        fir = self.fir.sum(dim=0, keepdim=True)
        return torch.as_tensor(functional.conv1d(sound[:, None], fir, padding="same")[:, 0])


class PathVae(nn.Module):
    """The recurrent embedding: a path of z to e, and e and class to a path. The paper names no sizes."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        wide = sizes.path_hidden
        self.heard = nn.Sequential(_layer(sizes.latent, wide), _layer(wide, wide))
        self.listen = nn.LSTM(wide, wide, batch_first=True)
        self.embed = nn.Sequential(_layer(wide + sizes.condition, wide), nn.Linear(wide, 2 * sizes.embedding))
        self.spread_out = nn.Sequential(
            _layer(sizes.embedding + sizes.condition, wide), nn.Linear(wide, wide), nn.LeakyReLU(0.2)
        )
        self.speak = nn.LSTM(wide, wide, batch_first=True)
        self.path = nn.Sequential(_layer(wide + sizes.condition, wide), nn.Linear(wide, sizes.latent))
        for lstm in (self.listen, self.speak):
            _remember(lstm, sizes.longest)

    def encode(self, path: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
        """Return means and ln variances of e of whole paths (B, N, Z), (B, E) each."""
        last = self.listen(self.heard(path))[1][0][0]
        mean, spread = self.embed(torch.cat([last, condition], dim=1)).chunk(2, dim=-1)
        return mean, torch.clamp(spread, -SPREAD, SPREAD)

    def decode(self, embedding: Tensor, condition: Tensor, count: int) -> Tensor:
        """Return the first `count` grains of the paths of embeddings (B, E), (B, count, Z)."""
        same = self.spread_out(torch.cat([embedding, condition], dim=1))
        out = self.speak(same[:, None].expand(-1, count, -1))[0]
        return torch.as_tensor(self.path(torch.cat([out, condition[:, None].expand(-1, count, -1)], dim=-1)))


def _remember(lstm: nn.LSTM, longest: int) -> None:
    """Let an LSTM remember for 1 to `longest` steps at first (Tallec and Ollivier, arXiv 1804.11188)."""
    wide = lstm.hidden_size
    keep = torch.log(1.0 + longest * torch.rand(wide))
    zero = torch.zeros(wide)
    with torch.no_grad():
        lstm.get_parameter("bias_ih_l0").copy_(torch.cat([-keep, keep, zero, zero]))
        lstm.get_parameter("bias_hh_l0").zero_()


def _stack(inputs: int, wide: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size in (inputs, wide, wide):
        layers += [nn.Linear(size, wide, bias=False), nn.BatchNorm1d(wide), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers)


def _layer(inputs: int, wide: int) -> nn.Sequential:
    return nn.Sequential(nn.Linear(inputs, wide), nn.LayerNorm(wide), nn.LeakyReLU(0.2))


def sample(mean: Tensor, spread: Tensor) -> Tensor:
    """Return draws from Gaussians of a mean and a ln variance."""
    return mean + torch.exp(0.5 * spread) * torch.randn_like(mean)


def divergence(mean: Tensor, spread: Tensor) -> Tensor:
    """Return the KL divergence from N(0, I) in nats, summed over the last dimension."""
    return 0.5 * (mean**2 + spread.exp() - 1.0 - spread).sum(dim=-1)
