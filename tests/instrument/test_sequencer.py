"""Onsets: exact, in order, each once, whatever is changed meanwhile."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.sequencer import Onset, Sequencer

RATES_HZ = st.sampled_from([44_100, 48_000, 96_000])
TEMPI_BPM = st.floats(20, 300)
SWINGS = st.floats(0.5, 0.75)


def exact_frame(position: int, bpm: float, swing: float, rate_hz: int) -> Fraction:
    """Return where a step lies, by arithmetic without rounding."""
    per_step = Fraction(rate_hz * 60) / (Fraction(bpm) * 4)
    return (position + (2 * Fraction(swing) - 1) * (position % 2)) * per_step


@given(TEMPI_BPM, SWINGS, RATES_HZ, st.integers(0, 10**9))
def test_onsets_lie_within_half_a_frame_of_their_exact_places(
    bpm: float, swing: float, rate_hz: int, start: int
) -> None:
    sequencer = Sequencer(rate_hz)
    sequencer.start(start, bpm, swing)

    onsets = sequencer.advance(start + 200_000)

    assert [onset.position for onset in onsets] == list(range(len(onsets)))
    for onset in onsets:
        assert abs(onset.frame - start - exact_frame(onset.position, bpm, swing, rate_hz)) <= Fraction(
            501, 1000
        )
    assert exact_frame(len(onsets), bpm, swing, rate_hz) > 199_999


def test_nothing_drifts_in_an_hour() -> None:
    sequencer = Sequencer(44_100)
    sequencer.start(0, 173.7, 0.5)
    frame, onsets = 0, 0
    while frame < 44_100 * 3_600:
        frame += 9_999_991
        last = sequencer.advance(frame)[-1]
        onsets = last.position
        assert abs(last.frame - exact_frame(onsets, 173.7, 0.5, 44_100)) <= Fraction(1, 2)
    assert onsets > 41_000


@given(st.lists(st.integers(1, 9_000), min_size=1, max_size=40), TEMPI_BPM, SWINGS)
def test_how_often_it_is_asked_changes_nothing(spans: list[int], bpm: float, swing: float) -> None:
    often, once = Sequencer(48_000), Sequencer(48_000)
    often.start(100, bpm, swing)
    once.start(100, bpm, swing)
    found: list[Onset] = []
    frame = 0
    for span in spans:
        frame += span
        found += often.advance(frame)

    assert found == once.advance(frame)


@given(st.lists(st.tuples(st.integers(0, 30_000), TEMPI_BPM, SWINGS), max_size=12), st.integers(1, 20_000))
def test_every_step_sounds_once_and_in_order_through_changes(
    changes: list[tuple[int, float, float]], ahead: int
) -> None:
    """Who forgets what lies at or after each cut hears every step once, in order, none too soon."""
    sequencer = Sequencer(48_000)
    sequencer.start(0, 120.0, 0.5)
    heard: list[Onset] = []
    now = 0
    for span, bpm, swing in changes:
        now += span
        heard += sequencer.advance(now + ahead)
        heard = [onset for onset in heard if onset.frame < now]
        sequencer.retime(now, bpm, swing)
        heard += (again := sequencer.advance(now + ahead))
        assert all(onset.frame >= now for onset in again)
    heard += sequencer.advance(now + 100_000)

    assert [onset.position for onset in heard] == list(range(len(heard)))
    assert all(first.frame <= second.frame for first, second in pairwise(heard))


@given(st.integers(0, 100_000), TEMPI_BPM, TEMPI_BPM)
def test_a_new_tempo_goes_on_from_the_place_that_was_reached(cut: int, before: float, after: float) -> None:
    sequencer = Sequencer(48_000)
    sequencer.start(0, before, 0.5)
    sequencer.advance(cut)
    place = Fraction(cut) / exact_frame(1, before, 0.5, 48_000)

    sequencer.retime(cut, after, 0.5)

    for onset in sequencer.advance(cut + 50_000):
        wanted = cut + (onset.position - place) * exact_frame(1, after, 0.5, 48_000)
        assert abs(onset.frame - wanted) <= Fraction(501, 1000)


@given(st.integers(0, 300_000), st.integers(0, 10**6), st.sampled_from([44_100, 48_000, 96_000]))
def test_another_engine_takes_over_in_place(lost: int, frame: int, rate_hz: int) -> None:
    sequencer = Sequencer(48_000)
    sequencer.start(0, 120.0, 0.5)
    sequencer.advance(lost)

    sequencer.move(lost, frame, rate_hz)

    first = sequencer.advance(frame + rate_hz)[0]
    assert first.position == -(-lost // 6_000)
    assert abs(first.frame - frame - (first.position * 6_000 - lost) * rate_hz / 48_000) <= 0.501


def test_the_sounding_step_is_the_one_that_began_last() -> None:
    sequencer = Sequencer(48_000)
    sequencer.start(1_000, 120.0, 0.5)
    sequencer.advance(200_000)

    assert sequencer.sounding(999) is None
    assert sequencer.sounding(1_000) == 0
    assert sequencer.sounding(1_000 + 6_000 * 17 - 1) == 0
    assert sequencer.sounding(1_000 + 6_000 * 17) == 1


@pytest.mark.parametrize("cut", [0, 6_000, 6_001, 17_999])
def test_pending_onsets_are_those_from_the_cut_on(cut: int) -> None:
    sequencer = Sequencer(48_000)
    sequencer.start(0, 120.0, 0.5)
    sequencer.advance(18_000)

    assert [onset.frame for onset in sequencer.pending(cut)] == [f for f in (0, 6_000, 12_000) if f >= cut]


def test_it_goes_on_from_where_it_was_stopped_at_any_tempo_on_any_engine() -> None:
    sequencer = Sequencer(48_000)
    sequencer.start(0, 120.0, 0.5)
    sequencer.advance(60_000)
    sequencer.stop(15_000)  # half-way between the third step and the fourth
    sequencer.stop(16_000)  # it has stopped already
    sequencer.move(20_000, 0, 96_000)

    sequencer.go_on(100_000, 60.0, 0.5)

    assert sequencer.advance(150_000) == [Onset(3, 112_000), Onset(4, 136_000)]


def test_what_never_began_goes_on_from_its_first_step() -> None:
    sequencer = Sequencer(48_000)
    sequencer.go_on(100, 120.0, 0.5)

    assert sequencer.advance(200) == [Onset(0, 100)]


def test_stopped_it_hands_out_nothing() -> None:
    sequencer = Sequencer(48_000)
    assert sequencer.advance(10_000) == []

    sequencer.start(0, 120.0, 0.5)
    sequencer.stop(0)

    assert sequencer.advance(10_000) == []
    assert sequencer.sounding(10_000) is None
