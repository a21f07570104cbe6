"""Where the pattern's hits go as notes, a line for some tracks: `track 1-8 → note 36-43 ch 10 to UM-ONE*`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from instrument import numbering, port_names
from instrument.errors import StateError
from instrument.messages import MOST_TRACKS

ALLOWED = 'lines like "track 1-8 → note 36-43 ch 10" or "track 1 -> note 60 ch 1 to UM-ONE*"'
CHANNELS, LAST_NOTE = 16, 127
_LINE = re.compile(
    r"\s*track (?P<tracks>[\d\s,-]+?)\s*(?:→|->)\s*note (?P<notes>[\d\s,-]+?) ch (?P<rest>\S.*)"
)
_REST = re.compile(r"(?P<channel>\d{1,2})(?: to (?P<port>\S.*?))?\s*")


@dataclass(frozen=True, slots=True)
class Route:
    """A note that a track plays."""

    index: int  # of the track
    channel: int  # from 1
    note: int
    port: str = ""  # pattern of an output's name; empty: whoever listens to our `out`

    def ports(self, outputs: Iterable[str]) -> tuple[str | None, ...]:
        """Return which of the outputs there are it goes to; None is our `out`."""
        if not self.port:
            return (None,)
        return port_names.named(outputs, self.port)


def read(lines: Iterable[str]) -> tuple[Route, ...]:
    """Return the routes that lines describe; StateError names the first that describes none."""
    return tuple(route for line in lines for route in _routes(line))


def _routes(line: str) -> list[Route]:
    found = _LINE.fullmatch(line)
    rest = _REST.fullmatch(found["rest"]) if found is not None else None
    if found is None or rest is None:
        raise StateError(f"{line!r} is no route; expected {ALLOWED}")
    tracks, notes = _numbers(line, found["tracks"]), _numbers(line, found["notes"])
    if len(notes) not in (1, len(tracks)):
        raise StateError(
            f"{line!r} has {len(tracks)} tracks and {len(notes)} notes; expected a note for each"
        )
    channel = int(rest["channel"])
    for what, number, low, high in (
        *(("track", track, 1, MOST_TRACKS) for track in tracks),
        *(("note", note, 0, LAST_NOTE) for note in notes),
        ("channel", channel, 1, CHANNELS),
    ):
        if not low <= number <= high:
            raise StateError(f"{line!r}: a {what} is {low} to {high}, not {number}")
    notes = notes * len(tracks) if len(notes) == 1 else notes
    port = rest["port"] or ""
    return [Route(track - 1, channel, note, port) for track, note in zip(tracks, notes, strict=True)]


def _numbers(line: str, words: str) -> list[int]:
    parts = numbering.expanded(line, words.strip())
    if not all(part.isdigit() for part in parts):
        raise StateError(f"{line!r} is no route; expected {ALLOWED}")
    return [int(part) for part in parts]
