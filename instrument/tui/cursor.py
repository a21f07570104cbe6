"""Where the keys act: on a step of the grid, a knob, or a field of the step or of the pattern."""

from dataclasses import dataclass, replace

from instrument.messages import KNOBS, STEPS
from instrument.snapshot import Snapshot
from instrument.tui.geometry import STEPS as SHOWN

GRID, KNOB, STEP, PATTERN = "grid", "knob", "step", "pattern"
PLACES = (GRID, KNOB, STEP, PATTERN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """All counted from 0."""

    place: str = GRID
    track: int = 0
    step: int = 0
    knob: int = 0
    fields: tuple[int, int] = (0, 0)  # of the step, and of the pattern

    @property
    def column(self) -> int:
        return self.step % SHOWN

    @property
    def page(self) -> int:
        """Which sixteen steps are shown."""
        return self.step // SHOWN

    @property
    def field(self) -> int:
        return self.fields[self.place == PATTERN]

    def with_field(self, field: int) -> "Cursor":
        step, pattern = self.fields
        return replace(self, fields=(step, field) if self.place == PATTERN else (field, pattern))

    def moved(self, rows: int, columns: int, lengths: tuple[int, ...]) -> "Cursor":
        """Go down `rows` tracks and right `columns` steps or knobs; it comes in again on the other side.

        `lengths` are those of the tracks' lanes, in steps.
        """
        there = replace(self, track=(self.track + rows) % len(lengths))
        if self.place == KNOB:
            return replace(there, knob=(self.knob + columns) % KNOBS)
        return replace(
            there, step=(self.step + columns) % lengths[there.track] if columns else self.step
        ).fitted(lengths)

    def fitted(self, lengths: tuple[int, ...]) -> "Cursor":
        """Return a cursor on a track and a step that there is."""
        track = min(self.track, len(lengths) - 1)
        return replace(self, track=track, step=min(self.step, lengths[track] - 1))


def lengths(snapshot: Snapshot | None) -> tuple[int, ...]:
    """Return how many steps each track has; as usual where nothing is known of it."""
    if snapshot is None or not snapshot.tracks:
        return (STEPS,) * 8
    known = snapshot.pattern[: len(snapshot.tracks)]
    rest = (STEPS,) * (len(snapshot.tracks) - len(known))
    return (*(len(row) or STEPS for row in known), *rest)
