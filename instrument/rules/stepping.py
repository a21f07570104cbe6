"""The hit of a step: its track's sound, with what the step has locked, ramped and left to chance."""

from dataclasses import replace
from typing import Any, TypeAlias

from instrument.bundle import Bundle
from instrument.events import Hit, Source, Turn
from instrument.kit import Track
from instrument.messages import MOST_TRACKS
from instrument.pattern import FRESH, UNLOCKED, Locks, Pattern, Step
from instrument.rules.context import Context, Strike
from instrument.seeds import PATTERN, mixed
from instrument.sequencer import Onset, Played, Playing, ramp_share
from instrument.sound import DRAWN_SEEDS, Sound
from instrument.units import db_to_gain

FIRST_LATENT_KNOB = 4
Bend: TypeAlias = tuple[float, float]
STRAIGHT: Bend = (0.0, 0.0)
LATENT_REACH = 0.5  # of a knob's way: from its middle to either end
_NOISE, _DRAW = 11, 12  # what a playing is asked for, beside what the sequencer asks


def playing_of(seed: int, starts: int, origin: float, fill: bool) -> Playing:
    """Return the playing of a pattern that began at a place, after playing began so many times."""
    return Playing(mixed(seed, PATTERN, starts, round(origin)), fill)


def step_hit(context: Context, track: Track, played: Played) -> Hit:
    """Return the hit of an onset, at frame 0."""
    onset, playing, pattern = played.onset, played.playing, played.pattern
    sounding = lent(context, track, played)
    strike = Strike(
        index=onset.track,
        velocity=played.velocity,
        frame=0,
        source=Source.SEQUENCED,
        seed=playing.bits(_NOISE, onset.track, onset.count, onset.repeat),
        id=(onset.count * MOST_TRACKS + onset.track) & 0x7FFFFFFF,
    )
    made = context.hit(sounding, strike)
    louder_db = sounding.level_db - track.level_db
    if pattern.humanise_db:
        louder_db += pattern.humanise_db * playing.swerve_level(onset)
    return replace(made, gain=made.gain * db_to_gain(louder_db), pan=sounding.pan - track.pan)


def step_turn(context: Context, track: Track, played: Played, frame: int) -> Turn:
    """Return the event that gives the hit of an onset the timbre its track has now, its locks apart."""
    return context.turn(lent(context, track, played), played.velocity, played.onset.track, frame)


def lent(context: Context, track: Track, played: Played) -> Track:
    """Return a track as the step of an onset has it."""
    step, onset, playing = played.step, played.onset, played.playing
    drawn = playing.bits(_DRAW, onset.track, onset.count) % DRAWN_SEEDS if step.locks.draw == FRESH else 0
    bend = _bend(step, played.pattern, playing, onset)
    return locked(track, step.locks, drawn, context.space.bundle, bend)


def locked(track: Track, locks: Locks, drawn: int, bundle: Bundle, bend: Bend = STRAIGHT) -> Track:
    """Return a track as a step has locked it; `drawn` is the seed of its fresh draw.

    A class that the bundle lacks leaves the track's. The two latent knobs are bent as far as they go.
    """
    if locks == UNLOCKED and bend == STRAIGHT:
        return track
    return replace(
        track,
        sound=_sound(track.sound, locks, drawn, bundle, bend),
        level_db=track.level_db if locks.level_db is None else locks.level_db,
        pan=track.pan if locks.pan is None else locks.pan,
        tune=track.tune if locks.tune is None else locks.tune,
    )


def _sound(sound: Sound, locks: Locks, drawn: int, bundle: Bundle, bend: Bend) -> Sound:
    changes: dict[str, Any] = {}
    if locks.class_name in bundle.classes and locks.class_name != sound.class_name:
        changes |= {"class_name": locks.class_name, "embedding": None, "pitch": None}
    if locks.draw is not None:
        changes |= {"seed": drawn if locks.draw == FRESH else locks.draw, "embedding": None}
    if locks.knobs or bend != STRAIGHT:
        changes["knobs"] = _knobs(sound.knobs, locks.knobs, bend)
    return replace(sound, **changes) if changes else sound


def _knobs(own: tuple[float, ...], locked: tuple[float | None, ...], bend: Bend) -> tuple[float, ...]:
    knobs = [one if lock is None else lock for one, lock in zip(own, locked or own, strict=True)]
    for at, change in enumerate(bend, start=FIRST_LATENT_KNOB):
        knobs[at] = min(1.0, max(0.0, knobs[at] + LATENT_REACH * change))
    return tuple(knobs)


def _bend(step: Step, pattern: Pattern, playing: Playing, onset: Onset) -> Bend:
    """Return how far ramp and chance bend the two latent knobs: 1 from the middle to an end."""
    ramp = step.latent_ramp * ramp_share(step, onset.repeat)
    most = pattern.humanise_latent
    if not most:
        return (ramp, 0.0) if ramp else STRAIGHT
    first, second = playing.swerve_latent(onset)
    return ramp + most * first, most * second
