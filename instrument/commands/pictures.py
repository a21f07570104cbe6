"""Kits and patterns as a terminal shows them."""

from instrument.kit import Kit, Track
from instrument.pattern import OFF, UNLOCKED, Lane, Pattern, Step, speed_name
from instrument.sound import LOUDEST_VELOCITY, NEUTRAL_KNOBS

BARS = "▁▂▃▄▅▆▇█"
MARKS = {
    "2": "repeats, 2 to 8",
    "?": "by chance",
    ":": "on a condition",
    "*": "locks its sound",
    "<": "early",
    ">": "late",
    "+": "several of these",
}
STEPS_A_LINE = 32
GROUP = 4


def kit_lines(kit: Kit) -> list[str]:
    """Return a kit as a table: a row a track; knobs as bars, those in the middle as dots."""
    bundle = f", for {kit.bundle}" if kit.bundle else ""
    wide = max(len(track.name) for track in kit.tracks)
    head = f"    {'name':<{wide}}  {'class':<12}  {'level':>6}  pan   tune  choke  press  {'knobs':<8}  seed"
    rows = (_row(at, track, wide) for at, track in enumerate(kit.tracks, start=1))
    return [f"{kit.name}: {len(kit.tracks)} tracks{bundle}", "", head, *rows]


def _row(number: int, track: Track, wide: int) -> str:
    sound = track.sound
    drawn = str(sound.seed) if sound.embedding is None else "(its own embedding)"
    marks = "".join(f", {word}" for word, on in (("muted", track.mute), ("locked", track.locked)) if on)
    choke = str(track.choke_group) if track.choke_group else "·"
    return (
        f"{number:>2}  {track.name:<{wide}}  {sound.class_name:<12}  {track.level_db:>+6.1f}  "
        f"{_pan(track.pan):<4}  {_tune(track.tune):>4}  {choke:>5}  {track.press:<5}  "
        f"{_knobs(sound.knobs)}  {drawn}{marks}"
    )


def _pan(pan: float) -> str:
    percent = round(100 * pan)
    return f"{'L' if percent < 0 else 'R'}{abs(percent)}" if percent else "·"


def _tune(semitones: float) -> str:
    return f"{semitones:+g}" if semitones else "·"


def _knobs(knobs: tuple[float, ...]) -> str:
    places = zip(knobs, NEUTRAL_KNOBS, strict=True)
    return "".join("·" if knob == neutral else bar(knob) for knob, neutral in places)


def bar(share: float) -> str:
    """Return a bar as high as a share from 0 to 1."""
    return BARS[min(int(share * len(BARS)), len(BARS) - 1)]


def pattern_lines(pattern: Pattern) -> list[str]:
    """Return a pattern as a grid: a line a lane, bars for velocities, and under them what else steps do."""
    facts = [f"{len(pattern.lanes)} lanes", f"{pattern.tempo_bpm:g} bpm", f"swing {pattern.swing:g}"]
    facts.append("1 bar" if pattern.bars == 1 else f"{pattern.bars} bars")
    swerves = (
        (pattern.humanise_ms, "ms"),
        (pattern.humanise_db, "dB"),
        (pattern.humanise_latent, "of latent"),
    )
    facts += [f"±{most:g} {unit}" for most, unit in swerves if most]
    lines = [f"{pattern.name}: {', '.join(facts)}", ""]
    for number, lane in enumerate(pattern.lanes, start=1):
        lines += _lane_lines(number, lane)
    used = {_mark(step) for lane in pattern.lanes for step in lane.steps if step.velocity}
    known = {
        mark: told for mark, told in MARKS.items() if mark in used or (mark == "2" and used & set("345678"))
    }
    return [*lines, *([""] if known else []), *(f"  {mark}  {told}" for mark, told in known.items())]


def _lane_lines(number: int, lane: Lane) -> list[str]:
    """Return a lane's picture: lines of bars, each with a line of marks where there are any."""
    speed = "" if lane.speed == 1.0 else f"×{speed_name(lane.speed)}"
    lines, head = [], f"{number:>2} {len(lane.steps):>3} {speed:<4}"
    for first in range(0, len(lane.steps), STEPS_A_LINE):
        steps = lane.steps[first : first + STEPS_A_LINE]
        shown = _grouped([bar(step.velocity / LOUDEST_VELOCITY) if step.velocity else "·" for step in steps])
        marks = _grouped([_mark(step) if step.velocity else " " for step in steps])
        lines += [f"{head} {shown}"] + ([f"{'':<{len(head)}} {marks}".rstrip()] if marks.strip() else [])
        head = " " * len(head)
    return lines


def _grouped(cells: list[str]) -> str:
    return " ".join("".join(cells[at : at + GROUP]) for at in range(0, len(cells), GROUP))


def _mark(step: Step) -> str:
    """Return the sign of what a step does besides sounding at a velocity."""
    marks = [
        str(step.repeats) if step.repeats > 1 else "",
        "?" if step.chance < OFF.chance else "",
        ":" if step.condition else "",
        "*" if step.locks != UNLOCKED else "",
        "<" if step.shift < 0 else ">" if step.shift > 0 else "",
    ]
    found = [mark for mark in marks if mark]
    return " " if not found else found[0] if len(found) == 1 else "+"
