"""The decoder and the grain alone, compiled for tests, and a thin way to call them from numpy."""

import functools
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from cffi import FFI
from numpy.typing import NDArray

from instrument import bands
from instrument.engine import build
from tests.instrument.engine.reference import F32, OCTAVES, Functions, Grain, Layer, Model

HERE = Path(__file__).resolve().parent
CORE = HERE.parents[2] / "instrument" / "engine" / "core"
SOURCES = [CORE / "decoder.c", CORE / "grain.c", *sorted(CORE.glob("kernels*.c"))]
CFLAGS = ["-std=c11", "-O3", "-ffp-contract=off", "-fno-math-errno", "-Wall", "-Wextra", "-Wpedantic"]
EXPORTS = r"""
#include "fastmath.h"
#include "kernels.h"
#define EXPORT(name) \
    void test_##name(const float *x, float *y, int n) { for (int i = 0; i < n; i++) y[i] = gd_##name(x[i]); }
EXPORT(exp) EXPORT(tanh) EXPORT(sigmoid) EXPORT(sine)
float test_quantise(const float *x, int count, int padded, signed char *out) {
    return gd_kernel_in_use()->loops->quantise(x, count, padded, out);
}
"""


def compile_c(sources: Sequence[Path], out: Path, flags: Sequence[str] = (), compiler: str = "gcc") -> Path:
    """Compile with the flags of the core; the compiler's words are in the exception."""
    command = [compiler, *CFLAGS, f"-I{CORE}", *flags, *map(str, sources), "-o", str(out), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr)
    return out


@functools.cache
def library() -> tuple[Any, Any]:
    """Return cffi's (ffi, lib)."""
    folder = Path(tempfile.mkdtemp(prefix="graindrum-decoder-"))
    try:
        (folder / "exports.c").write_text(EXPORTS, encoding="utf-8")
        made = compile_c([*SOURCES, folder / "exports.c"], folder / "decoder.so", ["-shared", "-fPIC"])
        ffi = FFI()
        headers = [
            (CORE / name).read_text(encoding="utf-8") for name in ("graindrum.h", "decoder.h", "grain.h")
        ]
        ffi.cdef("\n".join(build.declarations(text) for text in headers))
        names = ("exp", "tanh", "sigmoid", "sine")
        ffi.cdef("".join(f"void test_{name}(const float *x, float *y, int n);" for name in names))
        ffi.cdef("float test_quantise(const float *x, int count, int padded, int8_t *out);")
        return ffi, ffi.dlopen(str(made))
    finally:
        shutil.rmtree(folder)


def kernels() -> list[str]:
    """Return the names of the kernels that run here."""
    ffi, lib = library()
    names: list[str] = []
    while (name := lib.gd_kernel_name(len(names))) != ffi.NULL:
        names.append(ffi.string(name).decode())
    return names


def floats(array: NDArray[Any] | None) -> Any:
    """Return a float pointer into a contiguous fp32 array that the caller keeps; NULL for None."""
    ffi, _ = library()
    if array is None:
        return ffi.NULL
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    return ffi.cast("float *", array.ctypes.data)


def function(name: str) -> Callable[[F32], F32]:
    """Return one of fastmath.h's functions for arrays."""

    def call(x: F32) -> F32:
        _, lib = library()
        x = np.ascontiguousarray(x, np.float32)
        y = np.empty_like(x)
        getattr(lib, f"test_{name}")(floats(x), floats(y), x.size)
        return y

    return call


def functions() -> Functions:
    """Return the core's nonlinearities for the reference."""
    return Functions(function("exp"), function("tanh"), function("sigmoid"))


def _layer(to: Any, layer: Layer, keep: list[Any]) -> None:
    ffi, _ = library()
    weight = np.ascontiguousarray(layer.weight)
    keep.append(weight)
    to.rows, to.columns = weight.shape
    to.bias = floats(layer.bias)
    if layer.scale is None:
        to.dense = floats(weight)
    else:
        to.weight, to.scale = ffi.cast("int8_t *", weight.ctypes.data), floats(layer.scale)


def c_model(model: Model) -> tuple[Any, list[Any]]:
    """Return a gd_model and what must be kept while it is used."""
    ffi, _ = library()
    keep: list[Any] = []
    m = ffi.new("gd_model *")
    m.embedding, m.latent, m.condition = model.embedding, model.latent, model.condition
    m.hidden, m.atoms, m.hop, m.slot_octaves = model.hidden, len(model.atom_waves), model.hop, OCTAVES
    for name, layer in model.layers.items():
        _layer(getattr(m, name), layer, keep)
    arrays = {
        "atom_waves": model.atom_waves,
        "noise": model.noise,
        "band_power": np.square(model.noise).mean(axis=(0, 2)),
        "band_hz": bands.band_centres_hz(),
        "slot_hz": bands.slot_centres_hz(),
        "window": bands.grain_window(2 * model.hop),
    }
    for name, array in arrays.items():
        keep.append(np.ascontiguousarray(array, np.float32))
        setattr(m, name, floats(keep[-1]))
    return m, keep


def grain_of(out: Any, atoms: int) -> Grain:
    """Copy a gd_grain."""
    ffi, _ = library()

    def array(name: str) -> F32:
        return np.frombuffer(ffi.buffer(getattr(out, name)), np.float32).copy()

    return Grain(array("bands"), array("amplitudes"), array("hz"), array("atoms")[:atoms])


@dataclass(slots=True)
class Voice:
    """One voice in a decode: its neural state and what goes with it this time."""

    neural: Any
    path: F32 | None = None
    offset: F32 | None = None
    first: bool = False


@dataclass(slots=True)
class Decoder:
    """A gd_network and a gd_waves of one model."""

    model: Model
    network: Any = field(init=False)
    waves: Any = field(init=False)
    scratch: Any = field(init=False)

    def __post_init__(self) -> None:
        ffi, lib = library()
        m, _keep = c_model(self.model)
        self.network = ffi.gc(lib.gd_network_new(m), lib.gd_network_free)
        self.waves = ffi.gc(lib.gd_waves_new(m, self.model.rate_hz), lib.gd_waves_free)
        self.scratch = ffi.new("gd_scratch *")
        assert self.network != ffi.NULL
        assert self.waves != ffi.NULL

    def voice(self, embedding: F32, condition: F32, **given: Any) -> Voice:
        """Start a voice."""
        ffi, lib = library()
        voice = Voice(ffi.new("gd_neural *"), **given)
        lib.gd_neural_start(self.network, voice.neural, floats(embedding), floats(condition))
        return voice

    def turn(self, voice: Voice, embedding: F32, condition: F32) -> None:
        """Turn a knob of a voice."""
        library()[1].gd_neural_turn(self.network, voice.neural, floats(embedding), floats(condition))

    def raw(self, voices: Sequence[Voice]) -> Any:
        """Decode one grain of each voice, as gd_grain[]."""
        ffi, lib = library()
        count = len(voices)
        out = ffi.new("gd_grain[]", count)
        neural = ffi.new("gd_neural *[]", [voice.neural for voice in voices])
        paths = ffi.new("float *[]", [floats(voice.path) for voice in voices])
        offsets = ffi.new("float *[]", [floats(voice.offset) for voice in voices])
        first = ffi.new("uint8_t[]", [voice.first for voice in voices])
        lib.gd_decode(self.network, neural, paths, offsets, first, out, count, self.scratch)
        return out

    def decode(self, voices: Sequence[Voice]) -> list[Grain]:
        """Decode one grain of each voice."""
        out = self.raw(voices)
        return [grain_of(out[i], len(self.model.atom_waves)) for i in range(len(voices))]
