"""A small CNN that names the class of a hit, trained on real hits only; it judges what the model draws."""

import hashlib
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy import fft
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from instrument.bands import MODEL_RATE_HZ
from models.data import Hit, source

F32 = NDArray[np.float32]
MELS = 64
FFT, STEP = 1024, 720
FRAMES = 100  # 1.5 s
LOWEST_HZ, HIGHEST_HZ = 40.0, 16_000.0
STEPS = 800
BATCH = 48
AT_ONCE = 64
SEED = 5
VERSION = 1  # of a kept judge: raise when anything here changes what it learns


@cache
def mel_filters() -> F32:
    """Return triangles, evenly spaced in mel, (MELS, FFT // 2 + 1)."""
    top, bottom = 2595 * np.log10(1 + np.array([HIGHEST_HZ, LOWEST_HZ]) / 700)
    edges = 700 * (10 ** (np.linspace(bottom, top, MELS + 2) / 2595) - 1)
    hz = np.fft.rfftfreq(FFT, 1.0 / MODEL_RATE_HZ)
    up = (hz - edges[:-2, None]) / (edges[1:-1] - edges[:-2])[:, None]
    down = (edges[2:, None] - hz) / (edges[2:] - edges[1:-1])[:, None]
    return np.maximum(0.0, np.minimum(up, down)).astype(np.float32)


def picture(audio: F32) -> F32:
    """Return the log-mel picture of a hit at 48 kHz, its loudest point 0, (MELS, FRAMES), 1 = 40 dB."""
    length = STEP * (FRAMES - 1) + FFT
    padded = np.zeros(length, np.float32)
    padded[: min(length, len(audio))] = audio[:length]
    frames = np.lib.stride_tricks.sliding_window_view(padded, FFT)[::STEP]
    spectrum = fft.rfft(frames * np.hanning(FFT).astype(np.float32))
    power = (spectrum.real**2 + spectrum.imag**2) @ mel_filters().T
    level = 10 * np.log10(power + np.float32(1e-9))
    return np.asarray((np.maximum(level - level.max(), -80.0) / 40.0 + 1.0).T, np.float32)


