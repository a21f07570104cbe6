"""An instrument playing in time: the same object drives `graindrum render` and the live daemon.

Feed it messages with the frame they act at, and ask for everything up to a frame; what comes back goes to an
engine in that order. Nothing in it depends on the clock or on how often it is asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from instrument.bundle import Bundle
from instrument.events import ALL_TRACKS, Cancel, Event, Hit, Mix
from instrument.instrument import Instrument, State
from instrument.kit import Kit, fits
from instrument.ledger import Ledger, Sent
from instrument.messages import MOST_TRACKS, ControlChange, Message, SetKnob, Trigger
from instrument.pattern import Pattern
from instrument.sequencer import Onset, onsets, sounds, velocity_of
from instrument.space import Space
from instrument.timeline import Tempo, Timeline
from instrument.units import db_to_gain, ms_to_frames


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
        self.state = State(kit=kit, pattern=pattern, seed=seed)
        self.level_db = 0.0

    def setup(self, frame: int = 0) -> list[Event]:
        """Return what makes a fresh engine sound like this instrument: the levels of all tracks."""
        mixes: list[Event] = [self._instrument.mix(self.state, index, frame) for index in self._tracks()]
        return [Mix(frame=frame, track=ALL_TRACKS, gain=db_to_gain(self.level_db)), *mixes]

    def apply(self, said: Message, frame: int, cut: int | None = None) -> list[Event]:
        """Take a message that acts at `frame`; hits from `cut` on can still be changed (`frame` if None).

        MessageError when the state has no place for it; then nothing has changed.
        """
        before = self.state
        if isinstance(said, SetKnob | ControlChange):
            before = self._with_sounding_velocity(said, frame)
        self.state, events = self._instrument.apply(before, said, frame)
        for event in events:
            if isinstance(event, Hit):
                self._live_frames[event.track] = event.frame
        if before.playing and not self.state.playing:
            self._timeline.pause(frame)
            self._take_back(self._tracks(), frame)
            return [*events, Cancel(0, ALL_TRACKS)]
        return events + self._follow(before, frame if cut is None else cut)

    def advance(self, until: int) -> list[Event]:
        """Return the pattern's hits before frame `until` that have not been returned yet."""
        first, self._until = self._until, max(self._until, until)
        return list(self._hits(self._tracks(), first)) if self.state.playing else []

    def move(self, frame: int, new_frame: int, rate_hz: float) -> list[Event]:
        """Go on with another engine, whose `new_frame` is what was `frame`; return what sets it up."""
        self.rate_hz = rate_hz
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

    def place(self, frame: int) -> float | None:
        """Return how far the pattern has come at a frame, in sixteenths; None unless it plays."""
        return self._timeline.place_at(frame) if self.state.playing else None

    def _tracks(self) -> range:
        return range(len(self.state.kit.tracks))

    def _with_sounding_velocity(self, said: SetKnob | ControlChange, frame: int) -> State:
        """Return the state, with the velocity of the hit that a knob's track sounds at a frame.

        A turn gives that hit a new timbre, which must be one of the same velocity, or the turn would jump.
        """
        index = said.track - 1 if isinstance(said, SetKnob) else self.state.selected
        sent = self._ledger.last(index, frame)
        if sent is None or sent.frame < self._live_frames[index]:
            return self.state
        velocities = self.state.velocities
        return replace(self.state, velocities=(*velocities[:index], sent.velocity, *velocities[index + 1 :]))

    def _follow(self, before: State, cut: int) -> list[Event]:
        """Bring the hits already handed out, from `cut` on, in line with the new state."""
        now = self.state
        tempo = tempo_of(now)
        if not now.playing:
            return []
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
        return self._again([at for at in self._tracks() if _plays_differently(before, now, at)], cut)

    def _again(self, tracks: "range | list[int]", cut: int) -> list[Event]:
        """Take back the hits of some tracks from a frame on, and hand out what takes their place."""
        if not tracks:
            return []
        self._cut = cut
        self._take_back(tracks, cut)
        everything = len(tracks) == len(self._tracks())
        cancels = [Cancel(cut, ALL_TRACKS)] if everything else [Cancel(cut, index) for index in tracks]
        return [*cancels, *self._hits(tracks, cut)]

    def _take_back(self, tracks: Iterable[int], cut: int) -> None:
        for index in tracks:
            self._ledger.take_back(index, cut, 2 * self._reach())

    def _reach(self) -> int:
        """Return how many frames a hit may lie from its place."""
        most_ms = self.state.pattern.humanise_ms
        return ms_to_frames(most_ms, self.rate_hz) if most_ms else 0

    def _hits(self, tracks: Iterable[int], first: int) -> Iterator[Hit]:
        """Yield hits of some tracks for frames from `first` on, as far as has been handed out."""
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


def _plays_differently(before: State, now: State, index: int) -> bool:
    old, new = before.track(index), now.track(index)
    lanes = before.pattern.lane(index) is not now.pattern.lane(index)
    return lanes or old.sound is not new.sound or old.choke_group != new.choke_group
