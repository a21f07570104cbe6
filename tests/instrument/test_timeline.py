"""Time: exact, without gaps, whatever happens to tempo and swing meanwhile."""

from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from instrument.timeline import Tempo, Timeline

RATES_HZ = st.sampled_from([44_100, 48_000, 96_000])
TEMPI_BPM = st.floats(20, 300)
SWINGS = st.floats(0.5, 0.75)
TEMPI = st.builds(Tempo, TEMPI_BPM, SWINGS)
PLACES = st.floats(0, 4_000)
HALF = Fraction(501, 1000)  # frames: as exact as whole frames can be


def exact_frame(place: float, tempo: Tempo, rate_hz: int) -> Fraction:
    """Return where a place lies, by arithmetic without rounding, from the meaning of swing."""
    pair, rest = divmod(Fraction(place), 2)
    swing, per_step = Fraction(tempo.swing), Fraction(rate_hz * 15) / Fraction(tempo.bpm)
    first, second = 2 * swing, 2 - 2 * swing  # the lengths of the sixteenths of a pair
    into = rest * first if rest < 1 else first + (rest - 1) * second
    return (2 * pair + into) * per_step


@given(TEMPI, RATES_HZ, st.integers(0, 10**9), PLACES)
def test_a_place_lies_within_half_a_frame_of_where_it_should(
    tempo: Tempo, rate_hz: int, start: int, place: float
) -> None:
    timeline = Timeline(rate_hz)
    timeline.start(start, 0.0, tempo)

    frame = timeline.frame_of(place)

    assert abs(frame - start - exact_frame(place, tempo, rate_hz)) <= HALF
    assert timeline.place_at(frame) == pytest.approx(place, abs=1e-3)


def test_nothing_drifts_in_an_hour() -> None:
    timeline = Timeline(44_100)
    timeline.start(0, 0.0, Tempo(173.7, 0.5))

    for place in range(0, 41_688, 7):
        assert abs(timeline.frame_of(place) - exact_frame(place, Tempo(173.7, 0.5), 44_100)) <= Fraction(1, 2)


@settings(deadline=None)
@example([(0, Tempo(20.0, 0.75)), (11_026, Tempo(20.0, 0.5)), (0, Tempo(41.0, 0.5))], 44_100)
@given(st.lists(st.tuples(st.integers(0, 90_000), TEMPI), max_size=12), RATES_HZ)
def test_places_stay_in_order_and_whole_through_changes(
    changes: list[tuple[int, Tempo]], rate_hz: int
) -> None:
    """Every place lies at one frame; what lay before a change stays there, what did not follows it."""
    timeline, now = Timeline(rate_hz), 0
    timeline.start(0, 0.0, Tempo(120.0, 0.5))
    places = [count / 3 for count in range(300)]
    for span, tempo in changes:
        now += span
        before = [timeline.frame_of(place) for place in places]
        timeline.retime(now, tempo)
        after = [timeline.frame_of(place) for place in places]
        assert after == sorted(after)
        assert [frame for frame in before if frame < now] == [frame for frame in after if frame < now]


@given(st.integers(0, 100_000), TEMPI_BPM, TEMPI_BPM, PLACES)
def test_a_new_tempo_goes_on_from_the_place_that_was_reached(
    cut: int, before: float, after: float, place: float
) -> None:
    timeline = Timeline(48_000)
    timeline.start(0, 0.0, Tempo(before, 0.5))
    reached = Fraction(cut) / exact_frame(1.0, Tempo(before, 0.5), 48_000)

    timeline.retime(cut, Tempo(after, 0.5))

    if place > reached:
        wanted = cut + (Fraction(place) - reached) * exact_frame(1.0, Tempo(after, 0.5), 48_000)
        assert abs(timeline.frame_of(place) - wanted) <= HALF


@given(TEMPI, TEMPI, st.integers(1, 100), PLACES)
def test_a_tempo_that_changes_at_a_place_changes_there(
    before: Tempo, after: Tempo, pairs: int, further: float
) -> None:
    timeline = Timeline(48_000)
    timeline.start(0, 0.0, before)
    turn = 2.0 * pairs

    timeline.turn(turn, after)

    wanted = exact_frame(turn, before, 48_000) + exact_frame(further, after, 48_000)
    assert abs(timeline.frame_of(turn + further) - wanted) <= HALF
    unchanged = exact_frame(turn - 0.5, before, 48_000)
    assert abs(timeline.frame_of(turn - 0.5) - unchanged) <= HALF


@given(st.integers(0, 300_000), st.integers(0, 10**6), st.sampled_from([44_100, 48_000, 96_000]))
def test_another_engine_takes_over_in_place(lost: int, frame: int, rate_hz: int) -> None:
    timeline = Timeline(48_000)
    timeline.start(0, 0.0, Tempo(120.0, 0.5))

    timeline.move(lost, frame, rate_hz)

    first = -(-lost // 6_000)
    assert abs(timeline.frame_of(first) - frame - (first * 6_000 - lost) * rate_hz / 48_000) <= 0.501


def test_it_goes_on_from_where_it_was_paused_at_any_tempo_on_any_engine() -> None:
    timeline = Timeline(48_000)
    timeline.start(0, 0.0, Tempo(120.0, 0.5))
    timeline.pause(15_000)  # half-way between the third step and the fourth
    timeline.move(20_000, 0, 96_000)

    timeline.go_on(100_000, Tempo(60.0, 0.5))

    assert [timeline.frame_of(place) for place in (3.0, 4.0)] == [112_000, 136_000]


def test_what_never_began_goes_on_from_its_beginning() -> None:
    timeline = Timeline(48_000)
    timeline.go_on(100, Tempo(120.0, 0.5))

    assert timeline.frame_of(0.0) == 100
