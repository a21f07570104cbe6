"""Patterns as scores of notes, and scores as patterns.

As the instrument itself takes MIDI: on the drum channel a note is a General MIDI drum and plays the first
track of its class; on any other, notes from 36 on play the tracks in order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, inf

from instrument.errors import StateError
from instrument.messages import DRUM_CHANNEL, MOST_STEPS, STEPS
from instrument.midi_file import Note, Part, Score
from instrument.midi_map import CLASS_NOTES, FIRST_PAD_NOTE, class_track
from instrument.pattern import (
    HIGHEST_BPM,
    LOWEST_BPM,
    MOST_REPEATS,
    OFF,
    STRAIGHT,
    Lane,
    Pattern,
    Step,
)
from instrument.rules.stepping import playing_of
from instrument.sequencer import Onset, Playing, onsets, sounds, velocity_of
from instrument.timeline import Tempo
from instrument.units import STEPS_PER_BEAT

SPEEDS = (1.0, 0.75, 1.5, 2.0, 0.5)  # of lanes, the plainest first
NEAR = 0.03  # of a step: a note so close to the grid is on it
EVEN = 0.2  # of their distance: so far the hits of a roll may be from even
LATEST_ROLL = 0.25  # of a step: a roll begins at most so far from its step
LONGEST = 0.5  # steps that a written note lasts
_GENERAL = {  # the note that stands for a class; of several the plainest
    "kick": 36,
    "snare": 38,
    "clap": 39,
    "hihat_closed": 42,
    "hihat_open": 46,
    "tom": 45,
    "crash": 49,
    "ride": 51,
}
_CLASS_OF = {note: name for name, notes in CLASS_NOTES.items() for note in notes}


def score_of(pattern: Pattern, classes: Sequence[str], playing: Playing, bars: int) -> Score:
    """Return what a playing of a pattern plays in its first bars, a part for each track of some classes.

    Chances and conditions fall as they do in that playing; swing, micro-timing, rolls and humanised time are
    in the places. Of locks only the class is: notes know no more.
    """
    tracks = range(len(classes))
    return Score(
        name=pattern.name,
        tempo_bpm=pattern.tempo_bpm,
        steps=bars * STEPS,
        parts=tuple(_part(pattern, classes, index, (playing, bars)) for index in tracks),
    )


def first_playing(seed: int) -> Playing:
    """Return the playing that a fresh instrument of a seed begins with."""
    return playing_of(seed, 1, 0.0, False)


def _part(pattern: Pattern, classes: Sequence[str], index: int, played: tuple[Playing, int]) -> Part:
    """Return the notes of one track; each ends before the next begins."""
    (playing, bars), lane = played, pattern.lane(index)
    notes = []
    for onset in onsets(lane, index, 0.0, float(bars * STEPS)):
        if sounds(lane, index, onset.count, playing):
            step = lane.steps[onset.count % len(lane.steps)]
            channel, number = _voice(index, classes, step.locks.class_name)
            place = _place(pattern, onset, playing)
            notes.append(Note(place, LONGEST, channel, number, velocity_of(step, onset.repeat)))
    notes.sort()
    following = [*(note.place for note in notes[1:]), inf]
    short = (
        replace(n, length=min(LONGEST, after - n.place)) for n, after in zip(notes, following, strict=False)
    )
    return Part(f"{index + 1} {classes[index]}", tuple(short))


def _place(pattern: Pattern, onset: Onset, playing: Playing) -> float:
    """Return where a hit sounds, in straight steps."""
    step_ms = 60_000.0 / (pattern.tempo_bpm * STEPS_PER_BEAT)
    swerve = playing.swerve_time(onset) * pattern.humanise_ms / step_ms if pattern.humanise_ms else 0.0
    return max(0.0, Tempo(pattern.tempo_bpm, pattern.swing).straight(onset.place) + swerve)


def _voice(index: int, classes: Sequence[str], locked: str | None) -> tuple[int, int]:
    """Return channel and note of a track: as a drum where that plays it again, else as a pad of its own."""
    if locked in _GENERAL:
        return DRUM_CHANNEL, _GENERAL[locked]
    for name, note in _GENERAL.items():
        if class_track(name, list(classes)) == index:
            return DRUM_CHANNEL, note
    channel = index + 1
    return channel if channel < DRUM_CHANNEL else channel + 1, FIRST_PAD_NOTE + index


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What became of a score: its pattern, and what is not in it."""

    pattern: Pattern
    hits: int  # taken
    strange: int  # notes that play no track
    crowded: int  # notes on a step that was taken
    bars: int  # that the score has


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Which part of a score is meant, and how its notes are read."""

    first_bar: int = 1
    bars: int | None = None  # None: as many as a lane's steps hold
    all_drums: bool = False  # every channel is read as the drum channel
    swing: float = STRAIGHT  # that the notes were played with


def pattern_of(score: Score, classes: Sequence[str], cut: Cut) -> Found:
    """Return a score as a pattern for tracks of some classes, on the grid that fits each lane best.

    What a note is away from its step is kept as micro-timing; evenly divided steps become rolls.
    """
    window = _window(score, cut)
    rows: list[list[Note]] = [[] for _ in classes]
    strange = 0
    tempo = Tempo(score.tempo_bpm, cut.swing)
    for note in (replace(n, place=tempo.place(n.place)) for part in score.parts for n in part.notes):
        if not window.begin <= _nearest(note.place) < window.end:
            continue
        index = _track_of(note, classes, all_drums=cut.all_drums)
        if index is None:
            strange += 1
        else:
            rows[index].append(replace(note, place=note.place - window.begin))
    fits = [_fitted(row, window.steps) for row in rows]
    crowded = sum(fit.crowded for fit in fits)
    pattern = Pattern(
        name=score.name,
        tempo_bpm=min(max(round(score.tempo_bpm, 2), LOWEST_BPM), HIGHEST_BPM),
        swing=cut.swing,
        bars=ceil(window.steps / STEPS),
        lanes=tuple(fit.lane for fit in fits),
    )
    hits = sum(map(len, rows)) - crowded
    return Found(pattern=pattern, hits=hits, strange=strange, crowded=crowded, bars=window.bars)


@dataclass(frozen=True, slots=True)
class _Window:
    """The steps of a score that are meant."""

    begin: int
    end: float  # infinite for the last ones: what anticipates the beginning wraps
    steps: int
    bars: int  # of the whole score


def _window(score: Score, cut: Cut) -> _Window:
    wide = round(score.steps_per_bar)
    wide = wide if 1 <= wide <= MOST_STEPS else STEPS
    total = _bars(score, wide)
    if cut.first_bar > total:
        raise StateError(f"{score.name} has {total} bars; there is no bar {cut.first_bar}")
    bars = min(cut.bars or total, MOST_STEPS // wide, total - cut.first_bar + 1)
    begin, steps = (cut.first_bar - 1) * wide, bars * wide
    return _Window(begin, begin + steps if begin + steps < total * wide else inf, steps, total)


def _bars(score: Score, wide: int) -> int:
    """Return how many bars a score has: up to its last note, or up to its end where that is before."""
    last = max((_nearest(note.place) for part in score.parts for note in part.notes), default=0)
    return min(last // wide + 1, max(1, ceil(score.steps / wide - NEAR)))


def _nearest(place: float) -> int:
    """Return the step nearest to a place; half-way between two, the earlier: swing makes late, not early."""
    return ceil(place - 0.5)


def _track_of(note: Note, classes: Sequence[str], *, all_drums: bool) -> int | None:
    if all_drums or note.channel == DRUM_CHANNEL:
        name = _CLASS_OF.get(note.number)
        return None if name is None else class_track(name, list(classes))
    index = note.number - FIRST_PAD_NOTE
    return index if 0 <= index < len(classes) else None


@dataclass(frozen=True, slots=True)
class _Fit:
    """A lane that plays some notes, and how well."""

    lane: Lane
    crowded: int
    furthest: float  # of a note from its step, in steps


def _fitted(notes: list[Note], steps: int) -> _Fit:
    """Return the lane of the plainest speed that loses the fewest notes and, if it can, has all on grid."""
    counts = {speed: steps * speed for speed in SPEEDS}
    fits = [
        _fit(sorted(notes), speed, int(count))
        for speed, count in counts.items()
        if count == int(count) and 1 <= count <= MOST_STEPS
    ]
    return min(fits, key=lambda fit: (fit.crowded, fit.furthest > NEAR))


def _fit(notes: list[Note], speed: float, count: int) -> _Fit:
    """Return the lane of a speed and a length that plays the notes as nearly as it can."""
    steps, crowded, furthest, at = [OFF] * count, 0, 0.0, 0
    places = [note.place * speed for note in notes]
    while at < len(notes):
        repeats = _roll(places[at:])
        nearest = _nearest(places[at])
        made = _step([note.velocity for note in notes[at : at + repeats]])
        made = replace(made, shift=round(places[at] - nearest, 4) + 0.0)
        taken = steps[nearest % count]
        crowded += min(taken.repeats, repeats) if taken.velocity else 0
        if (taken.repeats, taken.velocity) < (repeats, made.velocity):
            steps[nearest % count] = made
        furthest = max(furthest, abs(made.shift))
        at += repeats
    return _Fit(Lane(tuple(steps), speed), crowded, furthest)


def _roll(places: list[float]) -> int:
    """Return how many notes from the first on divide a step evenly; 1 where they do not."""
    if abs(places[0] - _nearest(places[0])) > LATEST_ROLL:
        return 1
    for repeats in range(min(MOST_REPEATS, len(places)), 1, -1):
        even = (places[0] + repeat / repeats for repeat in range(repeats))
        if all(abs(place - wanted) * repeats < EVEN for place, wanted in zip(places, even, strict=False)):
            return repeats
    return 1


def _step(velocities: list[int]) -> Step:
    """Return the step that plays some velocities evenly, ramped from the first to the last."""
    first, last = velocities[0], velocities[-1]
    ramp = last / first - 1.0 if last < first else 1.0 - first / last
    return Step(max(first, last), repeats=len(velocities), velocity_ramp=round(ramp, 3) + 0.0)
