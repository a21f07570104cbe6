"""Controls that turn values: soft takeover, so that nothing jumps."""

from dataclasses import replace

from instrument import takeover
from instrument.mapping import Binding
from instrument.messages import Message
from instrument.rules.meanings import MEANINGS, knob_of, name_of
from instrument.rules.moves import Move
from instrument.rules.state import State

CHOICES = ("pattern", "kit")  # each value is one of many, none is between two others
JUMPS = ("note", "program")  # they are struck, not turned: there is no place they come from


def turned(state: State, move: Move, binding: Binding) -> tuple[State, Message | None, str]:
    """Return the state after a control was turned, what it says (None: nothing yet), and that in words."""
    where = binding.aim
    if move.control.kind == "note" and not move.down:  # a key that is let go moves nothing back
        return state, None, ""
    meaning, name = MEANINGS[where.target.words], name_of(state, where)
    if where.target.words in CHOICES:
        value = binding.value_at(move.sent / move.top)
        return state, meaning.says(state, where, value), f"{name} {value:g}"
    value = meaning.reads(state, where)
    at = binding.position_of(value)
    now = _position(move, binding, at)
    waits = binding.encoding == "absolute" and now == at and takeover.distance(move.sent / move.top, at)
    if (knob := knob_of(state, where)) is not None:
        state = _waiting(state, knob, binding.value_at(move.sent / move.top) if waits else None)
    if now != at:
        return state, meaning.says(state, where, binding.value_at(now)), name
    return state, None, f"{name}, turn {'up' if waits > 0.0 else 'down'}" if waits else name


def _waiting(state: State, knob: tuple[int, int], place: float | None) -> State:
    """Return the state that knows where the control of a knob waits (None: it does not)."""
    if state.hands.waiting.get(knob) == place:
        return state
    others = {each: there for each, there in state.hands.waiting.items() if each != knob}
    waiting = others if place is None else {**others, knob: place}
    return replace(state, hands=replace(state.hands, waiting=waiting))


def _position(move: Move, binding: Binding, at: float) -> float:
    """Return the position, 0 to 1, that a value at `at` has after the move."""
    whole = 1.0 / abs(binding.high - binding.low) if binding.aim.whole else 0.0
    if binding.encoding != "absolute":
        detents = takeover.steps(binding.encoding, move.sent)
        return min(1.0, max(0.0, at + detents * max(takeover.STEP, whole)))
    last = None if move.last is None else move.last / move.top
    mode = "jump" if move.control.kind in JUMPS else binding.takeover
    return takeover.moved(mode, last, move.sent / move.top, at, max(takeover.SAME, whole / 2.0))
