"""Controls that turn values: soft takeover, so that nothing jumps."""

from dataclasses import replace

from instrument import takeover
from instrument.mapping import Binding
from instrument.messages import Message
from instrument.rules.meanings import MEANINGS, knob_of, name_of
from instrument.rules.moves import Move
from instrument.rules.state import State

JUMPS = ("note", "program")  # they are struck, not turned: there is no place they come from


def turned(state: State, move: Move, binding: Binding) -> tuple[State, Message | None, str]:
    """Return the state after a control was turned, what it says (None: nothing yet), and that in words."""
    where = binding.aim
    meaning, name = MEANINGS[where.target.words], name_of(state, where)
    value = meaning.reads(state, where)
    at = binding.position_of(value)
    now = _position(move, binding, at)
    waits = (
        takeover.distance(move.sent / move.top, at) if now == at and binding.encoding == "absolute" else 0.0
    )
    knob = knob_of(state, where)
    if knob is not None and state.hands.waiting.get(knob, 0.0) != waits:
        state = replace(state, hands=replace(state.hands, waiting={**state.hands.waiting, knob: waits}))
    if now != at:
        return state, meaning.says(state, where, binding.value_at(now)), name
    return state, None, f"{name}, turn {'up' if waits > 0 else 'down'}" if waits else name


def _position(move: Move, binding: Binding, at: float) -> float:
    """Return the position, 0 to 1, that a value at `at` has after the move."""
    whole = 1.0 / abs(binding.high - binding.low) if binding.aim.whole else 0.0
    if binding.encoding != "absolute":
        detents = takeover.steps(binding.encoding, move.sent)
        return min(1.0, max(0.0, at + detents * max(takeover.STEP, whole)))
    last = None if move.last is None else move.last / move.top
    mode = "jump" if move.control.kind in JUMPS else binding.takeover
    return takeover.moved(mode, last, move.sent / move.top, at, max(takeover.SAME, whole / 2.0))
