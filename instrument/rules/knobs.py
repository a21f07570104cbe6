"""The knobs, and which track they turn."""

from dataclasses import replace

from instrument.kit import Track
from instrument.messages import SelectTrack, SetKnob, SetTune
from instrument.rules.context import Context
from instrument.rules.pads import under_pedal
from instrument.rules.state import Outcome, Rules, State


def select_track(_context: Context, state: State, said: SelectTrack, _frame: int) -> Outcome:
    return replace(state, selected=state.index_of(said.track)), []


def set_knob(context: Context, state: State, said: SetKnob, frame: int) -> Outcome:
    index = state.index_of(said.track)
    track = state.track(index)
    sound = track.sound.with_knob(said.knob - 1, float(said.value))
    return _turned(context, state, index, replace(track, sound=sound), frame)


def set_tune(context: Context, state: State, said: SetTune, frame: int) -> Outcome:
    index = state.index_of(said.track)
    return _turned(context, state, index, replace(state.track(index), tune=float(said.semitones)), frame)


def _turned(context: Context, state: State, index: int, track: Track, frame: int) -> Outcome:
    """Return the state with a track changed, and the event that has what it sounds follow."""
    now = state.with_track(index, track)
    return now, [context.turn(under_pedal(now, index), state.velocities[index], index, frame)]


RULES: Rules = {SelectTrack: select_track, SetKnob: set_knob, SetTune: set_tune}
