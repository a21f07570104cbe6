"""Which patterns there are, and which comes when: banks, chains and songs.

A chain is written as `A1x4 B2 A1`: bank and number of each pattern, and how many times it is played.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from instrument import parse, pattern
from instrument.errors import MessageError, StateError
from instrument.messages import BANKS, SLOTS, SONGS
from instrument.pattern import Pattern

MOST_LINKS, MOST_ROUNDS = 64, 64
_NAMES = "ABCDEFGH"
_LINK = re.compile(rf"([{_NAMES}])([1-9][0-9]?)(?:x([1-9][0-9]?))?")

Address: TypeAlias = tuple[int, int]  # of a pattern: indices of its bank and of its place there
Bank: TypeAlias = tuple[Pattern | None, ...]  # (SLOTS,), None: empty
FIRST: Address = (0, 0)


@dataclass(frozen=True, slots=True)
class Link:
    """One pattern of a chain."""

    address: Address
    rounds: int = 1  # how often it is played

    def __str__(self) -> str:
        return address_name(self.address) + (f"x{self.rounds}" if self.rounds > 1 else "")


Chain: TypeAlias = tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class Song:
    """A chain with a name, that ends on its last pattern."""

    name: str
    chain: Chain


@dataclass(frozen=True, slots=True)
class Cue:
    """A pattern that begins at a place."""

    address: Address
    place: float  # in sixteenths since playing began
    link: int | None = None  # of the chain, when it belongs to it


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """Where in all that the instrument is. The pattern that plays is the state's own, beside its bank."""

    banks: tuple[Bank, ...] = ((None,) * SLOTS,) * BANKS
    songs: tuple[Song | None, ...] = (None,) * SONGS
    chain: Chain = ()
    loops: bool = True  # the chain begins again after its last pattern
    link: int | None = None  # of the chain that plays; None: it does not
    address: Address = FIRST  # of the pattern that plays
    bank: int = 0  # from which patterns are chosen by number
    origin: float = 0.0  # place at which the pattern that plays began
    cue: Cue | None = None

    def stored(self, address: Address, kept: Pattern | None) -> "Program":
        """Return the program with a pattern in its bank."""
        bank, slot = address
        row = (*self.banks[bank][:slot], kept, *self.banks[bank][slot + 1 :])
        return replace(self, banks=(*self.banks[:bank], row, *self.banks[bank + 1 :]))

    def empty(self) -> Address | None:
        """Return the first empty place of the banks, None when there is none."""
        places = ((bank, slot) for bank in range(BANKS) for slot in range(SLOTS))
        return next(
            (place for place in places if self.pattern(place) is None and place != self.address), None
        )

    def kept(self) -> "Program":
        """Return what of the program outlives the machine's being switched off."""
        kept = replace(self, link=None, bank=self.address[0], origin=0.0, cue=None)
        return kept.stored(self.address, None)

    def pattern(self, address: Address) -> Pattern | None:
        """Return the pattern of a bank; not that of the state itself."""
        return self.banks[address[0]][address[1]]


NO_PROGRAM = Program()


def address_name(address: Address) -> str:
    """Return A1 for the first pattern of the first bank."""
    return f"{_NAMES[address[0]]}{address[1] + 1}"


def chain_text(chain: Chain) -> str:
    return " ".join(map(str, chain))


def chain_of(text: str) -> Chain:
    """Return the chain that a text writes; MessageError when it writes none."""
    links = tuple(_link(word) for word in text.split())
    if len(links) > MOST_LINKS:
        raise MessageError(f"a chain has at most {MOST_LINKS} patterns, not {len(links)}")
    return links


def _link(word: str) -> Link:
    found = _LINK.fullmatch(word)
    if found is None or int(found[2]) > SLOTS or int(found[3] or 1) > MOST_ROUNDS:
        raise MessageError(
            f"a chain is like A1x4 B2 (banks A–H, patterns 1–{SLOTS}, x 1–{MOST_ROUNDS}), not {word!r:.20}"
        )
    return Link((_NAMES.index(found[1]), int(found[2]) - 1), int(found[3] or 1))


def to_data(program: Program) -> dict[str, object]:
    """Return what a YAML file keeps of the program, but for the patterns of its banks."""
    songs = {
        number: {"name": song.name, "chain": chain_text(song.chain)}
        for number, song in enumerate(program.songs, start=1)
        if song is not None
    }
    return {
        "address": address_name(program.address),
        "chain": chain_text(program.chain),
        "loops": program.loops,
        "songs": songs,
    }


def stored(program: Program) -> dict[str, Pattern]:
    """Return the patterns of the banks, by the names of their addresses."""
    return {
        address_name((bank, slot)): kept
        for bank, row in enumerate(program.banks)
        for slot, kept in enumerate(row)
        if kept is not None
    }


def from_data(where: str, data: object, banks: object) -> Program:
    """Check what a YAML file keeps, and the patterns of the banks, and build the program; None: none."""
    if data is None:
        return NO_PROGRAM
    if not isinstance(data, Mapping):
        raise StateError(f"{where} is {data!r}; expected banks, songs and a chain")
    parse.only(where, data, ("address", "chain", "loops", "songs"))
    address = _address(f"{where} address", data.get("address"))
    made = Program(
        chain=_chain(f"{where} chain", data.get("chain")),
        loops=parse.flag(f"{where} loops", data.get("loops")),
        address=address,
        bank=address[0],
        songs=_songs(f"{where} songs", data.get("songs")),
    )
    for name, kept in _mapping(f"{where} banks", banks).items():
        place = f"{where} {name}"
        loaded = pattern.from_data(place, parse.checked_schema(place, kept))
        made = made.stored(_address(place, name), loaded)
    return made


def _mapping(where: str, data: object) -> Mapping[object, object]:
    if not isinstance(data, Mapping):
        raise StateError(f"{where} is {data!r}; expected `key: value` lines")
    return data


def _songs(where: str, data: object) -> tuple[Song | None, ...]:
    songs: list[Song | None] = [None] * SONGS
    for number, song in _mapping(where, data).items():
        at, place = parse.whole(where, number, 1, SONGS) - 1, f"{where} {number}"
        told = _mapping(place, song)
        name = parse.text(f"{place} name", told.get("name"))
        songs[at] = Song(name, _chain(f"{place} chain", told.get("chain")))
    return tuple(songs)


def _chain(where: str, data: object) -> Chain:
    try:
        return chain_of(str(data))
    except MessageError as error:
        raise StateError(f"{where}: {error}") from None


def _address(where: str, data: object) -> Address:
    chain = _chain(where, data)
    if len(chain) != 1:
        raise StateError(f"{where} is {data!r}; expected a pattern like A1")
    return chain[0].address
