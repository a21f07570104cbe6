"""What has been arranged for bars to come, and what the state is when one of them is there.

All of it is known ahead: from the state alone, whatever looks ahead can tell what will be played.
"""

from dataclasses import replace
from math import ceil

from instrument.messages import STEPS
from instrument.pattern import Pattern
from instrument.program import Address, Cue, Program, address_name
from instrument.rules.stage import Due, with_flag
from instrument.rules.state import State


def bar_after(state: State) -> float:
    """Return the place of the next bar that can still be changed."""
    return _next(state, STEPS)


def end_after(state: State) -> float:
    """Return the place at which the playing pattern's bars are over next, while that can be changed."""
    return _next(state, state.pattern.length)


def _next(state: State, length: int) -> float:
    origin = state.program.origin
    rounds = ceil((state.now.free - origin) / length)
    return origin + length * max(1, rounds)


def next_turn(state: State) -> float | None:
    """Return the place at which the state changes by itself next, None while it does not."""
    places = [due.place for due in state.stage.due]
    end = _end_of_link(state)
    places += [] if end is None else [end]
    return min(places, default=None)


def _end_of_link(state: State) -> float | None:
    program = state.program
    if program.cue is not None:
        return program.cue.place
    if program.link is None or program.link >= len(program.chain):
        return None
    return program.origin + state.pattern.length * program.chain[program.link].rounds


def turned(state: State) -> State:
    """Return the state after its next turn."""
    place = next_turn(state)
    changes = place is not None and place == _end_of_link(state)
    for due in state.stage.due:
        if due.place == place:
            state = _done(state, due)
    due_later = tuple(due for due in state.stage.due if due.place != place)
    state = replace(state, stage=replace(state.stage, due=due_later))
    return _pattern_turned(state, place) if changes and place is not None else state


def _done(state: State, due: Due) -> State:
    if due.kit is not None:
        return state.with_kit(due.kit)
    if due.mute is not None and due.track < len(state.kit.tracks):
        state = state.with_track(due.track, replace(state.track(due.track), mute=due.mute))
    if due.solo is not None:
        state = replace(
            state, stage=replace(state.stage, solos=with_flag(state.stage.solos, due.track, due.solo))
        )
    return state


def _pattern_turned(state: State, place: float) -> State:
    program = state.program
    cue = program.cue or _next_cue(program, place)
    if cue is None:
        return replace(state, program=replace(program, link=None))
    return loaded(state, cue)


def _next_cue(program: Program, place: float) -> Cue | None:
    """Return the cue of the link after the one that plays, None after the last of a song."""
    assert program.link is not None
    link = program.link + 1
    if link == len(program.chain):
        if not program.loops:
            return None
        link = 0
    return Cue(program.chain[link].address, place, link)


def loaded(state: State, cue: Cue) -> State:
    """Return the state with another pattern of the banks; the one that it had is stored in its own place."""
    program = state.program.stored(state.program.address, state.pattern)
    found = program.pattern(cue.address) or _empty(state.pattern, cue.address)
    program = replace(program, address=cue.address, link=cue.link, origin=cue.place, cue=None)
    return replace(state, pattern=found, program=program)


def _empty(before: Pattern, address: Address) -> Pattern:
    """Return the pattern of an empty place: it keeps the time of the one before it."""
    return Pattern(name=address_name(address), tempo_bpm=before.tempo_bpm, swing=before.swing)
