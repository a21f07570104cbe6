"""What raw MIDI says to the instrument, and how it is shown: never swallowed."""

from dataclasses import replace

from instrument import midi_map
from instrument.errors import MessageError
from instrument.mapping import Binding
from instrument.messages import (
    ChannelPressure,
    ControlChange,
    LetGo,
    Message,
    Note,
    Panic,
    PitchBend,
    PolyPressure,
    ProgramChange,
)
from instrument.midi_map import FromController, Raw
from instrument.rules import learning
from instrument.rules.context import Context
from instrument.rules.meanings import name_of
from instrument.rules.moves import Move, bound, moves, placed
from instrument.rules.pushes import LEARN, abandoned, forced, pressed, released
from instrument.rules.state import State
from instrument.rules.turns import turned
from instrument.targets import VALUE

RAW = (Note, PolyPressure, ChannelPressure, ControlChange, ProgramChange, PitchBend, LetGo)


def heard(context: Context, state: State, said: FromController, frame: int) -> tuple[State, list[Message]]:
    """Return the state after a control was moved, and what that says to the instrument."""
    if isinstance(said, LetGo):
        return abandoned(state, said.source, frame)
    if isinstance(said, ControlChange) and said.control == midi_map.ALL_SOUND_OFF:
        return replace(state, last_midi=f"{midi_map.words(said)} → silence"), [Panic()]
    made = moves(state, said, frame)
    state = placed(learning.paired(state, made[0]), made)
    state, let_go = released(state, made[0])
    found = bound(context, state, made)
    if state.hands.learning is not None and all(binding.target != LEARN for _, binding in found):
        now = learning.learned(state, made[0])
        if now is not None:
            return now, let_go
    if not found and isinstance(said, PolyPressure | ChannelPressure):
        return state, forced(context, state, said)
    meant: list[Message] = []
    shown: list[str] = []
    for move, binding in found:
        state, message, words = _acted(state, move, binding)
        meant += [message] if message is not None else []
        shown += [words] if words else []
    return _shown(state, said, shown), [*let_go, *meant]


def _acted(state: State, move: Move, binding: Binding) -> tuple[State, Message | None, str]:
    """Return the state after what a binding does, what that says, and that in words."""
    try:
        if binding.aim.kind == VALUE:
            return turned(state, move, binding)
        if not move.down:
            return state, None, ""
        now, message = pressed(state, move, binding)
    except MessageError as error:  # as for a track that the kit lacks
        return replace(state, warning=str(error)), None, binding.target
    there = message is not None or binding.target == LEARN
    return now, message, name_of(state, binding.aim) if there else ""


def _shown(state: State, said: Raw, shown: list[str]) -> State:
    words = midi_map.words(said)
    if shown:
        return replace(state, last_midi=f"{words} → {', '.join(shown)}")
    if not isinstance(said, Note):
        return replace(state, last_midi=f"{words} → nothing")
    if said.velocity == 0:
        return state
    return replace(state, last_midi=words, warning=_unmapped(said))


def _unmapped(said: Note) -> str:
    source = f" from {said.source}" if said.source else ""
    return f"note {said.note} on channel {said.channel}{source} plays nothing"
