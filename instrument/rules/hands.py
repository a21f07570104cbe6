"""What the player's hands are doing: where controls stand, what is held, what is being learned.

Forgotten when the machine is switched off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from instrument.mapping import Control
from instrument.messages import MOST_TRACKS


@dataclass(frozen=True, slots=True)
class Held:
    """A pad or button that is down."""

    source: str
    control: Control
    target: str  # what it was bound to when it was pressed
    frame: int  # at which that was


@dataclass(frozen=True, slots=True)
class Learning:
    """Which target waits for a control; with no target, pads and knobs in order, from those given here."""

    target: str = ""
    pad: int = 1
    knob: int = 1
    taken: tuple[tuple[str, Control], ...] = ()  # controls that it has bound, with their sources


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """Immutable, as all of the state."""

    places: Mapping[tuple[str, Control], int] = field(default_factory=dict)  # what each last sent
    held: tuple[Held, ...] = ()  # the newest last
    pressures: tuple[int, ...] = (0,) * MOST_TRACKS  # on the pad of each track
    learning: Learning | None = None
    fresh: tuple[str, Control, int] | None = None  # learned last: source, control, and frame
    waiting: Mapping[tuple[int, int], float] = field(default_factory=dict)  # where a control is that does
    # not move its knob's value yet; track and knob by index

    def relaxed(self) -> "Hands":
        """Return the hands with no force on any pad."""
        return replace(self, pressures=(0,) * MOST_TRACKS)


NO_HANDS = Hands()
