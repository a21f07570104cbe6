"""A performance: the same hits however it is driven, and edits that reach hits already handed out."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.bundle import Bundle
from instrument.errors import MessageError
from instrument.events import ALL_TRACKS, Cancel, Event, Hit, Mix, Source
from instrument.messages import (
    MOST_TRACKS,
    SPEED_NAMES,
    ClearPattern,
    Continue,
    CopyPattern,
    Erase,
    Fill,
    Message,
    Play,
    PlayChain,
    Redo,
    SelectPattern,
    SetBars,
    SetChain,
    SetChance,
    SetHumanise,
    SetKnob,
    SetLength,
    SetMetronome,
    SetMute,
    SetOverdub,
    SetRepeats,
    SetShift,
    SetSolo,
    SetSpeed,
    SetStep,
    SetSwing,
    SetTempo,
    SetWriting,
    Stop,
    StopChain,
    Tap,
    Trigger,
    Undo,
)
from instrument.performance import Performance

RATE_HZ = 48_000


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def performance(tiny: Bundle, seed: int = 1) -> Performance:
    return Performance(
        tiny, library.load_kit("plain", tiny, seed), library.load_pattern("steady"), seed, RATE_HZ
    )


class Receiver:
    """Keeps hits as the core's waiting list does: cancelling forgets those that have not begun."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.mixes: list[Mix] = []

    def take(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Hit):
                self.hits.append(event)
            if isinstance(event, Mix):
                self.mixes.append(event)
            if isinstance(event, Cancel):
                self.hits = [hit for hit in self.hits if not self._cancelled(hit, event)]

    def _cancelled(self, hit: Hit, cancel: Cancel) -> bool:
        track = cancel.track in (ALL_TRACKS, hit.track)
        return track and hit.frame >= cancel.frame and hit.source is Source.SEQUENCED

    def muted(self, frames: range) -> list[list[bool]]:
        """Return whether each track is mute at some frames; for one frame the later event counts."""
        ordered = sorted(self.mixes, key=lambda mix: mix.frame)
        found: list[list[bool]] = []
        for frame in frames:
            now = [False] * 8
            for mix in ordered:
                if mix.frame <= frame and mix.track >= 0:
                    now[mix.track] = mix.mute
            found.append(now)
        return found

    def heard(self) -> list[tuple[int, int, int, float, bytes]]:
        return sorted(
            (hit.frame, hit.track, hit.seed, hit.gain, hit.timbre.embedding.tobytes()) for hit in self.hits
        )


edits = st.one_of(
    st.builds(SetStep, st.integers(1, 8), st.integers(1, 16), st.integers(0, 127)),
    st.builds(SetKnob, st.integers(1, 8), st.integers(1, 8), st.floats(0, 1)),
    st.builds(Trigger, st.integers(1, 8), st.integers(1, 127)),
    st.just(ClearPattern()),
)
TRACK, STEP = st.integers(1, 8), st.integers(1, 8)
shapes = st.one_of(
    st.builds(SetSpeed, TRACK, st.sampled_from(SPEED_NAMES)),
    st.builds(SetLength, TRACK, st.integers(8, 20)),
    st.builds(SetShift, TRACK, STEP, st.floats(-0.5, 0.5)),
    st.builds(SetRepeats, TRACK, STEP, st.integers(1, 8)),
    st.builds(SetChance, TRACK, STEP, st.floats(0, 1)),
    st.builds(SetHumanise, st.floats(0, 50), st.just(0), st.just(0)),
    st.builds(SetBars, st.integers(1, 2)),
)
arrangements = st.one_of(
    st.builds(SelectPattern, st.integers(1, 3)),
    st.builds(SetMute, TRACK, st.booleans(), st.booleans()),
    st.builds(SetSolo, TRACK, st.booleans(), st.booleans()),
    st.builds(Fill, st.booleans()),
    st.builds(SetMetronome, st.booleans()),
    st.builds(Erase, TRACK, st.booleans()),
    st.sampled_from([SetChain("A1 A2x2 A3"), PlayChain(), StopChain(), CopyPattern(1, 2), CopyPattern(1, 3)]),
    st.sampled_from([Undo(), Redo(), Tap(), SetWriting(True), SetWriting(False), SetOverdub(False)]),
)
timings = st.one_of(st.builds(SetTempo, st.floats(20, 300)), st.builds(SetSwing, st.floats(0.5, 0.75)))
messages = edits | timings | shapes | arrangements | st.just(Play())
scripts = st.lists(st.tuples(st.integers(0, 20_000), messages), max_size=10)


def played(tiny: Bundle, script: list[tuple[int, Message]], ahead: int, turn: int) -> Receiver:
    """Play a script of (frames since the message before, message), asked every `turn` frames."""
    driven, receiver = performance(tiny), Receiver()
    receiver.take(driven.apply(Play(), 0))
    now = 0
    for span, said in script:
        for frame in range(now, now + span, turn):
            receiver.take(driven.advance(frame + ahead))
        now += span
        receiver.take(driven.advance(now))  # what has sounded before the message was handed out before it
        with suppress(MessageError):  # an empty chain, a step beyond a lane's end
            receiver.take(driven.apply(said, now))
    receiver.take(driven.advance(now + 60_000))
    receiver.hits = [hit for hit in receiver.hits if hit.frame < now + 60_000]
    return receiver


