"""What control says to the engine and hears from it: events one way, telemetry the other, in shared memory.

Only the C library touches the ring's indices, on either side. One thread or process pushes.
"""

import mmap
import os
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from instrument.engine._core import ffi, lib

F32 = NDArray[np.float32]
CEvent: TypeAlias = Any  # a `gd_event *`; cffi's types cannot be named

TRACKS: int = lib.GD_TRACKS
VOICES: int = lib.GD_VOICES
PATHS: int = lib.GD_PATHS
LIVE: int = lib.GD_LIVE
SEQUENCED: int = lib.GD_SEQUENCED
ALL_TRACKS = -1
NO_PATH = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timbre:
    """Where in the model's spaces a hit lies, and what is done to it."""

    embedding: F32 | None = None  # (E,); None, as below: zeros
    latent: F32 | None = None  # (Z,), added to every latent of the path
    condition: F32 | None = None  # (C,)
    tilt: float = 0.0  # brightness, dB per octave around 400 Hz
    decay_s: float = 0.0  # extra decay, seconds to -60 dB; 0: as the model has it
    tune: float = 1.0  # frequency ratio
    pitch_hz: float = 0.0  # oscillators take its harmonics for centres, 1 to 20000; 0: each stays in its slot


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """How a hit begins and ends."""

    seed: int = 0  # of its noise, 64 bits
    id: int = 0  # 32 bits, echoed in telemetry
    source: int = LIVE
    gain: float = 1.0
    pan: float = 0.0  # -2 to 2, added to its track's until the track's next hit
    choke_group: int = 0  # 0: none
    length_s: float = 0.0  # cut here at the latest; 0: 4 s
    path: int = NO_PATH  # slot of a latent path in place of the embedding


def hit(frame: int, track: int, timbre: Timbre, start: Start) -> CEvent:
    """Start a voice of a track at a frame."""
    event = _event(lib.GD_HIT, frame, track)
    _tint(event, timbre)
    event.seed, event.id = start.seed & 0xFFFF_FFFF_FFFF_FFFF, start.id & 0xFFFF_FFFF
    event.source, event.path = start.source, start.path
    event.values[lib.GD_GAIN] = start.gain
    event.values[lib.GD_PAN] = start.pan
    event.values[lib.GD_CHOKE_GROUP] = start.choke_group
    event.values[lib.GD_LENGTH_S] = start.length_s
    return event


def sound(frame: int, track: int, timbre: Timbre) -> CEvent:
    """Give what sounds on a track another timbre, from each voice's next grain on."""
    event = _event(lib.GD_SOUND, frame, track)
    _tint(event, timbre)
    return event


def choke(frame: int, track: int = ALL_TRACKS) -> CEvent:
    """Fade what sounds on a track in 5 ms."""
    return _event(lib.GD_CHOKE, frame, track)


def track(frame: int, index: int, gain: float = 1.0, pan: float = 0.0, mute: bool = False) -> CEvent:
    """Set a track's level and place (pan -1 to 1), ramped over 5 ms; ALL_TRACKS: the master's gain alone."""
    event = _event(lib.GD_TRACK, frame, index)
    event.values[lib.GD_GAIN] = gain
    event.values[lib.GD_PAN] = pan
    event.values[lib.GD_MUTE] = mute
    return event


def cancel(frame: int, track: int = ALL_TRACKS, source: int = SEQUENCED) -> CEvent:
    """Forget hits of a source from a frame on that have not started; acts when the engine reads it."""
    event = _event(lib.GD_CANCEL, frame, track)
    event.source = source
    return event


def record(frame: int, take: int, tracks: int = 0) -> CEvent:
    """Write the master, and the tracks whose bits are set, to the tape as a take (1 or more); 0 ends it."""
    event = _event(lib.GD_RECORD, frame, ALL_TRACKS)
    event.id, event.seed = take, tracks
    return event


def reset() -> CEvent:
    """Cut all voices and forget all events; acts when the engine reads it."""
    return _event(lib.GD_RESET, 0, ALL_TRACKS)


def _event(kind: int, frame: int, track: int) -> CEvent:
    event = ffi.new("gd_event *")
    event.kind, event.frame, event.track, event.path = kind, frame, track, NO_PATH
    return event


