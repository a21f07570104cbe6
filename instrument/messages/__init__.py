"""What can be said to the instrument: one frozen dataclass a message, one module a topic.

The dataclass is the whole specification: field types, what they allow (metadata) and the JSON form
`{"type": "set_step", "track": 1, …}` derive from it, and so do the limits a client shows. Tracks, steps,
knobs and MIDI channels count from 1 as a player counts them.
"""

import dataclasses
import re
from collections.abc import Mapping
from typing import TypeAlias, get_args

from instrument.errors import MessageError
from instrument.messages.clock import *
from instrument.messages.editing import *
from instrument.messages.fields import *
from instrument.messages.kits import *
from instrument.messages.knobs import *
from instrument.messages.learning import *
from instrument.messages.mixing import *
from instrument.messages.morphing import *
from instrument.messages.pads import *
from instrument.messages.patterns import *
from instrument.messages.programs import *
from instrument.messages.recording import *
from instrument.messages.staging import *
from instrument.messages.steps import *
from instrument.messages.transport import *

Message: TypeAlias = (
    PadMessage
    | KnobMessage
    | LearningMessage
    | MorphingMessage
    | KitMessage
    | MixingMessage
    | PatternMessage
    | StepMessage
    | EditingMessage
    | ProgramMessage
    | StagingMessage
    | RecordingMessage
    | TransportMessage
    | ClockMessage
)


@dataclasses.dataclass(frozen=True, slots=True)
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
    return {
        "type": _NAMES[type(said)],
        **{spec.name: getattr(said, spec.name) for spec in dataclasses.fields(said)},
    }


def from_json(data: object) -> Message:
    """Build a message from a parsed JSON object; raise MessageError for anything malformed."""
    if not isinstance(data, Mapping):
        raise MessageError('a message is an object like {"type": "trigger", "track": 1, "velocity": 100}')
    name = data.get("type")
    kind = MESSAGES.get(name) if isinstance(name, str) else None
    if kind is None:
        raise MessageError(f"unknown message type {name!r}; known: {', '.join(MESSAGES)}")
    wanted = [spec.name for spec in dataclasses.fields(kind)]
    optional = {spec.name for spec in dataclasses.fields(kind) if spec.default is not dataclasses.MISSING}
    wrong = sorted(({str(key) for key in data} ^ {"type", *wanted}) - optional)
    if wrong:
        takes = ", ".join(wanted) or "no fields"
        raise MessageError(f"{name} takes {takes}; missing or unknown: {', '.join(wrong)}")
    return kind(**{key: data[key] for key in wanted if key in data})
