"""The knobs, and which track they turn."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import KNOBS, MOST_TRACKS, AnyMessage, ranged

__all__ = [
    "ControlChange",
    "KnobMessage",
    "SelectTrack",
    "SetKnob",
]


@dataclass(frozen=True, slots=True)
class ControlChange(AnyMessage):
    """A MIDI controller as it arrived."""

    channel: int = ranged(1, 16)
    control: int = ranged(0, 127)
    value: int = ranged(0, 127)


@dataclass(frozen=True, slots=True)
class SelectTrack(AnyMessage):
    """Turn the knobs towards a track, as playing it does."""

    track: int = ranged(1, MOST_TRACKS)


@dataclass(frozen=True, slots=True)
class SetKnob(AnyMessage):
    """Set a knob of a track: 1–4 embedding, 5–6 latent (0.5 neutral), 7 morph (0), 8 decay (1 neutral)."""

    track: int = ranged(1, MOST_TRACKS)
    knob: int = ranged(1, KNOBS)
    value: float = ranged(0, 1)


KnobMessage: TypeAlias = ControlChange | SelectTrack | SetKnob
