"""The instrument: a message in, a new state and the events it causes out. No clocks, no devices."""

from instrument.events import Hit, Mix, Source
from instrument.messages import MOST_TRACKS, STEPS, Draw, Message
from instrument.rules import RULES, pads
from instrument.rules.context import Context, Strike, mix
from instrument.rules.state import Outcome, State
from instrument.seeds import PATTERN, mixed
from instrument.space import Space

__all__ = ["Instrument", "Outcome", "State"]


class Instrument:
    """Applies messages to states of one bundle's space."""

    def __init__(self, space: Space) -> None:
        self._context = Context(space)

    def apply(self, state: State, said: Message, frame: int) -> Outcome:
        """Return the state after a message, and the events it causes at `frame`.

        MessageError when the state has no place for it, as for a track that the kit lacks.
        """
        return RULES[type(said)](self._context, state, said, frame)

    def mix(self, state: State, index: int, frame: int) -> Mix:
        """Return the event that sets a track's level, pan and mute."""
        return mix(state.track(index), index, frame)

    def step_hit(self, state: State, index: int, position: int, frame: int) -> Hit | None:
        """Return the hit of a track at the `position`th step since play, None where the step is off."""
        velocity = self.step_velocity(state, index, position)
        if velocity == 0:
            return None
        strike = Strike(
            index=index,
            velocity=velocity,
            frame=frame,
            source=Source.SEQUENCED,
            seed=mixed(state.seed, PATTERN, position, index),
            id=(position * MOST_TRACKS + index) & 0x7FFFFFFF,
        )
        return self._context.hit(state.track(index), strike)

    def step_velocity(self, state: State, index: int, position: int) -> int:
        """Return the velocity of a track at the `position`th step since play, 0 where the step is off."""
        return state.pattern.rows[index][position % STEPS]

    def prepare(self, state: State, index: int) -> None:
        """Have the timbre of a track's next draw at hand."""
        drawn, _ = pads.draw(self._context, state, Draw(index + 1), 0)
        self._context.space.timbre(drawn.track(index).sound)
