"""Soft takeover: no jumps, no value passed by; and what relative and 14-bit controls send."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.takeover import COARSE_TOP, FINE_TOP, coarse, distance, fine, moved, steps

places = st.integers(0, 127).map(lambda raw: raw / 127)
travels = st.lists(places, min_size=2, max_size=40)
ENCODERS = {
    "twos": lambda count: count & 0x7F,
    "offset": lambda count: count + 64,
    "sign": lambda count: count if count >= 0 else 0x40 | -count,
}


def follow(mode: str, travel: list[float], value: float) -> list[float]:
    """Return the value after each move of a control that first is at `travel[0]`."""
    seen = []
    for last, now in pairwise(travel):
        value = moved(mode, last, now, value)
        seen.append(value)
    return seen


@given(travels, st.floats(0, 1))
def test_pickup_never_passes_a_value_by_however_fast_the_turn(travel: list[float], value: float) -> None:
    for at, (last, now) in enumerate(pairwise(travel)):
        if min(last, now) <= value <= max(last, now):
            assert follow("pickup", travel, value)[at:] == travel[at + 1 :]
            return
    assert follow("pickup", travel, value) == [value] * (len(travel) - 1)


@given(travels, st.floats(0, 1), st.sampled_from(["pickup", "scale"]))
def test_a_value_never_moves_further_than_it_lies_from_the_control_s_way(
    travel: list[float], value: float, mode: str
) -> None:
    seen = [value, *follow(mode, travel, value)]

    for before, after, last, now in zip(seen[:-1], seen[1:], travel[:-1], travel[1:], strict=True):
        if mode == "pickup":
            assert abs(after - before) <= abs(now - last) + 2e-6
        else:
            assert (after - before) * (now - last) >= 0.0
            assert -1e-12 <= after <= 1 + 1e-12


@given(travels, st.floats(0, 1))
def test_scale_meets_the_control_at_either_end_and_stays_with_it(travel: list[float], value: float) -> None:
    *_, met = follow("scale", [*travel, 0.0, 1.0], value)
    assert met == pytest.approx(1.0)
    assert follow("scale", [1.0, *travel], 1.0) == pytest.approx(travel)


@given(st.floats(0, 1), places, places)
def test_a_value_changed_elsewhere_waits_to_be_met_again(value: float, last: float, now: float) -> None:
    """Nothing remembers that the control once had it: a kit change needs no notice."""
    held = moved("pickup", last, now, now if last == now else value)
    elsewhere = 1.0 - held
    if abs(elsewhere - now) > 2e-6:
        assert moved("pickup", now, now, elsewhere) == elsewhere


@pytest.mark.parametrize("mode", ["pickup", "scale"])
def test_the_first_move_of_a_control_whose_place_is_not_known_changes_nothing(mode: str) -> None:
    assert moved(mode, None, 0.2, 0.7) == 0.7
    assert moved("jump", None, 0.2, 0.7) == 0.2


def test_the_distance_says_which_way_to_turn() -> None:
    assert distance(0.2, 0.7) == pytest.approx(0.5)
    assert distance(0.9, 0.7) == pytest.approx(-0.2)
    assert distance(0.7, 0.7) == 0.0


@given(st.sampled_from(sorted(ENCODERS)), st.integers(-63, 63))
def test_relative_encodings_say_how_many_detents(encoding: str, count: int) -> None:
    assert steps(encoding, ENCODERS[encoding](count)) == count


@given(st.none() | st.integers(0, FINE_TOP), st.integers(0, FINE_TOP))
def test_a_14_bit_pair_arrives_whole(before: int | None, now: int) -> None:
    assert fine(coarse(before, now >> 7), now & 0x7F) == now


@given(st.integers(0, FINE_TOP), st.integers(0, FINE_TOP))
def test_the_coarse_half_of_a_pair_never_steps_back(before: int, now: int) -> None:
    between = coarse(before, now >> 7)

    assert min(before, now) & ~0x7F <= between <= max(before, now) | 0x7F
    assert (between - before) * ((now >> 7) - (before >> 7)) >= 0
    assert between >> 7 == now >> 7 <= COARSE_TOP
