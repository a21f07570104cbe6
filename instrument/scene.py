"""What lamps show of the instrument: the condition of each pad and switch, by name as in `pad 1`."""

from collections.abc import Sequence

from instrument.leds import IDLE, LIT
from instrument.rules.state import State

SOUNDING = 0.02  # a meter above it shows that the track sounds


def conditions(state: State, meters: Sequence[float]) -> dict[str, str]:
    """Return the conditions; `meters` are the tracks' peaks."""
    shown = {"play": _switch(state.playing)}
    for at, track in enumerate(state.kit.tracks):
        number, chosen = at + 1, at == state.selected
        shown[f"pad {number}"] = _pad(muted=track.mute, sounding=meters[at] > SOUNDING, chosen=chosen)
        shown[f"mute {number}"] = _switch(track.mute)
        shown[f"lock {number}"] = _switch(track.locked)
        shown[f"select {number}"] = _switch(chosen)
    return shown


def _pad(*, muted: bool, sounding: bool, chosen: bool) -> str:
    if sounding:
        return "hit"
    if muted:
        return "muted"
    return "chosen" if chosen else IDLE


def _switch(on: bool) -> str:
    return LIT if on else IDLE
