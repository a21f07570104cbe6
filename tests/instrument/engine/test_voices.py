"""When hits start, how they are turned, choked, cancelled and stolen: to the frame."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import CEvent, Start, Timbre
from instrument.engine.offline import Offline
from tests.instrument.engine.playing import FADE, HOP, RESTRUCK, hit, play, random_event, timbre

FRAMES = 8000
AT = 3000  # somewhere within a hop


@pytest.fixture(scope="module")
def alone(steady: Bundle) -> np.ndarray:
    """Give the sound of one hit at frame 0."""
    return play(steady, [hit(0)], FRAMES)


@pytest.mark.parametrize("frame", [1, 127, 128, 255, 256, 257, 1000, 4095])
def test_a_hit_starts_at_its_frame(steady: Bundle, alone: np.ndarray, frame: int) -> None:
    assert alone[0].any()
    late = play(steady, [hit(frame)], [64] * (FRAMES // 64))
    assert not late[:frame].any()
    assert late[frame:].tobytes() == alone[: FRAMES - frame].tobytes()


def test_a_hit_whose_frame_has_passed_starts_at_once_and_counts_as_late(
    steady: Bundle, alone: np.ndarray
) -> None:
    with Offline(steady) as engine:
        engine.render(512)
        engine.push(hit(100))
        assert engine.render(1000).tobytes() == alone[:1000].tobytes()
        assert engine.telemetry().late_events == 1


def test_seed_makes_the_noise_and_nothing_else_does(steady: Bundle, alone: np.ndarray) -> None:
    other = link.hit(0, 0, timbre(0), Start(seed=99, gain=0.25))
    assert play(steady, [hit(0)], FRAMES).tobytes() == alone.tobytes()
    assert play(steady, [other], FRAMES).tobytes() != alone.tobytes()


@pytest.mark.parametrize("how", ["hit", "choke", "choke all"])
def test_choke_cuts_at_the_hit_not_at_the_block(steady: Bundle, how: str) -> None:
    cut = {
        "hit": hit(AT, 1, gain=0.0, choke_group=1),
        "choke": link.choke(AT, 0),
        "choke all": link.choke(AT),
    }
    free = play(steady, [hit(0, choke_group=1)], FRAMES)
    choked = play(steady, [hit(0, choke_group=1), cut[how]], [512] * 15)
    assert choked[:AT].tobytes() == free[:AT].tobytes()
    assert choked[AT : AT + FADE // 2].any()
    assert not choked[AT + FADE :].any()


def test_choke_fades_in_a_straight_line(steady: Bundle) -> None:
    free, choked = play(steady, [hit(0)], FRAMES), play(steady, [hit(0), link.choke(AT)], FRAMES)
    within = slice(AT, 12 * HOP)  # up to the next grain
    expected = free[within, 0] * (1 - (np.arange(12 * HOP - AT) + 0.5) / FADE)
    np.testing.assert_allclose(choked[within, 0], expected, atol=1e-6)


def test_a_hit_fades_its_own_tracks_hits_of_its_group_in_30_ms(steady: Bundle) -> None:
    free = play(steady, [hit(0, choke_group=1)], FRAMES)
    struck = play(steady, [hit(0, choke_group=1), hit(AT, gain=0.0, choke_group=1)], [512] * 15)
    assert struck[: AT + 1].tobytes() == free[: AT + 1].tobytes()
    fade = 1 - np.arange(RESTRUCK) / RESTRUCK
    np.testing.assert_allclose(struck[AT : AT + RESTRUCK, 0], free[AT : AT + RESTRUCK, 0] * fade, atol=1e-6)
    assert not struck[AT + RESTRUCK :].any()


@pytest.mark.parametrize(("length_s", "ends"), [(0.075, 3600), (0.07, 3360)])
def test_a_hit_about_to_end_fades_from_the_choke_on_and_ends_when_it_would_have(
    steady: Bundle, length_s: float, ends: int
) -> None:
    free = play(steady, [hit(0, length_s=length_s, choke_group=1)], FRAMES)
    struck = play(
        steady, [hit(0, length_s=length_s, choke_group=1), hit(AT, gain=0.0, choke_group=1)], FRAMES
    )
    fades_already = ends - 960 < AT
    assert (struck[AT + 100 : ends] != free[AT + 100 : ends]).any() != fades_already
    assert struck[ends - 100 : ends].any()
    assert not struck[ends:].any()


HITS = st.tuples(st.sampled_from([0, 1, 100, 700, 1441, 2000, 2600]), st.integers(0, 2), st.booleans())


@settings(max_examples=40, deadline=None)
@given(hits=st.lists(HITS, min_size=1, max_size=10), block=st.sampled_from([1, 64, 300, 20_000]))
def test_30_ms_after_a_hit_nothing_else_of_its_choke_group_is_heard(
    steady: Bundle, hits: list[tuple[int, int, bool]], block: int
) -> None:
    starts = np.cumsum([gap for gap, _, _ in hits])
    ends = [*starts[1:], starts[-1] + 2 * RESTRUCK]
    lengths = [0.05 if short else 0.0 for _, _, short in hits]
    alone = {
        (number, short): play(steady, [hit(0, 0, number, length_s=0.05 * short)], 2 * RESTRUCK)
        for number, (_, _, short) in enumerate(hits)
    }
    events = [
        hit(int(start), track, number, choke_group=1, length_s=length)
        for number, ((_, track, _), start, length) in enumerate(zip(hits, starts, lengths, strict=True))
    ]
    sound = play(steady, events, [block] * (int(ends[-1]) // block + 1))
    for number, (start, end) in enumerate(zip(starts, ends, strict=True)):
        heard = sound[start + RESTRUCK : end]
        expected = alone[number, hits[number][2]][RESTRUCK : RESTRUCK + len(heard)]
        np.testing.assert_array_equal(heard, expected)


def test_choke_spares_other_groups_and_tracks(steady: Bundle) -> None:
    events = [hit(0, 0, 1, choke_group=1), hit(0, 1, 2, choke_group=2), hit(0, 2, 3)]
    spared = play(steady, events, FRAMES)
    chokes = [link.choke(AT, 3), hit(AT, 3, gain=0.0, choke_group=3)]
    assert play(steady, [*events, *chokes], FRAMES).tobytes() == spared.tobytes()


def test_a_turned_knob_changes_the_rest_of_a_hit_from_its_next_grain_on(
    steady: Bundle, alone: np.ndarray
) -> None:
    turned = play(steady, [hit(0), link.sound(AT, 0, timbre(8))], FRAMES)
    grain = -(-AT // HOP) * HOP
    assert turned[:grain].tobytes() == alone[:grain].tobytes()
    assert (turned[grain : grain + HOP] != alone[grain : grain + HOP]).any()


def test_a_knob_of_another_track_changes_nothing(steady: Bundle, alone: np.ndarray) -> None:
    assert play(steady, [hit(0), link.sound(AT, 1, timbre(8))], FRAMES).tobytes() == alone.tobytes()


@settings(max_examples=25, deadline=None)
@given(
    hits=st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 3), st.integers(0, 1)), max_size=20),
    frame=st.integers(0, 4000),
    track=st.integers(-1, 3),
    source=st.integers(0, 1),
)
def test_cancel_takes_back_its_source_track_and_time_and_no_more(
    steady: Bundle, hits: list[tuple[int, int, int]], frame: int, track: int, source: int
) -> None:
    events = [hit(*each[:2], number, source=each[2]) for number, each in enumerate(hits)]
    kept = [
        event
        for event, (at, on, by) in zip(events, hits, strict=True)
        if at < frame or by != source or track not in (-1, on)
    ]
    cancelled = play(steady, [*events, link.cancel(frame, track, source)], 5000)
    assert cancelled.tobytes() == play(steady, kept, 5000).tobytes()


def test_reset_cuts_everything_and_what_follows_plays(steady: Bundle, alone: np.ndarray) -> None:
    with Offline(steady) as engine:
        for event in (hit(0), link.choke(0, 3), hit(2000)):
            engine.push(event)
        engine.render(1000)
        engine.push(link.reset())
        engine.push(hit(1500))
        assert not engine.render(500).any()
        assert engine.render(1000).tobytes() == alone[:1000].tobytes()


def test_the_pool_is_never_exceeded(steady: Bundle) -> None:
    with Offline(steady) as engine:
        for index in range(100):
            engine.push(hit(10 * index, index % 8, index))
        most = 0
        for _ in range(40):
            engine.render(32)
            most = max(most, engine.telemetry().voices)
        told = engine.telemetry()
    assert (most, told.hits, told.stolen_voices) == (link.VOICES, 100, 100 - link.VOICES)


@settings(max_examples=20, deadline=None)
@given(
    events=st.lists(random_event(2000), min_size=40, max_size=120),
    sizes=st.lists(st.integers(1, 400), min_size=1, max_size=5),
)
def test_whatever_is_played_there_are_never_more_voices_than_the_pool_has(
    drums: Bundle, events: list[CEvent], sizes: list[int]
) -> None:
    with Offline(drums) as engine:
        for event in events:
            engine.push(event)
        for size in sizes * (4000 // sum(sizes)):
            engine.render(size)
            assert engine.telemetry().voices <= link.VOICES


def test_stealing_takes_what_fades_out_before_what_is_quieter(steady: Bundle) -> None:
    pool = [hit(0, 1 + index % 5, 3, gain=0.02) for index in range(link.VOICES - 2)]
    restruck = [hit(0, 0, 0, choke_group=1), hit(AT, 0, 1, gain=0.02, choke_group=1)]
    before = play(steady, [*pool, *restruck], FRAMES)
    after = play(steady, [*pool, *restruck, hit(AT + 10, 6, 1, gain=0.0)], FRAMES)
    changed = np.flatnonzero(np.abs(before - after).max(axis=1) > 1e-5)
    assert changed[0] >= AT + 10
    assert changed[-1] < AT + RESTRUCK


def test_stealing_takes_the_quietest_and_fades_it(steady: Bundle) -> None:
    pool = [hit(0, 0, 3, gain=0.001 * (20 + index)) for index in range(link.VOICES - 1)]
    victim = hit(0, 1, 0, gain=0.01)
    thief = hit(AT, 2, 1, gain=0.0)
    before = play(steady, [*pool, victim], FRAMES).astype(np.float64)
    after = play(steady, [*pool, victim, thief], FRAMES).astype(np.float64)
    lost = np.abs(before - after)[:, 0]  # what the victim would have added
    whole = np.abs(play(steady, [victim], FRAMES))[:, 0]
    assert not lost[:AT].any()
    assert lost[AT : AT + FADE // 20].max() < 0.06 * whole[AT : AT + FADE].max()
    np.testing.assert_allclose(lost[AT + FADE :], whole[AT + FADE :], atol=1e-6)


def test_a_hit_ends_when_it_has_fallen_silent(drums: Bundle) -> None:
    with Offline(drums) as engine:
        engine.push(hit(0))
        engine.render(HOP)
        assert engine.telemetry().voices == 1
        engine.render(3 * 48_000)
        assert engine.telemetry().voices == 0


def test_length_fades_a_hit_out_over_20_ms(steady: Bundle, alone: np.ndarray) -> None:
    short = play(steady, [hit(0, length_s=0.1)], FRAMES)
    assert short[:3840].tobytes() == alone[:3840].tobytes()
    assert short[4700:4800].any()
    assert not short[4800:].any()
    ramp = np.arange(960, 0, -1) / 960
    np.testing.assert_allclose(short[3840:4800, 0], alone[3840:4800, 0] * ramp, atol=1e-6)


def test_decay_falls_60_db_in_its_time(steady: Bundle, alone: np.ndarray) -> None:
    fading = play(steady, [link.hit(0, 0, timbre(0, decay_s=0.2), Start(gain=0.25))], FRAMES)
    expected = alone[:, 0] * 10.0 ** (-3 * np.arange(FRAMES) / 9600)
    np.testing.assert_allclose(fading[:, 0], expected, atol=1e-6)


def test_a_path_replaces_the_embedding_and_ends_the_hit_with_its_last_grain(steady: Bundle) -> None:
    path = np.random.default_rng(1).normal(size=(10, 32)).astype(np.float32)
    rendered = []
    for embedding in (1, 2):
        sound = Timbre(embedding=timbre(embedding).embedding, condition=timbre(0).condition)
        with Offline(steady, path_grains=10) as engine:
            engine.set_path(2, path)
            engine.push(link.hit(0, 0, sound, Start(gain=0.25, path=2)))
            rendered.append(engine.render(FRAMES))
    assert rendered[0][10 * HOP : 11 * HOP].any()
    assert not rendered[0][11 * HOP :].any()
    assert rendered[0].tobytes() == rendered[1].tobytes()


def test_a_path_is_played_to_its_end_however_quiet_it_is_on_the_way(steady: Bundle) -> None:
    path = np.random.default_rng(1).normal(size=(24, 32)).astype(np.float32)
    with Offline(steady, path_grains=24) as engine:
        engine.set_path(0, path)
        engine.push(hit(0, path=0, gain=1e-5))
        assert engine.render(24 * HOP)[23 * HOP :].any()
        engine.render(HOP + 1)
        assert engine.telemetry().voices == 0


def test_an_empty_path_is_dropped_and_a_path_in_use_stays(steady: Bundle) -> None:
    with Offline(steady, path_grains=4) as engine:
        engine.push(hit(0, path=1))
        engine.render(64)
        assert (engine.telemetry().dropped_events, engine.telemetry().voices) == (1, 0)
        path = np.ones((4, 32), np.float32)
        engine.set_path(1, path)
        engine.push(hit(0, path=1))
        engine.render(64)
        for slot, grains in ((1, path), (2, np.ones((5, 32), np.float32)), (16, path)):
            with pytest.raises(ValueError, match="does not take"):
                engine.set_path(slot, grains)
