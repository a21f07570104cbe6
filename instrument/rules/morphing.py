"""From one sound to another, and from one kit to another."""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from instrument.errors import MessageError
from instrument.events import Event
from instrument.kit import Kit, Track
from instrument.messages import CORNERS, ClearCorners, MorphTo, SetXY, StoreCorner
from instrument.rules.context import Context, mix
from instrument.rules.pads import remembered, under_pedal
from instrument.rules.state import Outcome, Rules, State
from instrument.sound import MORPH, Place
from instrument.space import morph_end

Weights = tuple[float, ...]
NAMES = "ABCD"


def morph_to(context: Context, state: State, said: MorphTo, frame: int) -> Outcome:
    index = state.index_of(said.track)
    track, history = state.track(index), remembered(state, index)
    if said.entry > len(history):
        raise MessageError(f"track {said.track} remembers {len(history)} draws; there is no {said.entry}")
    towards = history[said.entry - 1] if said.entry else None
    now = state.with_track(index, replace(track, sound=replace(track.sound, towards=towards)))
    histories = (*now.histories[:index], history, *now.histories[index + 1 :])
    turn = context.turn(under_pedal(now, index), state.velocities[index], index, frame)
    return replace(now, histories=histories), [turn]


def store_corner(_context: Context, state: State, said: StoreCorner, _frame: int) -> Outcome:
    for name, other in zip(NAMES, state.corners, strict=True):
        if other is not None and _classes(other) != _classes(state.kit):
            raise MessageError(f"kit {name} has other classes; a morph needs the same, or clear the corners")
    at = said.corner - 1
    return replace(state, corners=(*state.corners[:at], state.kit, *state.corners[at + 1 :])), []


def clear_corners(_context: Context, state: State, _said: ClearCorners, _frame: int) -> Outcome:
    return replace(state, corners=(None,) * CORNERS, xy=(0.0, 0.0)), []


def set_xy(context: Context, state: State, said: SetXY, frame: int) -> Outcome:
    corners, weights = _weighted(state, said)
    tracks = tuple(
        track if track.locked else _blended(context, track, [kit.tracks[index] for kit in corners], weights)
        for index, track in enumerate(state.kit.tracks)
    )
    kit = replace(state.kit, tracks=tracks)
    now = replace(state, kit=kit, xy=(float(said.x), float(said.y)))
    moved = [index for index, track in enumerate(tracks) if track != state.track(index)]
    events: list[Event] = [mix(tracks[index], index, frame) for index in moved]
    events += [
        context.turn(under_pedal(now, index), state.velocities[index], index, frame) for index in moved
    ]
    return now, events


def _weighted(state: State, said: SetXY) -> tuple[list[Kit], Weights]:
    """Return the corners that count and how much each does, together 1: all four, or A and B alone."""
    known = [kit for kit in state.corners if kit is not None]
    weights: Weights = (1.0 - said.x, said.x)
    if len(known) == CORNERS:
        weights = tuple(share * along for along in (1.0 - said.y, said.y) for share in weights)
    elif state.corners[:2] != tuple(known):
        raise MessageError("nothing to morph between: store corners 1 and 2, or all four, first")
    if _classes(known[0]) != _classes(state.kit):
        raise MessageError(f"kit {state.kit.name} has other classes than the corners; clear them first")
    return known, weights


def _blended(context: Context, now: Track, ends: list[Track], weights: Weights) -> Track:
    """Return a track between those of the corners; at a corner, that one."""
    if 1.0 in weights:
        end = ends[weights.index(1.0)]
        return replace(now, sound=end.sound, level_db=end.level_db, pan=end.pan, tune=end.tune)
    share = np.asarray(weights)
    nearest = ends[int(share.argmax())].sound
    knobs = share @ np.asarray([end.sound.knobs for end in ends])
    sound = replace(
        nearest.at(_between(context, [end.sound.place for end in ends], share)),
        knobs=tuple(min(1.0, max(0.0, float(value))) for value in knobs),
    )
    if sound.knobs[MORPH] > 0.0:
        sound = replace(sound, towards=_between(context, [morph_end(end.sound) for end in ends], share))
    level_db, pan, tune = share @ np.asarray([(end.level_db, end.pan, end.tune) for end in ends])
    return replace(now, sound=sound, level_db=float(level_db), pan=float(pan), tune=float(tune))


def _between(context: Context, places: list[Place], share: NDArray[np.float64]) -> Place:
    embedding = share @ np.stack([context.space.embedding(place) for place in places])
    return replace(
        places[int(share.argmax())], embedding=tuple(round(float(value), 6) for value in embedding)
    )


def _classes(kit: Kit) -> list[str]:
    return [track.sound.class_name for track in kit.tracks]


RULES: Rules = {
    MorphTo: morph_to,
    StoreCorner: store_corner,
    ClearCorners: clear_corners,
    SetXY: set_xy,
}
