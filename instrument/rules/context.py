"""What rules know beside the state: the bundle's spaces, and how a hit is made from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from instrument.events import Hit, Mix, Source, Turn
from instrument.kit import Kit, Track
from instrument.mapping import Table
from instrument.sound import velocity_level_db
from instrument.space import Space
from instrument.units import db_to_gain, semitones_to_ratio


@dataclass(frozen=True, slots=True)
class Strike:
    """One stroke on a track."""

    index: int  # of the track
    velocity: int
    frame: int
    source: Source
    seed: int  # of its noise
    id: int


@dataclass(frozen=True, slots=True)
class Context:
    """The spaces of one bundle, in which everything sounds; what controllers do and kits are, by names."""

    space: Space
    maps: Mapping[str, Table] = field(default_factory=dict)
    kits: Mapping[str, Kit] = field(default_factory=dict)
    program: str = ""  # the target of program changes that no map knows; empty: they do nothing

    def hit(self, track: Track, strike: Strike) -> Hit:
        """Return the hit of a track's sound that a stroke makes."""
        header = self.space.bundle.header
        sounding = self.space.bundle.class_index(track.sound.class_name)
        stroke = self.space.strike(track.sound, strike.velocity)
        level_db = velocity_level_db(strike.velocity) + header.class_gain_db[sounding] + stroke.gain_db
        return Hit(
            frame=strike.frame,
            track=strike.index,
            source=strike.source,
            seed=strike.seed,
            id=strike.id,
            gain=db_to_gain(level_db),
            tilt=stroke.tilt,
            timbre=stroke.timbre,
            choke_group=track.choke_group,
            length_s=header.class_length_s[sounding],
            tune=semitones_to_ratio(track.tune),
            velocity=strike.velocity,
        )

    def turn(self, track: Track, velocity: int, index: int, frame: int) -> Turn:
        """Return the event that gives what a track sounds, struck at a velocity, the timbre it has now."""
        stroke = self.space.strike(track.sound, velocity)
        tune = semitones_to_ratio(track.tune)
        return Turn(frame=frame, track=index, tilt=stroke.tilt, timbre=stroke.timbre, tune=tune)


def mix(track: Track, index: int, frame: int) -> Mix:
    """Return the event that sets a track's level, pan and mute."""
    gain = db_to_gain(track.level_db)
    return Mix(frame=frame, track=index, gain=gain, pan=track.pan, mute=track.mute)
