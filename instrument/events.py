"""What the instrument tells the engine, in words of its own; the core's structs are made from them.

Frames count from the engine's start. Tracks are indices here, from 0; ALL_TRACKS means every one.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]
ALL_TRACKS = -1


class Source(IntEnum):
    """Who caused a hit; cancelling takes back the sequencer's only."""

    LIVE = 0
    SEQUENCED = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timbre:
    """Where in the model's spaces a sound lies, knobs included."""

    embedding: F32  # (E,)
    latent: F32  # (Z,), offset added to every latent of the path
    condition: F32  # (C,)
    decay_s: float  # extra decay, seconds to -60 dB; 0: as the model has it
    pitch_hz: float = 0.0  # oscillators take its harmonics for centres; 0: none


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Hit:
    """Start a voice at a frame."""

    frame: int
    track: int
    source: Source
    seed: int  # of its noise, 64 bits
    id: int  # 32 bits, echoed in telemetry
    gain: float
    tilt: float  # brightness, dB per octave around 400 Hz
    timbre: Timbre
    choke_group: int  # 0: none
    length_s: float
    tune: float = 1.0  # frequency ratio
    pan: float = 0.0  # -2 to 2, added to its track's until the track's next hit
    velocity: int = 100  # as it was struck, for those who are told in MIDI


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turn:
    """A knob turned: the rest of what sounds on a track takes this timbre."""

    frame: int
    track: int
    tilt: float
    timbre: Timbre
    tune: float = 1.0  # frequency ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """Level and place of a track; of ALL_TRACKS, the master's gain."""

    frame: int
    track: int
    gain: float
    pan: float = 0.0
    mute: bool = False


@dataclass(frozen=True, slots=True)
class Choke:
    """Fade what sounds on a track."""

    frame: int
    track: int


@dataclass(frozen=True, slots=True)
class Cancel:
    """Take back the sequencer's hits at or after `frame` that have not started."""

    frame: int
    track: int


@dataclass(frozen=True, slots=True)
class Record:
    """Record the master, and the tracks whose bits are set, as a take that counts from 1; 0 ends it."""

    frame: int
    take: int
    tracks: int = 0


Event: TypeAlias = Hit | Turn | Mix | Choke | Cancel | Record
