"""What is done to a performance while it runs: solos, fills, writing into the pattern, tempo by hand."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import MOST_TRACKS, AnyMessage, ranged

__all__ = [
    "Erase",
    "Fill",
    "LatchFill",
    "SetCountIn",
    "SetMetronome",
    "SetOverdub",
    "SetQuantise",
    "SetSolo",
    "SetWriting",
    "StagingMessage",
    "Tap",
]


@dataclass(frozen=True, slots=True)
class SetSolo(AnyMessage):
    """Let only this track sound, and others of which the same is said; at once or at the next bar."""

    track: int = ranged(1, MOST_TRACKS)
    solo: bool = ranged(0, 1)
    at_bar: bool = ranged(0, 1, default=False)


@dataclass(frozen=True, slots=True)
class Fill(AnyMessage):
    """Begin or end a fill, as a button does that is held."""

    on: bool = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class LatchFill(AnyMessage):
    """Begin a fill that goes on until this is said again."""


@dataclass(frozen=True, slots=True)
class SetWriting(AnyMessage):
    """Write what is played by hand into the playing pattern, or no longer."""

    on: bool = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class SetOverdub(AnyMessage):
    """Write beside what a track has, or else in its place, from the first hit of a take on."""

    on: bool = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class SetQuantise(AnyMessage):
    """Set how far what is written moves towards its step: 0 as played, 1 onto it."""

    share: float = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class Erase(AnyMessage):
    """Erase the steps of a track as they pass, as long as a button is held."""

    track: int = ranged(1, MOST_TRACKS)
    on: bool = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class Tap(AnyMessage):
    """Tap the tempo: from the second beat on it follows; a tap that is far off begins anew."""


@dataclass(frozen=True, slots=True)
class SetMetronome(AnyMessage):
    """Have every beat heard, or not."""

    on: bool = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class SetCountIn(AnyMessage):
    """Set how many bars of the metronome come before playing begins at the first step."""

    bars: int = ranged(0, 4)


StagingMessage: TypeAlias = (
    SetSolo
    | Fill
    | LatchFill
    | SetWriting
    | SetOverdub
    | SetQuantise
    | Erase
    | Tap
    | SetMetronome
    | SetCountIn
)
