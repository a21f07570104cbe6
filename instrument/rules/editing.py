"""Taking edits back and making them again.

What an edit changed is kept as it was before, part by part: a pattern by its address, everything else by its
name in the state. What is only played is no edit.
"""

from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

from instrument.events import Event
from instrument.messages import (
    Message,
    Play,
    PlayChain,
    PlaySong,
    Redo,
    SelectPattern,
    SetHumanise,
    SetKnob,
    SetLevel,
    SetMute,
    SetPan,
    SetSwing,
    SetTempo,
    SetXY,
    Tap,
    TogglePlay,
    Trigger,
    Undo,
)
from instrument.pattern import EMPTY
from instrument.rules.context import Context
from instrument.rules.state import Edit, Edits, Outcome, Part, Rules, State

MOST_EDITS = 64
STATE_PARTS = ("kit", "bindings", "corners")
PROGRAM_PARTS = ("songs", "chain", "loops")
PLAYED = (Trigger, SetMute)  # these change the kit, and are no edits of it
MOVED = (SelectPattern, PlayChain, PlaySong, Play, TogglePlay)  # these go elsewhere, and edit nothing
SWEPT = (SetKnob, SetLevel, SetPan, SetTempo, SetSwing, SetXY, SetHumanise, Tap)  # many in a row are one edit
Target: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class _Diff:
    before: State
    now: State

    def parts(self, said: Message | None) -> list[Part]:
        """Return what differs; unchanged parts are shared, so identity tells."""
        known = () if said is None or isinstance(said, PLAYED) else (*STATE_PARTS, *PROGRAM_PARTS)
        return [*(part for part in known if self._differs(part)), *self._patterns()]

    def _patterns(self) -> list[Part]:
        old, new = self.before.program, self.now.program
        places = {old.address, new.address}
        if old.banks is not new.banks:
            places |= {
                (bank, slot)
                for bank, row in enumerate(new.banks)
                for slot, kept in enumerate(row)
                if kept is not old.banks[bank][slot]
            }
        return [place for place in sorted(places) if self._differs(place)]

    def _differs(self, part: Part) -> bool:
        return read(self.before, part) is not read(self.now, part)


def read(state: State, part: Part) -> Any:
    """Return a part of the state that can be edited."""
    if isinstance(part, tuple):
        return state.pattern if part == state.program.address else state.program.pattern(part)
    return getattr(state.program if part in PROGRAM_PARTS else state, part)


def written(state: State, part: Part, value: Any) -> State:
    """Return the state with a part of it as it was."""
    if isinstance(part, tuple):
        if part == state.program.address:
            cleared = replace(state.pattern, lanes=(EMPTY,) * len(state.pattern.lanes))
            return replace(state, pattern=cleared if value is None else value)
        return replace(state, program=state.program.stored(part, value))
    if part in PROGRAM_PARTS:
        return replace(state, program=replace(state.program, **{part: value}))
    return state.with_kit(value) if part == "kit" else replace(state, **{part: value})


def remembered(before: State, now: State, said: Message | None) -> State:
    """Return the state that knows what a message has edited; None: what was written or erased in passing."""
    if isinstance(said, (Undo, Redo, *MOVED)):
        return now
    parts = _Diff(before, now).parts(said)
    if not parts:
        return now
    target = ("written", now.starts) if said is None else _target(said)  # a take is one edit
    past = now.edits.past
    if target and past and past[-1].target == target:
        return now if not now.edits.future else replace(now, edits=replace(now.edits, future=()))
    edit = Edit(target, tuple((part, read(before, part)) for part in parts))
    return replace(now, edits=replace(now.edits, past=(*past, edit)[-MOST_EDITS:], future=()))


def _target(said: Message) -> Target:
    """Return what a swept message turns; nothing for a message that is an edit of its own."""
    if not isinstance(said, SWEPT):
        return ()
    return (type(said).__name__, *(getattr(said, spec.name) for spec in fields(said) if spec.type is int))


def undo(_context: Context, state: State, _said: Undo, frame: int) -> Outcome:
    if not state.edits.past:
        return replace(state, warning="there is nothing to undo"), []
    *past, edit = state.edits.past
    now, back = _exchanged(state, edit)
    edits = Edits(tuple(past), (*state.edits.future, back))
    return replace(now, edits=edits), _mixes(state, now, frame)


def redo(_context: Context, state: State, _said: Redo, frame: int) -> Outcome:
    if not state.edits.future:
        return replace(state, warning="there is nothing to redo"), []
    *future, edit = state.edits.future
    now, back = _exchanged(state, edit)
    edits = Edits((*state.edits.past, back), tuple(future))
    return replace(now, edits=edits), _mixes(state, now, frame)


def _exchanged(state: State, edit: Edit) -> tuple[State, Edit]:
    """Return the state with the parts of an edit, and an edit with those that it had."""
    back = Edit((), tuple((part, read(state, part)) for part, _ in edit.parts))
    for part, value in edit.parts:
        state = written(state, part, value)
    return replace(state, warning=""), back


def _mixes(before: State, now: State, frame: int) -> list[Event]:
    return [] if before.kit is now.kit else now.mixes(frame)


RULES: Rules = {Undo: undo, Redo: redo}
