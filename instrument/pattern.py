"""A pattern: for each track a lane of steps, how fast they go, and what each does to its hits."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from typing import Any, Literal, TypeAlias

from instrument import parse
from instrument.errors import StateError
from instrument.messages import KNOBS, MOST_STEPS, MOST_TRACKS, SPEED_NAMES, STEPS, TRACKS
from instrument.sound import LARGEST_SEED

LOWEST_BPM, HIGHEST_BPM = 20.0, 300.0
STRAIGHT, MOST_SWING = 0.5, 0.75
MOST_REPEATS, MOST_BARS = 8, 16
MOST_SHIFT = 0.5
MOST_HUMANISE_MS, MOST_HUMANISE_DB = 50.0, 12.0
SPEEDS = {name: float(Fraction(name)) for name in SPEED_NAMES}  # in steps a sixteenth
FRESH: Literal["fresh"] = "fresh"
Range: TypeAlias = tuple[float, float]
LOCK_NUMBERS: dict[str, Range] = {"level_db": (-60.0, 12.0), "pan": (-1.0, 1.0), "tune": (-24.0, 24.0)}
CONDITIONS = "A:B (of B rounds the Ath, up to 8), first, fill or previous, with ! before it for the contrary"
_STEP_NUMBERS: dict[str, Range] = {
    "chance": (0.0, 1.0),
    "velocity_ramp": (-1.0, 1.0),
    "latent_ramp": (-1.0, 1.0),
    "shift": (-MOST_SHIFT, MOST_SHIFT),
}
_HUMANISE = {"humanise_ms": MOST_HUMANISE_MS, "humanise_db": MOST_HUMANISE_DB, "humanise_latent": 1.0}
_CONDITION = re.compile(r"(!?)(?:([1-8]):([1-8])|first|fill|previous)")


@dataclass(frozen=True, slots=True)
class Locks:
    """What a step changes of its track's sound for its own hits; None: as the track has it."""

    class_name: str | None = None
    knobs: tuple[float | None, ...] = ()  # (KNOBS,), or empty: none
    level_db: float | None = None
    pan: float | None = None
    tune: float | None = None  # semitones
    draw: int | Literal["fresh"] | None = None  # a seed; FRESH: a new one whenever the step sounds

    def __post_init__(self) -> None:
        if self.knobs and all(knob is None for knob in self.knobs):
            object.__setattr__(self, "knobs", ())

    def with_knob(self, index: int, value: float | None) -> "Locks":
        knobs = self.knobs or (None,) * KNOBS
        return replace(self, knobs=(*knobs[:index], value, *knobs[index + 1 :]))


