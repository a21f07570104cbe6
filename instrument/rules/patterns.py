"""What the pattern holds, and its time."""

from dataclasses import replace

from instrument.messages import STEPS, TRACKS, ClearPattern, SetStep, SetSwing, SetTempo
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State


def set_step(_context: Context, state: State, said: SetStep, _frame: int) -> Outcome:
    pattern = state.pattern.with_step(state.index_of(said.track), said.step - 1, said.velocity)
    return replace(state, pattern=pattern), []


def clear_pattern(_context: Context, state: State, _said: ClearPattern, _frame: int) -> Outcome:
    cleared = ((0,) * STEPS,) * TRACKS
    return replace(state, pattern=replace(state.pattern, rows=cleared)), []


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
