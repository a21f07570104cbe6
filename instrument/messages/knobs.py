"""The knobs, which track they turn, and the controllers of MIDI."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.messages.fields import KNOBS, MOST_TRACKS, SOURCE, AnyMessage, ranged, worded

__all__ = [
    "HIGHEST_BEND",
    "ControlChange",
    "KnobMessage",
    "PitchBend",
    "ProgramChange",
    "SelectTrack",
    "SetKnob",
    "SetTune",
]

HIGHEST_BEND = 16_383  # 14 bits; at rest in the middle


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


@dataclass(frozen=True, slots=True)
class SetTune(AnyMessage):
    """Tune a track, in semitones; what it sounds follows."""

    track: int = ranged(1, MOST_TRACKS)
    semitones: float = ranged(-24, 24)


@dataclass(frozen=True, slots=True)
class ControlChange(AnyMessage):
    """A MIDI controller as it arrived."""

    channel: int = ranged(1, 16)
    control: int = ranged(0, 127)
    value: int = ranged(0, 127)
    source: str = worded(SOURCE, default="")


@dataclass(frozen=True, slots=True)
class ProgramChange(AnyMessage):
    """A MIDI program change as it arrived; programs count from 0."""

    channel: int = ranged(1, 16)
    program: int = ranged(0, 127)
    source: str = worded(SOURCE, default="")


@dataclass(frozen=True, slots=True)
class PitchBend(AnyMessage):
    """A MIDI pitch bend as it arrived."""

    channel: int = ranged(1, 16)
    value: int = ranged(0, HIGHEST_BEND)
    source: str = worded(SOURCE, default="")


KnobMessage: TypeAlias = SelectTrack | SetKnob | SetTune | ControlChange | ProgramChange | PitchBend
