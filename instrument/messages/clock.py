"""What a MIDI clock says beside start, continue and stop."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import AnyMessage, ranged

__all__ = ["LAST_POSITION", "ClockMessage", "SongPosition", "Tick"]

LAST_POSITION = (1 << 14) - 1


@dataclass(frozen=True, slots=True)
class Tick(AnyMessage):
    """The 24th part of a beat has gone by, at the source that is followed; from any other it does nothing."""


@dataclass(frozen=True, slots=True)
class SongPosition(AnyMessage):
    """Go to a sixteenth, counted from 0 where playing began; when stopped, continue begins there."""

    place: int = ranged(0, LAST_POSITION)


ClockMessage: TypeAlias = Tick | SongPosition
