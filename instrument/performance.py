"""An instrument playing in time: the same object drives `graindrum render` and the live daemon.

Feed it messages with the frame they act at, and ask for everything up to a frame; what comes back goes to an
engine in that order. Nothing in it depends on the clock or on how often it is asked.
"""

from dataclasses import replace

from instrument.bundle import Bundle
from instrument.events import ALL_TRACKS, Cancel, Event, Hit, Mix
from instrument.instrument import Instrument, State
from instrument.kit import Kit, fits
from instrument.messages import MOST_TRACKS, STEPS, ControlChange, Message, SetKnob, Trigger
from instrument.pattern import Pattern
from instrument.sequencer import Onset, Sequencer
from instrument.space import Space
from instrument.units import db_to_gain


class Performance:
    """The state of an instrument, its sequencer, and the hits already handed out."""

    def __init__(self, bundle: Bundle, kit: Kit, pattern: Pattern, seed: int, rate_hz: float) -> None:
        fits(kit, bundle)
        self.rate_hz = rate_hz
        self.space = Space(bundle)
        self._instrument = Instrument(self.space)
        self._sequencer = Sequencer(rate_hz)
        self._until = 0
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
            self._sequencer.stop(frame)
            return [*events, Cancel(0, ALL_TRACKS)]
        return events + self._follow(before, frame if cut is None else cut)

    def advance(self, until: int) -> list[Event]:
        """Return the pattern's hits before frame `until` that have not been returned yet."""
        self._until = max(self._until, until)
        return [hit for onset in self._sequencer.advance(until) for hit in self._hits(onset, self._tracks())]

    def move(self, frame: int, new_frame: int, rate_hz: float) -> list[Event]:
        """Go on with another engine, whose `new_frame` is what was `frame`; return what sets it up."""
        self.rate_hz = rate_hz
        self._sequencer.move(frame, new_frame, rate_hz)
        self._until = new_frame
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

    def step(self, frame: int) -> int | None:
        """Return the column of the step that sounds at a frame."""
        return self._sequencer.sounding(frame)

    def _tracks(self) -> range:
        return range(len(self.state.kit.tracks))

    def _with_sounding_velocity(self, said: SetKnob | ControlChange, frame: int) -> State:
        """Return the state, with the velocity of the hit that a knob's track sounds at a frame.

        A turn gives that hit a new timbre, which must be one of the same velocity, or the turn would jump.
        """
        index = said.track - 1 if isinstance(said, SetKnob) else self.state.selected
        for onset in self._sequencer.sounded(frame, STEPS):
            if onset.frame < self._live_frames[index]:
                break
            if velocity := self._instrument.step_velocity(self.state, index, onset.position):
                velocities = self.state.velocities
                return replace(
                    self.state, velocities=(*velocities[:index], velocity, *velocities[index + 1 :])
                )
        return self.state

    def _follow(self, before: State, cut: int) -> list[Event]:
        """Bring the hits already handed out, from `cut` on, in line with the new state."""
        now = self.state
        timing = (now.pattern.tempo_bpm, now.pattern.swing)
        if not now.playing:
            return []
        if now.starts != before.starts:
            self._sequencer.start(cut, *timing)
            return [Cancel(0, ALL_TRACKS), *self.advance(self._until)]
        if not before.playing:
            self._sequencer.go_on(cut, *timing)
            return self.advance(self._until)
        if timing != (before.pattern.tempo_bpm, before.pattern.swing):
            self._sequencer.retime(cut, *timing)
            return [Cancel(cut, ALL_TRACKS), *self.advance(self._until)]
        changed = [index for index in self._tracks() if _plays_differently(before, now, index)]
        return [event for index in changed for event in self._replaced(index, cut)]

    def _replaced(self, index: int, cut: int) -> list[Event]:
        pending = self._sequencer.pending(cut)
        return [Cancel(cut, index), *(hit for onset in pending for hit in self._hits(onset, [index]))]

    def _hits(self, onset: Onset, tracks: "range | list[int]") -> list[Hit]:
        made = (self._instrument.step_hit(self.state, index, onset.position, onset.frame) for index in tracks)
        return [hit for hit in made if hit is not None]


def _plays_differently(before: State, now: State, index: int) -> bool:
    old, new = before.track(index), now.track(index)
    rows = before.pattern.rows[index] is not now.pattern.rows[index]
    return rows or old.sound is not new.sound or old.choke_group != new.choke_group
