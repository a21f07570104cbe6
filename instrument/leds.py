"""The lamps of a controller: which bytes make them show the instrument as it is. Pure: no ports, no clock.

What a lamp shows, say `pad 3`, is in some condition (CONDITIONS), and each condition has a colour for the
lamp, in the bytes that the device wants. A condition without a colour takes that of another (INSTEAD).
"""

from collections.abc import Mapping
from dataclasses import dataclass

DARK, IDLE, LIT = "dark", "idle", "lit"  # not there, or left alone; there but not on; on
_SWITCH = (DARK, IDLE, LIT)
CONDITIONS: dict[str, tuple[str, ...]] = {
    "pad #": (DARK, "muted", IDLE, "chosen", "hit"),  # chosen: the knobs act on it; hit: it sounds
    "step #": (DARK, IDLE, LIT, "accent", "here"),  # of the track that is chosen; here: it has come to it
    "mute #": _SWITCH,
    "solo #": _SWITCH,
    "lock #": _SWITCH,
    "select #": _SWITCH,
    "pattern #": (DARK, "empty", IDLE, LIT, "queued"),
    "bank #": _SWITCH,
    "lock": _SWITCH,
    "play": _SWITCH,
    "record": _SWITCH,
    "fill": _SWITCH,
    "metronome": _SWITCH,
}
INSTEAD = {
    IDLE: DARK, LIT: IDLE, "muted": DARK, "empty": DARK, "chosen": LIT, "hit": LIT, "queued": LIT,
    "accent": LIT, "here": LIT,
}  # fmt: skip
TOKENS = ("{lamp}", "{colour}", "{colours}", "{red}", "{green}", "{blue}")
_PARTS = ("{red}", "{green}", "{blue}")  # the first, second and third byte of a colour

Template = tuple[bytes | str, ...]  # bytes as they are, and TOKENS
Picture = tuple[tuple[bytes, ...], ...]  # for each lamp, or group of lamps, the messages that make it look so


@dataclass(frozen=True, slots=True)
class Lamps:
    """Lamps that are lit in one way."""

    numbers: tuple[int, ...]
    shows: tuple[str, ...]  # one a lamp
    messages: tuple[Template, ...]
    colours: Mapping[str, tuple[bytes, ...]]  # condition: a colour for each lamp

    @property
    def together(self) -> bool:
        """Whether one message lights them all."""
        return any("{colours}" in message for message in self.messages)

    def colour(self, at: int, condition: str) -> bytes:
        """Return the colour of the lamp at an index in a condition."""
        while condition not in self.colours:
            condition = INSTEAD[condition]
        return self.colours[condition][at]

    def lit(self, conditions: Mapping[str, str]) -> Picture:
        """Return the messages that make the lamps look as what they show is."""
        colours = [self.colour(at, conditions.get(shown, DARK)) for at, shown in enumerate(self.shows)]
        if self.together:
            return (tuple(filled(each, 0, b"", b"".join(colours)) for each in self.messages),)
        lamps = zip(self.numbers, colours, strict=True)
        return tuple(tuple(filled(each, *lamp) for each in self.messages) for lamp in lamps)


@dataclass(frozen=True, slots=True)
class Lights:
    """All lamps of a controller, and what it is told when it comes and before it is left."""

    rows: tuple[Lamps, ...] = ()
    on_connect: tuple[bytes, ...] = ()
    on_exit: tuple[bytes, ...] = ()
    gap_ms: float = 0.0  # the least time between two messages

    @property
    def any(self) -> bool:
        """Whether the controller is ever told anything."""
        return bool(self.rows or self.on_connect or self.on_exit)

    def picture(self, conditions: Mapping[str, str]) -> Picture:
        """Return what all lamps are told when `pad 1` and so on are in given conditions; the rest is dark."""
        return tuple(lamp for row in self.rows for lamp in row.lit(conditions))

    def farewell(self) -> tuple[bytes, ...]:
        """Return what a controller is told before it is left: every lamp off, then its own mode."""
        return changes((), self.picture({})) + self.on_exit


def changes(before: Picture, now: Picture) -> tuple[bytes, ...]:
    """Return the messages that turn one picture of the same lamps into another; all when `before` is ()."""
    olds = before or ((),) * len(now)
    return tuple(message for old, new in zip(olds, now, strict=True) if old != new for message in new)


def filled(template: Template, lamp: int, colour: bytes = b"", colours: bytes = b"") -> bytes:
    """Return a message: the template with its tokens replaced."""
    parts = {token: colour[at : at + 1] for at, token in enumerate(_PARTS)}
    values = {"{lamp}": bytes([lamp]), "{colour}": colour, "{colours}": colours, **parts}
    return b"".join(part if isinstance(part, bytes) else values[part] for part in template)
