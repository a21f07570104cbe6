"""The knobs, and which track they turn."""

from dataclasses import replace

from instrument.messages import SelectTrack, SetKnob
from instrument.rules.context import Context
from instrument.rules.pads import under_pedal
from instrument.rules.state import Outcome, Rules, State


def select_track(_context: Context, state: State, said: SelectTrack, _frame: int) -> Outcome:
    return replace(state, selected=state.index_of(said.track)), []


def set_knob(context: Context, state: State, said: SetKnob, frame: int) -> Outcome:
    index = state.index_of(said.track)
    track = state.track(index)
    turned = replace(track, sound=track.sound.with_knob(said.knob - 1, float(said.value)))
    now = state.with_track(index, turned)
    return now, [context.turn(under_pedal(now, index), state.velocities[index], index, frame)]


RULES: Rules = {SelectTrack: select_track, SetKnob: set_knob}
