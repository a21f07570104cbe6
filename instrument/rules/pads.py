"""Playing the tracks by hand, and which of their draws they sound."""

from dataclasses import replace

from instrument import midi_map
from instrument.events import Choke, Event, Source, Turn
from instrument.kit import Track
from instrument.messages import (
    KEPT_DRAWS,
    Back,
    Draw,
    Forward,
    MoveHatPedal,
    Release,
    SetLocked,
    SetPress,
    SetRollRate,
    Squeeze,
    Trigger,
)
from instrument.rules.context import Context, Strike
from instrument.rules.state import Outcome, Rules, State, with_item
from instrument.seeds import DRAWS, LIVE, mixed
from instrument.sound import DECAY, DRAWN_SEEDS, Place

CLOSED = 0.9  # of the hi-hat pedal's way: from here on it chokes


def pressed(context: Context, state: State, index: int) -> State:
    """Return the state after a pad's press has done to its track's sound what it does."""
    track = state.track(index)
    if track.locked or track.press == "hold":
        return state
    return _walked(context, state, index) if track.press == "walk" else _drawn(state, index)


def _drawn(state: State, index: int) -> State:
    seed = mixed(state.seed, DRAWS, index, state.draws[index]) % DRAWN_SEEDS
    return _moved(state, index, Place(state.track(index).sound.class_name, seed))


def _walked(context: Context, state: State, index: int) -> State:
    seed = mixed(state.seed, DRAWS, index, state.draws[index])
    return _moved(state, index, context.space.walk(state.track(index).sound.place, seed))


def _moved(state: State, index: int, place: Place) -> State:
    """Return the state with a track at a new place, which joins its history."""
    history = (*remembered(state, index), place)[-KEPT_DRAWS:]
    now = replace(_placed(state, index, place), draws=with_item(state.draws, index, state.draws[index] + 1))
    return replace(now, histories=(*now.histories[:index], history, *now.histories[index + 1 :]))


def _placed(state: State, index: int, place: Place) -> State:
    track = state.track(index)
    return state.with_track(index, replace(track, sound=track.sound.at(place)))


def remembered(state: State, index: int) -> tuple[Place, ...]:
    """Return a track's history, the place it has at present included: a kit may have brought that."""
    history, place = state.histories[index], state.track(index).sound.place
    return history if place in history else (*history, place)[-KEPT_DRAWS:]


def draw(_context: Context, state: State, said: Draw, _frame: int) -> Outcome:
    index = state.index_of(said.track)
    return (_refused(state, index) if state.track(index).locked else _drawn(state, index)), []


def back(_context: Context, state: State, said: Back, _frame: int) -> Outcome:
    return _turned_over(state, state.index_of(said.track), -1), []


def forward(_context: Context, state: State, said: Forward, _frame: int) -> Outcome:
    return _turned_over(state, state.index_of(said.track), 1), []


def _turned_over(state: State, index: int, by: int) -> State:
    if state.track(index).locked:
        return _refused(state, index)
    history = remembered(state, index)
    at = history.index(state.track(index).sound.place) + by
    if not 0 <= at < len(history):
        older = "older" if by < 0 else "newer"
        return replace(state, warning=f"track {index + 1} has no {older} draw; {KEPT_DRAWS} are kept")
    histories = (*state.histories[:index], history, *state.histories[index + 1 :])
    return replace(_placed(state, index, history[at]), histories=histories, warning="")


def _refused(state: State, index: int) -> State:
    return replace(state, warning=f"track {index + 1} is locked: its sound stays")


def set_press(_context: Context, state: State, said: SetPress, _frame: int) -> Outcome:
    index = state.index_of(said.track)
    return state.with_track(index, replace(state.track(index), press=said.press)), []


def set_locked(_context: Context, state: State, said: SetLocked, _frame: int) -> Outcome:
    index = state.index_of(said.track)
    return state.with_track(index, replace(state.track(index), locked=said.locked)), []


def trigger(context: Context, state: State, said: Trigger, frame: int) -> Outcome:
    index = state.index_of(said.track)
    drawn = pressed(context, state, index)
    strike = Strike(
        index=index,
        velocity=said.velocity,
        frame=frame,
        source=Source.LIVE,
        seed=mixed(state.seed, LIVE, state.live_hits, index),
        id=0x80000000 | (state.live_hits & 0x7FFFFFFF),
    )
    now = replace(
        drawn,
        selected=index,
        live_hits=state.live_hits + 1,
        velocities=with_item(state.velocities, index, said.velocity),
        warning="",
    )
    return now, [context.hit(under_pedal(now, index), strike)]


def squeeze(_context: Context, state: State, said: Squeeze, frame: int) -> Outcome:
    index = state.index_of(said.track)
    before = state.hands.pressures[index]
    now = _pressing(state, index, said.pressure)
    grabbed = said.pressure > 0 and before == 0 and midi_map.is_cymbal(state.track(index).sound.class_name)
    return now, [Choke(frame, index)] if grabbed else []


def release(_context: Context, state: State, said: Release, _frame: int) -> Outcome:
    return _pressing(state, state.index_of(said.track), 0), []


def _pressing(state: State, index: int, pressure: int) -> State:
    pressures = state.hands.pressures
    if pressures[index] == pressure:
        return state
    return replace(state, hands=replace(state.hands, pressures=with_item(pressures, index, pressure)))


def set_roll_rate(_context: Context, state: State, said: SetRollRate, _frame: int) -> Outcome:
    return replace(state, rolls_per_beat=said.per_beat), []


def move_hat_pedal(context: Context, state: State, said: MoveHatPedal, frame: int) -> Outcome:
    """Shorten what an open hat sounds by as much as the pedal is down; choke it once that is closed."""
    now = replace(state, hat_closed=float(said.closed))
    shut = state.hat_closed < CLOSED <= said.closed
    events: list[Event] = []
    for index, track in enumerate(state.kit.tracks):
        if not midi_map.is_open_hat(track.sound.class_name):
            continue
        events.append(Choke(frame, index) if shut else _turn(context, now, index, frame))
    return now, events


def _turn(context: Context, state: State, index: int, frame: int) -> Turn:
    return context.turn(under_pedal(state, index), state.velocities[index], index, frame)


def under_pedal(state: State, index: int) -> Track:
    """Return a track as the hi-hat's pedal lets it sound: an open hat decays sooner the more it is closed."""
    track = state.track(index)
    if state.hat_closed == 0.0 or not midi_map.is_open_hat(track.sound.class_name):
        return track
    decay = track.sound.knobs[DECAY] * (1.0 - state.hat_closed)
    return replace(track, sound=track.sound.with_knob(DECAY, decay))


RULES: Rules = {
    Trigger: trigger,
    Squeeze: squeeze,
    Release: release,
    MoveHatPedal: move_hat_pedal,
    SetRollRate: set_roll_rate,
    Draw: draw,
    Back: back,
    Forward: forward,
    SetPress: set_press,
    SetLocked: set_locked,
}
