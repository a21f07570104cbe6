"""Which control moves what: learned by moving it, or said."""

from dataclasses import replace

from instrument.errors import MessageError
from instrument.mapping import Binding, Control, Learned, bound, control_of
from instrument.messages import (
    KNOBS,
    Bind,
    LearnCancel,
    LearnInOrder,
    LearnStart,
    ShapeBinding,
    Unlearn,
)
from instrument.midi_map import LAST_CONTROL
from instrument.rules.context import Context
from instrument.rules.hands import Learning
from instrument.rules.moves import FINE, Move
from instrument.rules.state import Outcome, Rules, State
from instrument.targets import VALUE, aim

PAIR_S = 0.005  # within which the fine half of a pair follows its coarse one; no hand changes knobs so soon
PRESSED = 64  # of a controller's 127


def learn_start(_context: Context, state: State, said: LearnStart, _frame: int) -> Outcome:
    aim(said.target)
    return _with_learning(state, Learning(said.target)), []


def learn_in_order(_context: Context, state: State, _said: LearnInOrder, _frame: int) -> Outcome:
    return _with_learning(state, Learning()), []


def learn_cancel(_context: Context, state: State, _said: LearnCancel, _frame: int) -> Outcome:
    return _with_learning(state, None), []


def _with_learning(state: State, learning: Learning | None) -> State:
    return replace(state, hands=replace(state.hands, learning=learning))


def unlearn(_context: Context, state: State, said: Unlearn, _frame: int) -> Outcome:
    kept = tuple(each for each in state.bindings if each.binding.target != said.target)
    if len(kept) == len(state.bindings):
        raise MessageError(f"nothing was learned for {said.target!r}")
    return replace(state, bindings=kept), []


def bind(_context: Context, state: State, said: Bind, _frame: int) -> Outcome:
    return with_binding(state, said.source, bound(control_of(said.control), said.target)), []


def shape_binding(_context: Context, state: State, said: ShapeBinding, _frame: int) -> Outcome:
    if all(each.binding.target != said.target for each in state.bindings):
        raise MessageError(f"nothing was learned for {said.target!r}; learn it first")
    return replace(state, bindings=tuple(_shaped(each, said) for each in state.bindings)), []


def _shaped(learned: Learned, said: ShapeBinding) -> Learned:
    if learned.binding.target != said.target:
        return learned
    shape = {"low": said.low, "high": said.high, "curve": said.curve}
    shape |= {"takeover": said.takeover, "encoding": said.encoding}
    return replace(learned, binding=bound(learned.binding.control, said.target, **shape))


def with_binding(state: State, source: str, binding: Binding) -> State:
    """Return the state with a control bound anew; what it was bound to before is forgotten."""
    mine = _sent_by(binding.control)
    others = (
        each for each in state.bindings if each.source != source or not mine & _sent_by(each.binding.control)
    )
    return replace(state, bindings=(*others, Learned(source, binding)))


def _sent_by(control: Control) -> set[Control]:
    """Return the plain controls whose messages a control is made of."""
    if control.kind != "cc14":
        return {control}
    pair = (control.number, control.number + FINE)
    return {Control(control.channel, "cc", number) for number in pair}


def learned(state: State, move: Move) -> State | None:
    """Return the state after a control was bound to what is being learned, None if it is not meant for it."""
    learning, who = state.hands.learning, (move.source, move.control)
    assert learning is not None
    target = learning.target or _in_order(state, learning, move.control)
    if not target or who in learning.taken or not _serves(target, move.control, move.sent):
        return None
    now = with_binding(state, move.source, bound(move.control, target))
    hands = replace(now.hands, learning=_rest(state, learning, who), fresh=(*who, move.frame))
    return replace(now, hands=hands, last_midi=f"learned {move.control} → {target}", warning="")


def _in_order(state: State, learning: Learning, control: Control) -> str:
    """Return the target that comes next for a control of its kind, empty when all have one."""
    if control.kind == "note" and learning.pad <= len(state.kit.tracks):
        return f"pad {learning.pad}"
    return f"knob {learning.knob}" if control.kind == "cc" and learning.knob <= KNOBS else ""


def _serves(target: str, control: Control, sent: int) -> bool:
    """Return whether a control as it was moved can be meant for a target.

    A pad's force is not: the note comes first, and a value is not what it plays.
    """
    if control.kind == "cc" and control.number > LAST_CONTROL:
        return False
    if aim(target).kind == VALUE:
        return control.kind in ("cc", "pressure", "bend", "program")
    return (control.kind == "note" and sent > 0) or (control.kind == "cc" and sent >= PRESSED)


def _rest(state: State, learning: Learning, who: tuple[str, Control]) -> Learning | None:
    """Return what is still to be learned after a source's control."""
    if learning.target:
        return None
    pads, knobs = who[1].kind == "note", who[1].kind == "cc"
    rest = Learning(pad=learning.pad + pads, knob=learning.knob + knobs, taken=(*learning.taken, who))
    return rest if rest.pad <= len(state.kit.tracks) or rest.knob <= KNOBS else None


def paired(state: State, move: Move) -> State:
    """Return the state, the control learned last become a 14-bit one if this is its fine half."""
    fresh, control = state.hands.fresh, move.control
    if fresh is None or control.kind != "cc" or control.number < FINE:
        return state
    coarse = Control(control.channel, "cc", control.number - FINE)
    if fresh[:2] != (move.source, coarse) or move.frame - fresh[2] > PAIR_S * state.rate_hz:
        return state
    (target,) = (each.binding.target for each in state.bindings if _is(each, move.source, coarse))
    whole = Control(control.channel, "cc14", coarse.number)
    now = with_binding(state, move.source, bound(whole, target))
    learning = now.hands.learning
    if learning is not None:
        learning = replace(learning, taken=(*learning.taken, (move.source, control)))
    return replace(now, hands=replace(now.hands, fresh=None, learning=learning))


def _is(learned: Learned, source: str, control: Control) -> bool:
    return learned.source == source and learned.binding.control == control


RULES: Rules = {
    LearnStart: learn_start,
    LearnInOrder: learn_in_order,
    LearnCancel: learn_cancel,
    Unlearn: unlearn,
    Bind: bind,
    ShapeBinding: shape_binding,
}
