"""A plain numpy reference of the network and of a hit's sound: the C core is judged by it.

fp32 steps are done in the order the core promises, so that with the core's own exp and tanh (see
`Functions`) the network is equal bit for bit; the sound is done in float64.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from instrument import bands

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
OCTAVES = float(bands.SLOT_REACH * np.log2(bands.SLOT_RATIO))


def _sigmoid(x: F32) -> F32:
    return np.asarray(1.0 / (1.0 + np.exp(-x.astype(np.float64))), np.float32)


@dataclass(frozen=True, slots=True)
class Functions:
    """The nonlinearities, fp32 to fp32. By default numpy's."""

    exp: Callable[[F32], F32] = np.exp
    tanh: Callable[[F32], F32] = np.tanh
    sigmoid: Callable[[F32], F32] = _sigmoid


@dataclass(frozen=True, slots=True)
class Layer:
    """y = W x + b; int8 when there are scales."""

    weight: NDArray[np.int8] | F32  # (rows, columns)
    bias: F32  # (rows,)
    scale: F32 | None = None  # (rows,)

    def __call__(self, x: F32) -> F32:
        if self.scale is None:
            return self._dense(x)
        peak = np.abs(x).max()
        inverse = np.float32(127) / peak if peak > 0 else np.float32(0)
        quantised = np.rint(x * inverse).astype(np.int32)
        sums = (self.weight.astype(np.int32) @ quantised).astype(np.float32)
        return np.asarray(sums * ((peak / np.float32(127)) * self.scale) + self.bias)

    def _dense(self, x: F32) -> F32:
        total = np.zeros(len(self.bias), np.float32)
        for column, factor in zip(self.weight.T, x, strict=True):
            total += column * factor
        return total + self.bias


