"""What lies ahead: the state as it will be, from one turn to the next."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

from instrument.events import Mix
from instrument.rules.bars import next_turn, turned
from instrument.rules.state import State
from instrument.timeline import Tempo, Timeline


@dataclass(frozen=True, slots=True)
class Stretch:
    """Places between two turns, and the state that holds there."""

    state: State
    begins: float
    ends: float
    mixes: tuple[Mix, ...] = ()  # what changes for the ear where it begins


def tempo_of(state: State) -> Tempo:
    return Tempo(state.tempo_bpm, state.pattern.swing)


def turn_to(state: State, place: float, timeline: Timeline) -> None:
    """Let the timeline know how places go by in a state that holds from a place on."""
    if state.clock_bpm is None:
        timeline.turn(place, tempo_of(state))
    else:
        timeline.turn_swing(place, state.pattern.swing)


def forget(state: State, cut: int, timeline: Timeline) -> None:
    """Let the timeline know nothing of what comes from a frame on but how places go by in a state."""
    timeline.forget(cut)
    if timeline.tempo != tempo_of(state):
        timeline.retime(cut, tempo_of(state))


def stretches(state: State, timeline: Timeline, until: int) -> Iterator[Stretch]:
    """Yield what lies ahead of a state, up to a frame at least; the timeline learns of its tempi."""
    begins = -inf
    mixes: tuple[Mix, ...] = ()
    while True:
        turn = next_turn(state)
        yield Stretch(state, begins, inf if turn is None else turn, mixes)
        if turn is None or timeline.frame_of(turn) >= until:
            return
        before, state, begins = state, turned(state), turn
        turn_to(state, turn, timeline)
        mixes = _mixes(before, state, timeline.frame_of(turn))


def _mixes(before: State, now: State, frame: int) -> tuple[Mix, ...]:
    if now.kit is before.kit and now.stage is before.stage:
        return ()
    known = len(before.kit.tracks)
    mixes = (now.mixed(at, frame) for at in range(len(now.kit.tracks)))
    return tuple(each for each in mixes if each.track >= known or each != before.mixed(each.track, frame))


def goes_on_differently(before: State, now: State) -> bool:
    """Return whether something has changed that concerns all tracks, or bars to come."""
    old, new = before.stage, now.stage
    if before.program is not now.program or old.due != new.due or old.fill != new.fill:
        return True
    first, second = before.pattern, now.pattern
    humanised = ("humanise_ms", "humanise_db", "humanise_latent")
    return first.bars != second.bars or any(
        getattr(first, name) != getattr(second, name) for name in humanised
    )
