"""Whatever numbers an event holds, the sound stays finite and within full scale."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from instrument.engine._core import lib

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import CEvent, Start, Timbre
from instrument.engine.offline import Offline
from tests.instrument.engine.playing import CONDITION, EMBEDDING, hit, timbre

FLOATS = st.floats(width=32) | st.sampled_from([1e6, -1e6, 1e-42, 0.0, 1.0, -1.0])


@st.composite
def wild_event(draw: st.DrawFn) -> CEvent:
    event = link.hit(draw(st.integers(0, 2000)), draw(st.integers(0, 15)), Timbre(), Start())
    event.kind = draw(st.integers(0, 7) | st.just(lib.GD_HIT))
    event.track = draw(st.integers(-3, 20) | st.just(0))
    event.path = draw(st.integers(-3, 20) | st.just(-1))
    event.frame = draw(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 2000))
    event.seed = draw(st.integers(0, 2**64 - 1))
    for values, length in (
        (event.embedding, EMBEDDING),
        (event.latent, EMBEDDING),
        (event.condition, CONDITION),
    ):
        fill = draw(st.lists(FLOATS, min_size=1, max_size=4))
        for index in range(length):
            values[index] = fill[index % len(fill)]
    for index in range(lib.GD_VALUES):
        event.values[index] = draw(FLOATS)
    return event


@settings(max_examples=60, deadline=None)
@given(events=st.lists(wild_event(), min_size=1, max_size=12))
def test_wild_events_give_bounded_sound_and_no_fault(drums: Bundle, events: list[CEvent]) -> None:
    with Offline(drums, path_grains=4) as engine:
        engine.set_path(0, np.full((4, 32), 1e30, np.float32))
        for event in events:
            engine.push(event)
        sound = engine.render(4000)
        assert np.isfinite(sound).all()
        assert np.abs(sound).max() <= 1.0
        assert engine.telemetry().fault == 0


def test_what_is_no_number_counts_as_zero(drums: Bundle) -> None:
    broken = timbre(1)
    sound = []
    for odd in (np.nan, np.inf, 0.0):
        embedding = np.array(broken.embedding)
        embedding[3] = odd
        with Offline(drums) as engine:
            other = Timbre(embedding=embedding, latent=broken.latent, condition=broken.condition)
            engine.push(link.hit(0, 0, other, Start(gain=0.25)))
            sound.append(engine.render(2000).tobytes())
    assert sound[0] == sound[1] == sound[2]


def test_events_that_make_no_sense_are_dropped_and_counted(drums: Bundle) -> None:
    wrong = [hit(0, 16), hit(0, -1), hit(0, path=16), hit(0, path=-2), link.sound(0, -1, timbre(0))]
    unknown = link.choke(0)
    unknown.kind = 99
    with Offline(drums) as engine:
        for event in [*wrong, unknown]:
            engine.push(event)
        assert not engine.render(1000).any()
        assert engine.telemetry().dropped_events == len(wrong) + 1


def test_more_events_than_can_wait_are_dropped_and_the_engine_plays_on(drums: Bundle) -> None:
    with Offline(drums) as engine:
        for index in range(3 * lib.GD_PENDING):
            engine.push(hit(10_000_000 + index))
        engine.render(1)
        assert engine.telemetry().dropped_events == 2 * lib.GD_PENDING
        engine.push(link.cancel(0, source=link.LIVE))
        engine.push(hit(0))
        assert engine.render(1000).any()


def test_a_ring_that_was_scribbled_on_begins_anew(drums: Bundle) -> None:
    with Offline(drums) as engine:
        engine.push(hit(0))
        memory = memoryview(engine._link._memory)
        memory[0:4] = (123_456_789).to_bytes(4, "little")  # how many events were ever pushed
        memory.release()

        engine.render(128)

        assert engine._link.room() == lib.GD_EVENTS
        assert engine.telemetry().hits == 0
        assert engine.push(hit(200))
        engine.render(256)
        assert engine.telemetry().hits == 1
