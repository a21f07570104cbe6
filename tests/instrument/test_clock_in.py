"""A machine that follows a MIDI clock, in simulated time: figures, transport, and what clocks do wrong."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.clock_in import AUTO, INTERNAL, LOST_NS, ClockIn
from instrument.pace import period_ns
from tests.instrument import clockbox
from tests.instrument.clockbox import SOURCE, ClockBox, jittered, ticks

BEGIN_NS = 50e6
SETTLED = 8  # steps after the beginning


def started(times_ns: np.ndarray, *, before_ns: float = 2e6) -> ClockBox:
    """Return a machine whose master has said START just before its first tick."""
    box = ClockBox()
    box.now_ns = times_ns[0] - before_ns
    box.clock.start(SOURCE, box.now_ns)
    box.start()
    return box


def errors_ms(box: ClockBox, times_ns: np.ndarray) -> np.ndarray:
    """Return how late each step sounded after the tick it belongs to, were that even."""
    onsets, wanted = box.onsets_ms(), times_ns[::6] / 1e6
    count = min(len(onsets), len(wanted))
    assert count >= len(wanted) - 1
    return onsets[:count] - wanted[:count]


@pytest.mark.parametrize("bpm", [60.0, 120.0, 200.0])
@pytest.mark.parametrize(("jitter_ms", "spread_ms"), [(0.0, 0.1), (1.0, 0.5), (3.0, 1.0)])
def test_onsets_keep_to_the_clock(bpm: float, jitter_ms: float, spread_ms: float) -> None:
    """The bar is 1 ms for an even clock at 120 bpm, and 1.5 ms for one of ±3 ms."""
    times = ticks(bpm, beats=100)
    box = started(times)
    box.run(jittered(times, jitter_ms), times[-1])

    error = errors_ms(box, times)[SETTLED:]
    print(f"{bpm:g} bpm ±{jitter_ms:g} ms: deviation {error.std():.3f} ms, mean {error.mean():+.3f} ms")
    assert error.std() < spread_ms
    assert abs(error.mean()) < 0.2


@pytest.mark.parametrize("jump", [(120.0, 140.0), (60.0, 180.0), (180.0, 60.0), (120.0, 100.0)])
@pytest.mark.parametrize(("jitter_ms", "off_ms"), [(0.0, 1.5), (3.0, 3.0)])
def test_a_jump_of_tempo_is_followed_within_a_beat(
    jump: tuple[float, float], jitter_ms: float, off_ms: float
) -> None:
    times = ticks(*jump)
    box = started(times)
    box.run(jittered(times, jitter_ms), times[-1])

    error = errors_ms(box, times)
    print(f"{jump}: {error[80:88].round(2)}")
    assert np.abs(error[85:100]).max() < off_ms


def test_nothing_drifts_in_an_hour_with_a_clock_that_runs_fast(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clockbox, "TURN_NS", 60_000_000_000)  # the machine turns with the ticks
    times = ticks(20.002, beats=20 * 60)
    box = started(times)
    box.run(jittered(times, 1.0), times[-1])

    error = errors_ms(box, times)
    print(f"after an hour {error[-100:].mean():+.3f} ms, deviation {error[SETTLED:].std():.3f} ms")
    assert abs(error[-100:].mean()) < 0.1
    assert np.abs(error[SETTLED:]).max() < 2.0


def test_an_even_clock_that_runs_takes_no_hit_back() -> None:
    times = ticks(120.0, beats=60)
    box = started(times)
    box.run(times[:480], times[480])
    before = box.taken_back

    box.run(times[480:], times[-1])

    assert box.taken_back == before


def test_start_of_a_clock_that_runs_is_its_next_tick() -> None:
    times = ticks(120.0)
    box = ClockBox()
    box.run(times[:100], times[99] + 15e6)
    box.clock.start(SOURCE, box.now_ns)
    box.start()
    box.run(times[100:], times[-1])

    assert np.abs(box.onsets_ms()[4:20] - times[100::6][4:20] / 1e6).max() < 1.0
    assert box.onsets_ms()[0] >= times[100] / 1e6 - 0.05


def test_play_by_hand_joins_a_running_clock_at_its_bar() -> None:
    """The master began bars at its start; the machine was stopped and is started again by hand."""
    times = ticks(120.0, beats=40)
    box = started(times)
    box.run(times[:200], times[199])
    box.stop()
    box.clock.leave()
    box.run(times[200:250], times[249])
    box.clock.join(0.0, box.moments.time_of(box.machine().cut))

    box.start()
    box.run(times[250:], times[-1])

    bar = times[96 * 3 :: 6] / 1e6
    onsets = box.onsets_ms()
    assert np.abs(onsets[:50] - bar[:50]).max() < 0.1


def test_play_by_hand_beside_a_clock_that_named_no_bar_begins_with_its_next_tick() -> None:
    times = ticks(120.0, beats=20)
    box = ClockBox()
    box.run(times[:100], times[99] + 1e6)
    box.clock.join(0.0, box.moments.time_of(box.machine().cut))
    box.start()
    box.run(times[100:], times[-1])

    onsets = box.onsets_ms()
    assert np.abs(onsets - times[100::6][: len(onsets)] / 1e6).max() < 0.1


def test_a_machine_that_plays_takes_the_nearest_tick_for_its_own() -> None:
    box = ClockBox(bpm=118.0)
    box.start()
    box.run([], 2e9)
    before = dict(box.sounded)
    times = ticks(120.0, beats=20, begin_ns=2e9)
    box.run(times, times[-1])

    onsets = box.onsets_ms()
    assert all(box.sounded[step] == frame for step, frame in before.items() if frame < 2e9 * 48e-6)
    assert np.abs((onsets[-40:] - times[0] / 1e6 + 5) % (period_ns(120.0) / 1e6) - 5).max() < 0.5


def test_stop_and_continue_go_on_at_the_same_tick() -> None:
    """The master counts on: what comes first after CONTINUE is the tick that it would have sent."""
    times = ticks(120.0)
    box = started(times)
    box.run(times[:101], times[100] + 5e6)
    place = box.stop()
    box.clock.stop()
    again = ticks(120.0, begin_ns=times[100] + 3e9)
    box.run([], again[0] - 2e6)
    box.clock.go_on(SOURCE, place, box.now_ns)

    box.start(place, new=False)
    box.run(again, again[-1])

    before, after = times[0:101:6] / 1e6, again[1::6] / 1e6  # the last tick was the 101st: 102 is step 17
    onsets = box.onsets_ms()
    assert np.abs(onsets[SETTLED:17] - before[SETTLED:]).max() < 0.1
    assert np.abs(onsets[25:90] - after[8:73]).max() < 0.5


def test_song_position_says_where_continue_begins() -> None:
    times = ticks(120.0)
    box = ClockBox()
    box.clock.locate(SOURCE, 37, 0.0)
    box.now_ns = times[0] - 2e6
    box.clock.go_on(SOURCE, 37.0, box.now_ns)
    box.start(37.0)
    box.run(times, times[-1])

    assert min(box.sounded) == 37
    onsets = box.onsets_ms()
    assert np.abs(onsets[4:70] - times[::6][4:70] / 1e6).max() < 0.6


def test_a_clock_that_falls_silent_leaves_its_tempo() -> None:
    times = ticks(140.0, beats=16)
    box = started(times)
    box.run(times, times[-1])
    assert box.clock.lost == ""

    box.run([], times[-1] + 8e9)

    assert box.clock.lost == SOURCE
    step_ms = period_ns(140.0) * 6 / 1e6
    assert np.abs(np.diff(box.onsets_ms())[8:] - step_ms).max() < 0.05


def test_a_clock_that_comes_back_is_followed_from_its_nearest_tick() -> None:
    times = ticks(120.0, beats=16)
    box = started(times)
    box.run(times[:240], times[239] + 3e9)
    again = ticks(120.0, beats=16, begin_ns=box.now_ns + 7e6)
    box.run(again, again[-1])

    assert box.clock.lost == ""
    offsets = (box.onsets_ms()[-20:] - again[0] / 1e6 + 5) % (period_ns(120.0) / 1e6) - 5
    assert np.abs(offsets).max() < 0.5


def test_another_engine_goes_on_where_the_machine_is() -> None:
    times = ticks(120.0)
    box = started(times)
    box.run(times[:200], times[199])
    place = box.timeline.place_at(box.now_ns / clockbox.FRAME_NS)

    box.timeline.move(round(box.now_ns / clockbox.FRAME_NS), 100, clockbox.RATE_HZ)
    box.follower.anew()
    box.moments.read(100, round(box.now_ns), clockbox.RATE_HZ)
    machine = box.machine()

    anchor = box.follower.steer(replace(machine, cut=700))
    assert anchor is None or anchor.place is None
    assert box.timeline.place_at(100) == pytest.approx(place, abs=1e-3)


def test_a_start_without_a_clock_plays_at_the_machines_own_tempo() -> None:
    box = ClockBox(bpm=100.0)
    box.clock.start(SOURCE, 0.0)
    box.start()
    box.run([], 6e9)

    assert box.clock.lost == ""
    assert np.abs(np.diff(box.onsets_ms()) - 150.0).max() < 0.05


def test_the_first_source_that_ticks_leads_until_it_falls_silent() -> None:
    clock = ClockIn(AUTO, lambda source: source != "pads")
    assert not clock.tick("pads", 0.0, 120.0)
    assert clock.tick("one", 1.0, 120.0)
    assert not clock.tick("two", 2.0, 120.0)
    assert clock.leads("one", 3.0)
    assert not clock.leads("two", 3.0)
    assert not clock.leads("", LOST_NS * 2.0)
    assert clock.tick("two", 1.0 + LOST_NS, 120.0)
    assert clock.source == "two"


def test_a_named_port_alone_leads() -> None:
    clock = ClockIn("*UM-ONE*", lambda _: False)
    assert not clock.tick("MPD218:MPD218 MIDI 1", 0.0, 120.0)
    assert clock.tick("a2j:UM-ONE [24] (capture): UM-ONE MIDI 1", 0.0, 120.0)
    assert not ClockIn(INTERNAL).tick("UM-ONE", 0.0, 120.0)


gaps = st.one_of(st.floats(0.1, 120.0), st.just(20.83), st.floats(400.0, 900.0))
deeds = st.sampled_from(["", "", "", "", "start", "stop", "continue", "play"])


def do(box: ClockBox, said: str) -> None:
    """Let the master START, STOP or CONTINUE, or a hand PLAY."""
    if said == "start":
        box.clock.start(SOURCE, box.now_ns)
        box.start()
    elif said == "play":
        box.clock.leave()
        if box.clock.runs(box.now_ns):
            box.clock.join(0.0, box.moments.time_of(box.machine().cut))
        box.start()
    elif said == "stop" and box.playing:
        box.paused = box.stop()
        box.clock.stop()
    elif said == "continue" and not box.playing:
        box.clock.go_on(SOURCE, box.paused, box.now_ns)
        box.start(box.paused, new=False)


@given(st.lists(st.tuples(gaps, deeds), max_size=60))
def test_no_step_is_played_twice_or_lost_whatever_ticks(stream: list[tuple[float, str]]) -> None:
    """Ticks at any times, and transport in between; START and PLAY begin anew, CONTINUE goes on."""
    box = ClockBox()
    box.start()
    for gap_ms, said in stream:
        at = box.now_ns + gap_ms * 1e6
        box.run([at], at)
        box.now_ns = at
        do(box, said)
        assert (np.diff(box.onsets_ms()) >= 0).all()
    box.run([], box.now_ns + 2e9)
    assert (np.diff(box.onsets_ms()) >= 0).all()
