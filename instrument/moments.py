"""When the frames of an engine are, by CLOCK_MONOTONIC: evenly, whatever the beginnings of its blocks do."""

SMOOTHED = 32  # readings over which a block's beginning is evened out
FURTHEST_NS = 20_000_000  # beyond that time itself has jumped: another engine, a stall, a freewheeling server


class Moments:
    """Maps frames to times and back, from the beginnings of some blocks."""

    def __init__(self, rate_hz: float = 48_000.0) -> None:
        self._frame_ns = 1e9 / rate_hz
        self._zero_ns: float | None = None  # when frame 0 was, or would have been

    def read(self, frame: int, began_ns: int, rate_hz: float) -> None:
        """Take when a block began, by its first frame."""
        self._frame_ns = 1e9 / rate_hz
        zero_ns = began_ns - frame * self._frame_ns
        if self._zero_ns is None or abs(zero_ns - self._zero_ns) > FURTHEST_NS:
            self._zero_ns = zero_ns
        else:
            self._zero_ns += (zero_ns - self._zero_ns) / SMOOTHED

    def time_of(self, frame: float) -> float:
        """Return when a frame is, in ns."""
        return (self._zero_ns or 0.0) + frame * self._frame_ns

    def frame_at(self, time_ns: float) -> float:
        """Return which frame, and what part of one, is at a time."""
        return (time_ns - (self._zero_ns or 0.0)) / self._frame_ns
