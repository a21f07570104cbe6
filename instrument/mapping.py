"""What a control of a MIDI controller does: controls, targets, and the bindings between them.

A control is written as it is read, `cc 70 ch 1`; a target as it is said, `track 4 level_db`. In YAML a
binding is one line, `{control: cc 70 ch 1, target: knob 1}`; what is left out is as TARGETS has it.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from instrument import parse
from instrument.errors import MessageError, StateError
from instrument.messages import CURVES, ENCODINGS, SOURCE, TAKEOVERS
from instrument.targets import Aim, aim

NUMBERED = {"note": 127, "cc": 127, "cc14": 31, "poly": 127}  # kind: its highest number
KINDS = (*NUMBERED, "pressure", "program", "bend")
CHANNELS = 16
BEND = 2.0 * math.log(9.0)  # exp has a tenth of the range at half the way, log nine tenths
_WORDS = re.compile(r"(?P<kind>[a-z]+(?:14)?)(?: (?P<number>\d{1,3}))?(?: ch (?P<channel>\d{1,2}))?")
_KEYS = ("control", "target", "encoding", "low", "high", "curve", "takeover")


@dataclass(frozen=True, slots=True)
class Control:
    """A pad, key, knob, fader or button by what it sends."""

    channel: int | None  # from 1; None: any
    kind: str  # one of KINDS; cc14: a coarse controller below 32 and its fine one, 32 above it
    number: int = 0  # 0 where the kind has none

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise MessageError(f"a control is one of {', '.join(KINDS)}, not {self.kind!r}")
        if self.channel is not None and not 1 <= self.channel <= CHANNELS:
            raise MessageError(f"a channel is 1 to {CHANNELS}, not {self.channel}")
        highest = NUMBERED.get(self.kind, 0)
        if not 0 <= self.number <= highest:
            raise MessageError(f"{self.kind} is numbered 0 to {highest}, not {self.number}")

    def __str__(self) -> str:
        number = f" {self.number}" if self.kind in NUMBERED else ""
        return f"{self.kind}{number}" + (f" ch {self.channel}" if self.channel is not None else "")

    def covers(self, other: "Control") -> bool:
        """Return whether what `other` sends, on a channel of its own, is what this control sends."""
        return (self.kind, self.number) == (other.kind, other.number) and self.channel in (
            None,
            other.channel,
        )


def control_of(words: str) -> Control:
    """Return the control that `note 36 ch 10` or `bend` names; MessageError when it names none."""
    found = _WORDS.fullmatch(words)
    if found is None or (found["number"] is not None) != (found["kind"] in NUMBERED):
        raise MessageError(f"{words!r} is no control; write `cc 70 ch 1`, `note 36`, `bend ch 1`")
    channel = found["channel"]
    return Control(None if channel is None else int(channel), found["kind"], int(found["number"] or 0))


@dataclass(frozen=True, slots=True)
class Binding:
    """A control, what it moves and how.

    `low` and `high`, its ends, are in the target's unit; low above high turns it round.
    """

    control: Control
    target: str
    encoding: str = "absolute"  # or relative: twos complement, offset by 64, sign in bit 6
    low: float = 0.0
    high: float = 1.0
    curve: str = "linear"
    takeover: str = "pickup"

    def __post_init__(self) -> None:
        where = aim(self.target)
        for name, known in (("encoding", ENCODINGS), ("curve", CURVES), ("takeover", TAKEOVERS)):
            if getattr(self, name) not in known:
                raise MessageError(f"{name} is one of {', '.join(known)}, not {getattr(self, name)!r}")
        for value in (self.low, self.high):
            if not where.low <= value <= where.high:
                raise MessageError(
                    f"{self.target} goes from {where.low:g} to {where.high:g}, not to {value:g}"
                )
        if self.low == self.high:
            raise MessageError(f"{self.target}: low and high are both {self.low:g}; they must differ")
        if self.encoding != "absolute" and (self.control.kind != "cc" or where.kind != "value"):
            raise MessageError(
                f"only a cc that moves a value can be relative, not {self.control} → {self.target}"
            )

    @property
    def aim(self) -> Aim:
        return aim(self.target)

    def value_at(self, position: float) -> float:
        """Return the target's value for a control's position, 0 to 1."""
        value = self.low + (self.high - self.low) * _bent(position, self.curve)
        value = min(max(value, self.aim.low), self.aim.high)
        return float(round(value)) if self.aim.whole else value

    def position_of(self, value: float) -> float:
        """Return the position, 0 to 1, at which the control has a value; beyond it the nearest end."""
        share = (value - self.low) / (self.high - self.low)
        return _unbent(min(1.0, max(0.0, share)), self.curve)


@dataclass(frozen=True, slots=True)
class Learned:
    """A binding that the player made, for one controller or for any."""

    source: str  # the controller's name; empty: any
    binding: Binding


class Table:
    """Bindings by what is sent."""

    def __init__(self, bindings: Iterable[Binding]) -> None:
        self._by_number: dict[tuple[str, int], list[Binding]] = {}
        for binding in bindings:
            control = binding.control
            self._by_number.setdefault((control.kind, control.number), []).append(binding)

    def of(self, control: Control) -> list[Binding]:
        """Return the bindings of a control on its channel, or else those for any channel."""
        return nearest(control, self._by_number.get((control.kind, control.number), []))


def nearest(control: Control, bindings: Iterable[Binding]) -> list[Binding]:
    """Return those of some bindings that cover a control: those for its channel, or else those for any."""
    covering = [binding for binding in bindings if binding.control.covers(control)]
    own = [binding for binding in covering if binding.control.channel is not None]
    return own or covering


def bound(control: Control, target: str, **shape: object) -> Binding:
    """Return a binding over the target's whole range, but for what `shape` (encoding, low, …) says."""
    where = aim(target)
    given = {key: value for key, value in shape.items() if value is not None}
    return Binding(control, target, **{"low": where.low, "high": where.high, **given})  # type: ignore[arg-type]


