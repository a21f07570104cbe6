"""From a snapshot to what each widget shows; a snapshot that lacks tracks or steps shows them empty."""

from dataclasses import replace

from instrument.snapshot import Snapshot, TrackView
from instrument.tui.cursor import Cursor
from instrument.tui.geometry import STEPS, TRACKS
from instrument.tui.grid import GridView
from instrument.tui.knobs import KnobsView
from instrument.tui.meters import MeterView, meter_view
from instrument.tui.names import NameView
from instrument.tui.palette import BRIGHT, FAINT


def tracks(snapshot: Snapshot | None) -> tuple[TrackView, ...]:
    """Return exactly as many tracks as there are rows."""
    known = snapshot.tracks[:TRACKS] if snapshot is not None else ()
    return known + (TrackView(),) * (TRACKS - len(known))


def velocity(snapshot: Snapshot | None, track: int, step: int) -> int:
    """Return the velocity of a step, both counted from 0; 0 is off."""
    try:
        return snapshot.pattern[track][step] if snapshot is not None else 0
    except IndexError:
        return 0


def grid_view(snapshot: Snapshot | None, cursor: Cursor) -> GridView:
    return GridView(
        pattern=tuple(
            tuple(velocity(snapshot, track, step) for step in range(STEPS)) for track in range(TRACKS)
        ),
        muted=tuple(track.mute for track in tracks(snapshot)),
        running=snapshot.step if snapshot is not None and snapshot.playing else None,
        cursor=(cursor.track, cursor.step),
        cursor_ink=FAINT if cursor.on_knobs else BRIGHT,
    )


def name_views(snapshot: Snapshot | None) -> tuple[NameView, ...]:
    selected = snapshot.selected - 1 if snapshot is not None else None
    return tuple(
        NameView(
            name=(track.name or track.class_name).replace("_", " "),
            draw=f"{track.seed % 0x10000:04x}" if snapshot is not None else "",
            muted=track.mute,
            selected=index == selected,
        )
        for index, track in enumerate(tracks(snapshot))
    )


def meter_views(snapshot: Snapshot | None) -> tuple[MeterView, ...]:
    if snapshot is None:
        return (MeterView(),) * TRACKS
    return tuple(
        meter_view(peak=track.meter_peak, rms=track.meter_rms, level_db=track.level_db, muted=track.mute)
        for track in tracks(snapshot)
    )


def knobs_view(snapshot: Snapshot | None, cursor: Cursor) -> KnobsView | None:
    if snapshot is None:
        return None
    index = cursor.track if cursor.on_knobs else min(TRACKS, max(1, snapshot.selected)) - 1
    still = replace(tracks(snapshot)[index], meter_peak=0.0, meter_rms=0.0)  # meters are shown elsewhere
    return KnobsView(index=index, track=still, turning=cursor.knob if cursor.on_knobs else None)
