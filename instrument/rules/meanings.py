"""What each target says to the instrument, and where its value stands: a row for each of TARGETS."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from instrument import midi_map
from instrument.kit import Track
from instrument.messages import (
    PRESSES,
    SLOTS,
    Back,
    ChooseKit,
    Continue,
    Draw,
    Erase,
    Fill,
    Forward,
    LatchFill,
    Message,
    MorphTo,
    MoveHatPedal,
    Panic,
    Play,
    PlayChain,
    PlaySong,
    RecordStart,
    RecordStop,
    Redo,
    SelectBank,
    SelectPattern,
    SelectTrack,
    SetKnob,
    SetLevel,
    SetLocked,
    SetMasterLevel,
    SetMetronome,
    SetMute,
    SetOverdub,
    SetPan,
    SetPress,
    SetQuantise,
    SetRollRate,
    SetSolo,
    SetStep,
    SetSwing,
    SetTempo,
    SetTune,
    SetWriting,
    SetXY,
    Stop,
    StopChain,
    StoreCorner,
    Tap,
    TogglePlay,
    Trigger,
    Undo,
)
from instrument.rules.pads import remembered
from instrument.rules.state import State
from instrument.sound import MORPH
from instrument.targets import Aim

Says: TypeAlias = Callable[[State, Aim, float], Message | None]  # of a value, or of a press' velocity
Reads: TypeAlias = Callable[[State, Aim], float]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a target says; for a value, what it is now."""

    says: Says
    reads: Reads = lambda _state, _aim: 0.0


def number_of(state: State, aim: Aim) -> int:
    """Return the number of the track an aim is at: its own or the selected one."""
    return aim.numbers[0] if aim.on_track else state.selected + 1


def _track(state: State, aim: Aim) -> Track:
    return state.track(state.index_of(number_of(state, aim)))


def _class(state: State, aim: Aim, velocity: float) -> Message | None:
    index = track_of(state, aim)
    return None if index is None else Trigger(index + 1, int(velocity))


def track_of(state: State, aim: Aim) -> int | None:
    """Return the index of the track that a pad or class plays, None for another aim or a track not there."""
    if aim.target.words == "pad #":
        return aim.numbers[0] - 1 if aim.numbers[0] <= len(state.kit.tracks) else None
    if aim.target.words != "class *":
        return None
    return midi_map.class_track(aim.name, [track.sound.class_name for track in state.kit.tracks])


def knob_of(state: State, aim: Aim) -> tuple[int, int] | None:
    """Return the track and the knob that an aim turns, both by index; None where it turns none."""
    if aim.target.words not in ("knob #", "track # knob #", "morph", "track # morph"):
        return None
    knob = MORPH if aim.target.words.endswith("morph") else aim.numbers[-1] - 1
    return state.index_of(number_of(state, aim)), knob


def name_of(state: State, aim: Aim) -> str:
    """Return what an aim is called: tracks and knobs by their names."""
    if (index := track_of(state, aim)) is not None:
        return f"{index + 1} {state.track(index).name}"
    if (turned := knob_of(state, aim)) is not None:
        return f"{state.track(turned[0]).name} {midi_map.KNOB_NAMES[turned[1]]}"
    words = aim.target.words
    for number in aim.numbers:
        words = words.replace("#", str(number), 1)
    return words


def _pad(state: State, aim: Aim, velocity: float) -> Message | None:
    return None if track_of(state, aim) is None else Trigger(aim.numbers[0], int(velocity))


def _next_press(state: State, aim: Aim, _velocity: float) -> Message:
    at = PRESSES.index(_track(state, aim).press)
    return SetPress(number_of(state, aim), PRESSES[(at + 1) % len(PRESSES)])


def _morph_here(state: State, aim: Aim, _velocity: float) -> Message:
    index = state.index_of(number_of(state, aim))
    place = state.track(index).sound.place
    return MorphTo(index + 1, remembered(state, index).index(place) + 1)


def _step(state: State, aim: Aim, velocity: float) -> Message | None:
    steps, at = state.pattern.lane(state.selected).steps, aim.numbers[0] - 1
    if at >= len(steps):
        return None
    return SetStep(state.selected + 1, at + 1, 0 if steps[at].velocity else int(velocity))


def _soloed(state: State, aim: Aim) -> bool:
    return state.stage.solos[state.index_of(number_of(state, aim))]


def _pattern(_state: State, _aim: Aim, value: float) -> Message:
    bank, slot = divmod(int(value) - 1, SLOTS)
    return SelectPattern(slot + 1, bank + 1)


def _pattern_now(state: State, _aim: Aim) -> float:
    bank, slot = state.program.address
    return SLOTS * bank + slot + 1


def _knob(at: int) -> Meaning:
    """Return what a knob's target means, the number of the knob at `at` among the aim's numbers."""
    return Meaning(
        lambda state, aim, value: SetKnob(number_of(state, aim), aim.numbers[at], value),
        lambda state, aim: _track(state, aim).sound.knobs[aim.numbers[at] - 1],
    )


