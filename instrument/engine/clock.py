"""Time in frames, as control sees it: one cheap reading of the engine, carried on between readings."""

from instrument.engine._core import ffi, lib
from instrument.engine.link import Link


class Clock:
    """The newest reading of one engine. Frames count from its start, times are CLOCK_MONOTONIC in ns."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._read = ffi.new("gd_telemetry *")
        self.frame = 0  # first frame of the next block
        self.block_frames = 0
        self.began_ns = 0  # when the last block began
        self.rate_hz = 0.0
        self.read()

    def read(self) -> int:
        """Read the engine; return the first frame of its next block."""
        lib.gd_telemetry_read(self._link.shared, self._read)
        self.frame = int(self._read.frame)
        self.block_frames = int(self._read.block_frames)
        self.began_ns = int(self._read.clock_ns)
        self.rate_hz = float(self._read.rate_hz)
        return self.frame

    def frame_at(self, time_ns: int) -> int:
        """Return how far sound has come at a time, as if blocks were written evenly.

        A device that pauses pauses time: never more than a block beyond what it has asked for.
        """
        return min(self.carried_on(time_ns), self.frame + self.block_frames)

    def carried_on(self, time_ns: int) -> int:
        """Return `frame_at` as if the engine had gone on for ever."""
        begun = self.frame - self.block_frames
        return begun + round((time_ns - self.began_ns) * 1e-9 * self.rate_hz)