class Judge(nn.Module):
    """Four convolutions, a mean over time and frequency, and one layer."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        sizes = (1, 16, 32, 64, 64)
        self.convolutions = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(sizes))
        self.norms = nn.ModuleList(nn.BatchNorm2d(n) for n in sizes[1:])
        self.last = nn.Linear(64 * 4, classes)

    def embed(self, pictures: Tensor) -> Tensor:
        """Return what the last layer sees of pictures (B, MELS, FRAMES), (B, 256)."""
        x = pictures[:, None]
        for convolution, norm in zip(self.convolutions, self.norms, strict=True):
            x = functional.relu(norm(convolution(x)))
        return x.mean(dim=3).flatten(1)

    def forward(self, pictures: Tensor) -> Tensor:
        out: Tensor = self.last(functional.dropout(self.embed(pictures), 0.3, self.training))
        return out


def kept(hits: list[Hit], classes: int, folder: Path, steps: int = STEPS) -> Judge:
    """Return the judge of these training hits: the one kept in `folder`, or a new one, kept there."""
    path = folder / f"judge-{digest(hits, steps)}.pt"
    if path.exists():
        with torch.random.fork_rng(devices=[]):
            judge = Judge(classes)
        judge.load_state_dict(torch.load(path, weights_only=True))
        return judge.eval()
    judge = learn(hits, classes, steps=steps)
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    torch.save(judge.state_dict(), part)
    part.rename(path)
    return judge


def digest(hits: list[Hit], steps: int) -> str:
    """Return what tells one judge's training from another's, 12 hex digits."""
    told = hashlib.sha256(f"{VERSION} {SEED} {steps}".encode())
    for hit in hits:
        told.update(f"{Path(hit.path).name} {hit.label} {len(hit.audio)}".encode())
        told.update(hit.audio[:256].tobytes())
    return told.hexdigest()[:12]


def learn(hits: list[Hit], classes: int, seed: int = SEED, steps: int = STEPS) -> Judge:
    """Return a judge trained on hits, every class as often as any other; the global seed stays as it was."""
    with torch.random.fork_rng(devices=[]):
        return _learn(hits, classes, seed, steps)


def _learn(hits: list[Hit], classes: int, seed: int, steps: int) -> Judge:
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    pictures = torch.from_numpy(np.stack([picture(h.audio) for h in hits]))
    labels = np.array([h.label for h in hits])
    groups = _by_source(hits)
    judge = Judge(classes)
    optimiser = torch.optim.AdamW(judge.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=steps)
    for _ in tqdm(range(steps), desc="judge", mininterval=5.0):
        chosen = np.array([_pick(groups, rng) for _ in range(BATCH)])
        loss = functional.cross_entropy(
            judge(_varied(pictures[chosen], rng)), torch.from_numpy(labels[chosen])
        )
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    judge.eval()
    return judge


def _by_source(hits: list[Hit]) -> list[list[NDArray[np.int64]]]:
    """Return indices of hits by class and by source within it."""
    labels = np.array([h.label for h in hits])
    sources = np.array([source(Path(h.path)) for h in hits])
    return [
        [np.nonzero((labels == label) & (sources == s))[0] for s in np.unique(sources[labels == label])]
        for label in np.unique(labels)
    ]


def _pick(groups: list[list[NDArray[np.int64]]], rng: np.random.Generator) -> int:
    """Return a hit: every class alike, and within it sources by the square root of their size."""
    of_class = groups[rng.integers(len(groups))]
    weights = np.sqrt([len(g) for g in of_class])
    return int(rng.choice(of_class[rng.choice(len(of_class), p=weights / weights.sum())]))


def _varied(pictures: Tensor, rng: np.random.Generator) -> Tensor:
    """Return pictures of other rooms, microphones and tunings: tilted, moved, damped, with a noise floor.

    Kits differ in these, and one hit's noise from another's; classes do not. Without them the judge learns
    the kits it has heard.
    """
    count = len(pictures)
    out = (pictures - 1.0) * 40.0  # dB, -80 to 0
    tilt = torch.from_numpy(rng.normal(0.0, 6.0, (count, 1, 1)).astype(np.float32))
    knots = torch.from_numpy(rng.normal(0.0, 5.0, (count, 1, 6)).astype(np.float32))
    curve = functional.interpolate(knots, MELS, mode="linear", align_corners=True).transpose(1, 2)
    damping = torch.from_numpy(
        rng.uniform(0.0, 60.0, (count, 1, 1)) * (rng.random((count, 1, 1)) < 0.5)
    ).float()
    out = out + tilt * torch.linspace(-1.0, 1.0, MELS)[:, None] + curve
    out = out - damping * torch.linspace(0.0, 1.0, FRAMES)
    out = torch.stack([_moved(p, int(rng.integers(-5, 6))) for p in out])
    out = out - out.amax(dim=(1, 2), keepdim=True)
    floor = torch.from_numpy(rng.uniform(-80.0, -50.0, (count, 1, 1)).astype(np.float32))
    grain = torch.from_numpy(rng.uniform(0.0, 5.0, (count, 1, 1)).astype(np.float32))
    blurred = functional.avg_pool2d(functional.pad(out, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    out = torch.where(torch.from_numpy(rng.random((count, 1, 1)) < 0.5), blurred, out)
    out = torch.maximum(out, floor) + grain * torch.randn_like(out)
    out = torch.maximum(out, torch.tensor(-80.0)) / 40.0 + 1.0
    low = int(rng.integers(MELS - 6))
    out[:, low : low + 6] = 0.0
    return out


def _moved(picture: Tensor, mels: int) -> Tensor:
    """Return one picture with its mels moved up, silence where there were none."""
    moved = torch.roll(picture, mels, dims=0)
    if mels > 0:
        moved[:mels] = -80.0
    elif mels < 0:
        moved[mels:] = -80.0
    return moved


@torch.no_grad()
def name(judge: Judge, points: F32) -> NDArray[np.int64]:
    """Return the class the judge hears in each of its embeddings (N, 256)."""
    return np.asarray(judge.last(torch.from_numpy(points)).argmax(dim=1).numpy())


@torch.no_grad()
def embed(judge: Judge, shown: F32) -> F32:
    """Return the judge's embedding of pictures (N, MELS, FRAMES), (N, 256)."""
    parts = [torch.from_numpy(shown[at : at + AT_ONCE]) for at in range(0, max(len(shown), 1), AT_ONCE)]
    return np.concatenate([judge.embed(part).numpy() for part in parts])
