"""What is heard, on its way from the engine to a recording, in shared memory of its own.

Only the C library touches the ring's indices, on either side. One process reads.
"""

import mmap
import os
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from instrument.engine._core import ffi, lib

F32 = NDArray[np.float32]
MASTER: int = lib.GD_TRACKS  # row of a stretch's sound


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What was heard from one frame on, without a gap."""

    frame: int  # of the engine
    sound: F32  # (TRACKS + 1, frames, 2), the master last; valid until the next one is read


class Tape:
    """The memory shared with one engine's recorder."""

    def __init__(self, memory: mmap.mmap) -> None:
        self._memory = memory
        self.shared = ffi.from_buffer("gd_tape *", memory, require_writable=True)
        self._stretch = ffi.new("gd_stretch *")
        self._sound = np.zeros((MASTER + 1, lib.GD_STRETCH, 2), np.float32)
        self._out: Any = ffi.from_buffer("float[]", self._sound)

    @classmethod
    def open(cls, fd: int) -> "Tape":
        """Map what `new_file` made, here or in another process."""
        size = lib.gd_tape_size()
        return cls(mmap.mmap(fd, size, flags=mmap.MAP_SHARED | mmap.MAP_POPULATE))

    @classmethod
    def private(cls) -> "Tape":
        """Make memory for an engine in this process."""
        return cls(mmap.mmap(-1, lib.gd_tape_size(), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))

    def read(self, take: int) -> Stretch | None:
        """Return what comes next of a take, None when nothing of it waits; earlier takes are thrown away."""
        if not lib.gd_tape_read(self.shared, take, self._stretch, self._out):
            return None
        return Stretch(int(self._stretch.frame), self._sound[:, : self._stretch.frames])

    @property
    def take(self) -> int:
        """The take that is being recorded, 0 when none is."""
        return int(lib.gd_tape_take(self.shared))

    @property
    def lost(self) -> int:
        """How many frames of the newest take found no room."""
        return int(lib.gd_tape_lost(self.shared))

    def close(self) -> None:
        """Unmap; no engine may use it any more."""
        ffi.release(self.shared)
        self._memory.close()


def new_file() -> int:
    """Return the descriptor of memory for a tape, to be inherited and mapped by who uses it."""
    fd = os.memfd_create("graindrum-tape", os.MFD_CLOEXEC)
    os.ftruncate(fd, lib.gd_tape_size())
    return fd