UNLOCKED = Locks()


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a lane."""

    velocity: int = 0  # 0: off
    chance: float = 1.0  # that it sounds
    condition: str = ""  # as `is_condition` has it; empty: none
    repeats: int = 1  # hits within the step's own length
    velocity_ramp: float = 0.0  # over its repeats: -1 down to nothing, 1 up from nothing
    latent_ramp: float = 0.0  # over its repeats, to either end of the first latent knob
    shift: float = 0.0  # in steps, -MOST_SHIFT to MOST_SHIFT
    locks: Locks = UNLOCKED


OFF = Step()


@dataclass(frozen=True, slots=True)
class Lane:
    """The steps of one track, from 1 to MOST_STEPS, played round and round."""

    steps: tuple[Step, ...] = (OFF,) * STEPS
    speed: float = 1.0  # steps a sixteenth, one of SPEEDS

    @property
    def velocities(self) -> tuple[int, ...]:
        return tuple(step.velocity for step in self.steps)

    def with_step(self, index: int, step: Step) -> "Lane":
        return replace(self, steps=(*self.steps[:index], step, *self.steps[index + 1 :]))


EMPTY = Lane()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """An immutable pattern; a track beyond its lanes plays nothing."""

    name: str
    tempo_bpm: float = 120.0
    swing: float = STRAIGHT  # share of a pair of sixteenths that its first one takes
    humanise_ms: float = 0.0  # each of the three: the most that chance moves a step either way
    humanise_db: float = 0.0
    humanise_latent: float = 0.0  # 1: to either end of the two latent knobs
    bars: int = 1  # after which another pattern may follow
    lanes: tuple[Lane, ...] = (EMPTY,) * TRACKS

    @property
    def rows(self) -> tuple[tuple[int, ...], ...]:
        """The velocities of all steps."""
        return tuple(lane.velocities for lane in self.lanes)

    @property
    def length(self) -> int:
        """How many sixteenths go by until another pattern may follow."""
        return self.bars * STEPS

    def lane(self, track: int) -> Lane:
        return self.lanes[track] if track < len(self.lanes) else EMPTY

    def with_lane(self, track: int, lane: Lane) -> "Pattern":
        lanes = (*self.lanes, *(EMPTY,) * (track + 1 - len(self.lanes)))
        return replace(self, lanes=(*lanes[:track], lane, *lanes[track + 1 :]))

    def with_step(self, track: int, index: int, step: Step) -> "Pattern":
        return self.with_lane(track, self.lane(track).with_step(index, step))


@dataclass(frozen=True, slots=True)
class Condition:
    """When a step sounds; rounds of its lane count from 1."""

    word: str  # first, fill, previous, or empty: round `turn` of every `rounds`
    negated: bool
    turn: int = 0
    rounds: int = 0


@lru_cache(256)
def condition_of(text: str) -> Condition | None:
    """Return what `1:2`, `first`, `fill`, `previous`, with or without `!` before it, says; None: nothing."""
    found = _CONDITION.fullmatch(text)
    if found is None or (found[2] and found[2] > found[3]):
        return None
    if found[2]:
        return Condition("", bool(found[1]), int(found[2]), int(found[3]))
    return Condition(text.removeprefix("!"), bool(found[1]))


def is_condition(text: str) -> bool:
    return text == "" or condition_of(text) is not None


def speed_name(speed: float) -> str:
    """Return a speed as it is written: 1/2."""
    return next(name for name, value in SPEEDS.items() if value == speed)


def to_data(pattern: Pattern) -> dict[str, object]:
    """Return what a YAML file of the pattern holds: of what is as usual, nothing."""
    data: dict[str, object] = {"schema": parse.SCHEMA, "name": pattern.name, "tempo_bpm": pattern.tempo_bpm}
    data["swing"] = pattern.swing
    data |= {key: getattr(pattern, key) for key in _HUMANISE if getattr(pattern, key)}
    data |= {"bars": pattern.bars} if pattern.bars != 1 else {}
    return data | {"tracks": [_lane_data(lane) for lane in pattern.lanes]}


def _lane_data(lane: Lane) -> object:
    steps = parse.Row(_plain_or_not(step) for step in lane.steps)
    if lane.speed == 1.0:
        return steps
    return {"speed": int(lane.speed) if lane.speed > 1.5 else speed_name(lane.speed), "steps": steps}


def _plain_or_not(step: Step) -> object:
    return step.velocity if step == Step(step.velocity) else step_data(step)


def step_data(step: Step) -> dict[str, object]:
    """Return what a file holds of a step that has more than its velocity."""
    data: dict[str, object] = {"velocity": step.velocity}
    data |= {"if": step.condition} if step.condition else {}
    data |= {"repeats": step.repeats} if step.repeats != 1 else {}
    data |= {key: getattr(step, key) for key in _STEP_NUMBERS if getattr(step, key) != getattr(OFF, key)}
    return data | ({"lock": _lock_data(step.locks)} if step.locks != UNLOCKED else {})


def _lock_data(locks: Locks) -> dict[str, object]:
    data: dict[str, object] = {} if locks.class_name is None else {"class": locks.class_name}
    knobs = {number: knob for number, knob in enumerate(locks.knobs, start=1) if knob is not None}
    data |= {"knobs": knobs} if knobs else {}
    data |= {key: getattr(locks, key) for key in LOCK_NUMBERS if getattr(locks, key) is not None}
    return data | ({} if locks.draw is None else {"draw": locks.draw})


def from_data(where: str, data: Mapping[str, object]) -> Pattern:
    """Check what a YAML file holds and build the pattern; `where` begins every error.

    Schema 1 has a velocity for each of 16 steps of eight tracks, and nothing else.
    """
    oldest = parse.checked_schema(where, data)["schema"] == parse.OLDEST
    keys = ("schema", "name", "tempo_bpm", "swing")
    parse.only(where, data, (*keys, "tracks") if oldest else (*keys, *_HUMANISE, "bars", "tracks"))
    humanise = {
        key: parse.number(f"{where}: {key}", data.get(key, 0.0), 0, _HUMANISE[key]) for key in _HUMANISE
    }
    return Pattern(
        name=parse.text(f"{where}: name", data.get("name")),
        tempo_bpm=parse.number(f"{where}: tempo_bpm", data.get("tempo_bpm"), LOWEST_BPM, HIGHEST_BPM),
        swing=parse.number(f"{where}: swing", data.get("swing", STRAIGHT), STRAIGHT, MOST_SWING),
        **humanise,
        bars=parse.whole(f"{where}: bars", data.get("bars", 1), 1, MOST_BARS),
        lanes=_lanes(f"{where}: tracks", data.get("tracks"), oldest),
    )


def _lanes(where: str, data: object, oldest: bool) -> tuple[Lane, ...]:
    rows = parse.items(where, data, TRACKS if oldest else None)
    if not 1 <= len(rows) <= MOST_TRACKS:
        raise StateError(f"{where} is {len(rows)} of them; expected a list of 1 to {MOST_TRACKS}")
    lanes = tuple(_lane(f"{where}[{at}]", row) for at, row in enumerate(rows))
    for at, lane in enumerate(lanes):
        if oldest and (len(lane.steps) != STEPS or lane != Lane(tuple(map(Step, lane.velocities)))):
            raise StateError(f"{where}[{at}]: expected a list of {STEPS} velocities; more is for schema 2")
    return lanes


def _lane(where: str, row: object) -> Lane:
    speed: object = "1"
    if isinstance(row, Mapping):
        parse.only(where, row, ("speed", "steps"))
        speed, row = row.get("speed", speed), row.get("steps")
    steps = parse.items(where, row)
    if not 1 <= len(steps) <= MOST_STEPS:
        raise StateError(f"{where} is {len(steps)} of them; expected a list of 1 to {MOST_STEPS}")
    known = parse.choice(f"{where} speed", str(speed), tuple(SPEEDS))
    return Lane(tuple(_step(f"{where}[{at}]", step) for at, step in enumerate(steps)), SPEEDS[known])


def _step(where: str, data: object) -> Step:
    if not isinstance(data, Mapping):
        return Step(parse.whole(where, data, 0, 127))
    parse.only(where, data, ("velocity", "if", "repeats", *_STEP_NUMBERS, "lock"))
    condition = data.get("if", "")
    if not isinstance(condition, str) or not is_condition(condition):
        raise StateError(f"{where} if is {condition!r}; expected {CONDITIONS}")
    return Step(
        velocity=parse.whole(f"{where} velocity", data.get("velocity"), 0, 127),
        condition=condition,
        repeats=parse.whole(f"{where} repeats", data.get("repeats", 1), 1, MOST_REPEATS),
        **_numbers(where, data, _STEP_NUMBERS),
        locks=_locks(f"{where} lock", data.get("lock", {})),
    )


def _locks(where: str, data: object) -> Locks:
    if not isinstance(data, Mapping):
        raise StateError(f"{where} is {data!r}; expected something like {{class: kick, tune: -5}}")
    parse.only(where, data, ("class", "knobs", *LOCK_NUMBERS, "draw"))
    class_name, draw = data.get("class"), data.get("draw")
    return Locks(
        class_name=None if class_name is None else parse.text(f"{where} class", class_name),
        knobs=_knobs(f"{where} knobs", data.get("knobs", {})),
        **_numbers(where, data, LOCK_NUMBERS),
        draw=draw if draw is None or draw == FRESH else parse.whole(f"{where} draw", draw, 0, LARGEST_SEED),
    )


def _knobs(where: str, data: object) -> tuple[float | None, ...]:
    if not isinstance(data, Mapping):
        raise StateError(f"{where} is {data!r}; expected numbers of knobs and their values, like {{1: 0.7}}")
    numbers = {parse.whole(where, number, 1, KNOBS): value for number, value in data.items()}
    knobs = ((at, numbers.get(at)) for at in range(1, KNOBS + 1))
    return tuple(None if knob is None else parse.number(f"{where} {at}", knob, 0, 1) for at, knob in knobs)


def _numbers(where: str, data: Mapping[str, object], known: Mapping[str, Range]) -> dict[str, Any]:
    """Return those of the known numbers that are given."""
    return {key: parse.number(f"{where} {key}", data[key], *known[key]) for key in known if key in data}
