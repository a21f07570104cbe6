"""What the pattern holds, and its time."""

from dataclasses import replace

from instrument.errors import MessageError
from instrument.messages import ClearPattern, SetStep, SetSwing, SetTempo
from instrument.pattern import OFF
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State


def set_step(_context: Context, state: State, said: SetStep, _frame: int) -> Outcome:
    index, at = state.index_of(said.track), said.step - 1
    lane = state.pattern.lane(index)
    if at >= len(lane.steps):
        raise MessageError(
            f"there is no step {said.step}: the lane of track {said.track} has {len(lane.steps)}"
        )
    step = replace(lane.steps[at], velocity=said.velocity)
    return replace(state, pattern=state.pattern.with_step(index, at, step)), []


def clear_pattern(_context: Context, state: State, _said: ClearPattern, _frame: int) -> Outcome:
    lanes = tuple(replace(lane, steps=(OFF,) * len(lane.steps)) for lane in state.pattern.lanes)
    return replace(state, pattern=replace(state.pattern, lanes=lanes)), []


def set_tempo(_context: Context, state: State, said: SetTempo, _frame: int) -> Outcome:
    return replace(state, pattern=replace(state.pattern, tempo_bpm=float(said.bpm))), []


def set_swing(_context: Context, state: State, said: SetSwing, _frame: int) -> Outcome:
    return replace(state, pattern=replace(state.pattern, swing=float(said.swing))), []


RULES: Rules = {
    SetStep: set_step,
    ClearPattern: clear_pattern,
    SetTempo: set_tempo,
    SetSwing: set_swing,
}
