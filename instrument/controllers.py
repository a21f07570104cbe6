"""The controllers we know: what each one sends, what it may do here, and which port is one."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from instrument import curves, port_names
from instrument.leds import Lights
from instrument.mapping import Binding, Table
from instrument.messages import SOURCE, Arrival, Continue, Message, Note, Play, SongPosition, Stop
from instrument.midi_map import FromController

MOST_KNOWN = 256  # sources
ROLES = ("pads", "knobs", "transport", "clock", "leds")
LEADING = ("transport", "clock")  # roles of those who may start and stop the instrument
TRANSPORT = (Play, Continue, Stop, SongPosition)
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
    lamp_facts: tuple[Fact, ...] = ()  # one for each row of the lights
    own: bool = False  # the player's

    @property
    def general(self) -> bool:
        """Whether it is for any port."""
        return "*" in self.ports

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return tuple(binding for row in self.rows for binding in row.bindings)

    def fit(self, names: Iterable[str]) -> int:
        """Return how closely a port with these names is this controller; 0: not at all."""
        shown = [form.lower() for form in port_names.forms(names)]
        if _any_like(shown, self.exclude):
            return 0
        return max((len(each) for each in self.ports if _any_like(shown, [each])), default=0)

    def shaped(self, said: Message) -> Message:
        """Return a message as the instrument hears it: a note through the velocity curve."""
        if isinstance(said, Note) and self.velocity != curves.DEFAULT:
            return replace(said, velocity=curves.shaped(self.velocity, said.velocity))
        return said


def _any_like(names: Iterable[str], patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern.lower()) for name in names for pattern in patterns)


def match(maps: Iterable[Controller], names: Iterable[str]) -> Controller | None:
    """Return the map of the port with these names: a player's own before ours, then the closest fit."""
    shown = tuple(names)
    fitting = [(each.own, fit, each) for each in maps if (fit := each.fit(shown))]
    return max(fitting, key=lambda found: found[:2])[2] if fitting else None


class Plugged(Mapping[str, Table]):
    """The controllers that are plugged in: whose map each source has, and what its controls do.

    A source is the name of a port, or that of a controller: messages carry the latter where one is known, so
    that what is learned for a controller holds in whatever port it is. Any thread may ask.
    """

    def __init__(
        self, maps: Sequence[Controller] = (), alias: Callable[[str], str] = str, leader: str = ""
    ) -> None:
        """Take the maps, what tells how else a port is called, and the pattern of ports that lead anyway."""
        self._maps = tuple(maps)
        self._alias = alias
        self._leader = leader
        self._known: dict[tuple[str, str], Controller | None] = {}
        self._tables = {each.name: Table(each.bindings) for each in maps if each.bindings}
        self._named = {each.name: each for each in maps}

    def of(self, source: str) -> Controller | None:
        """Return the map of a source; None for what no port sent, as the console."""
        names = source, self._alias(source)
        with suppress(KeyError):
            return self._known[names]
        if len(self._known) >= MOST_KNOWN:  # ports of programs may have a new name every time
            self._known.clear()
        found = self._named.get(source) or (match(self._maps, filter(None, names)) if source else None)
        self._known[names] = found
        return found

    def may(self, source: str, role: str) -> bool:
        """Return whether a source has a role; what no port sent, as the console, has them all."""
        found = self.of(source)
        leads = role in LEADING and bool(port_names.named([source], self._leader))
        return found is None or role in found.roles or leads

    def name_of(self, source: str) -> str:
        """Return what messages of a source carry: its controller's name, else that of its port."""
        found = self.of(source)
        if found is not None and not found.general:
            return found.name
        return port_names.plain(source)[:SOURCE]

    def heard(self, arrival: Arrival) -> Arrival | None:
        """Return what the instrument hears of an arrival: its controller named, its part kept to; or None."""
        found, said = self.of(arrival.source), arrival.message
        if isinstance(said, TRANSPORT) and not any(self.may(arrival.source, role) for role in LEADING):
            return None
        said = found.shaped(said) if found is not None else said
        if isinstance(said, FromController):
            said = replace(said, source=self.name_of(arrival.source))
        return replace(arrival, message=said)

    def __getitem__(self, source: str) -> Table:
        """Return what the controls of a source do; KeyError where no map says it."""
        found = self.of(source)
        return self._tables[found.name if found is not None else ""]

    def __iter__(self) -> Iterator[str]:
        return iter(self._tables)

    def __len__(self) -> int:
        return len(self._tables)