def _bent(position: float, curve: str) -> float:
    if curve == "exp":
        return math.expm1(BEND * position) / math.expm1(BEND)
    return 1.0 - _bent(1.0 - position, "exp") if curve == "log" else position


def _unbent(share: float, curve: str) -> float:
    if curve == "exp":
        return math.log1p(math.expm1(BEND) * share) / BEND
    return 1.0 - _unbent(1.0 - share, "exp") if curve == "log" else share


def to_data(bindings: Sequence[Binding]) -> list[dict[str, object]]:
    """Return what a YAML file says of bindings: what differs from the default only."""
    return [_binding_data(binding) for binding in bindings]


def _binding_data(binding: Binding) -> dict[str, object]:
    usual = bound(binding.control, binding.target)
    differing = [key for key in _KEYS[2:] if getattr(binding, key) != getattr(usual, key)]
    data: dict[str, object] = {"control": str(binding.control), "target": binding.target}
    return data | {key: getattr(binding, key) for key in differing}


def from_data(where: str, data: object) -> tuple[Binding, ...]:
    """Check what a YAML file says and build the bindings; StateError names the first wrong one."""
    rows = parse.items(where, data)
    return tuple(_binding(f"{where}: binding {at}", row) for at, row in enumerate(rows, start=1))


def learned_data(learned: Sequence[Learned]) -> list[dict[str, object]]:
    """Return what is kept of the player's bindings."""
    return [
        _binding_data(each.binding) | ({"source": each.source} if each.source else {}) for each in learned
    ]


def learned_from(where: str, data: object) -> tuple[Learned, ...]:
    """Check what was kept of the player's bindings and build them; StateError names the first wrong one."""
    rows = enumerate(parse.items(where, data), start=1)
    return tuple(_learned(f"{where}: binding {at}", row) for at, row in rows)


def _learned(where: str, row: object) -> Learned:
    source = row.get("source", "") if isinstance(row, Mapping) else ""
    if not isinstance(source, str) or len(source) > SOURCE or not source.isprintable():
        raise StateError(f"{where} source is {source!r:.80}; expected the name of a controller")
    bare = {key: row[key] for key in row if key != "source"} if isinstance(row, Mapping) else row
    return Learned(source, _binding(where, bare))


def _binding(where: str, row: object) -> Binding:
    if not isinstance(row, Mapping):
        raise StateError(f"{where} is {row!r}; expected {{control: cc 70 ch 1, target: knob 1}}")
    parse.only(where, row, _KEYS)
    texts = {
        key: parse.text(f"{where} {key}", row[key])
        for key in _KEYS
        if key in row and key not in ("low", "high")
    }
    for key in ("control", "target"):
        if key not in texts:
            raise StateError(f"{where} names no {key}")
    numbers = {
        key: parse.number(f"{where} {key}", row[key], -1e6, 1e6) for key in ("low", "high") if key in row
    }
    try:
        control = control_of(texts.pop("control"))
        return bound(control, texts.pop("target"), **texts, **numbers)
    except MessageError as error:
        raise StateError(f"{where}: {error}") from None
