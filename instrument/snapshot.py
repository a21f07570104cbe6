"""What can be seen of the instrument: one immutable value, sent to every client.

Lists count from 0 (`pattern[0][0]` is track 1, step 1; `step` is an index); `selected` is a track number,
from 1.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from instrument.errors import MessageError

CHANCE, CONDITION, REPEATS, SHIFT, LOCKS = 1, 2, 4, 8, 16  # marks of a step


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackView:
    """One row of the instrument."""

    name: str = ""
    class_name: str = ""
    level_db: float = 0.0
    pan: float = 0.0  # -1 left, 1 right
    mute: bool = False
    meter_peak: float = 0.0  # linear, decaying
    meter_rms: float = 0.0
    seed: int = 0  # of the draw that is the track's sound
    knobs: tuple[float, ...] = ()  # eight, 0 to 1
    waiting: tuple[float, ...] = ()  # how far each knob's control is from its value, up if positive; or none
    press: str = "fresh"  # what a pad press does to the sound: fresh, hold, walk
    locked: bool = False  # nothing draws it anew
    draws: int = 0  # of its history, which can be gone back through
    draw: int = 0  # the one of them that it sounds, from 1, the oldest; 0: none of them
    tune: float = 0.0  # semitones
    solo: bool = False
    coming: str = ""  # what the next bar brings: mute, sound, solo, no solo
    erasing: bool = False  # its steps go as they pass
    speed: str = "1"  # of its lane, in steps a sixteenth
    step: int | None = None  # index of the one its lane has come to; None when stopped

    @classmethod
    def from_json(cls, data: Mapping[str, object]) -> "TrackView":
        return cls(**_known(cls, data))  # type: ignore[arg-type]  # a peer of the same version


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Everything a client shows; made at most 20 times a second."""

    version: str = ""
    bundle: str = ""
    kit: str = ""
    pattern_name: str = ""
    playing: bool = False
    tempo_bpm: float = 120.0
    swing: float = 0.5
    step: int | None = None  # 0 to 15, the sixteenth of the bar; None when stopped
    pattern: tuple[tuple[int, ...], ...] = ()  # velocities of the steps of each track, 0 off
    marks: tuple[tuple[int, ...], ...] = ()  # of the same steps, sums of marks; a track without any: empty
    details: tuple[Mapping[str, Mapping[str, Any]], ...] = ()  # of each track, the steps that have marks, by
    # index; each as in a pattern's file
    address: str = "A1"  # of the pattern in its bank
    humanise: tuple[float, float, float] = (0.0, 0.0, 0.0)  # ms, dB, and a share of the latent knobs' way
    bars: int = 1  # of the pattern
    bar: int | None = None  # the one it has come to, from 0; None when stopped
    queued: str = ""  # address of the pattern that comes next; empty when none waits
    bank: int = 1  # from which patterns are chosen by number, from 1
    bank_names: tuple[str, ...] = ()  # of its patterns; empty where there is none
    chain: str = ""  # as A1x4 B2
    link: int | None = None  # of the chain, the one that plays; None: it does not
    fill: bool = False
    writing: bool = False  # what is played by hand goes into the pattern
    overdub: bool = True  # beside what is there, not in its place
    quantise: float = 1.0
    metronome: bool = False
    count_in: int = 0  # bars
    rolls_per_beat: int = 4  # of a pad held with force
    undos: int = 0  # edits that can be taken back
    redos: int = 0  # and made again
    tracks: tuple[TrackView, ...] = ()
    selected: int = 1  # the track the knobs act on, from 1
    engine: str = "starting"  # starting, sounding, lost
    audio_device: str = ""
    rate_hz: int = 0
    block_frames: int = 0
    load: float = 0.0  # render time over block time, smoothed
    peak_load: float = 0.0
    block_p99_us: float = 0.0  # 99 % of all blocks took at most this
    xruns: int = 0
    late_blocks: int = 0
    voices: int = 0
    hits: int = 0
    limiter_db: float = 0.0
    master_peak: tuple[float, float] = (0.0, 0.0)
    recording: str = ""  # the file the master is recorded to; empty when it is not
    recorded_s: float = 0.0
    recording_lost_s: float = 0.0  # silence in it where the disk was too slow
    learning: str = ""  # what is bound to the next control that is moved; empty when nothing is
    corners: str = ""  # of the kit morph, those that hold a kit: ABCD
    xy: tuple[float, float] = (0.0, 0.0)  # between them
    clock: str = ""  # the MIDI source whose clock is followed; empty: its own time
    midi_inputs: tuple[str, ...] = ()
    last_midi: str = ""  # in words, as "MPD218: note 36 ch 10 vel 100 → track 1 kick"
    warning: str = ""  # empty when all is well


def _known(cls: type, data: Mapping[str, object]) -> dict[str, object]:
    """Return what this version knows of `data`, lists as tuples; a newer peer's extra fields are dropped."""
    if not isinstance(data, Mapping):
        raise MessageError("a snapshot is an object")
    return {spec.name: _tuples(data[spec.name]) for spec in fields(cls) if spec.name in data}


def _tuples(value: object) -> object:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value


def to_json(snapshot: Snapshot) -> dict[str, object]:
    """Return the snapshot as the JSON object that goes over the socket; it shares the snapshot's values."""
    tracks = [_shallow(track) for track in snapshot.tracks]
    return {"type": "snapshot", **_shallow(snapshot), "tracks": tracks}


def _shallow(value: Any) -> dict[str, object]:
    return {spec.name: getattr(value, spec.name) for spec in fields(value)}


def from_json(data: Mapping[str, object]) -> Snapshot:
    """Build a snapshot from its JSON object; raise MessageError when it is none."""
    known = _known(Snapshot, data)
    views = known.pop("tracks", ())
    if not isinstance(views, tuple):
        raise MessageError("a snapshot's tracks are a list")
    return Snapshot(**known, tracks=tuple(TrackView.from_json(view) for view in views))  # type: ignore[arg-type]
