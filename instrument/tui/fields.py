"""Everything that can be edited of a step, its lane and its pattern, as tables."""

from collections.abc import Callable, Sequence

from instrument.messages import (
    KNOBS,
    MOST_STEPS,
    SPEED_NAMES,
    LockClass,
    LockDraw,
    LockFresh,
    LockKnob,
    LockLevel,
    LockPan,
    LockTune,
    Message,
    SetBars,
    SetChance,
    SetCondition,
    SetCountIn,
    SetHumanise,
    SetLength,
    SetOverdub,
    SetQuantise,
    SetRamps,
    SetRepeats,
    SetRollRate,
    SetShift,
    SetSpeed,
    SetStep,
    SetSwing,
    Unlock,
)
from instrument.tui.field import (
    FRESH,
    UNLOCKED,
    Field,
    Focus,
    Value,
    among,
    by,
    condition,
    percent,
    share,
    signed,
)
from instrument.tui.knobs import KNOB_NAMES, NEUTRAL
from instrument.tui.views import NOTHING, tracks, velocity


def _ramps(focus: Focus, **changed: Value) -> Message:
    known = {name: focus.has.get(name, 0.0) for name in ("velocity_ramp", "latent_ramp")}
    return SetRamps(*focus.at, **(known | changed))


def _locks(what: str, kind: Callable[..., Message]) -> Callable[[Focus, Value], Message]:
    def says(focus: Focus, value: Value) -> Message:
        return Unlock(*focus.at, what) if value is None else kind(*focus.at, value)

    return says


def _lock_draw(focus: Focus, value: Value) -> Message:
    if value == FRESH:
        return LockFresh(*focus.at)
    return Unlock(*focus.at, "draw") if value is None else LockDraw(*focus.at, value)


def _draws(focus: Focus) -> Sequence[Value]:
    """What a step can draw: as its track, afresh, and the draw that the track or the step has now."""
    seeds = {focus.view.seed} | {seed for seed in (focus.lock.get("draw"),) if isinstance(seed, int)}
    return (None, FRESH, *sorted(seeds))


def _classes(focus: Focus) -> Sequence[Value]:
    known = {track.class_name for track in tracks(focus.snapshot)} | {focus.lock.get("class")}
    return (None, *sorted(name for name in known if name))


def _knob(index: int) -> Field:
    number = str(index + 1)
    return Field(
        name=KNOB_NAMES[index][:2], short=KNOB_NAMES[index][:2], line=2,
        reads=lambda focus: focus.lock.get("knobs", NOTHING).get(number),
        turned=by(0.05, 0.0, 1.0, lambda focus: (focus.view.knobs or NEUTRAL)[index]),
        says=lambda focus, value: (
            Unlock(*focus.at, "knobs") if value is None else LockKnob(*focus.at, index + 1, value)
        ),
        words=lambda value: UNLOCKED if value is None else f"{value * 100:.0f}",
    )  # fmt: skip


