"""What is played by hand goes into the playing pattern; steps that pass are erased."""

from dataclasses import replace
from math import ceil, floor

from instrument.pattern import MOST_SHIFT, OFF, Lane, Step
from instrument.rules.stage import with_flag
from instrument.rules.state import State


def wrote(state: State, index: int, velocity: int) -> tuple[State, int]:
    """Return the state with a hit of a track written where the pattern is, and the count of its step.

    It joins the step nearest to it. What it is away from that stays as far as it is not quantised.
    """
    stage, lane = state.stage, state.pattern.lane(index)
    if not stage.overdub and not stage.written[index]:
        lane = replace(lane, steps=(OFF,) * len(lane.steps))
    place = max(0.0, state.now.place - state.program.origin) * lane.speed
    count = floor(place + 0.5)
    shift = max(-MOST_SHIFT, min(MOST_SHIFT, (place - count) * (1.0 - stage.quantise)))
    at = count % len(lane.steps)
    step = replace(lane.steps[at], velocity=velocity, shift=round(shift, 4))
    written = replace(stage, written=with_flag(stage.written, index, True))
    pattern = state.pattern.with_lane(index, lane.with_step(at, step))
    return replace(state, pattern=pattern, stage=written), count


def erased(state: State, low: float, high: float) -> State:
    """Return the state without the steps that pass between two places on tracks that are being erased."""
    for index in range(len(state.kit.tracks)):
        if state.stage.erasing[index]:
            lane = _erased(state.pattern.lane(index), low - state.program.origin, high - state.program.origin)
            if lane is not None:
                state = replace(state, pattern=state.pattern.with_lane(index, lane))
    return state


def _erased(lane: Lane, low: float, high: float) -> Lane | None:
    """Return a lane without the steps whose places lie between two, None when there are none."""
    counts = range(max(0, ceil(low * lane.speed)), ceil(high * lane.speed))
    passing = {count % len(lane.steps) for count in counts[: len(lane.steps)]}
    if not any(lane.steps[at].velocity for at in passing):
        return None
    steps: tuple[Step, ...] = tuple(OFF if at in passing else step for at, step in enumerate(lane.steps))
    return replace(lane, steps=steps)
