"""The instrument's state: a message in, a new state and the events it causes out. No clocks, no devices."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from instrument import midi_map
from instrument.events import ALL_TRACKS, Choke, Event, Hit, Mix, Source, Turn
from instrument.kit import Kit, Track
from instrument.messages import (
    STEPS,
    TRACKS,
    ClearPattern,
    Continue,
    ControlChange,
    Draw,
    Message,
    Note,
    Panic,
    Play,
    SelectTrack,
    SetKnob,
    SetLevel,
    SetMute,
    SetPan,
    SetStep,
    SetSwing,
    SetTempo,
    Stop,
    TogglePlay,
    Trigger,
)
from instrument.pattern import Pattern
from instrument.seeds import mixed
from instrument.sound import DRAWN_SEEDS, NEUTRAL_VELOCITY, velocity_level_db
from instrument.space import Space
from instrument.units import db_to_gain

_DRAWS, _LIVE, _STEPS = 1, 2, 3  # what a seed is mixed for


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything the instrument is, at one moment."""

    kit: Kit
    pattern: Pattern
    seed: int  # all draws and noises come from it
    playing: bool = False
    starts: int = 0  # how often playing has begun at the first step
    selected: int = 0  # index of the track the knobs act on
    draws: tuple[int, ...] = (0,) * TRACKS  # sounds drawn for each track so far
    live_hits: int = 0
    velocities: tuple[int, ...] = (NEUTRAL_VELOCITY,) * TRACKS  # of the hit each track sounds
    last_midi: str = ""
    warning: str = ""

    def track(self, index: int) -> Track:
        return self.kit.tracks[index]


Outcome: TypeAlias = tuple[State, list[Event]]


