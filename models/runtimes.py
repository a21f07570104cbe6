"""One step of the network in the C core and in what it is compared with: recurrent step, path, grain network.

All hold the bundle's weights and take one step of `batch` hits at a time: state and the hit's constant
inputs to the next state and a grain's gains and frequencies. The attack's head, which only a hit's first
grain needs, is in none of them. Everything here is one thread.
"""

import importlib.util
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from cffi import FFI
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from instrument import bands
from instrument.analysis import SLOT_OCTAVES
from instrument.bundle import Bundle
from instrument.engine import build, link
from instrument.engine.model import Model
from instrument.engine.offline import Offline
from models.grain_vae import SLOPE
from models.synth import LOUDEST, SILENT

F32 = NDArray[np.float32]
LAYERS = ("recurrent", "path", "inner", "outer", "spectrum")
LEVELS = bands.BANDS + bands.OSCILLATORS


class Runtime(Protocol):
    """Something that computes grains."""

    name: str

    def begin(self, batch: int) -> None:
        """Start `batch` hits afresh."""

    def step(self) -> None:
        """Compute the next grain of each."""

    def grains(self) -> F32:
        """Return the newest gains of bands and oscillators, then the oscillators' Hz, (batch, 96)."""


@dataclass(frozen=True, slots=True, eq=False)
class Starts:
    """What hits begin with: embeddings (N, E), conditions (N, C), and what follows from them once a hit."""

    embedding: F32
    condition: F32
    state: F32  # (N, H)
    gates: F32  # (N, 3H)
    lens: F32  # (N, M)


def starts(bundle: Bundle, count: int) -> Starts:
    """Return `count` hits, each at the mean of its class, the classes in turn."""
    held = bundle.arrays
    labels = [i % len(bundle.classes) for i in range(count)]
    embedding = held["prior.mean"][labels]
    condition = np.stack([bundle.condition(label) for label in labels])
    both = np.concatenate([embedding, condition], axis=1)
    return Starts(
        embedding,
        condition,
        np.tanh(both @ held["first.weight"].T + held["first.bias"]),
        both @ held["gates.weight"].T + held["gates.bias"],
        condition @ held["lens.weight"].T,
    )


def weights(bundle: Bundle, layer: str) -> tuple[F32, F32]:
    """Return a layer's weight in float32, as its int8 stands for, and its bias."""
    scale = bundle.arrays[f"{layer}.scale"][:, None]
    return (bundle.arrays[f"{layer}.weight"] * scale).astype(np.float32), bundle.arrays[f"{layer}.bias"]


class Core:
    """The C core's network, compiled from its own source with its own flags; int8."""

    def __init__(self, bundle: Bundle, hits: Starts) -> None:
        self._ffi, self._lib = _compiled()
        self.name = f"C core, int8 ({self._ffi.string(self._lib.gd_kernel()).decode()})"
        self._model = Model(bundle, bands.MODEL_RATE_HZ)
        struct = self._ffi.cast("gd_model *", _address(self._model.struct))
        self._network = self._ffi.gc(self._lib.gd_network_new(struct), self._lib.gd_network_free)
        self._scratch = self._ffi.new("gd_scratch *")
        self._hits = hits

    def begin(self, batch: int) -> None:
        ffi, nothing = self._ffi, self._ffi.NULL
        self._kept = [ffi.new("gd_neural *") for _ in range(batch)]
        for voice, embedding, condition in zip(
            self._kept, self._hits.embedding, self._hits.condition, strict=False
        ):
            given = [ffi.from_buffer("float[]", np.ascontiguousarray(x)) for x in (embedding, condition)]
            self._lib.gd_neural_start(self._network, voice, *given)
        self._out = ffi.new("gd_grain[]", batch)
        voices = ffi.new("gd_neural *[]", self._kept)
        none = ffi.new("float *[]", [nothing] * batch)
        first = ffi.new("uint8_t[]", batch)
        self._arguments = (self._network, voices, none, none, first, self._out, batch, self._scratch)

    def step(self) -> None:
        self._lib.gd_decode(*self._arguments)

    def grains(self) -> F32:
        def read(field: Any) -> F32:
            return np.frombuffer(self._ffi.buffer(field), np.float32)

        return np.stack([np.concatenate([read(g.bands), read(g.amplitudes), read(g.hz)]) for g in self._out])


def _address(struct: Any) -> int:
    from instrument.engine._core import ffi

    if ffi.sizeof("gd_model") != _compiled()[0].sizeof("gd_model"):
        raise RuntimeError("the core is older than its source: run python -m instrument.engine.build")
    return int(ffi.cast("uintptr_t", struct))


