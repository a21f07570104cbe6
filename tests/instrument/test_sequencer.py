"""Which hits a pattern has, against a reference that is worked out offline."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument.pattern import Lane, Locks, Pattern, Step, condition_of, is_condition
from instrument.sequencer import Playing, column, onsets, ramp_share, sounds, velocity_of
from tests.instrument import reference
from tests.instrument.strategies import lanes, patterns

FAR = 40  # sixteenths
PLAYINGS = st.builds(Playing, st.integers(0, 2**64 - 1), st.booleans())


def found(pattern: Pattern, playing: Playing, cuts: list[float]) -> list[tuple[float, int, int, int]]:
    """Return the hits between the first and the last of some places, asked for from each to the next."""
    return [
        (onset.place, onset.track, onset.count, onset.repeat)
        for low, high in pairwise(cuts)
        for track, lane in enumerate(pattern.lanes[:8])
        for onset in onsets(lane, track, low, high)
        if sounds(lane, track, onset.count, playing)
    ]


@given(patterns, PLAYINGS, st.lists(st.floats(0, FAR), max_size=20))
def test_windows_of_any_size_hold_the_hits_of_the_reference(
    pattern: Pattern, playing: Playing, cuts: list[float]
) -> None:
    hits = found(pattern, playing, sorted([0.0, *cuts, float(FAR)]))

    wanted = reference.hits(pattern, playing, Fraction(FAR) + 1)
    near = [hit for hit in wanted if hit[0] < FAR - 0.001]
    assert sorted(hit[1:] for hit in hits if hit[0] < FAR - 0.001) == sorted(hit[1:] for hit in near)
    places = {tuple(key): place for place, *key in wanted}
    assert all(abs(place - places[tuple(key)]) < 1e-9 for place, *key in hits)


@given(lanes, PLAYINGS, st.integers(0, 200))
def test_whether_a_step_sounds_depends_on_nothing_but_its_count(
    lane: Lane, playing: Playing, count: int
) -> None:
    assert sounds(lane, 3, count, playing) == sounds(lane, 3, count, Playing(playing.seed, playing.fill))


def lane_of(*steps: Step) -> Lane:
    return Lane(steps)


def heard(lane: Lane, cycles: int, fill: bool = False, seed: int = 1) -> list[list[bool]]:
    length = len(lane.steps)
    return [
        [sounds(lane, 0, cycle * length + at, Playing(seed, fill)) for at in range(length)]
        for cycle in range(cycles)
    ]


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        ("1:2", [True, False, True, False]),
        ("!1:2", [False, True, False, True]),
        ("2:3", [False, True, False, False]),
        ("first", [True, False, False, False]),
        ("!first", [False, True, True, True]),
        ("fill", [False] * 4),
        ("!fill", [True] * 4),
    ],
)
def test_conditions_count_the_rounds_of_the_lane(condition: str, wanted: list[bool]) -> None:
    lane = lane_of(Step(100, condition=condition), Step(100), Step(0))

    assert [cycle[0] for cycle in heard(lane, 4)] == wanted
    assert all(cycle[1] for cycle in heard(lane, 4))


def test_a_fill_step_sounds_in_a_fill() -> None:
    lane = lane_of(Step(100, condition="fill"), Step(100, condition="!fill"))

    assert heard(lane, 1, fill=True) == [[True, False]]


def test_previous_follows_the_last_step_that_might_have_been_silent() -> None:
    lane = lane_of(
        Step(100, condition="1:2"), Step(100), Step(100, condition="previous"), Step(9, condition="!previous")
    )

    assert heard(lane, 2) == [[True, True, True, False], [False, True, False, True]]


def test_nothing_before_is_previous_to_the_first_step() -> None:
    assert heard(lane_of(Step(100, condition="previous")), 2) == [[False], [False]]


def test_chance_is_met_as_often_as_it_says_and_never_or_always_at_its_ends() -> None:
    often = [sounds(lane_of(Step(100, chance=0.3)), 0, count, Playing(5)) for count in range(2_000)]

    assert 0.27 < sum(often) / len(often) < 0.33
    assert not any(sounds(lane_of(Step(100, chance=0.0)), 0, count, Playing(5)) for count in range(99))
    assert all(sounds(lane_of(Step(100, chance=1.0)), 0, count, Playing(5)) for count in range(99))


def test_ramps_go_down_to_nothing_and_up_from_it() -> None:
    down, up = Step(100, repeats=5, velocity_ramp=-1.0), Step(100, repeats=5, velocity_ramp=1.0)

    assert [velocity_of(down, at) for at in range(5)] == [100, 75, 50, 25, 1]
    assert [velocity_of(up, at) for at in range(5)] == [1, 25, 50, 75, 100]
    assert velocity_of(Step(100, velocity_ramp=-1.0), 0) == 100
    assert [ramp_share(down, at) for at in (0, 4)] == [0.0, 1.0]


def test_repeats_divide_the_length_of_their_step_at_its_speed() -> None:
    lane = Lane((Step(100, repeats=4), Step(0)), speed=0.5)

    assert [onset.place for onset in onsets(lane, 0, 0.0, 6.0)] == [0.0, 0.5, 1.0, 1.5, 4.0, 4.5, 5.0, 5.5]


def test_a_step_before_the_beginning_begins_with_it() -> None:
    lane = lane_of(Step(100, shift=-0.25), Step(100, shift=-0.25))

    assert [onset.place for onset in onsets(lane, 0, 0.0, 3.0)] == [0.0, 0.75, 1.75, 2.75]


def test_a_lane_runs_at_its_own_length_and_speed() -> None:
    lane = Lane((Step(1),) * 5, speed=1.5)

    assert [column(lane, place) for place in (0.0, 0.66, 0.67, 3.0, 3.34)] == [0, 0, 1, 4, 0]


@pytest.mark.parametrize("text", ["9:9", "0:2", "3:2", "1:", "first ", "!!first", "!", "sometimes", "1:10"])
def test_what_is_no_condition(text: str) -> None:
    assert not is_condition(text)
    assert condition_of(text) is None


def test_a_lock_of_no_knob_is_no_lock() -> None:
    assert Locks(knobs=(None,) * 8) == Locks()
