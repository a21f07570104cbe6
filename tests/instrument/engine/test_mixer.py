"""Levels, pan, mutes and the limiter: no clicks, nothing beyond full scale, meters that tell."""

import numpy as np
import pytest

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import ALL_TRACKS, CEvent
from instrument.engine.offline import Offline
from tests.instrument.engine.playing import FADE, HOP, hit, play

FRAMES = 6000
AT = 3000


@pytest.fixture(scope="module")
def plain(steady: Bundle) -> np.ndarray:
    """Give one hit, as loud on both sides, without a mixer event."""
    sound = play(steady, [hit(0)], FRAMES)
    assert 0.01 < np.abs(sound).max() < 0.7
    assert (sound[:, 0] == sound[:, 1]).all()
    return sound


@pytest.mark.parametrize(
    ("event", "level"),
    [
        (link.track(AT, 0, 0.5), 0.5),
        (link.track(AT, 0, 0.0), 0.0),
        (link.track(AT, 0, mute=True), 0.0),
        (link.track(AT, ALL_TRACKS, 0.5), 0.5),
    ],
)
def test_what_sounds_is_ramped_over_5_ms(
    steady: Bundle, plain: np.ndarray, event: CEvent, level: float
) -> None:
    changed = play(steady, [hit(0), event], FRAMES)
    ramp = np.interp(np.arange(FRAMES), [AT, AT + FADE], [1.0, level])
    assert changed[:AT].tobytes() == plain[:AT].tobytes()
    np.testing.assert_allclose(changed, plain * ramp[:, None], atol=2e-7)
    assert (changed[AT + FADE :] == plain[AT + FADE :] * np.float32(level)).all()


@pytest.mark.parametrize("track", [0, ALL_TRACKS])
def test_a_silent_track_takes_its_level_at_once(steady: Bundle, plain: np.ndarray, track: int) -> None:
    halved = play(steady, [link.track(0, track, 0.5), hit(0)], FRAMES)
    assert (halved == plain * np.float32(0.5)).all()


