"""The snapshot: what the instrument, its engine and its devices show of themselves."""

from dataclasses import dataclass, replace

from instrument.engine.link import Telemetry
from instrument.instrument import State
from instrument.messages import KNOBS
from instrument.pattern import EMPTY, UNLOCKED, Lane, Step, speed_name
from instrument.rules.hands import Learning
from instrument.sequencer import column
from instrument.snapshot import CHANCE, CONDITION, LOCKS, REPEATS, SHIFT, Snapshot, TrackView

UNSEEN = Telemetry(
    frame=0, clock_ns=0, rate_hz=0.0, block_frames=0, voices=0, blocks=0, xruns=0, late_blocks=0, hits=0,
    late_events=0, dropped_events=0, stolen_voices=0, last_id=0, fault=0, load=0.0, peak_load=0.0,
    limiter_db=0.0, master_peak=(0.0, 0.0), track_peak=(0.0,) * 16, track_rms=(0.0,) * 16, histogram=(0,),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is around the instrument, in words."""

    version: str
    bundle: str
    engine: str
    audio_device: str
    midi_inputs: tuple[str, ...]
    last_source: str
    warning: str


def snapshot(state: State, place: float | None, heard: Telemetry, around: Surroundings) -> Snapshot:
    """Return all of it as one value; meters and loads rounded, so that rest looks like rest."""
    quiet = Snapshot(
        version=around.version,
        bundle=around.bundle,
        engine=around.engine,
        audio_device=around.audio_device,
        midi_inputs=around.midi_inputs,
        last_midi=_last_midi(state, around),
        warning=around.warning or state.warning,
    )
    played = _with_state(quiet, state, place)
    return replace(
        played,
        tracks=tuple(_track(state, place, heard, at) for at in range(len(state.kit.tracks))),
        rate_hz=round(heard.rate_hz),
        block_frames=heard.block_frames,
        load=round(heard.load, 3),
        peak_load=round(heard.peak_load, 3),
        block_p99_us=round(heard.block_us(0.99), 1),
        xruns=heard.xruns,
        late_blocks=heard.late_blocks,
        voices=heard.voices,
        hits=heard.hits,
        limiter_db=round(heard.limiter_db, 1),
        master_peak=(round(heard.master_peak[0], 4), round(heard.master_peak[1], 4)),
    )


def _with_state(shown: Snapshot, state: State, place: float | None) -> Snapshot:
    return replace(
        shown,
        kit=state.kit.name,
        pattern_name=state.pattern.name,
        playing=state.playing,
        tempo_bpm=state.pattern.tempo_bpm,
        swing=state.pattern.swing,
        step=None if place is None else column(EMPTY, place),
        pattern=tuple(lane.velocities for lane in _lanes(state)),
        marks=tuple(_marks(lane) for lane in _lanes(state)),
        selected=state.selected + 1,
        learning=_learning(state.hands.learning),
        corners="".join(name for name, kit in zip("ABCD", state.corners, strict=True) if kit is not None),
        xy=state.xy,
    )


def _learning(learning: Learning | None) -> str:
    if learning is None:
        return ""
    return learning.target or f"pad {learning.pad}, knob {learning.knob} and on"


def _last_midi(state: State, around: Surroundings) -> str:
    return (
        f"{around.last_source}: {state.last_midi}"
        if state.last_midi and around.last_source
        else state.last_midi
    )


def _track(state: State, place: float | None, heard: Telemetry, at: int) -> TrackView:
    track, lane = state.track(at), state.pattern.lane(at)
    history, place_now = state.histories[at], track.sound.place
    return TrackView(
        name=track.name,
        class_name=track.sound.class_name,
        level_db=track.level_db,
        pan=track.pan,
        mute=track.mute,
        meter_peak=round(heard.track_peak[at], 4),
        meter_rms=round(heard.track_rms[at], 4),
        seed=track.sound.seed,
        knobs=track.sound.knobs,
        waiting=_waiting(state, at),
        press=track.press,
        locked=track.locked,
        draws=len(history),
        draw=history.index(place_now) + 1 if place_now in history else 0,
        speed=speed_name(lane.speed),
        step=None if place is None else column(lane, place),
    )


def _waiting(state: State, track: int) -> tuple[float, ...]:
    """Return how far the controls are from the values of a track's knobs; nothing when none has to wait."""
    values, placed = state.track(track).sound.knobs, state.hands.waiting
    far = [values[at] - placed[track, at] if (track, at) in placed else 0.0 for at in range(KNOBS)]
    return tuple(round(each, 2) for each in far) if any(far) else ()


def _lanes(state: State) -> tuple[Lane, ...]:
    return tuple(state.pattern.lane(at) for at in range(len(state.kit.tracks)))


def _marks(lane: Lane) -> tuple[int, ...]:
    """Return what each step has beside its velocity, nothing when none of them has anything."""
    marks = tuple(_mark(step) for step in lane.steps)
    return marks if any(marks) else ()


def _mark(step: Step) -> int:
    return (
        (step.chance < 1.0) * CHANCE
        | (step.condition != "") * CONDITION
        | (step.repeats > 1) * REPEATS
        | (step.shift != 0.0) * SHIFT
        | (step.locks != UNLOCKED) * LOCKS
    )
