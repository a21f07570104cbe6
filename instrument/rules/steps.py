"""What a step does beside its velocity, and what it locks of its track's sound."""

from dataclasses import replace
from typing import Any

from instrument.errors import MessageError
from instrument.messages import (
    CopyStep,
    LockClass,
    LockDraw,
    LockFresh,
    LockKnob,
    LockLevel,
    LockPan,
    LockTune,
    SetChance,
    SetCondition,
    SetRamps,
    SetRepeats,
    SetShift,
    SetStep,
    Unlock,
)
from instrument.pattern import CONDITIONS, FRESH, UNLOCKED, Locks, Step, is_condition
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State

_UNLOCKED: dict[str, dict[str, Any]] = {
    "class": {"class_name": None},
    "knobs": {"knobs": ()},
    **{name: {name: None} for name in ("level_db", "pan", "tune", "draw")},
}


def step_at(state: State, track: int, step: int) -> Step:
    """Return the step that a message names, both from 1; MessageError when there is none."""
    steps = state.pattern.lane(state.index_of(track)).steps
    if step > len(steps):
        raise MessageError(f"there is no step {step}: track {track} has {len(steps)} steps")
    return steps[step - 1]


def _changed(state: State, track: int, step: int, **values: Any) -> Outcome:
    changed = replace(step_at(state, track, step), **values)
    return replace(state, pattern=state.pattern.with_step(track - 1, step - 1, changed)), []


def _locked(state: State, track: int, step: int, **values: Any) -> Outcome:
    locks = replace(step_at(state, track, step).locks, **values)
    return _changed(state, track, step, locks=locks)


def set_step(_context: Context, state: State, said: SetStep, _frame: int) -> Outcome:
    return _changed(state, said.track, said.step, velocity=said.velocity)


def set_chance(_context: Context, state: State, said: SetChance, _frame: int) -> Outcome:
    return _changed(state, said.track, said.step, chance=float(said.chance))


def set_condition(_context: Context, state: State, said: SetCondition, _frame: int) -> Outcome:
    if not is_condition(said.condition):
        raise MessageError(f"condition is {CONDITIONS}, not {said.condition!r}")
    return _changed(state, said.track, said.step, condition=said.condition)


def set_repeats(_context: Context, state: State, said: SetRepeats, _frame: int) -> Outcome:
    return _changed(state, said.track, said.step, repeats=said.repeats)


def set_ramps(_context: Context, state: State, said: SetRamps, _frame: int) -> Outcome:
    ramps = {"velocity_ramp": float(said.velocity_ramp), "latent_ramp": float(said.latent_ramp)}
    return _changed(state, said.track, said.step, **ramps)


def set_shift(_context: Context, state: State, said: SetShift, _frame: int) -> Outcome:
    return _changed(state, said.track, said.step, shift=float(said.shift))


def copy_step(_context: Context, state: State, said: CopyStep, _frame: int) -> Outcome:
    copied = step_at(state, said.track, said.step)
    step_at(state, said.to_track, said.to_step)
    return replace(state, pattern=state.pattern.with_step(said.to_track - 1, said.to_step - 1, copied)), []


def lock_class(context: Context, state: State, said: LockClass, _frame: int) -> Outcome:
    classes = context.space.bundle.classes
    if said.class_name not in classes:
        raise MessageError(f"there is no class {said.class_name!r}; known are {', '.join(classes)}")
    return _locked(state, said.track, said.step, class_name=said.class_name)


def lock_knob(_context: Context, state: State, said: LockKnob, _frame: int) -> Outcome:
    locks: Locks = step_at(state, said.track, said.step).locks
    return _changed(state, said.track, said.step, locks=locks.with_knob(said.knob - 1, float(said.value)))


def lock_level(_context: Context, state: State, said: LockLevel, _frame: int) -> Outcome:
    return _locked(state, said.track, said.step, level_db=float(said.level_db))


def lock_pan(_context: Context, state: State, said: LockPan, _frame: int) -> Outcome:
    return _locked(state, said.track, said.step, pan=float(said.pan))


def lock_tune(_context: Context, state: State, said: LockTune, _frame: int) -> Outcome:
    return _locked(state, said.track, said.step, tune=float(said.tune))


def lock_draw(_context: Context, state: State, said: LockDraw, _frame: int) -> Outcome:
    return _locked(state, said.track, said.step, draw=said.seed)


def lock_fresh(_context: Context, state: State, said: LockFresh, _frame: int) -> Outcome:
    return _locked(state, said.track, said.step, draw=FRESH)


def unlock(_context: Context, state: State, said: Unlock, _frame: int) -> Outcome:
    if said.what == "all":
        return _changed(state, said.track, said.step, locks=UNLOCKED)
    return _locked(state, said.track, said.step, **_UNLOCKED[said.what])


RULES: Rules = {
    SetStep: set_step,
    SetChance: set_chance,
    SetCondition: set_condition,
    SetRepeats: set_repeats,
    SetRamps: set_ramps,
    SetShift: set_shift,
    CopyStep: copy_step,
    LockClass: lock_class,
    LockKnob: lock_knob,
    LockLevel: lock_level,
    LockPan: lock_pan,
    LockTune: lock_tune,
    LockDraw: lock_draw,
    LockFresh: lock_fresh,
    Unlock: unlock,
}