_MORPH = Meaning(
    lambda state, aim, value: SetKnob(number_of(state, aim), MORPH + 1, value),
    lambda state, aim: _track(state, aim).sound.knobs[MORPH],
)
_LEVEL = Meaning(
    lambda state, aim, value: SetLevel(number_of(state, aim), value),
    lambda state, aim: _track(state, aim).level_db,
)
_PAN = Meaning(
    lambda state, aim, value: SetPan(number_of(state, aim), value),
    lambda state, aim: _track(state, aim).pan,
)
_TUNE = Meaning(
    lambda state, aim, value: SetTune(number_of(state, aim), value),
    lambda state, aim: _track(state, aim).tune,
)
_SOLO = Meaning(
    lambda state, aim, _velocity: SetSolo(number_of(state, aim), not _soloed(state, aim)),
)
_ERASE = Meaning(lambda state, aim, velocity: Erase(number_of(state, aim), velocity > 0))
_DRAW = Meaning(lambda state, aim, _velocity: Draw(number_of(state, aim)))
_BACK = Meaning(lambda state, aim, _velocity: Back(number_of(state, aim)))
_FORWARD = Meaning(lambda state, aim, _velocity: Forward(number_of(state, aim)))
_LOCK = Meaning(lambda state, aim, _velocity: SetLocked(number_of(state, aim), not _track(state, aim).locked))
_MUTE = Meaning(lambda state, aim, _velocity: SetMute(number_of(state, aim), not _track(state, aim).mute))

MEANINGS: dict[str, Meaning] = {
    "pad #": Meaning(_pad),
    "class *": Meaning(_class),
    "track # knob #": _knob(1),
    "knob #": _knob(0),
    "track # morph": _MORPH,
    "morph": _MORPH,
    "track # level_db": _LEVEL,
    "level_db": _LEVEL,
    "track # pan": _PAN,
    "pan": _PAN,
    "track # tune": _TUNE,
    "tune": _TUNE,
    "draw #": _DRAW,
    "draw": _DRAW,
    "back #": _BACK,
    "back": _BACK,
    "forward #": _FORWARD,
    "forward": _FORWARD,
    "lock #": _LOCK,
    "lock": _LOCK,
    "press #": Meaning(_next_press),
    "press": Meaning(_next_press),
    "morph here #": Meaning(_morph_here),
    "morph here": Meaning(_morph_here),
    "mute #": _MUTE,
    "mute": _MUTE,
    "mute at bar #": Meaning(
        lambda state, aim, _velocity: SetMute(number_of(state, aim), not _track(state, aim).mute, at_bar=True)
    ),
    "solo #": _SOLO,
    "solo": _SOLO,
    "solo at bar #": Meaning(
        lambda state, aim, _velocity: SetSolo(number_of(state, aim), not _soloed(state, aim), at_bar=True)
    ),
    "erase #": _ERASE,
    "erase": _ERASE,
    "step #": Meaning(_step),
    "select #": Meaning(lambda _state, aim, _velocity: SelectTrack(aim.numbers[0])),
    "corner #": Meaning(lambda _state, aim, _velocity: StoreCorner(aim.numbers[0])),
    "kit morph": Meaning(lambda state, _aim, value: SetXY(value, state.xy[1]), lambda state, _: state.xy[0]),
    "xy x": Meaning(lambda state, _aim, value: SetXY(value, state.xy[1]), lambda state, _: state.xy[0]),
    "xy y": Meaning(lambda state, _aim, value: SetXY(state.xy[0], value), lambda state, _: state.xy[1]),
    "hat pedal": Meaning(lambda _state, _aim, value: MoveHatPedal(value), lambda state, _: state.hat_closed),
    "roll rate": Meaning(
        lambda _state, _aim, value: SetRollRate(int(value)), lambda state, _: state.rolls_per_beat
    ),
    "play": Meaning(lambda _state, _aim, _velocity: TogglePlay()),
    "start": Meaning(lambda _state, _aim, _velocity: Play()),
    "continue": Meaning(lambda _state, _aim, _velocity: Continue()),
    "stop": Meaning(lambda _state, _aim, _velocity: Stop()),
    "panic": Meaning(lambda _state, _aim, _velocity: Panic()),
    "tempo": Meaning(
        lambda _state, _aim, value: SetTempo(value), lambda state, _aim: state.pattern.tempo_bpm
    ),
    "tap": Meaning(lambda _state, _aim, _velocity: Tap()),
    "fill": Meaning(lambda _state, _aim, velocity: Fill(velocity > 0)),
    "fill latch": Meaning(lambda _state, _aim, _velocity: LatchFill()),
    "record": Meaning(lambda state, _aim, _velocity: SetWriting(not state.stage.writing)),
    "overdub": Meaning(lambda state, _aim, _velocity: SetOverdub(not state.stage.overdub)),
    "quantise": Meaning(
        lambda _state, _aim, value: SetQuantise(value), lambda state, _aim: state.stage.quantise
    ),
    "metronome": Meaning(lambda state, _aim, _velocity: SetMetronome(not state.stage.metronome)),
    "recording": Meaning(lambda state, _aim, _velocity: RecordStop() if state.recording else RecordStart()),
    "undo": Meaning(lambda _state, _aim, _velocity: Undo()),
    "redo": Meaning(lambda _state, _aim, _velocity: Redo()),
    "pattern #": Meaning(lambda _state, aim, _velocity: SelectPattern(aim.numbers[0])),
    "pattern": Meaning(_pattern, _pattern_now),
    "bank #": Meaning(lambda _state, aim, _velocity: SelectBank(aim.numbers[0])),
    "kit": Meaning(lambda _state, _aim, value: ChooseKit(int(value), at_bar=True), lambda _state, _aim: 1.0),
    "master level_db": Meaning(
        lambda _state, _aim, value: SetMasterLevel(value), lambda state, _aim: state.level_db
    ),
    "chain": Meaning(
        lambda state, _aim, _velocity: PlayChain() if state.program.link is None else StopChain()
    ),
    "song #": Meaning(lambda _state, aim, _velocity: PlaySong(aim.numbers[0])),
    "swing": Meaning(lambda _state, _aim, value: SetSwing(value), lambda state, _aim: state.pattern.swing),
}
