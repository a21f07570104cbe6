"""Standard MIDI Files: a score of notes, placed in steps, written and read.

A file written is of type 1: tempo and metre first, then a track for each part. Its 20160 ticks a beat make
5040 a step (a sixteenth), which every speed of a lane and every division of a step into 1 to 8 hits divide
exactly; what swing and micro-timing add is rounded to a tick, 25 µs at 120 bpm.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import mido

from instrument import lookup
from instrument.errors import StateError
from instrument.units import STEPS_PER_BEAT

TICKS_PER_BEAT = 20_160
TICKS_PER_STEP = TICKS_PER_BEAT // STEPS_PER_BEAT
SUFFIXES = (".mid", ".midi")
DEFAULT_BPM = 120.0  # what a file without a tempo has
_DAMAGED = (OSError, ValueError, EOFError, IndexError, KeyError, TypeError, mido.KeySignatureError)


@dataclass(frozen=True, slots=True, order=True)
class Note:
    """One note; place and length in steps since the beginning."""

    place: float
    length: float
    channel: int  # 1 to 16
    number: int  # 0 to 127
    velocity: int  # 1 to 127


@dataclass(frozen=True, slots=True)
class Part:
    """The notes of one track of a file."""

    name: str
    notes: tuple[Note, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a file says of notes; of several tempi and metres the first."""

    name: str
    tempo_bpm: float
    steps: float  # how long it lasts
    parts: tuple[Part, ...]
    steps_per_bar: float = 16.0


def data(score: Score) -> bytes:
    """Return the file of a score; every note ends, at the latest where the score does."""
    file = mido.MidiFile(type=1, ticks_per_beat=TICKS_PER_BEAT, charset="utf-8")
    end = round(score.steps * TICKS_PER_STEP)
    head = [
        mido.MetaMessage("track_name", name=score.name),
        mido.MetaMessage("set_tempo", tempo=mido.bpm2tempo(score.tempo_bpm)),
        mido.MetaMessage("time_signature", numerator=4, denominator=4),
    ]
    file.tracks.append(_track([(0, message) for message in head], end))
    for part in score.parts:
        name = mido.MetaMessage("track_name", name=part.name)
        file.tracks.append(_track([(0, name), *_events(part, end)], end))
    out = io.BytesIO()
    file.save(file=out)
    return out.getvalue()


def _events(part: Part, end: int) -> list[tuple[int, mido.Message]]:
    """Return a part's messages with their ticks; of two at one tick a note's end comes first."""
    found = []
    for note in part.notes:
        on = max(0, round(note.place * TICKS_PER_STEP))
        off = min(max(on + 1, round((note.place + note.length) * TICKS_PER_STEP)), max(end, on + 1))
        voice = {"channel": note.channel - 1, "note": note.number}
        found.append((on, 1, mido.Message("note_on", velocity=note.velocity, **voice)))
        found.append((off, 0, mido.Message("note_off", **voice)))
    found.sort(key=lambda event: event[:2])
    return [(tick, message) for tick, _, message in found]


def _track(events: list[tuple[int, mido.Message]], end: int) -> mido.MidiTrack:
    """Return a track of messages with the time since the one before, as files have it."""
    track, now = mido.MidiTrack(), 0
    for tick, message in [*events, (end, mido.MetaMessage("end_of_track"))]:
        track.append(message.copy(time=max(0, tick - now)))
        now = max(now, tick)
    return track


def read(path: Path) -> Score:
    """Return the score of a file; StateError, in one line, when it is no MIDI file or has no beats."""
    try:
        file = mido.MidiFile(file=io.BytesIO(lookup.read(path)), clip=True)
    except _DAMAGED as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise StateError(f"{path}: cannot be read as a MIDI file ({reason})") from None
    if file.type not in (0, 1) or file.ticks_per_beat <= 0:
        raise StateError(f"{path}: a MIDI file of type 0 or 1 whose ticks divide the beat is expected")
    step = file.ticks_per_beat / STEPS_PER_BEAT
    metas = sorted((m for t in file.tracks for m in _timed(t)), key=lambda each: each[0])
    tempi = [message.tempo for _, message in metas if message.type == "set_tempo" and message.tempo > 0]
    metres = [message for _, message in metas if message.type == "time_signature"]
    return Score(
        name=path.stem,
        tempo_bpm=mido.tempo2bpm(tempi[0]) if tempi else DEFAULT_BPM,
        steps=max((tick for tick, _ in metas), default=0) / step,
        parts=tuple(Part(track.name, tuple(_notes(track, step))) for track in file.tracks),
        steps_per_bar=16.0 * metres[0].numerator / metres[0].denominator if metres else 16.0,
    )


def _timed(track: mido.MidiTrack) -> Iterator[tuple[int, mido.Message]]:
    """Yield a track's messages with their ticks since the beginning."""
    tick = 0
    for message in track:
        tick += message.time
        yield tick, message


def _notes(track: mido.MidiTrack, step: float) -> list[Note]:
    """Return a track's notes in order; one struck again ends there, one that never ends has no length."""
    found: list[Note] = []
    sounding: dict[tuple[int, int], tuple[float, int]] = {}
    for tick, message in _timed(track):
        if message.type not in ("note_on", "note_off"):
            continue
        key, place = (message.channel, message.note), tick / step
        if key in sounding:
            began, velocity = sounding.pop(key)
            found.append(Note(began, place - began, key[0] + 1, key[1], velocity))
        if message.type == "note_on" and message.velocity > 0:
            sounding[key] = (place, message.velocity)
    found += [Note(began, 0.0, c + 1, n, velocity) for (c, n), (began, velocity) in sounding.items()]
    return sorted(found)
