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
from instrument.targets import HOLD, aim

HOLD_S = 1.0  # a button held so long means more than one that is pressed
LEARN = "learn"


def pushed(state: State, move: Move, binding: Binding) -> tuple[State, Message | None]:
    """Return the state after a control was pressed or let go, and what that says."""
    if move.down:
        held = Held(move.source, move.control, binding.target, move.frame)
        others = tuple(each for each in state.hands.held if not _same(each, held))
        now = replace(state, hands=replace(state.hands, held=(*others, held)))
        return now, None if binding.target == LEARN else _said(now, binding, move.velocity)
    held_now = [
        each for each in state.hands.held if (each.source, each.control) == (move.source, move.control)
    ]
    this = next((each for each in held_now if each.target == binding.target), None)
    if not move.up or this is None:
        return state, None
    rest = tuple(each for each in state.hands.held if each is not this)
    now = replace(state, hands=replace(state.hands, held=rest))
    if binding.target == LEARN:
        return now, _learning(now, move.frame - this.frame)
    if binding.aim.kind == HOLD:
        return now, _said(now, binding, 0)
    track = track_of(now, binding.aim)
    return now, None if track is None else Release(track + 1)


def _same(one: Held, other: Held) -> bool:
    return (one.source, one.control, one.target) == (other.source, other.control, other.target)


def _said(state: State, binding: Binding, velocity: int) -> Message | None:
    return MEANINGS[binding.aim.target.words].says(state, binding.aim, velocity)


def _learning(state: State, held_frames: int) -> Message | None:
    """Return what the learn button says when it is let go: held for a second to begin, pressed to end."""
    if state.hands.learning is not None:
        return LearnCancel()
    return LearnInOrder() if held_frames >= HOLD_S * state.rate_hz else None


def forced(context: Context, state: State, said: PolyPressure | ChannelPressure) -> list[Message]:
    """Return what the force on a pad says: on the one whose note it names, or on the last that is held."""
    if isinstance(said, PolyPressure):
        note = Control(said.channel, "note", said.note)
        pressed = [binding.target for _, binding in bound(context, state, [Move(said.source, note, 0, 0, 0)])]
    else:
        where = (said.source, said.channel, "note")
        held = (
            each
            for each in state.hands.held
            if (each.source, each.control.channel, each.control.kind) == where
        )
        pressed = [each.target for each in held][-1:]
    tracks = (track_of(state, aim(target)) for target in pressed)
    return [Squeeze(track + 1, said.pressure) for track in tracks if track is not None]
