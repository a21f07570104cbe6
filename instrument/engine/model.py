"""A bundle made ready for the core at a device's rate."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from instrument import bands
from instrument.bundle import QUANTISED_LAYERS, Bundle
from instrument.engine._core import ffi, lib
from instrument.engine.link import Link

F32 = NDArray[np.float32]
SINC_ZEROS = 16  # of the interpolator, to either side


def new_engine(bundle: Bundle, rate_hz: float, link: Link, path_grains: int = 0) -> Any:
    """Return a new `gd_engine *` that plays a bundle; ValueError at a rate the core does not play at."""
    model = Model(bundle, rate_hz)
    engine = lib.gd_engine_new(model.struct, rate_hz, link.shared, path_grains)
    if not engine:
        raise ValueError(
            f"the core does not play {bundle.name} at {rate_hz:g} Hz; expected 44100, 48000 or 96000"
        )
    return engine


class Model:
    """A `gd_model` (`.struct`) and the arrays it points into: keep it while the struct is in use."""

    def __init__(self, bundle: Bundle, rate_hz: float) -> None:
        header = bundle.header
        self._kept: list[Any] = []
        self.struct = ffi.new("gd_model *")
        self.struct.embedding, self.struct.latent = header.embedding, header.latent
        self.struct.condition, self.struct.hidden = header.condition, header.hidden
        self.struct.atoms, self.struct.hop = header.atoms, bands.hop_frames(rate_hz)
        for name in ("gates", "first", "lens"):
            self._dense(name, bundle)
        for name in QUANTISED_LAYERS:
            self._quantised(name, bundle)
        self._tables(bundle, rate_hz)

    def _dense(self, name: str, bundle: Bundle) -> None:
        layer = getattr(self.struct, name)
        layer.rows, layer.columns = bundle.arrays[f"{name}.weight"].shape
        layer.dense = self._floats(bundle.arrays[f"{name}.weight"])
        if f"{name}.bias" in bundle.arrays:
            layer.bias = self._floats(bundle.arrays[f"{name}.bias"])

    def _quantised(self, name: str, bundle: Bundle) -> None:
        layer = getattr(self.struct, name)
        layer.rows, layer.columns = bundle.arrays[f"{name}.weight"].shape
        layer.weight = self._keep("int8_t[]", bundle.arrays[f"{name}.weight"], np.int8)
        layer.scale = self._floats(bundle.arrays[f"{name}.scale"])
        layer.bias = self._floats(bundle.arrays[f"{name}.bias"])

    def _tables(self, bundle: Bundle, rate_hz: float) -> None:
        noise = bands.noise_tables(rate_hz)  # (S, B, grain)
        grain = noise.shape[-1]
        self.struct.atom_waves = self._floats(resample(bundle.arrays["atoms.wave"], rate_hz, grain))
        self.struct.noise = self._floats(noise)
        self.struct.band_power = self._floats(np.square(noise, dtype=np.float64).mean(axis=(0, 2)))
        self.struct.band_hz = self._floats(bands.band_centres_hz())
        self.struct.slot_hz = self._floats(bands.slot_centres_hz())
        self.struct.window = self._floats(bands.grain_window(grain))
        self.struct.slot_octaves = bands.SLOT_REACH * float(np.log2(bands.SLOT_RATIO))

    def _floats(self, array: NDArray[Any]) -> Any:
        return self._keep("float[]", array, np.float32)

    def _keep(self, ctype: str, array: NDArray[Any], dtype: type) -> Any:
        pointer = ffi.from_buffer(ctype, np.ascontiguousarray(array, dtype))
        self._kept.append(pointer)
        return pointer


def resample(waves: F32, rate_hz: float, frames: int) -> F32:
    """Return waves (N, M) of the model's rate at another, (N, frames): windowed-sinc interpolation."""
    if rate_hz == bands.MODEL_RATE_HZ:
        return waves
    ratio = bands.MODEL_RATE_HZ / rate_hz
    cutoff = min(1.0, 1.0 / ratio)
    away = (np.arange(frames)[:, None] * ratio - np.arange(waves.shape[1])[None, :]) * cutoff  # (frames, M)
    taper = np.where(np.abs(away) < SINC_ZEROS, np.cos(np.pi * away / (2 * SINC_ZEROS)) ** 2, 0.0)
    weights = cutoff * np.sinc(away) * taper
    return np.asarray(waves @ weights.T, np.float32)
