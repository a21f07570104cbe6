"""The kit as a whole."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import AnyMessage, ranged, worded

__all__ = ["MOST_KITS", "ChooseKit", "KitMessage", "LoadKit", "SetMasterLevel"]

MOST_KITS = 128  # that can be chosen by number


@dataclass(frozen=True, slots=True)
class LoadKit(AnyMessage):
    """Play another kit, by name, at once or at the next bar; what sounds rings out."""

    kit: str = worded()
    at_bar: bool = ranged(0, 1, default=False)


@dataclass(frozen=True, slots=True)
class ChooseKit(AnyMessage):
    """Play another kit as LoadKit does, by its number among all that can be played, by name."""

    number: int = ranged(1, MOST_KITS)
    at_bar: bool = ranged(0, 1, default=False)


@dataclass(frozen=True, slots=True)
class SetMasterLevel(AnyMessage):
    """Set the level of everything."""

    level_db: float = ranged(-60, 12)


KitMessage: TypeAlias = LoadKit | ChooseKit | SetMasterLevel
