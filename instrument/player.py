"""Plays what lies ahead: the steps and beats of a stretch of places become hits at frames, each once."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf

from instrument.events import Event, Hit, Turn
from instrument.instrument import Instrument, State
from instrument.ledger import Key, Ledger, Sent
from instrument.pattern import Lane
from instrument.prospect import Stretch
from instrument.rolls import rolling
from instrument.rules.clicks import CLICK, EARLIEST, LANE, clicks
from instrument.sequencer import Onset, Played, onsets, sounds
from instrument.timeline import Timeline
from instrument.units import ms_to_frames


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames from `first` to before `until`; what is due before `cut` and has not sounded does so there."""

    first: int
    until: int
    cut: int


@dataclass(slots=True)
class Player:
    """Makes hits, and notes in the ledger which."""

    instrument: Instrument
    timeline: Timeline
    ledger: Ledger
    rate_hz: float

    def hits(self, stretch: Stretch, row: int, frames: Frames) -> Iterator[Hit]:
        """Yield what a track or the metronome plays within a stretch, for some frames."""
        if row == CLICK:
            yield from self._beats(stretch, frames)
        elif row < len(stretch.state.kit.tracks) and not stretch.state.stage.erasing[row]:
            yield from self._steps(stretch, row, frames)

    def reach(self, state: State) -> int:
        """Return how many frames a hit may lie from its place."""
        most_ms = state.pattern.humanise_ms
        return ms_to_frames(most_ms, self.rate_hz) if most_ms else 0

    def turned(self, state: State, event: Event, frame: int, since: list[int]) -> Event:
        """Return a turn as the step has it that its track sounds; `since`: the track was hit by hand."""
        if not isinstance(event, Turn) or rolling(state, event.track):
            return event
        sent = self.ledger.last(event.track, frame)
        if sent is None or sent.step is None or sent.frame < since[event.track]:
            return event
        return self.instrument.step_turn(state, sent.step, frame)

    def _steps(self, stretch: Stretch, index: int, frames: Frames) -> Iterator[Hit]:
        state, reach = stretch.state, self.reach(stretch.state)
        lane, origin = state.pattern.lane(index), state.program.origin
        playing = self.instrument.playing(state)
        low, high = self._places(stretch, frames, reach)
        for onset in onsets(lane, index, low - origin, high - origin):
            step = lane.steps[onset.count % len(lane.steps)]
            key = key_of(state, lane, onset.count, onset.repeat / step.repeats)
            swerve = playing.swerve_time(onset) * state.pattern.humanise_ms if reach else 0.0
            frame = self._frame_of(stretch, onset, swerve, frames.cut)
            if not frames.first <= frame < frames.until or self.ledger.has(index, key):
                continue
            if sounds(lane, index, onset.count, playing):
                played = Played(state.pattern, playing, onset)
                self.ledger.note(index, key, Sent(frame, played.velocity, played))
                yield replace(self.instrument.step_hit(state, playing, onset), frame=frame)

    def _beats(self, stretch: Stretch, frames: Frames) -> Iterator[Hit]:
        low, high = self._places(stretch, frames, 0)
        for onset in onsets(LANE, CLICK, low - EARLIEST, high - EARLIEST):
            frame = self.timeline.frame_of(onset.place + EARLIEST)
            if not frames.first <= frame < frames.until or self.ledger.has(CLICK, (onset.count,)):
                continue
            if clicks(stretch.state, onset):
                self.ledger.note(CLICK, (onset.count,), Sent(frame, LANE.steps[0].velocity))
                yield replace(self.instrument.click_hit(onset), frame=frame)

    def _places(self, stretch: Stretch, frames: Frames, reach: int) -> tuple[float, float]:
        """Return the places of a stretch that may sound within some frames."""
        low = self.timeline.place_at(frames.first - 1 - reach)
        high = self.timeline.place_at(frames.until + reach)
        return max(low, stretch.begins), min(high, stretch.ends)

    def _frame_of(self, stretch: Stretch, onset: Onset, swerve_ms: float, cut: int) -> int:
        """Return the frame of a hit; one that would begin just before anything could does so then."""
        frame = self.timeline.frame_of(stretch.state.program.origin + onset.place)
        if not swerve_ms:
            return frame
        moved = frame + round(swerve_ms * self.rate_hz / 1000.0)
        if stretch.ends < inf:  # it belongs to what is over then
            moved = min(moved, max(frame, self.timeline.frame_of(stretch.ends) - 1))
        return max(moved, cut) if frame >= cut else moved


def key_of(state: State, lane: Lane, count: int, share: float) -> Key:
    """Return what tells a hit from all others since playing began; `share` of its step goes by before it."""
    return (state.program.origin, lane.speed, count, share)
