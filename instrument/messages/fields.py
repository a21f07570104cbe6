"""The fields of messages: what they allow, and how that is checked."""

from dataclasses import Field, field, fields
from typing import Any

from instrument.errors import MessageError

__all__ = [
    "DRUM_CHANNEL",
    "KNOBS",
    "MOST_TRACKS",
    "STEPS",
    "TRACKS",
    "AnyMessage",
    "ranged",
]

TRACKS = 8  # of a kit, unless it has more
MOST_TRACKS = 10
STEPS = 16
KNOBS = 8
DRUM_CHANNEL = 10


def ranged(low: float, high: float) -> Any:  # typed as the field it declares
    """Declare a field that must lie from `low` to `high`."""
    return field(metadata={"low": low, "high": high})


class AnyMessage:
    """What all messages have in common: their fields are checked when they are made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for spec in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            check_field(spec, getattr(self, spec.name))


def check_field(spec: "Field[Any]", value: object) -> None:
    """Raise MessageError unless `value` is of the field's type and within its range."""
    if spec.type is bool:
        if not isinstance(value, bool):
            raise MessageError(f"{spec.name} must be true or false, not {value!r}")
        return
    low, high, whole = spec.metadata["low"], spec.metadata["high"], spec.type is int
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise MessageError(f"{spec.name} must be a {'whole number' if whole else 'number'}, not {value!r}")
    if not low <= value <= high:
        raise MessageError(f"{spec.name} must be {low} to {high}, not {value!r}")
