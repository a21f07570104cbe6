"""Playing the tracks by hand, and which of their draws they sound."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import MOST_TRACKS, SOURCE, AnyMessage, chosen, ranged, worded

__all__ = [
    "PRESSES",
    "Back",
    "ChannelPressure",
    "Draw",
    "Forward",
    "LetGo",
    "MoveHatPedal",
    "Note",
    "PadMessage",
    "PolyPressure",
    "Release",
    "SetLocked",
    "SetPress",
    "SetRollRate",
    "Squeeze",
    "Trigger",
]

PRESSES = ("fresh", "hold", "walk")


@dataclass(frozen=True, slots=True)
class Trigger(AnyMessage):
    """A pad press: play the track's sound, after a new draw (fresh), as it is (hold) or a step on (walk)."""

    track: int = ranged(1, MOST_TRACKS)
    velocity: int = ranged(1, 127)


@dataclass(frozen=True, slots=True)
class Squeeze(AnyMessage):
    """The force on a pad that is held: a hand on a cymbal chokes it, other tracks roll, at that velocity."""

    track: int = ranged(1, MOST_TRACKS)
    pressure: int = ranged(0, 127)


@dataclass(frozen=True, slots=True)
class Release(AnyMessage):
    """A pad that is let go; what sounds rings out, a roll ends."""

    track: int = ranged(1, MOST_TRACKS)


@dataclass(frozen=True, slots=True)
class MoveHatPedal(AnyMessage):
    """The pedal of the hi-hat, open (0) to closed (1): the further closed, the shorter an open hat sounds."""

    closed: float = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class SetRollRate(AnyMessage):
    """Set how many times a beat a pad held with force repeats; 0: not at all."""

    per_beat: int = ranged(0, 12)


@dataclass(frozen=True, slots=True)
class Draw(AnyMessage):
    """Give a track a new sound of its class without playing it."""

    track: int = ranged(1, MOST_TRACKS)


@dataclass(frozen=True, slots=True)
class Back(AnyMessage):
    """Give a track the sound drawn before the one it has; eight are kept."""

    track: int = ranged(1, MOST_TRACKS)


@dataclass(frozen=True, slots=True)
class Forward(AnyMessage):
    """Give a track the sound drawn after the one it has."""

    track: int = ranged(1, MOST_TRACKS)


@dataclass(frozen=True, slots=True)
class SetPress(AnyMessage):
    """Set what a press does to a track's sound before it is played."""

    track: int = ranged(1, MOST_TRACKS)
    press: str = chosen(*PRESSES)


@dataclass(frozen=True, slots=True)
class SetLocked(AnyMessage):
    """Keep a track's sound, whatever would draw it anew, or let it go again."""

    track: int = ranged(1, MOST_TRACKS)
    locked: bool = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class Note(AnyMessage):
    """A MIDI note as it arrived; velocity 0 is a release."""

    channel: int = ranged(1, 16)
    note: int = ranged(0, 127)
    velocity: int = ranged(0, 127)
    source: str = worded(SOURCE, default="")


@dataclass(frozen=True, slots=True)
class PolyPressure(AnyMessage):
    """The force on one held key or pad, as it arrived."""

    channel: int = ranged(1, 16)
    note: int = ranged(0, 127)
    pressure: int = ranged(0, 127)
    source: str = worded(SOURCE, default="")


@dataclass(frozen=True, slots=True)
class ChannelPressure(AnyMessage):
    """The force on the keys or pads of a channel, as it arrived."""

    channel: int = ranged(1, 16)
    pressure: int = ranged(0, 127)
    source: str = worded(SOURCE, default="")


@dataclass(frozen=True, slots=True)
class LetGo(AnyMessage):
    """All that a controller holds is let go, as when it has been unplugged."""

    source: str = worded(SOURCE, default="")


PadMessage: TypeAlias = (
    Trigger
    | Squeeze
    | Release
    | MoveHatPedal
    | SetRollRate
    | Draw
    | Back
    | Forward
    | SetPress
    | SetLocked
    | Note
    | PolyPressure
    | ChannelPressure
    | LetGo
)
