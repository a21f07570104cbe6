"""What the pattern holds, and its time."""

from dataclasses import replace
from typing import Any

from instrument.errors import MessageError
from instrument.messages import (
    ClearLane,
    ClearPattern,
    CopyLane,
    FillEuclid,
    RenamePattern,
    RotateLane,
    SetBars,
    SetHumanise,
    SetLength,
    SetSpeed,
    SetSwing,
    SetTempo,
)
from instrument.pattern import OFF, SPEEDS, Lane, Step
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State


def _changed(state: State, **values: Any) -> Outcome:
    return replace(state, pattern=replace(state.pattern, **values)), []


def _with_lane(state: State, track: int, lane: Lane) -> Outcome:
    return replace(state, pattern=state.pattern.with_lane(state.index_of(track), lane)), []


def _lane(state: State, track: int) -> Lane:
    return state.pattern.lane(state.index_of(track))


def clear_pattern(_context: Context, state: State, _said: ClearPattern, _frame: int) -> Outcome:
    return _changed(state, lanes=tuple(_cleared(lane) for lane in state.pattern.lanes))


def clear_lane(_context: Context, state: State, said: ClearLane, _frame: int) -> Outcome:
    return _with_lane(state, said.track, _cleared(_lane(state, said.track)))


def _cleared(lane: Lane) -> Lane:
    return replace(lane, steps=(OFF,) * len(lane.steps))


def copy_lane(_context: Context, state: State, said: CopyLane, _frame: int) -> Outcome:
    return _with_lane(state, said.to_track, _lane(state, said.track))


def rotate_lane(_context: Context, state: State, said: RotateLane, _frame: int) -> Outcome:
    lane = _lane(state, said.track)
    return _with_lane(state, said.track, replace(lane, steps=_rotated(lane.steps, said.by)))


def _rotated(steps: tuple[Step, ...], by: int) -> tuple[Step, ...]:
    at = -by % len(steps)
    return steps[at:] + steps[:at]


def fill_euclid(_context: Context, state: State, said: FillEuclid, _frame: int) -> Outcome:
    """Spread hits as evenly as steps allow, as Bresenham's line does (Toussaint 2005, Euclid's rhythms)."""
    if said.hits > said.steps:
        raise MessageError(f"hits must be at most {said.steps}, as many as steps, not {said.hits}")
    hit = Step(said.velocity)
    steps = tuple(hit if at * said.hits % said.steps < said.hits else OFF for at in range(said.steps))
    filled = replace(_lane(state, said.track), steps=_rotated(steps, said.rotate))
    return _with_lane(state, said.track, filled)


def set_length(_context: Context, state: State, said: SetLength, _frame: int) -> Outcome:
    lane = _lane(state, said.track)
    steps = tuple(lane.steps[at % len(lane.steps)] for at in range(said.steps))
    return _with_lane(state, said.track, replace(lane, steps=steps))


def set_speed(_context: Context, state: State, said: SetSpeed, _frame: int) -> Outcome:
    return _with_lane(state, said.track, replace(_lane(state, said.track), speed=SPEEDS[said.speed]))


def set_tempo(_context: Context, state: State, said: SetTempo, _frame: int) -> Outcome:
    return _changed(state, tempo_bpm=float(said.bpm))


def set_swing(_context: Context, state: State, said: SetSwing, _frame: int) -> Outcome:
    return _changed(state, swing=float(said.swing))


def set_humanise(_context: Context, state: State, said: SetHumanise, _frame: int) -> Outcome:
    ms, db, latent = float(said.ms), float(said.db), float(said.latent)
    return _changed(state, humanise_ms=ms, humanise_db=db, humanise_latent=latent)


def set_bars(_context: Context, state: State, said: SetBars, _frame: int) -> Outcome:
    return _changed(state, bars=said.bars)


def rename_pattern(_context: Context, state: State, said: RenamePattern, _frame: int) -> Outcome:
    if not said.name:
        raise MessageError("a pattern's name is a text of 1 to 64 characters")
    return _changed(state, name=said.name)


RULES: Rules = {
    ClearPattern: clear_pattern,
    ClearLane: clear_lane,
    CopyLane: copy_lane,
    RotateLane: rotate_lane,
    FillEuclid: fill_euclid,
    SetLength: set_length,
    SetSpeed: set_speed,
    SetTempo: set_tempo,
    SetSwing: set_swing,
    SetHumanise: set_humanise,
    SetBars: set_bars,
    RenamePattern: rename_pattern,
}
