"""What can be said to the instrument: one frozen dataclass a message.

The dataclass is the whole specification: field types, ranges (metadata `low`, `high`) and the JSON form
`{"type": "set_step", "track": 1, …}` derive from it, and so do the limits a client shows. Tracks, steps,
knobs and MIDI channels count from 1 as a player counts them.
"""

import re
from collections.abc import Mapping
from dataclasses import Field, dataclass, field, fields
from typing import Any, TypeAlias, get_args

from instrument.errors import MessageError

TRACKS = 8
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


@dataclass(frozen=True, slots=True)
class Trigger(AnyMessage):
    """A pad press: draw a new embedding of the track's class, keep it as the track's sound and play it."""

    track: int = ranged(1, TRACKS)
    velocity: int = ranged(1, 127)


@dataclass(frozen=True, slots=True)
class Note(AnyMessage):
    """A MIDI note as it arrived; velocity 0 is a release and starts nothing."""

    channel: int = ranged(1, 16)
    note: int = ranged(0, 127)
    velocity: int = ranged(0, 127)


@dataclass(frozen=True, slots=True)
class ControlChange(AnyMessage):
    """A MIDI controller as it arrived."""

    channel: int = ranged(1, 16)
    control: int = ranged(0, 127)
    value: int = ranged(0, 127)


@dataclass(frozen=True, slots=True)
class Draw(AnyMessage):
    """Give a track a new sound of its class without playing it."""

    track: int = ranged(1, TRACKS)


@dataclass(frozen=True, slots=True)
class SetStep(AnyMessage):
    """Set one step of the pattern; velocity 0 is off."""

    track: int = ranged(1, TRACKS)
    step: int = ranged(1, STEPS)
    velocity: int = ranged(0, 127)


@dataclass(frozen=True, slots=True)
class ClearPattern(AnyMessage):
    """Switch every step of the pattern off; tempo and swing stay."""


@dataclass(frozen=True, slots=True)
class SetTempo(AnyMessage):
    """Set the tempo, in beats (four steps) a minute; a playing pattern goes on from where it is."""

    bpm: float = ranged(20, 300)


@dataclass(frozen=True, slots=True)
class SetSwing(AnyMessage):
    """Set the share of a pair of steps that its first one takes: 0.5 straight, 0.75 the most."""

    swing: float = ranged(0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Play(AnyMessage):
    """Play the pattern from its first step."""


@dataclass(frozen=True, slots=True)
class Continue(AnyMessage):
    """Play the pattern from where it was stopped."""


@dataclass(frozen=True, slots=True)
class Stop(AnyMessage):
    """Stop the pattern; what sounds rings out."""


@dataclass(frozen=True, slots=True)
class TogglePlay(AnyMessage):
    """Stop when playing, play when stopped."""


@dataclass(frozen=True, slots=True)
class SelectTrack(AnyMessage):
    """Turn the knobs towards a track, as playing it does."""

    track: int = ranged(1, TRACKS)


@dataclass(frozen=True, slots=True)
class SetKnob(AnyMessage):
    """Set a knob of a track: 1–4 embedding, 5–6 latent (0.5 neutral), 7 morph (0), 8 decay (1 neutral)."""

    track: int = ranged(1, TRACKS)
    knob: int = ranged(1, KNOBS)
    value: float = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class SetLevel(AnyMessage):
    """Set a track's level."""

    track: int = ranged(1, TRACKS)
    level_db: float = ranged(-60, 12)


@dataclass(frozen=True, slots=True)
class SetPan(AnyMessage):
    """Place a track between left (-1) and right (1)."""

    track: int = ranged(1, TRACKS)
    pan: float = ranged(-1, 1)


@dataclass(frozen=True, slots=True)
class SetMute(AnyMessage):
    """Mute a track or let it sound."""

    track: int = ranged(1, TRACKS)
    mute: bool = ranged(0, 1)


@dataclass(frozen=True, slots=True)
class Panic(AnyMessage):
    """Stop playing and fade everything that sounds."""


Message: TypeAlias = (
    Trigger
    | Note
    | ControlChange
    | Draw
    | SetStep
    | ClearPattern
    | SetTempo
    | SetSwing
    | Play
    | Continue
    | Stop
    | TogglePlay
    | SelectTrack
    | SetKnob
    | SetLevel
    | SetPan
    | SetMute
    | Panic
)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message, where it came from, and when its driver delivered it (CLOCK_MONOTONIC)."""

    message: Message
    source: str
    arrived_ns: int


MESSAGES: dict[str, type[Message]] = {
    re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower(): kind for kind in get_args(Message)
}
_NAMES = {kind: name for name, kind in MESSAGES.items()}


def to_json(said: Message) -> dict[str, object]:
    """Return the message as a JSON object."""
    return {"type": _NAMES[type(said)], **{spec.name: getattr(said, spec.name) for spec in fields(said)}}


def from_json(data: object) -> Message:
    """Build a message from a parsed JSON object; raise MessageError for anything malformed."""
    if not isinstance(data, Mapping):
        raise MessageError('a message is an object like {"type": "trigger", "track": 1, "velocity": 100}')
    name = data.get("type")
    kind = MESSAGES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise MessageError(f"unknown message type {name!r}; known: {', '.join(MESSAGES)}")
    wanted = [spec.name for spec in fields(kind)]
    wrong = sorted({str(key) for key in data} ^ {"type", *wanted})
    if wrong:
        takes = ", ".join(wanted) or "no fields"
        raise MessageError(f"{name} takes {takes}; missing or unknown: {', '.join(wrong)}")
    return kind(**{key: data[key] for key in wanted})
