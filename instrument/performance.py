"""An instrument playing in time: the same object drives `graindrum render` and the live daemon.

Feed it messages with the frame they act at, and ask for everything up to a frame; what comes back goes to an
engine in that order. Nothing in it depends on the clock or on how often it is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from instrument.bundle import Bundle
from instrument.events import ALL_TRACKS, Cancel, Event, Hit, Mix
from instrument.instrument import Instrument, State
from instrument.kit import Kit, fits
from instrument.ledger import Ledger, Sent
from instrument.mapping import Table
from instrument.messages import MOST_TRACKS, Message, MorphTo, MoveHatPedal, SetKnob, SetXY, Trigger
from instrument.pattern import Pattern
from instrument.rolls import Span, rolling, strikes
from instrument.rules.controls import RAW
from instrument.sequencer import Onset, onsets, sounds, velocity_of
from instrument.space import Space
from instrument.timeline import Tempo, Timeline
from instrument.units import db_to_gain, ms_to_frames

TURNING = (SetKnob, MorphTo, SetXY, MoveHatPedal, *RAW)  # what may change the timbre of what sounds


class Performance:
    """The state of an instrument, where its pattern is, and the hits already handed out."""

    def __init__(self, bundle: Bundle, kit: Kit, pattern: Pattern, seed: int, rate_hz: float) -> None:
        fits(kit, bundle)
        self.rate_hz = rate_hz
        self.space = Space(bundle)
        self._instrument = Instrument(self.space)
        self._timeline = Timeline(rate_hz)
        self._ledger = Ledger(MOST_TRACKS)
        self._until = 0  # what lies before it has been handed out
        self._cut = 0  # no hit can be handed out for a frame before it
        self._live_frames = [-1] * MOST_TRACKS  # of each track's last live hit
        self._struck: set[int] = set()  # tracks that the last message hit
        self.state = State(kit=kit, pattern=pattern, seed=seed, rate_hz=rate_hz)
        self.level_db = 0.0

    def plug(self, maps: Mapping[str, Table]) -> None:
        """Take what the controls of controllers do, by the names that their messages carry."""
        self._instrument = Instrument(self.space, maps)

    def setup(self, frame: int = 0) -> list[Event]:
        """Return what makes a fresh engine sound like this instrument: the levels of all tracks."""
        mixes: list[Event] = [self._instrument.mix(self.state, index, frame) for index in self._tracks()]
        return [Mix(frame=frame, track=ALL_TRACKS, gain=db_to_gain(self.level_db)), *mixes]

    def apply(self, said: Message, frame: int, cut: int | None = None) -> list[Event]:
        """Take a message that acts at `frame`; hits from `cut` on can still be changed (`frame` if None).

        MessageError when the state has no place for it; then nothing has changed.
        """
        before = self.state
        if isinstance(said, TURNING):
            before = self._with_sounding_velocities(frame)
        self.state, events = self._instrument.apply(before, said, frame)
        self._struck = {event.track for event in events if isinstance(event, Hit)}
        for index in self._struck:
            self._live_frames[index] = frame
        if before.playing and not self.state.playing:
            self._timeline.pause(frame)
            self._take_back(self._tracks(), frame)
            return [
                *events,
                Cancel(0, ALL_TRACKS),
                *self._rolled(self._tracks(), frame if cut is None else cut),
            ]
        return events + self._follow(before, frame if cut is None else cut)

    def advance(self, until: int) -> list[Event]:
        """Return the hits of pattern and rolls before frame `until` that have not been returned yet."""
        first, self._until = self._until, max(self._until, until)
        return [*self._hits(self._tracks(), first), *self._rolled(self._tracks(), first)]

    def move(self, frame: int, new_frame: int, rate_hz: float) -> list[Event]:
        """Go on with another engine, whose `new_frame` is what was `frame`; return what sets it up."""
        self.rate_hz = rate_hz
        self.state = replace(self.state, rate_hz=rate_hz)
        self._timeline.move(frame, new_frame, rate_hz)
        self._ledger.clear()
        self._cut = self._until = new_frame
        self._live_frames = [-1] * MOST_TRACKS
        return self.setup(new_frame)

    def prepare(self, index: int) -> None:
        """Draw a track's next sound ahead of the pad press that will ask for it."""
        self._instrument.prepare(self.state, index)

    def rehearse(self) -> None:
        """Go through every pad press once, without consequence: the first real one is not slow then."""
        for index in self._tracks():
            self._instrument.prepare(self.state, index)
            self._instrument.apply(self.state, Trigger(index + 1, 1), 0)

    @property
    def busy(self) -> bool:
        """Whether there may be hits soon that nobody asks for: a pattern plays, a pad rolls."""
        return self.state.playing or any(rolling(self.state, index) for index in self._tracks())

    def place(self, frame: int) -> float | None:
        """Return how far the pattern has come at a frame, in sixteenths; None unless it plays."""
        return self._timeline.place_at(frame) if self.state.playing else None

    def _tracks(self) -> range:
        return range(len(self.state.kit.tracks))

    def _with_sounding_velocities(self, frame: int) -> State:
        """Return the state, with the velocities of the hits that the tracks sound at a frame.

        A turn gives such a hit a new timbre, which must be one of the same velocity, or the turn would jump.
        """
        velocities = list(self.state.velocities)
        for index in self._tracks():
            sent = self._ledger.last(index, frame)
            if sent is not None and sent.frame >= self._live_frames[index]:
                velocities[index] = sent.velocity
            velocities[index] = rolling(self.state, index) or velocities[index]
        return replace(self.state, velocities=tuple(velocities))

    def _follow(self, before: State, cut: int) -> list[Event]:
        """Bring the hits already handed out, from `cut` on, in line with the new state."""
        now = self.state
        tempo = tempo_of(now)
        if not now.playing:
            return self._again([at for at in self._tracks() if self._rolls_differently(before, at)], cut)
        if now.starts != before.starts:
            self._timeline.start(cut, 0.0, tempo)
            self._ledger.clear()
            return self._again(self._tracks(), cut)
        if not before.playing:
            self._timeline.go_on(cut, tempo)
            return self._again(self._tracks(), cut)
        if tempo != tempo_of(before):
            self._timeline.retime(cut, tempo)
            return self._again(self._tracks(), cut)
        return self._again([at for at in self._tracks() if self._plays_differently(before, at)], cut)

    def _plays_differently(self, before: State, index: int) -> bool:
        """Return whether what a track is about to sound has changed."""
        now = self.state
        if before.track(index) is not now.track(index) or before.hat_closed != now.hat_closed:
            return True
        lanes = before.pattern.lane(index) is not now.pattern.lane(index)
        return lanes or self._rolls_differently(before, index)

    def _rolls_differently(self, before: State, index: int) -> bool:
        """Return whether the roll of a track has changed; a press in a roll begins another."""
        old, new = rolling(before, index), rolling(self.state, index)
        times = [(state.rolls_per_beat, state.pattern.tempo_bpm) for state in (before, self.state)]
        return old != new or (new > 0 and (times[0] != times[1] or index in self._struck))

    def _again(self, tracks: "range | list[int]", cut: int) -> list[Event]:
        """Take back the hits of some tracks from a frame on, and hand out what takes their place."""
        if not tracks:
            return []
        self._cut = cut
        self._take_back(tracks, cut)
        everything = len(tracks) == len(self._tracks())
        cancels = [Cancel(cut, ALL_TRACKS)] if everything else [Cancel(cut, index) for index in tracks]
        return [*cancels, *self._hits(tracks, cut), *self._rolled(tracks, cut)]

    def _rolled(self, tracks: Iterable[int], first: int) -> Iterator[Hit]:
        """Yield the strikes of rolls for frames from `first` on, as far as has been handed out."""
        span = Span(max(first, self._cut), self._until, self.rate_hz)
        for index in tracks:
            for strike in strikes(self.state, index, self._timeline, self._live_frames[index], span):
                yield self._instrument.struck(self.state, strike)

    def _take_back(self, tracks: Iterable[int], cut: int) -> None:
        for index in tracks:
            self._ledger.take_back(index, cut, 2 * self._reach())

    def _reach(self) -> int:
        """Return how many frames a hit may lie from its place."""
        most_ms = self.state.pattern.humanise_ms
        return ms_to_frames(most_ms, self.rate_hz) if most_ms else 0

    def _hits(self, tracks: Iterable[int], first: int) -> Iterator[Hit]:
        """Yield hits of some tracks for frames from `first` on, as far as has been handed out."""
        if not self.state.playing:
            return
        state, reach = self.state, self._reach()
        low = self._timeline.place_at(first - 1 - reach)
        high = self._timeline.place_at(self._until + reach)
        playing = self._instrument.playing(state)
        for index in tracks:
            lane = state.pattern.lane(index)
            for onset in onsets(lane, index, low, high):
                key = (lane.speed, onset.count, onset.repeat)
                frame = self._frame_of(onset, playing.swerve_time(onset) if reach else 0.0)
                if not first <= frame < self._until or self._ledger.has(index, key):
                    continue
                if not sounds(lane, index, onset.count, playing):
                    continue
                step = lane.steps[onset.count % len(lane.steps)]
                self._ledger.note(index, key, Sent(frame, velocity_of(step, onset.repeat), step.locks))
                yield replace(self._instrument.step_hit(state, playing, onset), frame=frame)

    def _frame_of(self, onset: Onset, swerve: float) -> int:
        """Return the frame of a hit; one that would begin just before anything could does so then."""
        frame = self._timeline.frame_of(onset.place)
        if not swerve:
            return frame
        moved = frame + round(swerve * self.state.pattern.humanise_ms * self.rate_hz / 1000.0)
        return max(moved, self._cut) if frame >= self._cut else moved


def tempo_of(state: State) -> Tempo:
    return Tempo(state.pattern.tempo_bpm, state.pattern.swing)