class Instrument:
    """Applies messages to states of one bundle's space."""

    def __init__(self, space: Space) -> None:
        self._space = space
        header = space.bundle.header
        self._class_gain_db = header.class_gain_db
        self._length_s = header.class_length_s

    def apply(self, state: State, said: Message, frame: int) -> Outcome:
        """Return the state after a message, and the events it causes at `frame`."""
        return _RULES[type(said)](self, state, said, frame)

    def mix(self, state: State, index: int, frame: int) -> Mix:
        """Return the event that sets a track's level, pan and mute."""
        track = state.track(index)
        gain = db_to_gain(track.level_db)
        return Mix(frame=frame, track=index, gain=gain, pan=track.pan, mute=track.mute)

    def step_hit(self, state: State, index: int, position: int, frame: int) -> Hit | None:
        """Return the hit of a track at the `position`th step since play, None where the step is off."""
        velocity = self.step_velocity(state, index, position)
        if velocity == 0:
            return None
        seed = mixed(state.seed, _STEPS, position, index)
        number = (position * TRACKS + index) & 0x7FFFFFFF
        made = self._hit(state, index, velocity, frame)
        return replace(made, seed=seed, id=number, source=Source.SEQUENCED)

    def step_velocity(self, state: State, index: int, position: int) -> int:
        """Return the velocity of a track at the `position`th step since play, 0 where the step is off."""
        return state.pattern.rows[index][position % STEPS]

    def prepare(self, state: State, index: int) -> None:
        """Have the timbre of a track's next draw at hand."""
        drawn, _ = self._draw(state, Draw(index + 1), 0)
        self._space.timbre(drawn.track(index).sound)

    def _hit(self, state: State, index: int, velocity: int, frame: int) -> Hit:
        """Return a live hit of a track's sound."""
        track = state.track(index)
        sounding = self._space.bundle.class_index(track.sound.class_name)
        stroke = self._space.strike(track.sound, velocity)
        level_db = velocity_level_db(velocity) + self._class_gain_db[sounding] + stroke.gain_db
        return Hit(
            frame=frame,
            track=index,
            source=Source.LIVE,
            seed=mixed(state.seed, _LIVE, state.live_hits, index),
            id=0x80000000 | (state.live_hits & 0x7FFFFFFF),
            gain=db_to_gain(level_db),
            tilt=stroke.tilt,
            timbre=stroke.timbre,
            choke_group=track.choke_group,
            length_s=self._length_s[sounding],
        )

    def _draw(self, state: State, said: Draw, _frame: int) -> Outcome:
        index = said.track - 1
        seed = mixed(state.seed, _DRAWS, index, state.draws[index]) % DRAWN_SEEDS
        track = state.track(index)
        drawn = replace(track, sound=replace(track.sound, seed=seed, embedding=None))
        draws = _with(state.draws, index, state.draws[index] + 1)
        return replace(state, kit=state.kit.with_track(index, drawn), draws=draws), []

    def _trigger(self, state: State, said: Trigger, frame: int) -> Outcome:
        index = said.track - 1
        drawn, _ = self._draw(state, Draw(said.track), frame)
        velocities = _with(state.velocities, index, said.velocity)
        hit = self._hit(drawn, index, said.velocity, frame)
        return replace(
            drawn, selected=index, live_hits=state.live_hits + 1, velocities=velocities, warning=""
        ), [hit]

    def _note(self, state: State, said: Note, frame: int) -> Outcome:
        if said.velocity == 0:
            return state, []
        index = midi_map.track_of(said, [track.sound.class_name for track in state.kit.tracks])
        if index is None:
            unmapped = f"note {said.note} on channel {said.channel} plays nothing"
            return replace(state, last_midi=midi_map.words(said), warning=unmapped), []
        state = replace(state, last_midi=f"{midi_map.words(said)} → {index + 1} {state.track(index).name}")
        return self._trigger(state, Trigger(index + 1, said.velocity), frame)

    def _control_change(self, state: State, said: ControlChange, frame: int) -> Outcome:
        if said.control == midi_map.ALL_SOUND_OFF:
            return self._panic(replace(state, last_midi=f"{midi_map.words(said)} → silence"), Panic(), frame)
        knob = midi_map.knob_of(said)
        if knob is None:
            return replace(state, last_midi=f"{midi_map.words(said)} → nothing"), []
        name = midi_map.KNOB_NAMES[knob - 1]
        state = replace(
            state, last_midi=f"{midi_map.words(said)} → {state.track(state.selected).name} {name}"
        )
        return self._set_knob(state, SetKnob(state.selected + 1, knob, said.value / 127.0), frame)

    def _set_knob(self, state: State, said: SetKnob, frame: int) -> Outcome:
        index = said.track - 1
        track = state.track(index)
        turned = replace(track, sound=track.sound.with_knob(said.knob - 1, float(said.value)))
        stroke = self._space.strike(turned.sound, state.velocities[index])
        event = Turn(frame=frame, track=index, tilt=stroke.tilt, timbre=stroke.timbre)
        return replace(state, kit=state.kit.with_track(index, turned)), [event]

    def _set_level(self, state: State, said: SetLevel, frame: int) -> Outcome:
        return self._mixed(
            state, said.track - 1, replace(state.track(said.track - 1), level_db=said.level_db), frame
        )

    def _set_pan(self, state: State, said: SetPan, frame: int) -> Outcome:
        return self._mixed(state, said.track - 1, replace(state.track(said.track - 1), pan=said.pan), frame)

    def _set_mute(self, state: State, said: SetMute, frame: int) -> Outcome:
        return self._mixed(state, said.track - 1, replace(state.track(said.track - 1), mute=said.mute), frame)

    def _mixed(self, state: State, index: int, track: Track, frame: int) -> Outcome:
        state = replace(state, kit=state.kit.with_track(index, track))
        return state, [self.mix(state, index, frame)]

    def _set_step(self, state: State, said: SetStep, _frame: int) -> Outcome:
        pattern = state.pattern.with_step(said.track - 1, said.step - 1, said.velocity)
        return replace(state, pattern=pattern), []

    def _clear_pattern(self, state: State, _said: ClearPattern, _frame: int) -> Outcome:
        cleared = ((0,) * STEPS,) * TRACKS
        return replace(state, pattern=replace(state.pattern, rows=cleared)), []

    def _set_tempo(self, state: State, said: SetTempo, _frame: int) -> Outcome:
        return replace(state, pattern=replace(state.pattern, tempo_bpm=float(said.bpm))), []

    def _set_swing(self, state: State, said: SetSwing, _frame: int) -> Outcome:
        return replace(state, pattern=replace(state.pattern, swing=float(said.swing))), []

    def _play(self, state: State, _said: Play, _frame: int) -> Outcome:
        return replace(state, playing=True, starts=state.starts + 1), []

    def _continue(self, state: State, _said: Continue, _frame: int) -> Outcome:
        return replace(state, playing=True), []

    def _stop(self, state: State, _said: Stop, _frame: int) -> Outcome:
        return replace(state, playing=False), []

    def _toggle_play(self, state: State, _said: TogglePlay, frame: int) -> Outcome:
        return self._stop(state, Stop(), frame) if state.playing else self._play(state, Play(), frame)

    def _select_track(self, state: State, said: SelectTrack, _frame: int) -> Outcome:
        return replace(state, selected=said.track - 1), []

    def _panic(self, state: State, _said: Panic, frame: int) -> Outcome:
        return replace(state, playing=False, warning=""), [Choke(frame, ALL_TRACKS)]


def _with(values: tuple[int, ...], index: int, value: int) -> tuple[int, ...]:
    return (*values[:index], value, *values[index + 1 :])


Rule: TypeAlias = Callable[[Instrument, State, Any, int], Outcome]  # each takes its own kind of message
_RULES: dict[type[Message], Rule] = {
    Trigger: Instrument._trigger,
    Note: Instrument._note,
    ControlChange: Instrument._control_change,
    Draw: Instrument._draw,
    SetStep: Instrument._set_step,
    ClearPattern: Instrument._clear_pattern,
    SetTempo: Instrument._set_tempo,
    SetSwing: Instrument._set_swing,
    Play: Instrument._play,
    Continue: Instrument._continue,
    Stop: Instrument._stop,
    TogglePlay: Instrument._toggle_play,
    SelectTrack: Instrument._select_track,
    SetKnob: Instrument._set_knob,
    SetLevel: Instrument._set_level,
    SetPan: Instrument._set_pan,
    SetMute: Instrument._set_mute,
    Panic: Instrument._panic,
}
