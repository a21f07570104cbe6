"""A player of an instrument without an engine: says messages, turns knobs, keeps what comes of it."""

from collections.abc import Mapping

from instrument import library
from instrument.events import Event, Hit
from instrument.instrument import Instrument, State
from instrument.mapping import Table
from instrument.messages import ControlChange, Message, Note
from instrument.shelf import Shelf
from instrument.sound import Sound
from instrument.space import Space

RATE_HZ = 48_000


class Player:
    """Every message acts at `frame`; what it causes is returned."""

    def __init__(self, space: Space, maps: Mapping[str, Table] | None = None) -> None:
        self.instrument = Instrument(space, maps, Shelf(space.bundle, 1))
        self.state = State(
            kit=library.load_kit("plain", space.bundle, 1), pattern=library.load_pattern("steady"), seed=1
        )
        self.frame = 0

    def say(self, *said: Message) -> list[Event]:
        events: list[Event] = []
        for each in said:
            self.state, caused = self.instrument.apply(self.state, each, self.frame)
            events += caused
        return events

    def turn(self, control: int, *values: int, channel: int = 1, source: str = "") -> list[Event]:
        return self.say(*(ControlChange(channel, control, value, source) for value in values))

    def hit(self, note: int, velocity: int = 100, channel: int = 10, source: str = "") -> Hit:
        """Press a pad; return what it plays."""
        (event,) = self.say(Note(channel, note, velocity, source))
        assert isinstance(event, Hit)
        return event

    def let_go(self, note: int, channel: int = 10, source: str = "") -> list[Event]:
        return self.say(Note(channel, note, 0, source))

    def wait(self, seconds: float) -> None:
        self.frame += round(seconds * RATE_HZ)

    def sound(self, track: int) -> Sound:
        return self.state.track(track - 1).sound

    def knob(self, track: int, knob: int) -> float:
        return self.sound(track).knobs[knob - 1]