def test_a_ramp_interrupted_goes_on_from_where_it_is(steady: Bundle, plain: np.ndarray) -> None:
    events = [hit(0), link.track(AT, 0, 0.0), link.track(AT + FADE // 2, 0, 1.0)]
    ramp = np.interp(np.arange(FRAMES), [AT, AT + FADE // 2, AT + FADE // 2 + FADE], [1.0, 0.5, 1.0])
    np.testing.assert_allclose(play(steady, events, FRAMES), plain * ramp[:, None], atol=2e-7)


def test_unmuting_brings_the_level_back(steady: Bundle, plain: np.ndarray) -> None:
    events = [hit(0), link.track(1000, 0, mute=True), link.track(2000, 0)]
    sound = play(steady, events, FRAMES)
    assert not sound[1000 + FADE : 2000].any()
    assert (sound[2000 + FADE :] == plain[2000 + FADE :]).all()


def sides(pan: float) -> np.ndarray:
    """Return the gains of a pan, (2,): constant power, 1 in the middle."""
    angle = (pan + 1) * np.pi / 4
    return np.array([np.sqrt(2) * np.cos(angle), np.sqrt(2) * np.sin(angle)])


@pytest.mark.parametrize("pan", [-1.0, -0.5, 0.0, 0.25, 1.0])
def test_pan_keeps_the_power(steady: Bundle, plain: np.ndarray, pan: float) -> None:
    panned = play(steady, [link.track(0, 0, 1.0, pan), hit(0)], FRAMES)
    np.testing.assert_allclose(panned, plain[:, :1] * sides(pan), atol=1e-6)


@pytest.mark.parametrize(
    ("pan", "offset", "heard"), [(0.0, 0.5, 0.5), (0.25, -0.75, -0.5), (1.0, 0.5, 1.0), (-1.0, 2.0, 1.0)]
)
def test_a_hits_pan_is_added_to_its_tracks(
    steady: Bundle, plain: np.ndarray, pan: float, offset: float, heard: float
) -> None:
    sound = play(steady, [link.track(0, 0, 1.0, pan), hit(0, pan=offset)], FRAMES)
    np.testing.assert_allclose(sound, plain[:, :1] * sides(heard), atol=1e-6)


def test_a_hits_pan_holds_until_its_tracks_next_hit_and_is_ramped_while_the_track_sounds(
    steady: Bundle, plain: np.ndarray
) -> None:
    events = [hit(0, pan=0.5), hit(1000, 1, gain=0.0, pan=-1.0), hit(AT, gain=0.0)]
    sound = play(steady, events, [64] * 94)[:FRAMES]
    share = np.clip((np.arange(FRAMES) - AT) / FADE, 0.0, 1.0)[:, None]
    expected = plain[:, :1] * (sides(0.5) * (1 - share) + share)
    np.testing.assert_allclose(sound, expected, atol=1e-6)


def test_a_tracks_pan_moved_between_two_hits_keeps_the_offset(steady: Bundle, plain: np.ndarray) -> None:
    sound = play(steady, [hit(0, pan=0.5), link.track(1000, 0, 1.0, -0.25)], FRAMES)
    np.testing.assert_allclose(sound[1000 + FADE :], plain[1000 + FADE :, :1] * sides(0.25), atol=1e-6)


def loud(count: int) -> list[CEvent]:
    return [hit(100 * index, index % 8, index, gain=20.0) for index in range(count)]


def test_nothing_goes_beyond_full_scale(steady: Bundle) -> None:
    sound = play(steady, loud(32), FRAMES)
    assert np.abs(sound).max() <= 1.0
    assert np.abs(sound).max() > 0.9


def test_the_limiter_changes_nothing_below_its_threshold(steady: Bundle, plain: np.ndarray) -> None:
    softer = play(steady, [hit(0, gain=0.25 / 64)], FRAMES)
    assert (softer * np.float32(64) == plain).all()


def test_the_limiter_lets_go_completely(steady: Bundle, plain: np.ndarray) -> None:
    events = [hit(0, 1, gain=20.0), link.choke(1000, 1), hit(48_000)]
    sound = play(steady, events, 48_000 + FRAMES)
    assert sound[48_000:].tobytes() == plain.tobytes()


def test_the_limiter_moves_both_sides_alike(steady: Bundle) -> None:
    panned = [link.track(0, 0, 1.0, -0.5), hit(0, gain=20.0)]
    sound = play(steady, panned, FRAMES)
    heard = np.abs(sound[:, 1]) > 1e-3
    ratio = sound[heard, 0] / sound[heard, 1]
    np.testing.assert_allclose(ratio, 1 / np.tan(np.pi / 8), rtol=1e-4)


def test_meters_show_tracks_and_master_and_fall_back(steady: Bundle) -> None:
    with Offline(steady) as engine:
        engine.push(link.track(0, 2, 0.5, -1.0))
        engine.push(hit(0, 2, length_s=0.1))
        engine.render(HOP)
        told = engine.telemetry()
        assert told.track_peak[2] > 0.0
        assert told.track_rms[2] > 0.0
        assert told.master_peak[0] == pytest.approx(told.track_peak[2])
        assert told.master_peak[1] < 1e-6
        assert not any(told.track_peak[:2] + told.track_peak[3:])
        engine.render(48_000 * 4)
        told = engine.telemetry()
    assert max(told.track_peak + told.track_rms + told.master_peak) < 1e-6


def test_telemetry_tells_how_hard_the_limiter_works(steady: Bundle) -> None:
    with Offline(steady) as engine:
        engine.push(hit(0))
        engine.render(1000)
        assert engine.telemetry().limiter_db == 0.0
        engine.push(hit(1000, gain=20.0))
        engine.render(1000)
        assert engine.telemetry().limiter_db < -6.0
