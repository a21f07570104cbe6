"""The engine without a device: push events, render frames, faster than real time and the same every time."""

from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from instrument.bundle import Bundle
from instrument.engine._core import ffi, lib
from instrument.engine.link import CEvent, Link, Telemetry
from instrument.engine.model import new_engine
from instrument.engine.tape import Tape

F32 = NDArray[np.float32]


class Offline:
    """An engine in this process; `path_grains` is the room of each path slot, `tape` what it records to."""

    def __init__(
        self, bundle: Bundle, rate_hz: float = 48_000, path_grains: int = 0, tape: Tape | None = None
    ) -> None:
        self._link = Link.private()
        self._latent = bundle.header.latent
        self._engine = new_engine(bundle, rate_hz, self._link, path_grains)
        self._tape = tape  # kept: the engine writes to it
        if tape is not None:
            lib.gd_engine_tape(self._engine, tape.shared)

    def push(self, event: CEvent) -> bool:
        """Send an event; False when too many wait and it was not taken."""
        if self._link.push(event):
            return True
        lib.gd_render(self._engine, ffi.NULL, 0)  # moves the ring's events to those that wait for their frame
        return self._link.push(event)

    def render(self, frames: int) -> F32:
        """Return the next frames, (frames, 2)."""
        out = np.zeros((frames, 2), np.float32)
        lib.gd_render(self._engine, ffi.from_buffer("float[]", out), frames)
        return out

    def set_path(self, slot: int, latents: F32) -> None:
        """Fill a path slot with latents (N, Z), not while a voice plays it."""
        packed = np.ascontiguousarray(latents, np.float32)
        if packed.ndim != 2 or packed.shape[1] != self._latent:
            raise ValueError(f"expected latents of shape (N, {self._latent}), not {packed.shape}")
        if not lib.gd_path_set(self._engine, slot, ffi.from_buffer("float[]", packed), len(packed)):
            raise ValueError(f"path slot {slot} does not take {len(packed)} grains now")

    def telemetry(self) -> Telemetry:
        return self._link.telemetry()

    def close(self) -> None:
        if self._engine:
            lib.gd_engine_free(self._engine)
            self._link.close()
        self._engine = ffi.NULL

    def __enter__(self) -> "Offline":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_engine", None):
            self.close()
