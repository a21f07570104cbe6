"""A thing that can be edited: where it is read, how it turns, what that says."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from instrument.messages import Message
from instrument.snapshot import Snapshot, TrackView
from instrument.tui.views import NOTHING, step_details, tracks

UNLOCKED, FRESH = "–", "fresh"
ROUNDS = 8
CONDITIONS = (
    *("", "fill", "first", "previous"),
    *(f"{turn}:{rounds}" for rounds in range(2, ROUNDS + 1) for turn in range(1, rounds + 1)),
)
Value: TypeAlias = Any  # a number, a text, or None for a lock that is not set


@dataclass(frozen=True, slots=True)
class Focus:
    """The step that is edited, counted from 0."""

    snapshot: Snapshot
    track: int
    step: int

    @property
    def has(self) -> Mapping[str, Any]:
        return step_details(self.snapshot, self.track, self.step)

    @property
    def lock(self) -> Mapping[str, Any]:
        locks: Mapping[str, Any] = self.has.get("lock", NOTHING)
        return locks

    @property
    def view(self) -> TrackView:
        return tracks(self.snapshot)[self.track]

    @property
    def at(self) -> tuple[int, int]:
        """Track and step as messages count them."""
        return self.track + 1, self.step + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One thing that can be edited."""

    name: str
    short: str
    line: int
    reads: Callable[[Focus], Value]
    turned: Callable[[Focus, Value, int], Value]  # by a number of detents
    says: Callable[[Focus, Value], Message]
    words: Callable[[Value], str] = "{:g}".format
    neutral: Value = None


def by(
    step: float, low: float, high: float, start: Callable[[Focus], float] | None = None
) -> Callable[[Focus, Value, int], Value]:
    """Turn a number in steps; one that is not set begins where `start` is."""

    def turned(focus: Focus, value: Value, detents: int) -> Value:
        if value is None:
            return start(focus) if start is not None else low
        turned = min(high, max(low, round(value + detents * step, 3)))
        return int(turned) if isinstance(step, int) and isinstance(value, int) else turned

    return turned


def among(known: Callable[[Focus], Sequence[Value]]) -> Callable[[Focus, Value, int], Value]:
    """Turn to the next or the last of what is known, round and round."""

    def turned(focus: Focus, value: Value, detents: int) -> Value:
        choice = known(focus)
        at = choice.index(value) + detents if value in choice else 0
        return choice[at % len(choice)]

    return turned


def percent(value: Value) -> str:
    """Write a share as 50%."""
    return f"{value:.0%}"


def signed(value: Value) -> str:
    """Write a number as +3, or that there is none."""
    return UNLOCKED if value is None else f"{value:+g}"


def share(value: Value) -> str:
    """Write a share of a way as +30, in hundredths, or that there is none."""
    return UNLOCKED if value is None else f"{value * 100:+.0f}" if value else "0"


def condition(_focus: Focus, value: Value, detents: int) -> Value:
    """Turn to another condition; one that is negated stays so."""
    negation = "!" if value.startswith("!") else ""
    word = CONDITIONS[(CONDITIONS.index(value.removeprefix("!")) + detents) % len(CONDITIONS)]
    return negation + word if word else ""


def contrary(condition: str) -> str:
    """Return the condition that holds whenever this one does not."""
    return condition.removeprefix("!") if condition.startswith("!") else f"!{condition}" if condition else ""


def above_or_below(fields: Sequence[Field], index: int, lines: int) -> int:
    """Return the field that stands `lines` below another one, round and round."""
    known = [[at for at, field in enumerate(fields) if field.line == line] for line in range(3)]
    line = fields[index].line
    there = known[(line + lines) % len(known)]
    place = known[line].index(index) / max(1, len(known[line]) - 1)
    return there[round(place * (len(there) - 1))]
