"""A performance that follows a clock: every step once, whatever the clock's tempo does."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.bundle import Bundle
from instrument.events import ALL_TRACKS, Cancel, Event, Hit
from instrument.following import Anchor
from instrument.messages import Continue, Play, SetSwing, SetTempo, SongPosition, Stop
from instrument.pattern import Lane, Pattern, Step
from instrument.performance import Performance

RATE_HZ = 48_000.0
AHEAD, CUT = 2_400, 496
EVERY_STEP = Pattern(name="every", lanes=(Lane((Step(100),) * 16),))


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


class Stage:
    """An engine that only takes note of what it plays."""

    def __init__(self, tiny: Bundle) -> None:
        kit = library.load_kit("plain", tiny, 1)
        self.performance = Performance(tiny, kit, EVERY_STEP, 1, RATE_HZ)
        self.now = 0
        self.frames: list[int] = []

    @property
    def cut(self) -> int:
        return self.now + CUT

    def hear(self, events: Iterable[Event]) -> None:
        for event in events:
            if isinstance(event, Cancel) and event.track in (ALL_TRACKS, 0):
                self.frames = [each for each in self.frames if each < max(self.now, event.frame)]
            elif isinstance(event, Hit):
                assert event.frame >= self.now
                self.frames.append(event.frame)

    def run(self, frames: int) -> None:
        for _ in range(0, frames, 240):
            self.now += 240
            self.performance.settle(self.now)
            self.hear(self.performance.advance(self.now + AHEAD))

    def follow(self, bpm: float, *, moves: bool = False, place: float | None = None, after: int = 0) -> None:
        self.hear(self.performance.follow(Anchor(self.cut + after, bpm, moves, place), self.cut))


turns = st.tuples(st.floats(20.0, 300.0), st.booleans(), st.integers(0, 9_000))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(turns, max_size=30))
def test_every_step_sounds_once_however_the_tempo_is_steered(
    tiny: Bundle, course: list[tuple[float, bool, int]]
) -> None:
    stage = Stage(tiny)
    stage.hear(stage.performance.apply(Play(), 0, stage.cut))
    for bpm, moves, frames in course:
        stage.run(frames)
        stage.follow(bpm, moves=moves)
    stage.run(48_000)

    steps = stage.performance.timeline.straight_at(stage.now + AHEAD)
    assert (np.diff(stage.frames) > 0).all()
    assert abs(len(stage.frames) - steps) <= 1.0


def test_while_a_clock_is_followed_its_tempo_counts_and_the_patterns_swing(tiny: Bundle) -> None:
    stage = Stage(tiny)
    stage.hear(stage.performance.apply(Play(), 0, stage.cut))
    stage.follow(150.0, moves=True)
    stage.run(24_000)
    stage.hear(stage.performance.apply(SetTempo(80.0), stage.now, stage.cut))
    stage.hear(stage.performance.apply(SetSwing(0.6), stage.now, stage.cut))
    stage.run(48_000)

    pairs = np.diff(stage.frames[10::2])
    assert np.abs(pairs - 2 * 48_000 * 60 / 150 / 4).max() <= 1
    stage.hear(stage.performance.lead(stage.cut))
    stage.run(48_000)
    assert np.abs(np.diff(stage.frames[-6::2]) - 2 * 48_000 * 60 / 80 / 4).max() <= 1


def test_an_edit_beside_a_steered_tempo_leaves_time_as_it_is(tiny: Bundle) -> None:
    """Two tempi and an edit at one frame, in a pattern that began long before."""
    stage = Stage(tiny)
    stage.hear(stage.performance.apply(Play(), 0, stage.cut))
    stage.run(96_000)
    stage.follow(121.0)
    stage.follow(122.0)
    place = stage.performance.timeline.straight_at(stage.cut)

    stage.hear(stage.performance.apply(SetSwing(0.5), stage.now, stage.cut))
    stage.hear(stage.performance.apply(SetTempo(90.0), stage.now, stage.cut))

    assert stage.performance.timeline.straight_at(stage.cut) == pytest.approx(place)
    stage.run(48_000)
    assert (np.diff(stage.frames) > 4_000).all()


def test_a_beginning_that_waits_moves_with_the_clock(tiny: Bundle) -> None:
    stage = Stage(tiny)
    stage.hear(stage.performance.apply(Play(), 0, stage.cut))
    stage.follow(120.0, moves=True, place=0.0, after=20_000)
    stage.run(4_800)
    stage.follow(120.0, moves=True, place=0.0, after=20_000 - 4_800 + 37)
    stage.run(48_000)

    assert stage.frames[0] == CUT + 20_037
    assert np.abs(np.diff(stage.frames) - 6_000).max() <= 1


def test_continue_begins_at_the_song_position(tiny: Bundle) -> None:
    stage = Stage(tiny)
    stage.hear(stage.performance.apply(Play(), 0, stage.cut))
    stage.run(48_000)
    stage.hear(stage.performance.apply(Stop(), stage.now, stage.cut))
    stage.hear(stage.performance.apply(SongPosition(100), stage.now, stage.cut))
    before = len(stage.frames)

    stage.hear(stage.performance.apply(Continue(), stage.now, stage.cut))
    stage.run(24_000)

    assert len(stage.frames) > before
    assert stage.performance.timeline.frame_of(100.0) == stage.frames[before]


def test_a_song_position_while_playing_is_where_it_goes_on(tiny: Bundle) -> None:
    stage = Stage(tiny)
    stage.hear(stage.performance.apply(Play(), 0, stage.cut))
    stage.run(48_000)
    stage.hear(stage.performance.apply(SongPosition(64), stage.now, stage.cut))
    stage.run(24_000)

    assert stage.performance.place(stage.now) == pytest.approx(64 + (24_000 - CUT) / 6_000, abs=0.1)
    assert (np.diff(stage.frames) > 0).all()
