"""A control that was moved, and which bindings say what that means."""

from dataclasses import dataclass, replace

from instrument import mapping, midi_map, takeover
from instrument.mapping import Binding, Control, nearest
from instrument.messages import (
    HIGHEST_BEND,
    ChannelPressure,
    ControlChange,
    Note,
    PolyPressure,
    ProgramChange,
)
from instrument.midi_map import Raw
from instrument.rules.context import Context
from instrument.rules.state import State

FINE = 32  # the fine half of a 14-bit pair is numbered this much above its coarse one
PROGRAM_VELOCITY = 100  # of what a program change presses


@dataclass(frozen=True, slots=True)
class Move:
    """A control that was moved: what it sent before (None: not known), and now."""

    source: str
    control: Control
    last: int | None
    sent: int
    frame: int

    @property
    def top(self) -> int:
        """The highest it can send."""
        return HIGHEST_BEND if self.control.kind in ("cc14", "bend") else 127

    @property
    def down(self) -> bool:
        """Whether it is a press. A button that never says that it is let go sends the same again."""
        if self.control.kind in ("note", "program"):
            return self.control.kind == "program" or self.sent > 0
        return self._high(self.sent) and (not self._high(self.last) or self.last == self.sent)

    @property
    def up(self) -> bool:
        """Whether it may be a release."""
        return self.control.kind != "program" and not self._high(self.sent)

    @property
    def velocity(self) -> int:
        """That of a press, 1 to 127."""
        return PROGRAM_VELOCITY if self.control.kind == "program" else max(1, 127 * self.sent // self.top)

    def _high(self, sent: int | None) -> bool:
        least = 1 if self.control.kind == "note" else (self.top + 1) // 2
        return sent is not None and sent >= least


def sent(said: Raw) -> tuple[Control, int]:
    """Return the control that a message came from, and what that sent."""
    match said:
        case Note():
            return Control(said.channel, "note", said.note), said.velocity
        case ControlChange():
            return Control(said.channel, "cc", said.control), said.value
        case PolyPressure():
            return Control(said.channel, "poly", said.note), said.pressure
        case ChannelPressure():
            return Control(said.channel, "pressure"), said.pressure
        case ProgramChange():
            return Control(said.channel, "program"), said.program
    return Control(said.channel, "bend"), said.value


def moves(state: State, said: Raw, frame: int) -> list[Move]:
    """Return the move of the control that a message came from, and of the 14-bit one it may be half of."""
    control, now = sent(said)
    places, source = state.hands.places, said.source
    made = [Move(source, control, places.get((source, control)), now, frame)]
    if control.kind == "cc" and control.number < 2 * FINE:
        whole = Control(control.channel, "cc14", control.number % FINE)
        before = places.get((source, whole))
        join = takeover.coarse if control.number < FINE else takeover.fine
        made.append(Move(source, whole, before, join(before, now), frame))
    return made


def placed(state: State, made: list[Move]) -> State:
    """Return the state that knows where the controls are now."""
    if made[0].control.kind == "note":
        return state
    places = {**state.hands.places, **{(move.source, move.control): move.sent for move in made}}
    return replace(state, hands=replace(state.hands, places=places))


def bound(context: Context, state: State, made: list[Move]) -> list[tuple[Move, Binding]]:
    """Return the moves that mean something, each with a binding that says what.

    What the player has learned comes before the controller's own map, that before what is usual.
    """
    source = made[0].source
    mine = [each.binding for each in state.bindings if each.source in ("", source)]
    if found := [(move, binding) for move in made for binding in nearest(move.control, mine)]:
        return found
    table = context.maps.get(source, midi_map.USUAL)
    found = [(move, binding) for move in made for binding in table.of(move.control)]
    if not found and context.program and made[0].control.kind == "program":
        return [(made[0], mapping.bound(made[0].control, context.program))]
    return found