@dataclass(frozen=True, slots=True)
class Model:
    """What a bundle holds, at one rate; see gd_model."""

    hop: int
    rate_hz: float
    layers: dict[str, Layer]
    atom_waves: F32  # (atoms, grain)
    noise: F32  # (segments, BANDS, grain)

    @property
    def condition(self) -> int:
        return int(self.layers["lens"].weight.shape[1])

    @property
    def embedding(self) -> int:
        return int(self.layers["gates"].weight.shape[1]) - self.condition

    @property
    def latent(self) -> int:
        return int(self.layers["path"].weight.shape[0])

    @property
    def hidden(self) -> int:
        return int(self.layers["first"].weight.shape[0])


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of the layers of a random model."""

    embedding: int = 32
    latent: int = 32
    hidden: int = 192
    width: int = 256
    condition: int = 8
    atoms: int = 64


def random_model(
    seed: int = 1, sizes: Sizes | None = None, rate_hz: float = 48_000, *, dense: bool = False
) -> Model:
    """Return a model with random weights that moves and sounds; `dense`: every layer in fp32."""
    rng, s = np.random.default_rng(seed), sizes or Sizes()
    inputs, outputs = s.embedding + s.condition, bands.BANDS + 2 * bands.OSCILLATORS
    shapes = {
        "gates": (3 * s.hidden, inputs, 1.0),
        "first": (s.hidden, inputs, 1.0),
        "lens": (s.width, s.condition, 1.0),
        "recurrent": (3 * s.hidden, s.hidden, 1.5),
        "path": (s.latent, s.hidden, 2.0),
        "inner": (s.width, s.latent, 1.5),
        "outer": (s.width, s.width, 1.5),
        "spectrum": (outputs, s.width, 3.0),
        "attack": (s.atoms, s.width, 0.3),
    }
    layers = {}
    for name, (rows, columns, size) in shapes.items():
        weight = rng.normal(0, size / np.sqrt(columns), (rows, columns)).astype(np.float32)
        bias = rng.normal(0, 0.1, rows).astype(np.float32)
        plain = dense or name in ("gates", "first", "lens")
        layers[name] = Layer(weight, bias) if plain else _quantised(weight, bias)
    layers["spectrum"].bias[: bands.BANDS + bands.OSCILLATORS] -= 4.0
    hop = bands.hop_frames(rate_hz)
    atoms = rng.normal(0, 0.1, (s.atoms, 2 * hop)).astype(np.float32)
    return Model(hop, rate_hz, layers, atoms, bands.noise_tables(rate_hz))


def _quantised(weight: F32, bias: F32) -> Layer:
    scale = np.abs(weight).max(axis=1) / np.float32(127)
    return Layer(np.rint(weight / scale[:, None]).astype(np.int8), bias, scale)


@dataclass(frozen=True, slots=True)
class Grain:
    """What the network says about one grain."""

    bands: F32  # (BANDS,)
    amplitudes: F32  # (OSCILLATORS,)
    hz: F32  # (OSCILLATORS,)
    atoms: F32  # (atoms,)


@dataclass(slots=True)
class Network:
    """The network of one voice: `start`, then one `step` a grain."""

    model: Model
    f: Functions = field(default_factory=Functions)
    pitch_hz: float = 0.0
    state: F32 = field(init=False)
    gates: F32 = field(init=False)
    lens: F32 = field(init=False)

    def start(self, embedding: F32, condition: F32) -> None:
        self.state = self.f.tanh(self.model.layers["first"](np.concatenate([embedding, condition])))
        self.turn(embedding, condition)

    def turn(self, embedding: F32, condition: F32) -> None:
        self.gates = self.model.layers["gates"](np.concatenate([embedding, condition]))
        self.lens = self.model.layers["lens"](condition)

    def latent(self) -> F32:
        """Return the next latent of the path."""
        recurrent = np.split(self.model.layers["recurrent"](self.state), 3)
        inputs = np.split(self.gates, 3)
        r = self.f.sigmoid(inputs[0] + recurrent[0])
        u = self.f.sigmoid(inputs[1] + recurrent[1])
        n = self.f.tanh(inputs[2] + r * recurrent[2])
        self.state = (np.float32(1) - u) * n + u * self.state
        return self.model.layers["path"](self.state)

    def grain(self, latent: F32, *, first: bool) -> Grain:
        layers = self.model.layers
        hidden = _leaky(layers["inner"](latent) + self.lens)
        hidden = _leaky(layers["outer"](hidden))
        y = layers["spectrum"](hidden)
        gains = np.where(y > -11, self.f.exp(np.minimum(y, np.float32(4))), np.float32(0))[: bands.BANDS + 16]
        reach = np.float32(OCTAVES) * np.float32(np.log(2))
        hz = centres_hz(self.pitch_hz) * self.f.exp(reach * self.f.tanh(y[bands.BANDS + 16 :]))
        atoms = layers["attack"](hidden) if first else np.zeros(len(layers["attack"].bias), np.float32)
        atoms = atoms * np.minimum(gains.max() / np.float32(2.5e-4), np.float32(1))
        return Grain(gains[: bands.BANDS], gains[bands.BANDS :], hz, atoms)

    def step(self, *, first: bool = False) -> Grain:
        return self.grain(self.latent(), first=first)


def centres_hz(pitch_hz: float = 0.0) -> F32:
    """Return what each oscillator is centred on, (OSCILLATORS,): a harmonic of the pitch, or its slot."""
    harmonics = np.arange(1, bands.OSCILLATORS + 1) * pitch_hz
    return np.asarray(harmonics, np.float32) if pitch_hz > 0 else bands.slot_centres_hz()


def _leaky(x: F32) -> F32:
    return np.where(x > 0, x, np.float32(0.1) * x)


def draws(seed: int, grain: int) -> Iterator[tuple[int, int, float]]:
    """Yield segment, shift in frames and sign of each grain of a hit: SplitMix64."""
    mask, state = 2**64 - 1, seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        r = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        r = ((r ^ (r >> 27)) * 0x94D049BB133111EB) & mask
        r ^= r >> 31
        yield r & 3, ((r >> 32) * grain) >> 32, -1.0 if r & 4 else 1.0


def noise(model: Model, gains: F32, draw: tuple[int, int, float], *, first: bool) -> F64:
    """Return one grain of noise, (grain,)."""
    segment, shift, sign = draw
    window = bands.grain_window(2 * model.hop).astype(np.float64)
    if first:
        window[: model.hop] = 1.0
    wave = gains.astype(np.float64) @ model.noise[segment].astype(np.float64)
    return np.asarray(sign * window * np.roll(wave, -shift))


def _source(k: int, level: F32, end: F32, hz: F32, end_hz: F32) -> int:
    """Return whose sine oscillator k continues: that of a louder neighbour it takes over, or its own."""
    if level[k] >= np.float32(0.3) * end[k]:
        return k
    beside = [j for j in (k - 1, k + 1) if 0 <= j < len(level)]
    ratio = np.float32(1.23)
    fading = [j for j in beside if end[j] < np.float32(0.5) * level[j] and level[j] > level[k]]
    near = [j for j in fading if end_hz[k] < ratio * hz[j] and hz[j] < ratio * end_hz[k]]
    return max(near, key=lambda j: (level[j], -j), default=k)


def hit(model: Model, grains: list[Grain], seed: int) -> F64:
    """Return the sound of a hit's grains, (len(grains) * hop,), without the last one's tail.

    Oscillators above 0.45 of the rate are silent.
    """
    hop, out = model.hop, np.zeros((len(grains) + 1) * model.hop)
    levels = [grain.amplitudes * (grain.hz <= 0.45 * model.rate_hz) for grain in grains]
    phase, last, last_level = np.zeros(bands.OSCILLATORS), grains[0], levels[0]
    n = np.arange(hop)[None, :]
    for t, (grain, draw) in enumerate(zip(grains, draws(seed, 2 * hop), strict=False)):
        out[t * hop : (t + 2) * hop] += noise(model, grain.bands, draw, first=t == 0)
        sources = [_source(k, last_level, levels[t], last.hz, grain.hz) for k in range(bands.OSCILLATORS)]
        phase, hz = phase[sources], last.hz[sources].astype(np.float64)[:, None]
        end_hz = grain.hz.astype(np.float64)[:, None]
        turns = phase[:, None] + (hz * n + (end_hz - hz) * n**2 / (2 * hop)) / model.rate_hz
        level = last_level[:, None] + (levels[t] - last_level)[:, None] * (n / hop)
        out[t * hop : (t + 1) * hop] += (level * np.sin(2 * np.pi * turns)).sum(axis=0)
        phase = (phase + (hz + end_hz)[:, 0] * hop / (2 * model.rate_hz)) % 1.0
        last, last_level = grain, levels[t]
    out[: 2 * hop] += grains[0].atoms.astype(np.float64) @ model.atom_waves.astype(np.float64)
    return out[: len(grains) * hop]
