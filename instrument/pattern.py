"""A pattern: what each track plays on each of sixteen steps, how fast and with how much swing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from instrument import parse
from instrument.messages import STEPS, TRACKS

LOWEST_BPM, HIGHEST_BPM = 20.0, 300.0
STRAIGHT, MOST_SWING = 0.5, 0.75

Steps = tuple[int, ...]  # (STEPS,) velocities, 0 off


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """An immutable pattern."""

    name: str
    tempo_bpm: float = 120.0
    swing: float = STRAIGHT  # share of a pair of steps that its first one takes
    rows: tuple[Steps, ...] = ((0,) * STEPS,) * TRACKS  # (TRACKS, STEPS)

    def with_step(self, track: int, step: int, velocity: int) -> "Pattern":
        """Return this pattern with one step changed; `track` and `step` are indices."""
        row = (*self.rows[track][:step], velocity, *self.rows[track][step + 1 :])
        return replace(self, rows=(*self.rows[:track], row, *self.rows[track + 1 :]))


def to_data(pattern: Pattern) -> dict[str, object]:
    """Return what a YAML file of the pattern holds."""
    return {
        "schema": parse.SCHEMA,
        "name": pattern.name,
        "tempo_bpm": pattern.tempo_bpm,
        "swing": pattern.swing,
        "tracks": [list(row) for row in pattern.rows],
    }


def from_data(where: str, data: Mapping[str, object]) -> Pattern:
    """Check what a YAML file holds and build the pattern; `where` begins every error."""
    parse.checked_schema(where, data)
    parse.only(where, data, ("schema", "name", "tempo_bpm", "swing", "tracks"))
    rows = parse.items(f"{where}: tracks", data.get("tracks"), TRACKS)
    return Pattern(
        name=parse.text(f"{where}: name", data.get("name")),
        tempo_bpm=parse.number(f"{where}: tempo_bpm", data.get("tempo_bpm"), LOWEST_BPM, HIGHEST_BPM),
        swing=parse.number(f"{where}: swing", data.get("swing", STRAIGHT), STRAIGHT, MOST_SWING),
        rows=tuple(_row(f"{where}: tracks[{at}]", row) for at, row in enumerate(rows)),
    )


def _row(where: str, row: object) -> Steps:
    steps = parse.items(where, row, STEPS)
    return tuple(parse.whole(f"{where}[{at}]", step, 0, 127) for at, step in enumerate(steps))
