"""Recording what is heard: a take begins and ends at the frame of the message."""

from dataclasses import replace

from instrument.events import Record
from instrument.messages import RecordStart, RecordStop
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State

NO_TAKE = 0


def record_start(_context: Context, state: State, said: RecordStart, frame: int) -> Outcome:
    if state.recording:
        return state, []
    take = state.takes + 1
    tracks = (1 << len(state.kit.tracks)) - 1 if said.stems else 0
    return replace(state, recording=True, stems=said.stems, takes=take), [Record(frame, take, tracks)]


def record_stop(_context: Context, state: State, _said: RecordStop, frame: int) -> Outcome:
    if not state.recording:
        return state, []
    return replace(state, recording=False), [Record(frame, NO_TAKE)]


RULES: Rules = {RecordStart: record_start, RecordStop: record_stop}
