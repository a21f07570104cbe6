"""Beginning and ending."""

from dataclasses import replace

from instrument.events import ALL_TRACKS, Choke
from instrument.messages import Continue, Panic, Play, Stop, TogglePlay
from instrument.rules.clock import rewound
from instrument.rules.context import Context
from instrument.rules.state import Outcome, Rules, State


def play(_context: Context, state: State, _said: Play, frame: int) -> Outcome:
    """Begin with the first pattern of a chain that plays, or this one; what was arranged for bars is done."""
    muted = bool(state.stage.due)
    playing = replace(rewound(state), playing=True, starts=state.starts + 1)
    return playing, playing.mixes(frame) if muted else []


def go_on(_context: Context, state: State, _said: Continue, _frame: int) -> Outcome:
    return replace(state, playing=True), []


def stop(_context: Context, state: State, _said: Stop, _frame: int) -> Outcome:
    return replace(state, playing=False), []


def toggle_play(context: Context, state: State, _said: TogglePlay, frame: int) -> Outcome:
    return stop(context, state, Stop(), frame) if state.playing else play(context, state, Play(), frame)


def panic(_context: Context, state: State, _said: Panic, frame: int) -> Outcome:
    now = replace(state, playing=False, warning="", hands=state.hands.relaxed())
    return now, [Choke(frame, ALL_TRACKS)]


RULES: Rules = {Play: play, Continue: go_on, Stop: stop, TogglePlay: toggle_play, Panic: panic}
