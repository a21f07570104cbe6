"""What MIDI does where no controller's own map says it, and how MIDI reads."""

from instrument.mapping import Binding, Control, Table, bound
from instrument.messages import (
    DRUM_CHANNEL,
    KNOBS,
    MOST_TRACKS,
    ChannelPressure,
    ControlChange,
    LetGo,
    Note,
    PitchBend,
    PolyPressure,
    ProgramChange,
)

FIRST_PAD_NOTE = 36  # on any channel but the drum channel: the tracks in order
ALL_SOUND_OFF = 120  # not 123, all notes off: some keyboards send it with the last key that is let go
LAST_CONTROL = 119  # from 120 on they are modes of a channel
HAT_PEDAL = 4  # on the drum channel, as e-drum modules send it: 0 open, 127 closed
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
_ALIKE = {  # what plays in place of a class that a kit lacks
    "clap": "perc",
    "hihat_closed": "hat",
    "hihat_open": "hat",
    "tom": "perc",
    "crash": "cymbal",
    "ride": "cymbal",
}
_CYMBALS, _OPEN_HATS = {"crash", "ride", "cymbal"}, {"hihat_open", "hat"}

Raw = Note | PolyPressure | ChannelPressure | ControlChange | ProgramChange | PitchBend
FromController = Raw | LetGo


def _usual() -> tuple[Binding, ...]:
    drums = [
        bound(Control(DRUM_CHANNEL, "note", note), f"class {name}")
        for name, notes in CLASS_NOTES.items()
        for note in notes
    ]
    pads = [bound(Control(None, "note", FIRST_PAD_NOTE + at), f"pad {at + 1}") for at in range(MOST_TRACKS)]
    knobs = [
        bound(Control(None, "cc", first + at), f"knob {at + 1}")
        for first in FIRST_KNOB_CONTROLS
        for at in range(KNOBS)
    ]
    pedal = bound(Control(DRUM_CHANNEL, "cc", HAT_PEDAL), "hat pedal", takeover="jump")
    return (*drums, *pads, *knobs, pedal)


USUAL = Table(_usual())


def class_track(name: str, track_classes: list[str]) -> int | None:
    """Return the index of the first track of a class, or of one like it; None where the kit has neither."""
    for each in (name, _ALIKE.get(name, name)):
        if each in track_classes:
            return track_classes.index(each)
    return None


def is_cymbal(class_name: str) -> bool:
    """Return whether a hand that grabs it ends it."""
    return class_name in _CYMBALS


def is_open_hat(class_name: str) -> bool:
    """Return whether a pedal shortens it."""
    return class_name in _OPEN_HATS


def words(said: Raw) -> str:
    """Return a MIDI message as a person reads it."""
    match said:
        case Note():
            return f"note {said.note} ch {said.channel} vel {said.velocity}"
        case ControlChange():
            return f"cc {said.control} ch {said.channel} val {said.value}"
        case PolyPressure():
            return f"poly {said.note} ch {said.channel} val {said.pressure}"
        case ChannelPressure():
            return f"pressure ch {said.channel} val {said.pressure}"
        case ProgramChange():
            return f"program {said.program} ch {said.channel}"
    return f"bend ch {said.channel} val {said.value}"
