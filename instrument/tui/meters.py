"""The level of each track: what sounds (RMS as a bar, peak as a tick) and, below it, its fader."""

from dataclasses import dataclass

from rich.segment import Segment
from textual.geometry import Region
from textual.strip import Strip

from instrument.messages import TRACKS
from instrument.tui.geometry import METERS_WIDTH, Geometry
from instrument.tui.palette import ALARM, BRIGHT, DIM, FAINT, GROUND, PAD, WARM, shade, style
from instrument.tui.plain import Plain
from instrument.units import gain_to_db

METER_FLOOR_DB = -48.0
METER_HOT_DB = -6.0
METER_FULL_DB = -0.5
FADER_FLOOR_DB, FADER_TOP_DB = -40.0, 12.0
BAR_WIDTH = METERS_WIDTH - 2
FADER_WIDTH = BAR_WIDTH - 4


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterView:
    """One track, in what can be seen: half columns of the bar, the peak's column and colour, the fader."""

    bar: int = 0
    peak: int | None = None
    peak_ink: str = DIM
    level_db: float | None = None  # None: no instrument, no fader
    muted: bool = False


def meter_view(*, peak: float, rms: float, level_db: float, muted: bool) -> MeterView:
    """Turn linear peak and RMS and a fader in dB into what is drawn."""
    peak_db = gain_to_db(peak)
    ink = ALARM if peak_db >= METER_FULL_DB else WARM if peak_db >= METER_HOT_DB else DIM
    column = meter_share(peak_db)
    return MeterView(
        bar=round(meter_share(gain_to_db(rms)) * 2 * BAR_WIDTH),
        peak=None if column == 0.0 else min(BAR_WIDTH - 1, int(column * BAR_WIDTH)),
        peak_ink=ink,
        level_db=level_db,
        muted=muted,
    )


def meter_share(level_db: float) -> float:
    """Return how far up a meter a level stands, 0–1."""
    return _share(level_db, METER_FLOOR_DB, 0.0)


def _share(value: float, low: float, high: float) -> float:
    return min(1.0, max(0.0, (value - low) / (high - low)))


class Meters(Plain):
    """A column of meters beside the grid."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own word
        super().__init__(id=id)
        self.views = (MeterView(),) * TRACKS
        self.geometry = Geometry()

    def resize(self, geometry: Geometry) -> None:
        self.geometry = geometry
        self.styles.width, self.styles.height = METERS_WIDTH, geometry.grid_lines
        self.refresh()

    def show(self, views: tuple[MeterView, ...]) -> None:
        before, self.views = self.views, views
        for track, (old, new) in enumerate(zip(before, views, strict=False)):
            if old != new:
                still = (old.level_db, old.muted) == (new.level_db, new.muted)
                lines = 1 if still else self.geometry.row_lines
                self.refresh(Region(0, track * self.geometry.row_lines, METERS_WIDTH, lines))

    def render_line(self, y: int) -> Strip:
        track, line = divmod(y, self.geometry.row_lines)
        if track >= len(self.views) or line > 1:
            return Strip.blank(METERS_WIDTH, style(GROUND))
        view = self.views[track]
        segments = _meter(view, shade(track, 2, muted=view.muted)) if line == 0 else _fader(view)
        return Strip([Segment(" ", style(GROUND)), *segments]).adjust_cell_length(METERS_WIDTH, style(GROUND))


def _meter(view: MeterView, ink: str) -> list[Segment]:
    """Draw the bar, and the peak's tick beyond it, in as few segments as will do."""
    lit = "█" * (view.bar // 2) + "▌" * (view.bar % 2)
    segments = [Segment(lit, style(ink, PAD))]
    if view.peak is not None and view.peak >= len(lit):
        segments += [
            Segment(" " * (view.peak - len(lit)), style(ink, PAD)),
            Segment("▐", style(view.peak_ink, PAD)),
        ]
    rest = BAR_WIDTH - sum(len(segment.text) for segment in segments)
    return [*segments, Segment(" " * rest, style(ink, PAD))]


def _fader(view: MeterView) -> list[Segment]:
    if view.level_db is None:
        return []
    knob = round(_share(view.level_db, FADER_FLOOR_DB, FADER_TOP_DB) * (FADER_WIDTH - 1))
    number = f"{round(view.level_db):+d}" if round(view.level_db) else "0"
    return [
        Segment("─" * knob, style(DIM)),
        Segment("■", style(DIM if view.muted else BRIGHT)),
        Segment("─" * (FADER_WIDTH - 1 - knob), style(FAINT)),
        Segment(number.rjust(4), style(DIM)),
    ]