@settings(deadline=None, max_examples=40)
@given(script=scripts, ahead=st.integers(1, 40_000), turn=st.integers(100, 9_000))
def test_an_edit_reaches_hits_already_handed_out(
    tiny: Bundle, script: list[tuple[int, Message]], ahead: int, turn: int
) -> None:
    """However far ahead hits are handed out, what is heard is what handing out nothing ahead would give."""
    far, near = played(tiny, script, ahead, turn), played(tiny, script, 1, 1_000)

    assert far.heard() == near.heard()
    span = sum(frames for frames, _ in script) + 60_000
    assert far.muted(range(0, span, 777)) == near.muted(range(0, span, 777))


def test_a_step_set_within_the_look_ahead_is_heard_once(tiny: Bundle) -> None:
    driven, receiver = performance(tiny), Receiver()
    receiver.take(driven.apply(Play(), 0))
    receiver.take(driven.advance(48_000))

    receiver.take(driven.apply(SetStep(7, 2, 100), 1_000))

    assert len([hit for hit in receiver.hits if hit.track == 6]) == 1


def test_stopping_forgets_what_waits_and_playing_begins_at_the_first_step(tiny: Bundle) -> None:
    driven, receiver = performance(tiny), Receiver()
    receiver.take(driven.apply(Play(), 0))
    receiver.take(driven.advance(100_000))

    receiver.take(driven.apply(Stop(), 50_000))
    assert receiver.hits == []
    receiver.take(driven.advance(150_000))
    assert receiver.hits == []

    receiver.take(driven.apply(Play(), 200_000))
    receiver.take(driven.advance(210_000))
    assert {hit.frame for hit in receiver.hits if hit.track == 0} == {200_000}


@settings(deadline=None, max_examples=30)
@given(stop=st.integers(0, 60_000), again=st.integers(0, 60_000), ahead=st.integers(1, 40_000))
def test_continuing_goes_on_where_it_was_stopped(tiny: Bundle, stop: int, again: int, ahead: int) -> None:
    """Cut the pause out, and what is heard is what would have been heard without one."""
    paused, unpaused = performance(tiny), performance(tiny)
    before, after, whole = Receiver(), Receiver(), Receiver()
    before.take([*paused.apply(Play(), 0), *paused.advance(stop + ahead)])
    before.hits = [hit for hit in before.hits if hit.frame < stop]
    after.take(paused.apply(Stop(), stop))
    after.take(paused.advance(stop + again + ahead))
    after.take(paused.apply(Continue(), stop + again))
    after.take(paused.advance(stop + again + 30_000))
    whole.take([*unpaused.apply(Play(), 0), *unpaused.advance(stop + 30_000)])

    after.hits = [replace(hit, frame=hit.frame - again) for hit in after.hits]
    heard = before.heard() + after.heard()

    expected = [hit for hit in whole.heard() if hit[0] < stop + 29_990]
    assert len(expected) <= len(heard)
    for hit, wanted in zip(heard, expected, strict=False):
        assert abs(hit[0] - wanted[0]) <= 1
        assert hit[1:] == wanted[1:]


def test_starting_later_plays_the_same_hits_later(tiny: Bundle) -> None:
    early, late = (performance(tiny) for _ in range(2))
    first, second = Receiver(), Receiver()
    first.take([*early.apply(Play(), 0), *early.advance(100_000)])
    second.take([*late.apply(Play(), 7_777), *late.advance(107_777)])

    shifted = [(frame + 7_777, *rest) for frame, *rest in first.heard()]

    assert shifted == [tuple(hit) for hit in second.heard()]


def test_another_seed_plays_other_hits(tiny: Bundle) -> None:
    first, second = performance(tiny, 1), performance(tiny, 2)

    heard = [[*driven.apply(Play(), 0), *driven.advance(6_000)] for driven in (first, second)]

    seeds = [{event.seed for event in events if isinstance(event, Hit)} for events in heard]
    assert not seeds[0] & seeds[1]


def test_a_fresh_engine_is_told_every_level(tiny: Bundle) -> None:
    driven = performance(tiny)
    driven.level_db = -6.0

    mixes = [event for event in driven.setup(5) if isinstance(event, Mix)]

    assert [mix.track for mix in mixes] == [ALL_TRACKS, *range(8)]
    assert mixes[0].gain == pytest.approx(0.501, abs=1e-3)


def test_another_engine_goes_on_where_the_lost_one_was(tiny: Bundle) -> None:
    driven = performance(tiny)
    driven.apply(SetTempo(120), 0)
    driven.apply(SetSwing(0.5), 0)
    driven.apply(Play(), 0)
    driven.advance(12_500)

    driven.move(12_500, 100, RATE_HZ)

    hits = [event for event in driven.advance(100 + 6_000) if isinstance(event, Hit)]
    assert {hit.frame for hit in hits} == {100 + 5_500}
    assert {hit.id // MOST_TRACKS for hit in hits} == {3}
