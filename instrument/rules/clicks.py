"""The metronome: a short bright hit of the bundle's own, on a mixer track beyond those of any kit."""

from dataclasses import replace

from instrument.events import Hit, Source
from instrument.kit import Track
from instrument.pattern import Lane, Step
from instrument.rules.context import Context, Strike
from instrument.rules.state import State
from instrument.sequencer import Onset
from instrument.sound import DECAY, Sound

CLICK = 15  # mixer track
LANE = Lane((Step(120), Step(80), Step(80), Step(80)), speed=0.25)  # a beat a step
EARLIEST = -64.0  # place of its first step: the longest count-in before playing begins
ACCENT, OTHERS = 12.0, 5.0  # semitones
_CLASS = "hihat_closed"  # where the bundle has it
_SEED, _DECAY = 1, 0.1


def clicks(state: State, onset: Onset) -> bool:
    """Return whether a beat is heard: all of them with the metronome on, else those of the count-in."""
    return state.stage.metronome or onset.place + EARLIEST < 0.0


def click_hit(context: Context, onset: Onset) -> Hit:
    """Return the hit of a beat, at frame 0."""
    classes = context.space.bundle.classes
    sound = Sound(class_name=_CLASS if _CLASS in classes else classes[0], seed=_SEED).with_knob(DECAY, _DECAY)
    beat = onset.count % len(LANE.steps)
    track = Track(name="click", sound=sound, tune=ACCENT if beat == 0 else OTHERS)
    strike = Strike(CLICK, LANE.steps[beat].velocity, 0, Source.SEQUENCED, seed=_SEED, id=onset.count)
    return replace(context.hit(track, strike), length_s=0.1)
