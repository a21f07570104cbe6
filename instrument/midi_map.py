"""Which MIDI note plays which track, and which controller turns which knob."""

from collections.abc import Sequence

from instrument.messages import DRUM_CHANNEL, TRACKS, ControlChange, Note

FIRST_PAD_NOTE = 36  # on any channel but the drum channel: tracks 1–8 in order
ALL_SOUND_OFF = 120  # not 123, all notes off: some keyboards send it with the last key that is let go
KNOB_NAMES = ("shape 1", "shape 2", "shape 3", "shape 4", "grain 1", "grain 2", "morph", "decay")
FIRST_KNOB_CONTROLS = (70, 1)  # the first of eight consecutive controllers

# General MIDI percussion, folded as e-drum modules send it (rims, edges and bells included)
CLASS_NOTES = {
    "kick": (35, 36),
    "snare": (37, 38, 40),
    "clap": (39,),
    "hihat_closed": (22, 42, 44),
    "hihat_open": (23, 26, 46),
    "tom": (41, 43, 45, 47, 48, 50, 58),
    "crash": (49, 52, 55, 57),
    "ride": (51, 53, 59),
}
NOTE_CLASS = {note: name for name, notes in CLASS_NOTES.items() for note in notes}


def track_of(said: Note, track_classes: Sequence[str]) -> int | None:
    """Return the index of the track a note plays: by class on the drum channel, by pad elsewhere."""
    if said.channel != DRUM_CHANNEL:
        index = said.note - FIRST_PAD_NOTE
        return index if 0 <= index < TRACKS else None
    name = NOTE_CLASS.get(said.note)
    return track_classes.index(name) if name in track_classes else None


def knob_of(said: ControlChange) -> int | None:
    """Return the knob, from 1, that a controller turns."""
    for first in FIRST_KNOB_CONTROLS:
        if first <= said.control < first + len(KNOB_NAMES):
            return said.control - first + 1
    return None


def words(said: Note | ControlChange) -> str:
    """Return a MIDI message as a person reads it."""
    if isinstance(said, Note):
        return f"note {said.note} ch {said.channel} vel {said.velocity}"
    return f"cc {said.control} ch {said.channel} val {said.value}"
