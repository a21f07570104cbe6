"""The knobs, and which track they turn."""

from dataclasses import replace

from instrument import midi_map
from instrument.events import Turn
from instrument.messages import ControlChange, Panic, SelectTrack, SetKnob
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State
from instrument.rules.transport import panic


def control_change(context: Context, state: State, said: ControlChange, frame: int) -> Outcome:
    words = midi_map.words(said)
    if said.control == midi_map.ALL_SOUND_OFF:
        return panic(context, replace(state, last_midi=f"{words} → silence"), Panic(), frame)
    knob = midi_map.knob_of(said)
    if knob is None:
        return replace(state, last_midi=f"{words} → nothing"), []
    name = f"{state.track(state.selected).name} {midi_map.KNOB_NAMES[knob - 1]}"
    turned = SetKnob(state.selected + 1, knob, said.value / 127.0)
    return set_knob(context, replace(state, last_midi=f"{words} → {name}"), turned, frame)


def select_track(_context: Context, state: State, said: SelectTrack, _frame: int) -> Outcome:
    return replace(state, selected=state.index_of(said.track)), []


def set_knob(context: Context, state: State, said: SetKnob, frame: int) -> Outcome:
    index = state.index_of(said.track)
    track = state.track(index)
    turned = replace(track, sound=track.sound.with_knob(said.knob - 1, float(said.value)))
    stroke = context.space.strike(turned.sound, state.velocities[index])
    return state.with_track(index, turned), [
        Turn(frame=frame, track=index, tilt=stroke.tilt, timbre=stroke.timbre)
    ]


RULES: Rules = {ControlChange: control_change, SelectTrack: select_track, SetKnob: set_knob}
