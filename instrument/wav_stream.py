"""24-bit WAV files that grow while they are played into: whole at every moment, however long they get.

A file longer than 4 GiB becomes an RF64 (EBU Tech 3306): its header keeps room for that from the start.
"""

import os
import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instrument import wav

CHANNELS = 2
FRAME_BYTES = 3 * CHANNELS
HEADER_BYTES = 80
LARGEST = 0xFFFF_FFFF  # what 32 bits can say; of a size: see the ds64 chunk
F32 = NDArray[np.float32]


def header(rate_hz: int, frames: int) -> bytes:
    """Return the header of a stereo file of so many frames, HEADER_BYTES long."""
    data_bytes = frames * FRAME_BYTES
    riff_bytes = data_bytes + HEADER_BYTES - 8
    form = struct.pack(
        "<4sIHHIIHH", b"fmt ", 16, 1, CHANNELS, rate_hz, rate_hz * FRAME_BYTES, FRAME_BYTES, 24
    )
    if riff_bytes <= LARGEST:
        head = struct.pack("<4sI4s4sI28x", b"RIFF", riff_bytes, b"WAVE", b"JUNK", 28)
        return head + form + struct.pack("<4sI", b"data", data_bytes)
    head = struct.pack("<4sI4s4sI", b"RF64", LARGEST, b"WAVE", b"ds64", 28)
    sizes = struct.pack("<QQQI", riff_bytes, data_bytes, frames, 0)
    return head + sizes + form + struct.pack("<4sI", b"data", LARGEST)


class WavStream:
    """One stereo file. Errors are OSErrors; what was written before one stays."""

    def __init__(self, path: Path, rate_hz: int) -> None:
        """Make a new file; FileExistsError when there is one of that name."""
        self.path, self.rate_hz = path, rate_hz
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._bytes = 0
        self._write(header(rate_hz, 0))
        self._bytes = 0

    @property
    def frames(self) -> int:
        """How many frames have been written."""
        return self._bytes // FRAME_BYTES

    def append(self, sound: F32) -> None:
        """Write frames (N, 2), clipped to ±1; after `settle` they are part of the file."""
        whole = np.ascontiguousarray(wav.whole(sound), "<i4")
        self._write(whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes())

    def settle(self) -> None:
        """Bring what was written to the disk, then let the header tell of it."""
        os.fdatasync(self._file)
        os.pwrite(self._file, header(self.rate_hz, self.frames), 0)

    def close(self) -> None:
        """Settle as far as the disk lets us, and close."""
        with suppress(OSError):
            self.settle()
            os.fdatasync(self._file)
        os.close(self._file)

    def _write(self, data: bytes) -> None:
        """Write all of it; a disk may take less at a time, and a full one the beginning."""
        left = memoryview(data)
        while left:
            written = os.write(self._file, left)
            self._bytes += written
            left = left[written:]
