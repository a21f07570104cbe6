"""Everything the instrument is at one moment, and what rules make of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from instrument.errors import MessageError
from instrument.events import Event, Mix
from instrument.kit import Kit, Track
from instrument.mapping import Learned
from instrument.messages import CORNERS, MOST_TRACKS, Message
from instrument.pattern import Pattern
from instrument.program import NO_PROGRAM, Address, Program
from instrument.rules.context import Context, mix
from instrument.rules.hands import NO_HANDS, Hands
from instrument.rules.stage import REST, Stage
from instrument.sound import NEUTRAL_VELOCITY, Place

Part: TypeAlias = str | Address  # of the state, that can be edited: a field's name, or where a pattern is


@dataclass(frozen=True, slots=True)
class Edit:
    """Parts of the state as they were before an edit."""

    target: tuple[object, ...]  # what was turned, where many turns in a row are one edit
    parts: tuple[tuple[Part, Any], ...]


@dataclass(frozen=True, slots=True)
class Edits:
    """What can be taken back, and what has been; the newest last."""

    past: tuple[Edit, ...] = ()
    future: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Now:
    """Where the playing pattern is when a message acts, in sixteenths since playing began."""

    place: float = 0.0  # at the frame of the message
    free: float = 0.0  # from here on nothing has sounded for certain


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Immutable; unchanged parts are shared. What counts by track has room for the largest kit."""

    kit: Kit
    pattern: Pattern
    seed: int  # all draws and noises come from it
    playing: bool = False
    starts: int = 0  # how often playing has begun at the first step
    now: Now = Now()
    program: Program = NO_PROGRAM
    stage: Stage = REST
    edits: Edits = Edits()
    selected: int = 0  # index of the track the knobs act on
    draws: tuple[int, ...] = (0,) * MOST_TRACKS  # sounds drawn for each track so far
    live_hits: int = 0
    takes: int = 0  # recordings begun so far
    clock_bpm: float | None = None  # of the clock that is followed; None: the pattern's own tempo
    recording: bool = False
    stems: bool = False  # each track is recorded, too
    velocities: tuple[int, ...] = (NEUTRAL_VELOCITY,) * MOST_TRACKS  # of the hit each track sounds
    histories: tuple[tuple[Place, ...], ...] = ((),) * MOST_TRACKS  # the last draws of each, oldest first
    corners: tuple[Kit | None, ...] = (None,) * CORNERS  # kits to morph between
    xy: tuple[float, float] = (0.0, 0.0)  # between the corners
    hat_closed: float = 0.0  # the hi-hat's pedal, 0 to 1
    rolls_per_beat: int = 4
    bindings: tuple[Learned, ...] = ()  # what the player has learned, the newest last
    hands: Hands = NO_HANDS
    rate_hz: float = 48_000.0  # of the frames that rules are given
    level_db: float = 0.0  # of everything
    last_midi: str = ""
    warning: str = ""

    @property
    def tempo_bpm(self) -> float:
        """How fast it plays: as the pattern has it, unless it follows a clock."""
        return self.pattern.tempo_bpm if self.clock_bpm is None else self.clock_bpm

    def track(self, index: int) -> Track:
        return self.kit.tracks[index]

    def index_of(self, track: int) -> int:
        """Return the index of a track that a message counts from 1; MessageError when the kit lacks it."""
        count = len(self.kit.tracks)
        if track > count:
            raise MessageError(f"there is no track {track}: this kit has {count} tracks")
        return track - 1

    def with_kit(self, kit: Kit) -> "State":
        return replace(self, kit=kit, selected=min(self.selected, len(kit.tracks) - 1))

    def with_track(self, index: int, track: Track) -> "State":
        return replace(self, kit=self.kit.with_track(index, track))

    def silent(self, index: int) -> bool:
        """Return whether a track is not to be heard: muted, or another is soloed."""
        solos = self.stage.solos[: len(self.kit.tracks)]
        return self.track(index).mute or (any(solos) and not solos[index])

    def mixed(self, index: int, frame: int) -> Mix:
        """Return the event that sets a track's level, pan and silence."""
        return replace(mix(self.track(index), index, frame), mute=self.silent(index))

    def mixes(self, frame: int) -> list[Event]:
        """Return the events that set those of all tracks."""
        return [self.mixed(index, frame) for index in range(len(self.kit.tracks))]


Outcome: TypeAlias = tuple[State, list[Event]]
Rule: TypeAlias = Callable[[Context, State, Any, int], Outcome]  # each takes its own kind of message
Rules: TypeAlias = dict[type[Message], Rule]


def with_item(values: tuple[int, ...], index: int, value: int) -> tuple[int, ...]:
    """Return `values` with one of them changed."""
    return (*values[:index], value, *values[index + 1 :])