@cache
def _compiled() -> tuple[Any, Any]:
    """Return cffi's (ffi, lib) of the core with its network, which the built one keeps to itself."""
    core = Path(build.__file__).resolve().parent / "core"
    maker = FFI()
    for header in ("graindrum.h", "decoder.h"):
        maker.cdef(build.declarations((core / header).read_text(encoding="utf-8")))
    maker.set_source(
        "_network",
        '#include "decoder.h"',
        sources=sorted(str(path) for path in core.glob("*.c")),
        include_dirs=[str(core)],
        extra_compile_args=build.CFLAGS,
        libraries=["m", "pthread"],
    )
    folder = Path(tempfile.mkdtemp(prefix="graindrum-network-"))
    try:
        spec = importlib.util.spec_from_file_location("_network", maker.compile(tmpdir=str(folder)))
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module.ffi, module.lib
    finally:
        shutil.rmtree(folder)


class WholeCore:
    """The C core as it plays: network, noise, oscillators, mixing. Does more than the others."""

    def __init__(self, bundle: Bundle) -> None:
        self.name = "C core, the whole hop with its sound"
        self._bundle, self._engine = bundle, Offline(bundle, bands.MODEL_RATE_HZ)
        self._label = int(np.argmax(bundle.header.class_length_s))

    def begin(self, batch: int) -> None:
        """Start hits of the longest class."""
        self._engine.push(link.reset())
        self._engine.render(1)
        now, condition = self._engine.telemetry().frame, self._bundle.condition(self._label)
        timbre = link.Timbre(embedding=self._bundle.arrays["prior.mean"][self._label], condition=condition)
        for voice in range(batch):
            self._engine.push(link.hit(now, voice, timbre, link.Start(seed=voice, id=voice, length_s=4.0)))

    def step(self) -> None:
        self._engine.render(bands.MODEL_HOP_FRAMES)

    def sounding(self) -> int:
        """Return how many hits have not ended."""
        return self._engine.telemetry().voices


class Step(nn.Module):
    """The step in torch, float32."""

    centres: Tensor

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self.recurrent, self.path = _linear(bundle, "recurrent"), _linear(bundle, "path")
        self.inner, self.outer = _linear(bundle, "inner"), _linear(bundle, "outer")
        self.spectrum = _linear(bundle, "spectrum")
        self.register_buffer("centres", torch.from_numpy(bands.slot_centres_hz()))

    def forward(self, state: Tensor, gates: Tensor, lens: Tensor) -> tuple[Tensor, Tensor]:
        """Return the next state (B, H) and the grain (B, 96)."""
        r, u, n = self.recurrent(state).chunk(3, dim=1)
        fixed_r, fixed_u, fixed_n = gates.chunk(3, dim=1)
        update = torch.sigmoid(fixed_u + u)
        new = torch.tanh(fixed_n + torch.sigmoid(fixed_r + r) * n)
        state = new + update * (state - new)
        hidden = functional.leaky_relu(self.inner(self.path(state)) + lens, SLOPE)
        y = self.spectrum(functional.leaky_relu(self.outer(hidden), SLOPE))
        levels = y[:, :LEVELS]
        gains = torch.exp(torch.clamp(levels, max=LOUDEST)) * (levels > SILENT)
        return state, torch.cat(
            [gains, self.centres * torch.exp2(SLOT_OCTAVES * torch.tanh(y[:, LEVELS:]))], dim=1
        )


def _linear(bundle: Bundle, name: str) -> nn.Linear:
    weight, bias = (torch.tensor(array) for array in weights(bundle, name))
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.load_state_dict({"weight": weight, "bias": bias})
    return layer


class Torch:
    """Torch, eager: float32, or its dynamic int8 (weights by row, activations by tensor)."""

    def __init__(self, bundle: Bundle, hits: Starts, *, int8: bool = False) -> None:
        self.name = f"torch {torch.__version__.partition('+')[0]} eager, {'int8' if int8 else 'float32'}"
        self._step: Any = _in_int8(Step(bundle)) if int8 else Step(bundle)
        self._hits = hits

    def begin(self, batch: int) -> None:
        found = (self._hits.state, self._hits.gates, self._hits.lens)
        self._state, self._gates, self._lens = (torch.from_numpy(x[:batch].copy()) for x in found)

    def step(self) -> None:
        with torch.inference_mode():
            self._state, self._out = self._step(self._state, self._gates, self._lens)

    def grains(self) -> F32:
        return np.asarray(self._out.numpy(), np.float32)


def _in_int8(step: Step) -> Any:
    from torch.ao import quantization

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is announced to leave torch; until then it is what users have
        quantize: Any = quantization.quantize_dynamic
        return quantize(step.eval(), {nn.Linear: quantization.per_channel_dynamic_qconfig})


def every(bundle: Bundle, hits: Starts) -> Iterator[Runtime]:
    """Give the core, then each rival there is: those whose library is missing are left out."""
    yield Core(bundle, hits)
    yield Torch(bundle, hits)
    if hasattr(torch.ao.quantization, "quantize_dynamic"):
        yield Torch(bundle, hits, int8=True)
    if importlib.util.find_spec("onnxruntime") and importlib.util.find_spec("onnx"):
        from models.onnx_step import Onnx

        yield Onnx(bundle, hits)
        yield Onnx(bundle, hits, int8=True)
