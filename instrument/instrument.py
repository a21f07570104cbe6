"""The instrument: a message in, a new state and the events it causes out. No clocks, no devices."""

from collections.abc import Mapping
from dataclasses import replace

from instrument.errors import MessageError
from instrument.events import Event, Hit, Mix, Turn
from instrument.kit import Kit
from instrument.mapping import Table
from instrument.messages import Message
from instrument.rules import RULES, clicks, pads, stepping
from instrument.rules.context import Context, Strike
from instrument.rules.controls import RAW, heard
from instrument.rules.editing import remembered
from instrument.rules.state import Outcome, State
from instrument.sequencer import Onset, Played, Playing
from instrument.space import Space

__all__ = ["Instrument", "Outcome", "State"]


class Instrument:
    """Applies messages to states of one bundle's space."""

    def __init__(
        self,
        space: Space,
        maps: Mapping[str, Table] | None = None,
        kits: Mapping[str, Kit] | None = None,
        program: str = "",
    ) -> None:
        """Take the bundle's space, what controllers do by the names that messages carry, kits by name.

        `program` is the target of program changes that no map knows.
        """
        self._context = Context(space, maps or {}, kits or {}, program)

    def apply(self, state: State, said: Message, frame: int) -> Outcome:
        """Return the state after a message, and the events it causes at `frame`.

        MessageError when the state has no place for it, as for a track that the kit lacks; what comes of a
        control that was moved is a warning then.
        """
        if not isinstance(said, RAW):
            return self._act(state, said, frame)
        events: list[Event] = []
        now, meant = heard(self._context, state, said, frame)
        state = remembered(state, now, said)  # what was learned can be taken back
        for each in meant:
            try:
                state, caused = self._act(state, each, frame)
            except MessageError as error:
                state, caused = replace(state, warning=str(error)), []
            events += caused
        return state, events

    def _act(self, state: State, said: Message, frame: int) -> Outcome:
        now, events = RULES[type(said)](self._context, state, said, frame)
        events = [_as_soloed(now, event) for event in events]
        return remembered(state, now, said), events

    def click_hit(self, onset: Onset) -> Hit:
        """Return the hit of a beat of the metronome, at frame 0."""
        return clicks.click_hit(self._context, onset)

    def mix(self, state: State, index: int, frame: int) -> Mix:
        """Return the event that sets a track's level, pan and mute."""
        return state.mixed(index, frame)

    def playing(self, state: State) -> Playing:
        """Return what decides what the playing pattern's steps do."""
        return stepping.playing_of(state.seed, state.starts, state.program.origin, state.stage.fill)

    def step_hit(self, state: State, playing: Playing, onset: Onset) -> Hit:
        """Return the hit of an onset of the pattern, at frame 0."""
        track = pads.under_pedal(state, onset.track)
        return stepping.step_hit(self._context, track, Played(state.pattern, playing, onset))

    def step_turn(self, state: State, played: Played, frame: int) -> Turn:
        """Return the event that gives the hit of an onset the timbre that its track has now."""
        return stepping.step_turn(self._context, pads.under_pedal(state, played.onset.track), played, frame)

    def struck(self, state: State, strike: Strike) -> Hit:
        """Return the hit that a stroke makes of a track's sound."""
        return self._context.hit(pads.under_pedal(state, strike.index), strike)

    def prepare(self, state: State, index: int) -> None:
        """Have the timbre of a track's next draw at hand."""
        pressed = pads.pressed(self._context, state, index)
        self._context.space.timbre(pressed.track(index).sound)


def _as_soloed(state: State, event: Event) -> Event:
    """Return an event that knows of solos, whoever made it."""
    if isinstance(event, Mix) and event.track >= 0 and event.mute != state.silent(event.track):
        return replace(event, mute=state.silent(event.track))
    return event
