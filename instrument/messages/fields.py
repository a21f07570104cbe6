"""The fields of messages: what they allow, and how that is checked."""

from dataclasses import MISSING, Field, field, fields
from typing import Any

from instrument.errors import MessageError

__all__ = [
    "DRUM_CHANNEL",
    "KNOBS",
    "MOST_STEPS",
    "MOST_TRACKS",
    "SOURCE",
    "STEPS",
    "TRACKS",
    "AnyMessage",
    "chosen",
    "ranged",
    "worded",
]

TRACKS = 8  # of a kit, unless it has more
MOST_TRACKS = 10
STEPS = 16  # sixteenths of a bar, and of a lane unless it is set
MOST_STEPS = 64
KNOBS = 8
DRUM_CHANNEL = 10
SOURCE = 128  # characters of the name of a MIDI port


def ranged(low: float, high: float, default: Any = MISSING) -> Any:  # typed as the field it declares
    """Declare a field that must lie from `low` to `high`."""
    return field(default=default, metadata={"low": low, "high": high})


def chosen(*known: str, default: Any = MISSING) -> Any:
    """Declare a text that must be one of those `known`."""
    return field(default=default, metadata={"known": known})


def worded(longest: int = 64, default: Any = MISSING) -> Any:
    """Declare a printable text."""
    return field(default=default, metadata={"longest": longest})


class AnyMessage:
    """What all messages have in common: their fields are checked when they are made."""

    __slots__ = ()

    def __post_init__(self) -> None:
        for spec in fields(self):  # type: ignore[arg-type]  # every subclass is a dataclass
            check_field(spec, getattr(self, spec.name))


def check_field(spec: "Field[Any]", value: object) -> None:
    """Raise MessageError unless `value` is of the field's type and what it allows."""
    if spec.type is str:
        _check_text(spec, value)
    elif spec.type is bool:
        if not isinstance(value, bool):
            raise MessageError(f"{spec.name} must be true or false, not {value!r}")
    else:
        _check_number(spec, value)


def _check_text(spec: "Field[Any]", value: object) -> None:
    known, longest = spec.metadata.get("known"), spec.metadata.get("longest", 0)
    if known is not None and value not in known:
        raise MessageError(f"{spec.name} must be one of {', '.join(known)}, not {value!r}")
    if known is None and not (isinstance(value, str) and len(value) <= longest and value.isprintable()):
        raise MessageError(f"{spec.name} must be a text of at most {longest} characters, not {value!r:.80}")


def _check_number(spec: "Field[Any]", value: object) -> None:
    low, high, whole = spec.metadata["low"], spec.metadata["high"], spec.type is int
    if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)):
        raise MessageError(f"{spec.name} must be a {'whole number' if whole else 'number'}, not {value!r}")
    if not low <= value <= high:
        raise MessageError(f"{spec.name} must be {low} to {high}, not {value!r}")
