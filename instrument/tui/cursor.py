"""Where the keys act: on a step of the grid, or on one of the selected track's knobs."""

from dataclasses import dataclass, replace

from instrument.messages import KNOBS, STEPS, TRACKS


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """All counted from 0."""

    track: int = 0
    step: int = 0
    knob: int = 0
    on_knobs: bool = False

    def moved(self, rows: int, columns: int) -> "Cursor":
        """Go down `rows` tracks and right `columns` steps or knobs; it comes in again on the other side."""
        there = replace(self, track=(self.track + rows) % TRACKS)
        if self.on_knobs:
            return replace(there, knob=(self.knob + columns) % KNOBS)
        return replace(there, step=(self.step + columns) % STEPS)
