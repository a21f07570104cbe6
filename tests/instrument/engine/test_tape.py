"""What is recorded is what was heard, to the bit, or is counted as lost."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import ALL_TRACKS, CEvent
from instrument.engine.offline import Offline
from instrument.engine.tape import MASTER, Tape
from tests.instrument.engine.playing import hit, random_event

F32 = NDArray[np.float32]
FRAMES = 6000
ALL = 2**link.TRACKS - 1


@pytest.fixture
def tape() -> Iterator[Tape]:
    made = Tape.private()
    yield made
    made.close()


def rest_of(tape: Tape, take: int = 1) -> list[tuple[int, F32]]:
    """Return what waits of a take: pieces without a gap, each with its first frame."""
    pieces: list[tuple[int, F32]] = []
    while (stretch := tape.read(take)) is not None:
        sound = stretch.sound.copy()
        if pieces and pieces[-1][0] + pieces[-1][1].shape[1] == stretch.frame:
            begun, before = pieces.pop()
            pieces.append((begun, np.concatenate([before, sound], axis=1)))
        else:
            pieces.append((stretch.frame, sound))
    return pieces


def recorded(
    bundle: Bundle, tape: Tape, events: list[CEvent], sizes: list[int], every: int
) -> tuple[F32, F32]:
    """Return what was rendered, and all that was recorded from frame 0, read after `every` blocks."""
    heard, read = [], []
    with Offline(bundle, tape=tape) as engine:
        engine.push(link.record(0, 1, ALL))
        for event in events:
            engine.push(event)
        for number, size in enumerate(sizes * (FRAMES // sum(sizes) + 1)):
            heard.append(engine.render(size))
            if number % every == 0:
                read += rest_of(tape)
        read += rest_of(tape)
    return np.concatenate(heard), np.concatenate([sound for _, sound in read], axis=1)


@settings(max_examples=25, deadline=None)
@given(
    events=st.lists(random_event(FRAMES), min_size=1, max_size=25),
    sizes=st.lists(st.integers(1, 1000), min_size=1, max_size=5),
    every=st.integers(1, 5),
)
def test_the_recorded_master_is_what_was_heard_in_whatever_pieces_it_is_written_and_read(
    drums: Bundle, events: list[CEvent], sizes: list[int], every: int
) -> None:
    tape = Tape.private()
    heard, sound = recorded(drums, tape, events, sizes, every)
    assert sound[MASTER].tobytes() == heard.tobytes()
    tape.close()


def test_stems_add_up_to_the_master_where_nothing_is_limited(steady: Bundle, tape: Tape) -> None:
    mix = [link.track(0, 1, 0.7, -0.5), link.track(0, 2, 0.3, 0.4), link.track(0, ALL_TRACKS, 0.5)]
    moved = [link.track(3000, 1, 0.2, 1.0), link.track(3500, 2, mute=True)]
    events = [hit(500 * index, index % 4, index, gain=0.05) for index in range(10)]
    heard, sound = recorded(steady, tape, [*mix, *events, *moved], [128], 3)
    total = np.zeros_like(heard)
    for track in range(link.TRACKS):
        total += sound[track]
    assert np.abs(heard).max() > 0.01
    assert (total * np.float32(0.5)).tobytes() == heard.tobytes()
    assert all(sound[track].any() for track in range(4))
    assert not sound[4:MASTER].any()


def test_a_take_begins_and_ends_at_its_frames(steady: Bundle, tape: Tape) -> None:
    with Offline(steady, tape=tape) as engine:
        for event in (hit(0), link.record(1001, 1), link.record(3333, 0)):
            engine.push(event)
        assert tape.take == 0
        heard = engine.render(2000)
        assert tape.take == 1
        heard = np.concatenate([heard, engine.render(2000)])
        assert tape.take == 0
    ((frame, sound),) = rest_of(tape)
    assert frame == 1001
    assert sound[MASTER].tobytes() == heard[1001:3333].tobytes()


def test_tracks_that_were_not_asked_for_are_not_recorded(steady: Bundle, tape: Tape) -> None:
    with Offline(steady, tape=tape) as engine:
        for event in (link.record(0, 1, 0b100), hit(0, 1, 1), hit(0, 2, 2)):
            engine.push(event)
        engine.render(1000)
    ((_, sound),) = rest_of(tape)
    assert [track for track in range(link.TRACKS) if sound[track].any()] == [2]


def test_where_nobody_reads_frames_are_lost_and_counted_and_the_music_goes_on(
    steady: Bundle, tape: Tape
) -> None:
    events = [hit(0, track, track, gain=0.01) for track in range(link.TRACKS)]
    with Offline(steady, tape=tape) as engine:
        for event in [link.record(0, 1, ALL), *events]:
            engine.push(event)
        heard = [engine.render(100_000)]
        lost = tape.lost
        ((_, before),) = rest_of(tape)
        heard.append(engine.render(10_000))
        ((frame, after),) = rest_of(tape)
    assert 0 < lost < 50_000
    assert before.shape[1] + lost == 100_000 == frame
    whole = np.concatenate(heard)
    assert before[MASTER].tobytes() == whole[: before.shape[1]].tobytes()
    assert after[MASTER].tobytes() == whole[frame:].tobytes()
    with Offline(steady) as engine:
        for event in events:
            engine.push(event)
        assert engine.render(110_000).tobytes() == whole.tobytes()


def test_an_earlier_take_is_thrown_away_and_a_later_one_waits(steady: Bundle, tape: Tape) -> None:
    takes = [link.record(0, 1), link.record(1000, 2), link.record(2000, 3)]
    with Offline(steady, tape=tape) as engine:
        for event in takes:
            engine.push(event)
        engine.render(3000)
    ((frame, sound),) = rest_of(tape, 2)
    assert (frame, sound.shape[1]) == (1000, 1000)
    assert rest_of(tape, 2) == []
    ((frame, sound),) = rest_of(tape, 3)
    assert (frame, sound.shape[1]) == (2000, 1000)


@settings(max_examples=40, deadline=None)
@given(place=st.integers(0, 400), value=st.integers(0, 2**32 - 1))
def test_a_tape_that_was_scribbled_on_gives_no_more_than_there_is_and_is_read_to_its_end(
    steady: Bundle, place: int, value: int
) -> None:
    tape = Tape.private()
    with Offline(steady, tape=tape) as engine:
        engine.push(link.record(0, 1, ALL))
        engine.push(hit(0))
        engine.render(2000)
        memory = memoryview(tape._memory)
        memory[4 * place : 4 * place + 4] = value.to_bytes(4, "little")
        memory.release()
        pieces = rest_of(tape)
        engine.render(2000)
        pieces += rest_of(tape)
    assert all(sound.shape[1] <= 4000 for _, sound in pieces)
    assert tape.read(1) is None
    tape.close()


def test_without_a_tape_an_engine_plays_on(steady: Bundle) -> None:
    with Offline(steady) as engine:
        engine.push(link.record(0, 1, ALL))
        engine.push(hit(0))
        assert engine.render(1000).any()
