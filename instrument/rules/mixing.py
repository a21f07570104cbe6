"""Level, place and silence of the tracks."""

from dataclasses import replace
from typing import Any

from instrument.messages import SetLevel, SetMute, SetPan
from instrument.rules.bars import bar_after
from instrument.rules.context import Context
from instrument.rules.stage import Due
from instrument.rules.staging import arranged
from instrument.rules.state import Outcome, Rules, State


def set_level(_context: Context, state: State, said: SetLevel, frame: int) -> Outcome:
    return _mixed(state, said.track, frame, level_db=float(said.level_db))


def set_pan(_context: Context, state: State, said: SetPan, frame: int) -> Outcome:
    return _mixed(state, said.track, frame, pan=float(said.pan))


def set_mute(_context: Context, state: State, said: SetMute, frame: int) -> Outcome:
    if said.at_bar and state.playing:
        due = Due(bar_after(state), state.index_of(said.track), mute=said.mute)
        return arranged(state, due), []
    return _mixed(state, said.track, frame, mute=said.mute)


def _mixed(state: State, number: int, frame: int, **changed: Any) -> Outcome:
    index = state.index_of(number)
    now = state.with_track(index, replace(state.track(index), **changed))
    return now, [now.mixed(index, frame)]


RULES: Rules = {SetLevel: set_level, SetPan: set_pan, SetMute: set_mute}