STEP_FIELDS = (
    Field(
        name="length", short="len", line=0, neutral=16,
        reads=lambda focus: len(focus.snapshot.pattern[focus.track]),
        turned=by(1, 1, MOST_STEPS),
        says=lambda focus, value: SetLength(focus.at[0], value),
    ),
    Field(
        name="speed", short="sp", line=0, neutral="1", words=str,
        reads=lambda focus: focus.view.speed,
        turned=among(lambda _: SPEED_NAMES),
        says=lambda focus, value: SetSpeed(focus.at[0], value),
    ),
    Field(
        name="vel", short="ve", line=0, neutral=0,
        reads=lambda focus: velocity(focus.snapshot, focus.track, focus.step),
        turned=by(5, 0, 127),
        says=lambda focus, value: SetStep(*focus.at, value),
    ),
    Field(
        name="chance", short="ch", line=0, neutral=1.0, words=percent,
        reads=lambda focus: focus.has.get("chance", 1.0),
        turned=by(0.05, 0.0, 1.0),
        says=lambda focus, value: SetChance(*focus.at, value),
    ),
    Field(
        name="repeats", short="re", line=0, neutral=1,
        reads=lambda focus: focus.has.get("repeats", 1),
        turned=by(1, 1, 8),
        says=lambda focus, value: SetRepeats(*focus.at, value),
    ),
    Field(
        name="shift", short="sh", line=0, neutral=0.0, words=share,
        reads=lambda focus: focus.has.get("shift", 0.0),
        turned=by(0.05, -0.5, 0.5),
        says=lambda focus, value: SetShift(*focus.at, value),
    ),
    Field(
        name="if", short="if", line=1, neutral="", words=lambda value: value or "always",
        reads=lambda focus: focus.has.get("if", ""),
        turned=condition,
        says=lambda focus, value: SetCondition(*focus.at, value),
    ),
    Field(
        name="ramp", short="ra", line=1, neutral=0.0, words=share,
        reads=lambda focus: focus.has.get("velocity_ramp", 0.0),
        turned=by(0.1, -1.0, 1.0),
        says=lambda focus, value: _ramps(focus, velocity_ramp=value),
    ),
    Field(
        name="z ramp", short="zr", line=1, neutral=0.0, words=share,
        reads=lambda focus: focus.has.get("latent_ramp", 0.0),
        turned=by(0.1, -1.0, 1.0),
        says=lambda focus, value: _ramps(focus, latent_ramp=value),
    ),
    Field(
        name="class", short="cl", line=1, words=lambda value: value or UNLOCKED,
        reads=lambda focus: focus.lock.get("class"),
        turned=among(_classes),
        says=_locks("class", LockClass),
    ),
    Field(
        name="level", short="le", line=1, words=signed,
        reads=lambda focus: focus.lock.get("level_db"),
        turned=by(1.0, -60.0, 12.0, lambda focus: focus.view.level_db),
        says=_locks("level_db", LockLevel),
    ),
    Field(
        name="pan", short="pa", line=2, words=share,
        reads=lambda focus: focus.lock.get("pan"),
        turned=by(0.1, -1.0, 1.0, lambda focus: focus.view.pan),
        says=_locks("pan", LockPan),
    ),
    Field(
        name="tune", short="tu", line=2, words=signed,
        reads=lambda focus: focus.lock.get("tune"),
        turned=by(1.0, -24.0, 24.0, lambda focus: focus.view.tune),
        says=_locks("tune", LockTune),
    ),
    Field(
        name="draw", short="dr", line=2,
        words=lambda value: f"{value % 0x10000:04x}" if isinstance(value, int) else value or UNLOCKED,
        reads=lambda focus: focus.lock.get("draw"),
        turned=among(_draws),
        says=_lock_draw,
    ),
    *(_knob(index) for index in range(KNOBS)),
)  # fmt: skip
CONDITION = next(index for index, field in enumerate(STEP_FIELDS) if field.name == "if")


def _humanise(index: int) -> Callable[[Focus, Value], Message]:
    def says(focus: Focus, value: Value) -> Message:
        moved = list(focus.snapshot.humanise)
        moved[index] = value
        return SetHumanise(*moved)

    return says


PATTERN_FIELDS = (
    Field(
        name="swing", short="sw", line=0, neutral=0.5, words=percent,
        reads=lambda focus: focus.snapshot.swing,
        turned=by(0.01, 0.5, 0.75),
        says=lambda _, value: SetSwing(value),
    ),
    Field(
        name="bars", short="ba", line=0, neutral=1,
        reads=lambda focus: focus.snapshot.bars,
        turned=by(1, 1, 16),
        says=lambda _, value: SetBars(value),
    ),
    Field(
        name="humanise ms", short="ms", line=1, neutral=0.0,
        reads=lambda focus: focus.snapshot.humanise[0],
        turned=by(1.0, 0.0, 50.0),
        says=_humanise(0),
    ),
    Field(
        name="dB", short="dB", line=1, neutral=0.0,
        reads=lambda focus: focus.snapshot.humanise[1],
        turned=by(0.5, 0.0, 12.0),
        says=_humanise(1),
    ),
    Field(
        name="latent", short="la", line=1, neutral=0.0, words=percent,
        reads=lambda focus: focus.snapshot.humanise[2],
        turned=by(0.05, 0.0, 1.0),
        says=_humanise(2),
    ),
    Field(
        name="writing: quantise", short="qu", line=2, neutral=1.0, words=percent,
        reads=lambda focus: focus.snapshot.quantise,
        turned=by(0.1, 0.0, 1.0),
        says=lambda _, value: SetQuantise(value),
    ),
    Field(
        name="overdub", short="ov", line=2, neutral=True, words=lambda value: "yes" if value else "no",
        reads=lambda focus: focus.snapshot.overdub,
        turned=lambda _, value, __: not value,
        says=lambda _, value: SetOverdub(value),
    ),
    Field(
        name="count-in", short="co", line=2, neutral=0,
        reads=lambda focus: focus.snapshot.count_in,
        turned=by(1, 0, 4),
        says=lambda _, value: SetCountIn(value),
    ),
    Field(
        name="rolls a beat", short="ro", line=2, neutral=4,
        reads=lambda focus: focus.snapshot.rolls_per_beat,
        turned=by(1, 0, 12),
        says=lambda _, value: SetRollRate(value),
    ),
)  # fmt: skip
