"""The snapshot: what the instrument, its engine and its devices show of themselves."""

from dataclasses import dataclass, replace
from math import floor

from instrument.engine.link import Telemetry
from instrument.instrument import State
from instrument.lane_view import lane_view
from instrument.messages import KNOBS, STEPS
from instrument.pattern import EMPTY, Lane, speed_name
from instrument.program import address_name, chain_text
from instrument.rules.hands import Learning
from instrument.sequencer import column
from instrument.snapshot import Snapshot, TrackView

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
    lanes, program, stage = tuple(map(lane_view, _lanes(state))), state.program, state.stage
    began = None if place is None else place - program.origin
    return replace(
        shown,
        kit=state.kit.name,
        pattern_name=state.pattern.name,
        playing=state.playing,
        tempo_bpm=state.pattern.tempo_bpm,
        swing=state.pattern.swing,
        step=None if began is None else column(EMPTY, began),
        pattern=tuple(lane.velocities for lane in lanes),
        marks=tuple(lane.marks for lane in lanes),
        details=tuple(lane.details for lane in lanes),
        address=address_name(program.address),
        humanise=(state.pattern.humanise_ms, state.pattern.humanise_db, state.pattern.humanise_latent),
        bars=state.pattern.bars,
        bar=None if began is None else floor(began / STEPS) % state.pattern.bars,
        queued="" if program.cue is None else address_name(program.cue.address),
        bank=program.bank + 1,
        bank_names=_bank_names(state),
        chain=chain_text(program.chain),
        link=program.link,
        fill=stage.fill,
        writing=stage.writing,
        overdub=stage.overdub,
        quantise=stage.quantise,
        metronome=stage.metronome,
        count_in=stage.count_in,
        rolls_per_beat=state.rolls_per_beat,
        undos=len(state.edits.past),
        redos=len(state.edits.future),
        selected=state.selected + 1,
        learning=_learning(state.hands.learning),
        corners="".join(name for name, kit in zip("ABCD", state.corners, strict=True) if kit is not None),
        xy=state.xy,
    )


def _bank_names(state: State) -> tuple[str, ...]:
    """Return the names of the patterns of the chosen bank; the one that plays is the state's own."""
    bank, (playing, slot) = state.program.bank, state.program.address
    names = ["" if kept is None else kept.name for kept in state.program.banks[bank]]
    if playing == bank:
        names[slot] = state.pattern.name
    return tuple(names)


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
        tune=track.tune,
        solo=state.stage.solos[at],
        coming=_coming(state, at),
        erasing=state.stage.erasing[at],
        speed=speed_name(lane.speed),
        step=None if place is None else column(lane, place - state.program.origin),
    )


def _coming(state: State, track: int) -> str:
    """Return what the next bar brings a track, in a word or two."""
    for due in state.stage.due:
        if due.track == track and due.mute is not None:
            return "mute" if due.mute else "sound"
        if due.track == track and due.solo is not None:
            return "solo" if due.solo else "no solo"
    return ""


def _waiting(state: State, track: int) -> tuple[float, ...]:
    """Return how far the controls are from the values of a track's knobs; nothing when none has to wait."""
    values, placed = state.track(track).sound.knobs, state.hands.waiting
    far = [values[at] - placed[track, at] if (track, at) in placed else 0.0 for at in range(KNOBS)]
    return tuple(round(each, 2) for each in far) if any(far) else ()


def _lanes(state: State) -> tuple[Lane, ...]:
    return tuple(state.pattern.lane(at) for at in range(len(state.kit.tracks)))
