"""Rolls: a pad that is held with force strikes again and again, in time."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from math import ceil, floor

from instrument import midi_map
from instrument.events import Source
from instrument.rules.context import Strike
from instrument.rules.state import State
from instrument.seeds import ROLLS, mixed
from instrument.timeline import Timeline
from instrument.units import STEPS_PER_BEAT

LEAST_PRESSURE = 8  # of 127: a hand that only rests does not roll


@dataclass(frozen=True, slots=True)
class Span:
    """Frames from `first` to before `until`, at a rate."""

    first: int
    until: int
    rate_hz: float


def rolling(state: State, index: int) -> int:
    """Return the velocity at which a track rolls, 0 when it does not."""
    pressure = state.hands.pressures[index]
    if state.rolls_per_beat == 0 or pressure < LEAST_PRESSURE or index >= len(state.kit.tracks):
        return 0
    return 0 if midi_map.is_cymbal(state.track(index).sound.class_name) else pressure


def rerolled(before: State, now: State, index: int, struck: Set[int]) -> bool:
    """Return whether the roll of a track has changed; a press (on a track `struck`) begins another."""
    velocity = rolling(now, index)
    if rolling(before, index) != velocity:
        return True
    times = [(state.rolls_per_beat, state.tempo_bpm) for state in (before, now)]
    return velocity > 0 and (times[0] != times[1] or index in struck)


def strikes(state: State, index: int, timeline: Timeline, since: int, span: Span) -> Iterator[Strike]:
    """Yield the strikes of a track's roll within a span of frames.

    In the grid of the pattern while that plays, the first half a stroke or more after `since`, at which the
    pad was hit; else counted from there.
    """
    if not (velocity := rolling(state, index)):
        return
    for number, frame in _times(state, timeline, since, span):
        seed = mixed(state.seed, ROLLS, index, since, number)
        yield Strike(index, velocity, frame, Source.SEQUENCED, seed, 0x40000000 | number & 0x3FFFFFFF)


def _times(state: State, timeline: Timeline, since: int, span: Span) -> Iterator[tuple[int, int]]:
    """Yield number and frame of each strike."""
    stroke = span.rate_hz * 60.0 / (state.tempo_bpm * state.rolls_per_beat)
    if state.playing:
        grid = STEPS_PER_BEAT / state.rolls_per_beat
        low, high = timeline.place_at(span.first - 1), timeline.place_at(span.until)
        numbers = range(floor(low / grid), ceil(high / grid) + 1)
        times = ((number, timeline.frame_of(number * grid)) for number in numbers)
        earliest = since + stroke / 2.0
    else:
        low, high = (span.first - since) / stroke, (span.until - since) / stroke
        times = ((number, since + round(number * stroke)) for number in range(floor(low), ceil(high) + 1))
        earliest = since + 1.0
    for number, frame in times:
        if max(span.first, earliest) <= frame < span.until:
            yield number, frame
