"""Where things lie: sizes of steps and rows for a given terminal, all in character cells."""

from dataclasses import dataclass

from instrument.messages import TRACKS

STEPS = 16  # that are shown at a time
STEPS_PER_BEAT = 4
BEAT_GAPS = STEPS // STEPS_PER_BEAT - 1
NAMES_WIDTH = 14
METERS_WIDTH = 14
LINES_AROUND_GRID = 8  # header 2, ruler 1, knobs 3, message 1, keys 1


@dataclass(frozen=True, slots=True)
class Geometry:
    """The size of one step of the grid; as it stands the grid fills 80×24."""

    pad_width: int = 2
    row_lines: int = 2
    tracks: int = TRACKS

    @property
    def grid_width(self) -> int:
        return STEPS // STEPS_PER_BEAT * self.beat_width

    @property
    def beat_width(self) -> int:
        """Four steps, each with a gap to its left, and a gap at the end."""
        return STEPS_PER_BEAT * (self.pad_width + 1) + 1

    @property
    def grid_lines(self) -> int:
        return self.tracks * self.row_lines

    def step_x(self, step: int) -> int:
        """Return the column left of a step, where the cursor's frame goes; beats stand one further apart."""
        return step * (self.pad_width + 1) + step // STEPS_PER_BEAT


def fit(width: int, height: int, tracks: int = TRACKS) -> Geometry:
    """Choose the largest steps for a terminal of `width` × `height`, not much taller than wide."""
    room = width - NAMES_WIDTH - METERS_WIDTH - BEAT_GAPS - 1
    pad_width = min(6, max(1, room // STEPS - 1))
    rows = (height - LINES_AROUND_GRID) // tracks
    return Geometry(pad_width, max(1, min(rows, pad_width // 2 + 1)), tracks)
