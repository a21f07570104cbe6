"""The controllers we know: what each one sends, what it may do here, and which port is one."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from instrument import curves, port_names
from instrument.leds import Lights
from instrument.mapping import Binding, Control
from instrument.messages import Continue, Message, Note, Play, Stop

ROLES = ("pads", "knobs", "transport", "clock", "leds")
EVIDENCE = {
    "F": "the maker's own document or factory file",
    "O": "a software vendor's script for the device",
    "C": "other players",
    "own": "the player's own",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """Where a value comes from, and whose word that is (EVIDENCE)."""

    source: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a map: what some controls do, and how that is known."""

    words: str  # of the file, as in `note 36-43 ch 10 → pad 1-8`
    bindings: tuple[Binding, ...]
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class Controller:
    """A map: a controller as it leaves the factory, or as a player has set it up."""

    id: str  # the stem of its file
    name: str
    about: str  # the state of the controller that is described, and what is left out
    fact: Fact
    ports: tuple[str, ...]  # names, with * and ?; case does not matter
    exclude: tuple[str, ...] = ()
    roles: frozenset[str] = frozenset()
    velocity: str = curves.DEFAULT
    rows: tuple[Row, ...] = ()
    lights: Lights = field(default_factory=Lights)
    own: bool = False  # the player's

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return tuple(binding for row in self.rows for binding in row.bindings)

    def fit(self, names: Iterable[str]) -> int:
        """Return how closely a port with these names is this controller; 0: not at all."""
        shown = [form.lower() for form in port_names.forms(names)]
        if _any_like(shown, self.exclude):
            return 0
        return max((len(each) for each in self.ports if _any_like(shown, [each])), default=0)

    def admitted(self, said: Message) -> Message | None:
        """Return what the instrument hears of a message, None for what is not this controller's part."""
        if isinstance(said, Play | Continue | Stop):
            return said if self.roles & {"transport", "clock"} else None
        if isinstance(said, Note):
            return replace(said, velocity=curves.shaped(self.velocity, said.velocity))
        return said

    def row_of(self, control: Control) -> Row | None:
        """Return the line that says what a control does, None when none does."""
        return next((row for row in self.rows if any(b.control.covers(control) for b in row.bindings)), None)


def _any_like(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for name in names for pattern in patterns)


def match(maps: Iterable[Controller], names: Iterable[str]) -> Controller | None:
    """Return the map of the port with these names: a player's own before ours, then the closest fit."""
    shown = tuple(names)
    fitting = [(each.own, fit, each) for each in maps if (fit := each.fit(shown))]
    return max(fitting, key=lambda found: found[:2])[2] if fitting else None
