"""From a snapshot to what each widget shows; a snapshot that lacks tracks or steps shows them empty."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from instrument.messages import TRACKS
from instrument.snapshot import Snapshot, TrackView
from instrument.tui import names
from instrument.tui.cursor import GRID, KNOB, Cursor
from instrument.tui.geometry import STEPS
from instrument.tui.grid import GridView, RowView, marks
from instrument.tui.knobs import KnobsView
from instrument.tui.meters import MeterView, meter_view
from instrument.tui.names import NameView
from instrument.tui.palette import BRIGHT, FAINT

NOTHING: Mapping[str, Any] = {}


def tracks(snapshot: Snapshot | None) -> tuple[TrackView, ...]:
    """Return the kit's tracks; empty ones before there is a kit."""
    known = snapshot.tracks if snapshot is not None else ()
    return known or (TrackView(),) * TRACKS


def velocity(snapshot: Snapshot | None, track: int, step: int) -> int:
    """Return the velocity of a step, both counted from 0; 0 is off."""
    row = _row(snapshot, track)
    return row[step] if step < len(row) else 0


def details(snapshot: Snapshot | None, track: int) -> Mapping[str, Mapping[str, Any]]:
    """Return what steps of a track have beside their velocities, by their index as a text."""
    known = snapshot.details if snapshot is not None else ()
    return known[track] if track < len(known) else NOTHING


def step_details(snapshot: Snapshot | None, track: int, step: int) -> Mapping[str, Any]:
    return details(snapshot, track).get(str(step), NOTHING)


def _row(snapshot: Snapshot | None, track: int) -> tuple[int, ...]:
    known = snapshot.pattern if snapshot is not None else ()
    return known[track] if track < len(known) else (0,) * STEPS


def silent(snapshot: Snapshot | None) -> tuple[bool, ...]:
    """Return which tracks are not to be heard: muted, or others are soloed."""
    known = tracks(snapshot)
    soloed = any(track.solo for track in known)
    return tuple(track.mute or (soloed and not track.solo) for track in known)


def grid_view(snapshot: Snapshot | None, cursor: Cursor) -> GridView:
    known, page = tracks(snapshot), cursor.page
    quiet = silent(snapshot)
    return GridView(
        rows=tuple(_row_view(snapshot, track, page, quiet[track]) for track in range(len(known))),
        running=tuple(running(track, page) for track in known),
        cursor=(cursor.track, cursor.column),
        cursor_ink=BRIGHT if cursor.place == GRID else FAINT,
    )


def _row_view(snapshot: Snapshot | None, track: int, page: int, quiet: bool) -> RowView:
    first = page * STEPS
    shown: tuple[int | None, ...] = _row(snapshot, track)[first : first + STEPS]
    shown += (None,) * (STEPS - len(shown))
    marked = [""] * STEPS
    for index, has in details(snapshot, track).items():
        if first <= int(index) < first + STEPS:
            marked[int(index) - first] = marks(has)
    return RowView(shown, tuple(marked), quiet)


def running(track: TrackView, page: int) -> int | None:
    """Return the column that a track has come to, None where it is not seen."""
    if track.step is None or track.step // STEPS != page:
        return None
    return track.step % STEPS


def pages(snapshot: Snapshot | None) -> int:
    """Return how many sixteen steps the longest lane fills."""
    longest = max((len(row) for row in snapshot.pattern), default=1) if snapshot is not None else 1
    return max(1, -(-longest // STEPS))


def name_views(snapshot: Snapshot | None) -> tuple[NameView, ...]:
    selected = snapshot.selected - 1 if snapshot is not None else None
    quiet = silent(snapshot)
    return tuple(
        NameView(
            name=(track.name or track.class_name).replace("_", " "),
            draw=f"{track.seed % 0x10000:04x}" if snapshot is not None else "",
            lane=_lane(track, len(_row(snapshot, index))),
            status=_status(track),
            coming=track.coming,
            silent=quiet[index],
            locked=track.locked,
            selected=index == selected,
        )
        for index, track in enumerate(tracks(snapshot))
    )


def _lane(track: TrackView, steps: int) -> str:
    """Write where a lane is, how long and how fast; nothing for sixteen sixteenths."""
    if steps == STEPS and track.speed == "1":
        return ""
    at = f"{track.step + 1}/" if track.step is not None and steps > STEPS else ""
    return f"{at}{steps}" + (f" ×{track.speed}" if track.speed != "1" else "")


def _status(track: TrackView) -> str:
    if track.erasing:
        return names.ERASING
    return names.MUTED if track.mute else names.SOLO if track.solo else ""


def meter_views(snapshot: Snapshot | None) -> tuple[MeterView, ...]:
    if snapshot is None:
        return (MeterView(),) * TRACKS
    return tuple(
        meter_view(peak=track.meter_peak, rms=track.meter_rms, level_db=track.level_db, muted=quiet)
        for track, quiet in zip(tracks(snapshot), silent(snapshot), strict=True)
    )


def knobs_view(snapshot: Snapshot | None, cursor: Cursor) -> KnobsView | None:
    if snapshot is None:
        return None
    known = tracks(snapshot)
    index = cursor.track if cursor.place == KNOB else min(len(known), max(1, snapshot.selected)) - 1
    still = replace(known[index], meter_peak=0.0, meter_rms=0.0, step=None)  # these are shown elsewhere
    return KnobsView(index=index, track=still, turning=cursor.knob if cursor.place == KNOB else None)
