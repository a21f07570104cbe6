"""Conversions between the units a player speaks and the units the core takes."""

import math

SILENT_DB = -120.0
STEPS_PER_BEAT = 4
NOTES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")


def db_to_gain(level_db: float) -> float:
    """Return the linear gain of a level."""
    return float(10.0 ** (level_db / 20.0))


def gain_to_db(gain: float) -> float:
    """Return the level of a linear gain, never below SILENT_DB."""
    return max(SILENT_DB, 20.0 * math.log10(gain)) if gain > 0.0 else SILENT_DB


def midi_to_hz(pitch: float) -> float:
    """Return the frequency of a MIDI pitch, fractional ones too: 69 is 440 Hz."""
    return float(440.0 * 2.0 ** ((pitch - 69.0) / 12.0))


def semitones_to_ratio(semitones: float) -> float:
    """Return the frequency ratio of an interval: 12 is 2."""
    return float(2.0 ** (semitones / 12.0))


def note_name(pitch: float) -> str:
    """Return the name of the note nearest to a MIDI pitch: 60 is C4."""
    octave, step = divmod(round(pitch), len(NOTES))
    return f"{NOTES[step]}{octave - 1}"


def frames_per_step(tempo_bpm: float, rate_hz: float) -> float:
    """Return how long a step, a quarter of a beat, takes."""
    return rate_hz * 60.0 / (tempo_bpm * STEPS_PER_BEAT)


def ms_to_frames(time_ms: float, rate_hz: float) -> int:
    """Return a duration in whole frames, rounded up."""
    return math.ceil(time_ms * rate_hz / 1000.0)
