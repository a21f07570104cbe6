"""An instrument playing in time: the same object drives `graindrum render` and the live daemon.

Feed it messages with the frame they act at, and ask for everything up to a frame; what comes back goes to an
engine in that order. Nothing in it depends on the clock or on how often it is asked.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from instrument.bundle import Bundle
from instrument.events import ALL_TRACKS, Cancel, Event, Hit, Mix
from instrument.following import Anchor
from instrument.instrument import Instrument, State
from instrument.kit import Kit, fits
from instrument.ledger import Ledger, Sent
from instrument.mapping import Table
from instrument.messages import (
    MOST_TRACKS,
    STEPS,
    Message,
    MorphTo,
    MoveHatPedal,
    SetKnob,
    SetTune,
    SetXY,
    SongPosition,
    Trigger,
)
from instrument.pattern import Pattern
from instrument.player import Frames, Player, key_of
from instrument.prospect import forget, goes_on_differently, stretches, tempo_of, turn_to
from instrument.rolls import Span, rerolled, rolling, strikes
from instrument.rules.bars import next_turn, turned
from instrument.rules.clicks import CLICK
from instrument.rules.controls import RAW
from instrument.rules.editing import remembered
from instrument.rules.state import Now
from instrument.rules.writing import erased, wrote
from instrument.space import Space
from instrument.timeline import Timeline
from instrument.units import db_to_gain

TURNING = (SetKnob, SetTune, MorphTo, SetXY, MoveHatPedal, *RAW)  # what may change the timbre of what sounds


class Performance:
    """The state of an instrument, where its pattern is, and the hits already handed out."""

    def __init__(self, bundle: Bundle, kit: Kit, pattern: Pattern, seed: int, rate_hz: float) -> None:
        fits(kit, bundle)
        self.rate_hz = rate_hz
        self.space = Space(bundle)
        self._instrument = Instrument(self.space)
        self._timeline = Timeline(rate_hz)
        self._ledger = Ledger(CLICK + 1)
        self._player = Player(self._instrument, self._timeline, self._ledger, rate_hz)
        self._until = 0  # what lies before it has been handed out
        self._next = 0  # what lies before it is not looked for again: earlier where time was steered since
        self._mixes: list[Mix] = []  # those among it that solo and mute at bars to come
        self._cut = 0  # no hit can be handed out for a frame before it
        self._live_frames = [-1] * MOST_TRACKS  # of each track's last live hit
        self._struck: set[int] = set()  # tracks that the last message hit
        self.state = State(kit=kit, pattern=pattern, seed=seed, rate_hz=rate_hz)

    def plug(self, maps: Mapping[str, Table], kits: Mapping[str, Kit], program: str = "") -> None:
        """Take what controls do by the names that their messages carry, kits, what programs choose."""
        self._instrument = self._player.instrument = Instrument(self.space, maps, kits, program)

    @property
    def level_db(self) -> float:
        """The level of everything."""
        return self.state.level_db

    @level_db.setter
    def level_db(self, level_db: float) -> None:
        self.state = replace(self.state, level_db=level_db)

    def setup(self, frame: int = 0) -> list[Event]:
        """Return what makes a fresh engine sound like this instrument: the levels of all tracks."""
        mixes: list[Event] = [self._instrument.mix(self.state, index, frame) for index in self._tracks()]
        return [Mix(frame=frame, track=ALL_TRACKS, gain=db_to_gain(self.level_db)), *mixes]

    def apply(self, said: Message, frame: int, cut: int | None = None) -> list[Event]:
        """Take a message that acts at `frame`; hits from `cut` on can still be changed (`frame` if None).

        MessageError when the state has no place for it; then nothing has changed.
        """
        cut = frame if cut is None else cut
        self.settle(frame, cut)
        before = self.state
        if isinstance(said, TURNING):
            before = self._with_sounding_velocities(frame)
        self.state, events = self._instrument.apply(before, said, frame)
        self._struck = {event.track for event in events if isinstance(event, Hit)}
        for index in self._struck:
            self._live_frames[index] = frame
        events = [self._player.turned(self.state, each, frame, self._live_frames) for each in events]
        if before.playing and not self.state.playing:
            self._timeline.pause(frame)
            self._take_back(self._rows(), frame)
            return [*events, Cancel(0, ALL_TRACKS), *self._unmixed(0), *self._rolled(self._tracks(), cut)]
        if before.playing and before.stage.writing:
            self._write(frame)
        if isinstance(said, SongPosition):
            return events + self._locate(said.place, cut)
        return events + self._follow(before, cut)

    def follow(self, anchor: Anchor, cut: int) -> list[Event]:
        """Go on as a clock has it that is followed; hits from `cut` on can still be changed."""
        self.state = replace(self.state, clock_bpm=anchor.bpm)
        if not self.state.playing:
            return []
        tempo = tempo_of(self.state)
        if anchor.place is not None:
            self._timeline.anchor(anchor.frame, anchor.place, tempo)
            self._ledger.clear()
            return self._again(self._rows(), cut)
        before = self._timeline.place_at(self._until)
        self._timeline.retime(anchor.frame, tempo)
        self._next = min(self._next, self._timeline.frame_of(before) - 1)
        return self._again(self._rows(), anchor.frame) if anchor.moves else []

    def lead(self, cut: int) -> list[Event]:
        """Go on at the pattern's own tempo."""
        before, self.state = self.state, replace(self.state, clock_bpm=None)
        return self._follow(before, cut)

    @property
    def timeline(self) -> Timeline:
        """Which place lies at which frame; to be read."""
        return self._timeline

    def _locate(self, place: int, cut: int) -> list[Event]:
        """Go on at a place; when at rest, that is where playing continues."""
        self._timeline.anchor(cut, float(place), tempo_of(self.state))
        self._ledger.clear()
        if not self.state.playing:
            self._timeline.pause(cut)
            return []
        return self._again(self._rows(), cut)

    def settle(self, frame: int, cut: int | None = None) -> None:
        """Bring the state to a frame: what had been arranged for places before it has come about."""
        if not self.state.playing:
            return
        while (turn := next_turn(self.state)) is not None and self._timeline.frame_of(turn) <= frame:
            self.state = turned(self.state)
            turn_to(self.state, turn, self._timeline)
        place = self._timeline.place_at(frame)
        passed = erased(self.state, self.state.now.place, place)
        self.state = remembered(self.state, passed, None)
        free = self._timeline.place_at(frame if cut is None else cut)
        self.state = replace(self.state, now=Now(place, free))

    def _write(self, frame: int) -> None:
        """Write what the last message has hit into the pattern, where it does not sound again."""
        if self.state.now.place < self.state.program.origin - 0.5:  # the count-in
            return
        for index in self._struck:
            before, velocity = self.state, self.state.velocities[index]
            state, count = wrote(before, index, velocity)
            self.state = remembered(before, state, None)
            key = key_of(self.state, self.state.pattern.lane(index), count, 0.0)
            self._ledger.note(index, key, Sent(frame - 1, velocity))  # before any cut

    def advance(self, until: int) -> list[Event]:
        """Return the hits of pattern and rolls before frame `until` that have not been returned yet."""
        first, rolled = self._next, self._until
        self._next = self._until = max(self._until, until)
        return [*self._hits(self._rows(), first), *self._rolled(self._tracks(), rolled)]

    def move(self, frame: int, new_frame: int, rate_hz: float) -> list[Event]:
        """Go on with another engine, whose `new_frame` is what was `frame`; return what sets it up."""
        self.rate_hz = self._player.rate_hz = rate_hz
        self.state = replace(self.state, rate_hz=rate_hz)
        self._timeline.move(frame, new_frame, rate_hz)
        self._ledger.clear()
        self._cut = self._until = self._next = new_frame
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

    def _rows(self) -> list[int]:
        """Return what may play by itself: the tracks of any kit, and the metronome."""
        return [*range(MOST_TRACKS), CLICK]

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
            struck = self._struck
            return self._again([at for at in self._tracks() if rerolled(before, now, at, struck)], cut)
        if now.starts != before.starts:
            self._timeline.start(cut, -float(now.stage.count_in * STEPS), tempo)
            self._ledger.clear()
            return self._again(self._rows(), cut)
        if not before.playing:
            self._timeline.go_on(cut, tempo)
            return self._again(self._rows(), cut)
        if tempo != tempo_of(before):
            self._timeline.retime(cut, tempo)
            return self._again(self._rows(), cut)
        if goes_on_differently(before, now):
            return self._again(self._rows(), cut)
        return self._again([at for at in self._rows() if self._plays_differently(before, at)], cut)

    def _plays_differently(self, before: State, index: int) -> bool:
        """Return whether what a track is about to sound has changed."""
        now = self.state
        if index == CLICK:
            return before.stage.metronome != now.stage.metronome
        if before.stage.erasing[index] != now.stage.erasing[index]:
            return True
        here = slice(index, index + 1)  # a kit may lack it
        if before.kit.tracks[here] != now.kit.tracks[here] or before.hat_closed != now.hat_closed:
            return True
        lanes = before.pattern.lane(index) is not now.pattern.lane(index)
        return lanes or rerolled(before, now, index, self._struck)

    def _again(self, rows: list[int], cut: int) -> list[Event]:
        """Take back the hits of some rows from a frame on, and hand out what takes their place."""
        if not rows:
            return []
        self._cut = cut
        self._take_back(rows, cut)
        everything = len(rows) == len(self._rows())
        cancels = [Cancel(cut, ALL_TRACKS)] if everything else [Cancel(cut, index) for index in rows]
        unmixed = self._unmixed(cut) if everything else []
        if self.state.playing:
            forget(self.state, cut, self._timeline)
        tracks = [index for index in rows if index != CLICK]
        return [*cancels, *unmixed, *self._hits(rows, cut), *self._rolled(tracks, cut)]

    def _unmixed(self, cut: int) -> list[Event]:
        """Take back the mutes and solos handed out for a frame on: what is true now is true then."""
        late = [mix for mix in self._mixes if mix.frame >= cut]
        self._mixes = []
        there = self._tracks()
        return [self._instrument.mix(self.state, mix.track, mix.frame) for mix in late if mix.track in there]

    def _rolled(self, tracks: Iterable[int], first: int) -> Iterator[Hit]:
        """Yield the strikes of rolls for frames from `first` on, as far as has been handed out."""
        span = Span(max(first, self._cut), self._until, self.rate_hz)
        for index in tracks:
            for strike in strikes(self.state, index, self._timeline, self._live_frames[index], span):
                yield self._instrument.struck(self.state, strike)

    def _take_back(self, tracks: Iterable[int], cut: int) -> None:
        for index in tracks:
            self._ledger.take_back(index, cut, 2 * self._player.reach(self.state))

    def _hits(self, rows: list[int], first: int) -> Iterator[Event]:
        """Yield what some rows play for frames from `first` on, as far as has been handed out."""
        if not self.state.playing:
            return
        frames = Frames(first, self._until, self._cut)
        for stretch in stretches(self.state, self._timeline, self._until):
            for mix in stretch.mixes:
                if first <= mix.frame < self._until:
                    self._mixes.append(mix)
                    yield mix
            for row in rows:
                yield from self._player.hits(stretch, row, frames)
