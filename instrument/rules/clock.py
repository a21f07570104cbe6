"""What a MIDI clock's words change of the state; its ticks only change when things happen."""

from dataclasses import replace

from instrument.events import Event
from instrument.messages import SongPosition, Tick
from instrument.program import Cue
from instrument.rules.bars import loaded, next_turn, turned
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State


def tick(_context: Context, state: State, _said: Tick, _frame: int) -> Outcome:
    return state, []


def song_position(_context: Context, state: State, said: SongPosition, frame: int) -> Outcome:
    """Be where playing had got from its beginning: in a chain, at the pattern that it has there."""
    before = state
    state = rewound(state)
    while (turn := next_turn(state)) is not None and turn <= said.place:
        state = turned(state)
    events: list[Event] = state.mixes(frame) if state.stage is not before.stage else []
    return state, events


def rewound(state: State) -> State:
    """Return the state at place 0: what was arranged for bars is done, a chain that plays begins again."""
    while state.stage.due or state.program.cue is not None:
        state = turned(state)
    program = state.program
    if program.link is not None and program.chain:
        state = loaded(state, Cue(program.chain[0].address, 0.0, 0))
    return replace(state, program=replace(state.program, origin=0.0))


RULES: Rules = {Tick: tick, SongPosition: song_position}
