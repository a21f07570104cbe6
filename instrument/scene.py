"""What lamps show of the instrument: the condition of each pad, step and switch, by name as in `pad 1`."""

from collections.abc import Sequence

from instrument.leds import IDLE, LIT
from instrument.rules.state import State
from instrument.sequencer import column

SOUNDING = 0.02  # a meter above it shows that the track sounds
ACCENT = 112  # velocity from which a step is one


def conditions(state: State, meters: Sequence[float], place: float | None) -> dict[str, str]:
    """Return the conditions; `meters` are the tracks' peaks, `place` how far the pattern has come."""
    return _tracks(state, meters) | _steps(state, place) | _patterns(state) | _switches(state)


def _tracks(state: State, meters: Sequence[float]) -> dict[str, str]:
    shown = {}
    for at, track in enumerate(state.kit.tracks):
        number, chosen = at + 1, at == state.selected
        shown[f"pad {number}"] = _pad(muted=track.mute, sounding=meters[at] > SOUNDING, chosen=chosen)
        shown[f"mute {number}"] = _switch(track.mute)
        shown[f"solo {number}"] = _switch(state.stage.solos[at])
        shown[f"lock {number}"] = _switch(track.locked)
        shown[f"select {number}"] = _switch(chosen)
    return shown


def _pad(*, muted: bool, sounding: bool, chosen: bool) -> str:
    if sounding:
        return "hit"
    if muted:
        return "muted"
    return "chosen" if chosen else IDLE


def _steps(state: State, place: float | None) -> dict[str, str]:
    """Return the steps of the track that is chosen."""
    lane = state.pattern.lane(state.selected)
    here = None if place is None else column(lane, place - state.program.origin)
    shown = {}
    for at, step in enumerate(lane.steps):
        condition = "accent" if step.velocity >= ACCENT else LIT if step.velocity else IDLE
        shown[f"step {at + 1}"] = "here" if at == here else condition
    return shown


def _patterns(state: State) -> dict[str, str]:
    """Return the patterns of the bank from which they are chosen, and the banks."""
    program, shown = state.program, {}
    for slot, kept in enumerate(program.banks[program.bank]):
        address = (program.bank, slot)
        queued = program.cue is not None and program.cue.address == address
        there = IDLE if kept is not None else "empty"
        shown[f"pattern {slot + 1}"] = "queued" if queued else LIT if address == program.address else there
    return shown | {f"bank {bank + 1}": _switch(bank == program.bank) for bank in range(len(program.banks))}


def _switches(state: State) -> dict[str, str]:
    stage = state.stage
    switches = {
        "play": state.playing, "record": stage.writing, "fill": stage.fill, "metronome": stage.metronome,
        "lock": state.track(state.selected).locked,
    }  # fmt: skip
    return {name: _switch(on) for name, on in switches.items()}


def _switch(on: bool) -> str:
    return LIT if on else IDLE