def _tint(event: CEvent, timbre: Timbre) -> None:
    _fill(event.embedding, timbre.embedding)
    _fill(event.latent, timbre.latent)
    _fill(event.condition, timbre.condition)
    event.values[lib.GD_TILT] = timbre.tilt
    event.values[lib.GD_DECAY_S] = timbre.decay_s
    event.values[lib.GD_TUNE] = timbre.tune
    event.values[lib.GD_PITCH_HZ] = timbre.pitch_hz


def _fill(target: Any, values: F32 | None) -> None:
    if values is None:
        return
    packed = np.ascontiguousarray(values, np.float32)
    if packed.ndim != 1 or len(packed) > len(target):
        raise ValueError(f"expected a vector of at most {len(target)} numbers, not shape {packed.shape}")
    ffi.memmove(target, ffi.from_buffer(packed), packed.nbytes)


@dataclass(frozen=True, slots=True)
class Telemetry:
    """One consistent reading of the engine; see gd_telemetry in graindrum.h."""

    frame: int  # first frame of the next block
    clock_ns: int  # CLOCK_MONOTONIC when the last block began; 0 before the first
    rate_hz: float
    block_frames: int
    voices: int
    blocks: int
    xruns: int
    late_blocks: int
    hits: int
    late_events: int
    dropped_events: int
    stolen_voices: int
    last_id: int
    fault: int
    load: float
    peak_load: float
    limiter_db: float
    master_peak: tuple[float, ...]  # (2,)
    track_peak: tuple[float, ...]  # (TRACKS,)
    track_rms: tuple[float, ...]  # (TRACKS,)
    histogram: tuple[int, ...]  # of block durations, 8 bins an octave from 1 µs on

    def frame_at(self, clock_ns: int) -> int:
        """Return the frame that the block being written at a time (CLOCK_MONOTONIC) had come to."""
        begun = self.frame - self.block_frames
        return begun + round((clock_ns - self.clock_ns) * 1e-9 * self.rate_hz)

    def block_us(self, share: float) -> float:
        """Return the duration (upper edge of its bin) that a share of all blocks, 0 to 1, stayed within."""
        counts = np.cumsum(self.histogram)
        if counts[-1] == 0:
            return 0.0
        return float(2.0 ** ((int(np.searchsorted(counts, share * counts[-1])) + 1) / 8))


class Link:
    """The memory shared with one engine."""

    def __init__(self, memory: mmap.mmap, fd: int | None = None) -> None:
        self.fd = fd
        self._memory = memory
        self.shared = ffi.from_buffer("gd_shared *", memory, require_writable=True)

    @classmethod
    def create(cls) -> "Link":
        """Make new shared memory; another process opens it by `fd`, which it inherits."""
        fd = os.memfd_create("graindrum", os.MFD_CLOEXEC)
        os.ftruncate(fd, lib.gd_shared_size())
        return cls.open(fd)

    @classmethod
    def open(cls, fd: int) -> "Link":
        """Map shared memory that `create` made, here or in another process."""
        return cls(mmap.mmap(fd, lib.gd_shared_size(), flags=mmap.MAP_SHARED | mmap.MAP_POPULATE), fd)

    @classmethod
    def private(cls) -> "Link":
        """Make memory for an engine in this process."""
        return cls(mmap.mmap(-1, lib.gd_shared_size(), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS))

    def push(self, event: CEvent) -> bool:
        """Send an event; False when the ring is full and nothing was sent."""
        return bool(lib.gd_push(self.shared, event))

    def room(self) -> int:
        """Return how many events can be pushed now."""
        return int(lib.gd_room(self.shared))

    def telemetry(self) -> Telemetry:
        """Return the newest reading."""
        read = ffi.new("gd_telemetry *")
        lib.gd_telemetry_read(self.shared, read)
        values = {field.name: getattr(read, field.name) for field in fields(Telemetry)}
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, ffi.CData)}
        return Telemetry(**values | lists)

    def close(self) -> None:
        """Unmap; no engine may use it any more."""
        ffi.release(self.shared)
        self._memory.close()
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None
