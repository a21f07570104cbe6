"""Playing the tracks by hand."""

from dataclasses import replace

from instrument import midi_map
from instrument.events import Source
from instrument.messages import Draw, Note, Trigger
from instrument.rules.context import Context, Strike
from instrument.rules.state import Outcome, Rules, State, with_item
from instrument.seeds import DRAWS, LIVE, mixed
from instrument.sound import DRAWN_SEEDS


def draw(_context: Context, state: State, said: Draw, _frame: int) -> Outcome:
    index = state.index_of(said.track)
    seed = mixed(state.seed, DRAWS, index, state.draws[index]) % DRAWN_SEEDS
    track = state.track(index)
    drawn = replace(track, sound=replace(track.sound, seed=seed, embedding=None))
    draws = with_item(state.draws, index, state.draws[index] + 1)
    return replace(state.with_track(index, drawn), draws=draws), []


def trigger(context: Context, state: State, said: Trigger, frame: int) -> Outcome:
    index = state.index_of(said.track)
    drawn, _ = draw(context, state, Draw(said.track), frame)
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
    return now, [context.hit(drawn.track(index), strike)]


def note(context: Context, state: State, said: Note, frame: int) -> Outcome:
    if said.velocity == 0:
        return state, []
    index = midi_map.track_of(said, [track.sound.class_name for track in state.kit.tracks])
    if index is None:
        unmapped = f"note {said.note} on channel {said.channel} plays nothing"
        return replace(state, last_midi=midi_map.words(said), warning=unmapped), []
    state = replace(state, last_midi=f"{midi_map.words(said)} → {index + 1} {state.track(index).name}")
    return trigger(context, state, Trigger(index + 1, said.velocity), frame)


RULES: Rules = {Trigger: trigger, Note: note, Draw: draw}
