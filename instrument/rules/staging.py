"""What is done to a performance while it runs: solos, fills, writing into the pattern, tempo by hand."""

from dataclasses import replace
from typing import Any

from instrument.messages import (
    Erase,
    Fill,
    LatchFill,
    SetCountIn,
    SetMetronome,
    SetOverdub,
    SetQuantise,
    SetSolo,
    SetWriting,
    Tap,
)
from instrument.pattern import HIGHEST_BPM, LOWEST_BPM
from instrument.rules.bars import bar_after
from instrument.rules.context import Context
from instrument.rules.stage import NONE, Due, with_flag
from instrument.rules.state import Outcome, Rules, State

KEPT_TAPS = 8
FAR_OFF_BPM = 20.0  # a tap that is so far from those before it begins anew


def _staged(state: State, **values: Any) -> State:
    return replace(state, stage=replace(state.stage, **values))


def set_solo(_context: Context, state: State, said: SetSolo, frame: int) -> Outcome:
    index = state.index_of(said.track)
    if said.at_bar and state.playing:
        return arranged(state, Due(bar_after(state), index, solo=said.solo)), []
    now = _staged(state, solos=with_flag(state.stage.solos, index, said.solo))
    return now, now.mixes(frame)


def arranged(state: State, due: Due) -> State:
    """Return the state in which a track's muting or soloing is due; what was due before it is not."""
    others = tuple(each for each in state.stage.due if not _same(each, due))
    return _staged(state, due=(*others, due))


def _same(one: Due, other: Due) -> bool:
    return one.track == other.track and (one.mute is None) == (other.mute is None)


def fill(_context: Context, state: State, said: Fill, _frame: int) -> Outcome:
    return _staged(state, fill_held=said.on), []


def latch_fill(_context: Context, state: State, _said: LatchFill, _frame: int) -> Outcome:
    return _staged(state, fill_latched=not state.stage.fill_latched), []


def set_writing(_context: Context, state: State, said: SetWriting, _frame: int) -> Outcome:
    return _staged(state, writing=said.on, written=NONE), []


def set_overdub(_context: Context, state: State, said: SetOverdub, _frame: int) -> Outcome:
    return _staged(state, overdub=said.on), []


def set_quantise(_context: Context, state: State, said: SetQuantise, _frame: int) -> Outcome:
    return _staged(state, quantise=float(said.share)), []


def erase(_context: Context, state: State, said: Erase, _frame: int) -> Outcome:
    index = state.index_of(said.track)
    return _staged(state, erasing=with_flag(state.stage.erasing, index, said.on)), []


def tap(_context: Context, state: State, _said: Tap, frame: int) -> Outcome:
    """Follow the mean of the taps; one that is far off, or out of any tempo's reach, is the first anew."""
    taps = state.stage.taps
    if taps and not _beat_fits(state, frame):
        taps = ()
    taps = (*taps, frame)[-KEPT_TAPS:]
    if len(taps) > 1:
        bpm = 60.0 * state.rate_hz * (len(taps) - 1) / (taps[-1] - taps[0])
        state = replace(state, pattern=replace(state.pattern, tempo_bpm=round(bpm, 2)))
    return _staged(state, taps=taps), []


def _beat_fits(state: State, frame: int) -> bool:
    taps = state.stage.taps
    if frame <= taps[-1]:
        return False
    bpm = 60.0 * state.rate_hz / (frame - taps[-1])
    if not LOWEST_BPM <= bpm <= HIGHEST_BPM:
        return False
    return len(taps) < 2 or abs(bpm - state.pattern.tempo_bpm) <= FAR_OFF_BPM


def set_metronome(_context: Context, state: State, said: SetMetronome, _frame: int) -> Outcome:
    return _staged(state, metronome=said.on), []


def set_count_in(_context: Context, state: State, said: SetCountIn, _frame: int) -> Outcome:
    return _staged(state, count_in=said.bars), []


RULES: Rules = {
    SetSolo: set_solo,
    Fill: fill,
    LatchFill: latch_fill,
    SetWriting: set_writing,
    SetOverdub: set_overdub,
    SetQuantise: set_quantise,
    Erase: erase,
    Tap: tap,
    SetMetronome: set_metronome,
    SetCountIn: set_count_in,
}
