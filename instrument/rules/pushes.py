"""Controls that are pressed and let go: pads, keys and buttons."""

from dataclasses import replace

from instrument.mapping import Binding, Control
from instrument.messages import (
    ChannelPressure,
    LearnCancel,
    LearnInOrder,
    Message,
    PolyPressure,
    Release,
    Squeeze,
)
from instrument.rules.context import Context
from instrument.rules.hands import Held
from instrument.rules.meanings import MEANINGS, track_of
from instrument.rules.moves import Move, bound
from instrument.rules.state import State
from instrument.targets import HOLD, aim, of_track

HOLD_S = 1.0  # a button held so long means more than one that is pressed
LEARN = "learn"


def pressed(state: State, move: Move, binding: Binding) -> tuple[State, Message | None]:
    """Return the state after a control was pressed, and what that says."""
    target = of_track(binding.target, state.selected + 1)  # another may be selected when it is let go
    held = Held(move.source, move.control, target, move.frame)
    others = tuple(each for each in state.hands.held if not _is(each, move) or each.target != held.target)
    now = replace(state, hands=replace(state.hands, held=(*others, held)))
    if binding.target == LEARN:
        return now, None
    return now, MEANINGS[binding.aim.target.words].says(now, binding.aim, move.velocity)


def released(state: State, move: Move) -> tuple[State, list[Message]]:
    """Return the state after a control may have been let go, and what that says of what it was bound to."""
    let_go = [each for each in state.hands.held if _is(each, move)] if move.up else []
    if not let_go:
        return state, []
    rest = tuple(each for each in state.hands.held if not _is(each, move))
    now = replace(state, hands=replace(state.hands, held=rest))
    said = (_let_go(now, each, move.frame) for each in let_go)
    return now, [each for each in said if each is not None]


def abandoned(state: State, source: str, frame: int) -> tuple[State, list[Message]]:
    """Return the state after all that a controller holds was let go, and what that says."""
    mine = [each for each in state.hands.held if each.source == source and each.target != LEARN]
    rest = tuple(each for each in state.hands.held if each.source != source)
    now = replace(state, hands=replace(state.hands, held=rest))
    said = (_let_go(now, each, frame) for each in mine)
    return now, [each for each in said if each is not None]


def _is(held: Held, move: Move) -> bool:
    return (held.source, held.control) == (move.source, move.control)


def _let_go(state: State, held: Held, frame: int) -> Message | None:
    where = aim(held.target)
    if held.target == LEARN:
        return _learning(state, frame - held.frame)
    if where.kind == HOLD:
        return MEANINGS[where.target.words].says(state, where, 0)
    track = track_of(state, where)
    return None if track is None else Release(track + 1)


def _learning(state: State, held_frames: int) -> Message | None:
    """Return what the learn button says when it is let go: held for a second to begin, pressed to end."""
    if state.hands.learning is not None:
        return LearnCancel()
    return LearnInOrder() if held_frames >= HOLD_S * state.rate_hz else None


def forced(context: Context, state: State, said: PolyPressure | ChannelPressure) -> list[Message]:
    """Return what the force on a pad says: on the one whose note it names, or on the last that is held."""
    if isinstance(said, PolyPressure):
        note = Control(said.channel, "note", said.note)
        targets = [binding.target for _, binding in bound(context, state, [Move(said.source, note, 0, 0, 0)])]
    else:
        where = (said.source, said.channel, "note")
        held = (h for h in state.hands.held if (h.source, h.control.channel, h.control.kind) == where)
        targets = [each.target for each in held][-1:]
    tracks = (track_of(state, aim(target)) for target in targets)
    return [Squeeze(track + 1, said.pressure) for track in tracks if track is not None]
