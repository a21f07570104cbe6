"""Which hits a playing pattern has, worked out offline from the definitions alone, in exact arithmetic.

It goes through a pattern from its beginning, step by step, and knows of no window, place or edit; chance is
asked of the playing, which is a function of nothing but track and count.
"""

from collections.abc import Iterator
from fractions import Fraction

from instrument.pattern import Lane, Pattern, Step
from instrument.sequencer import Playing

_CHANCE = 1
Hit = tuple[Fraction, int, int, int]  # place in sixteenths, track, count, repeat


def hits(pattern: Pattern, playing: Playing, until: Fraction, tracks: int = 8) -> list[Hit]:
    """Return the hits of a pattern from its beginning up to a place, before swing."""
    lanes = pattern.lanes[:tracks]
    return sorted(hit for track, lane in enumerate(lanes) for hit in _lane(lane, track, playing, until))


def _lane(lane: Lane, track: int, playing: Playing, until: Fraction) -> Iterator[Hit]:
    length = 1 / Fraction(lane.speed)  # of a step, in sixteenths
    last, count = False, 0  # what the last step sounded that might not have
    while (count - 1) * length < until:
        step = lane.steps[count % len(lane.steps)]
        if step.velocity > 0:
            condition = _holds(step.condition, count // len(lane.steps), playing.fill, last)
            lucky = step.chance == 1.0 or playing.share(_CHANCE, track, count) < step.chance
            if (step.condition or step.chance < 1.0) and "previous" not in step.condition:
                last = condition and lucky
            if condition and lucky:
                yield from _repeats(step, track, count, length, until)
        count += 1


def _repeats(step: Step, track: int, count: int, length: Fraction, until: Fraction) -> Iterator[Hit]:
    begins = max(Fraction(0), (count + Fraction(step.shift)) * length)
    for repeat in range(step.repeats):
        place = begins + length * Fraction(repeat, step.repeats)
        if place < until:
            yield place, track, count, repeat


def _holds(condition: str, cycle: int, fill: bool, last: bool) -> bool:
    word = condition.removeprefix("!")
    if word == "":
        return True
    known = {"first": cycle == 0, "fill": fill, "previous": last}
    if word in known:
        return known[word] != condition.startswith("!")
    turn, rounds = (int(part) for part in word.split(":"))
    return (cycle % rounds + 1 == turn) != condition.startswith("!")


def straight(place: Fraction, swing: float) -> Fraction:
    """Return where swing leads a place: the first of a pair of sixteenths takes that share of it."""
    pair, rest = divmod(place, 2)
    first = 2 * Fraction(swing)
    return 2 * pair + (rest * first if rest < 1 else first + (rest - 1) * (2 - first))


def frames(pattern: Pattern, places: list[Fraction], rate_hz: int) -> list[Fraction]:
    """Return where places lie after the beginning, unrounded."""
    per_step = Fraction(rate_hz * 15) / Fraction(pattern.tempo_bpm)
    return [straight(place, pattern.swing) * per_step for place in places]
