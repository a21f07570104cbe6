"""Banks of patterns, chains and songs."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import AnyMessage, ranged, worded

__all__ = [
    "BANKS",
    "SLOTS",
    "SONGS",
    "CopyPattern",
    "ErasePattern",
    "EraseSong",
    "PlayChain",
    "PlaySong",
    "ProgramMessage",
    "SelectBank",
    "SelectPattern",
    "SetChain",
    "StopChain",
    "StoreSong",
]

BANKS, SLOTS, SONGS = 8, 16, 16
LONGEST_CHAIN = 512  # characters


@dataclass(frozen=True, slots=True)
class SelectBank(AnyMessage):
    """Choose the bank from which patterns are chosen by number alone."""

    bank: int = ranged(1, BANKS)


@dataclass(frozen=True, slots=True)
class SelectPattern(AnyMessage):
    """Go on with another pattern when the bars of this one are over, at once when stopped; a chain ends."""

    pattern: int = ranged(1, SLOTS)
    bank: int = ranged(0, BANKS, default=0)  # 0: the bank that is chosen


@dataclass(frozen=True, slots=True)
class CopyPattern(AnyMessage):
    """Store the pattern, as it is, in another place of the banks."""

    bank: int = ranged(1, BANKS)
    pattern: int = ranged(1, SLOTS)


@dataclass(frozen=True, slots=True)
class ErasePattern(AnyMessage):
    """Empty a place of the banks; the pattern that plays is cleared."""

    bank: int = ranged(1, BANKS)
    pattern: int = ranged(1, SLOTS)


@dataclass(frozen=True, slots=True)
class SetChain(AnyMessage):
    """Write the chain, as `A1x4 B2`: bank and number of each pattern, and how often it is played."""

    chain: str = worded(LONGEST_CHAIN)
    loops: bool = ranged(0, 1, default=True)  # begin again after the last


@dataclass(frozen=True, slots=True)
class PlayChain(AnyMessage):
    """Go on with the chain when the bars of the pattern are over; when stopped, playing begins with it."""


@dataclass(frozen=True, slots=True)
class StopChain(AnyMessage):
    """Stay with the pattern that plays."""


@dataclass(frozen=True, slots=True)
class StoreSong(AnyMessage):
    """Keep the chain as a song."""

    song: int = ranged(1, SONGS)
    name: str = worded()


@dataclass(frozen=True, slots=True)
class PlaySong(AnyMessage):
    """Make a song the chain, once through, and play it as PlayChain does."""

    song: int = ranged(1, SONGS)


@dataclass(frozen=True, slots=True)
class EraseSong(AnyMessage):
    """Forget a song."""

    song: int = ranged(1, SONGS)


ProgramMessage: TypeAlias = (
    SelectBank
    | SelectPattern
    | CopyPattern
    | ErasePattern
    | SetChain
    | PlayChain
    | StopChain
    | StoreSong
    | PlaySong
    | EraseSong
)
