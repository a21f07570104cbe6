"""What lamps show of the instrument."""

from dataclasses import replace
from pathlib import Path

import pytest

from instrument import bundle, kit, leds, scene
from instrument.instrument import State
from instrument.pattern import Lane, Pattern, Step
from instrument.program import Cue

QUIET = (0.0,) * 16


@pytest.fixture(scope="module")
def state(tiny_bundle: Path) -> State:
    lane = Lane((Step(100), Step(), Step(120)))
    made = Pattern(name="three").with_lane(2, lane)
    return State(kit=kit.drawn(bundle.load(tiny_bundle), 1), pattern=made, seed=1, selected=2)


def test_every_lamp_has_a_condition_that_there_is(state: State) -> None:
    shown = scene.conditions(state, QUIET, 0.0)

    for name, condition in shown.items():
        words = "".join(" #" if part.isdecimal() else f" {part}" for part in name.split()).strip()
        assert condition in leds.CONDITIONS[words], name


def test_a_pad_shows_first_that_it_sounds_then_that_it_is_muted_then_that_it_is_chosen(state: State) -> None:
    muted = state.with_track(2, replace(state.track(2), mute=True))
    loud = (0.0, 0.0, 0.5, *QUIET[3:])

    assert scene.conditions(state, QUIET, None)["pad 1"] == "idle"
    assert scene.conditions(state, QUIET, None)["pad 3"] == "chosen"
    assert scene.conditions(muted, QUIET, None)["pad 3"] == "muted"
    assert scene.conditions(muted, loud, None)["pad 3"] == "hit"


def test_what_the_kit_or_the_lane_lacks_is_not_shown(state: State) -> None:
    shown = scene.conditions(state, QUIET, None)

    assert "pad 8" in shown
    assert "pad 9" not in shown
    assert "step 3" in shown
    assert "step 4" not in shown


def test_steps_are_those_of_the_chosen_track_and_of_its_own_length(state: State) -> None:
    began = replace(state, program=replace(state.program, origin=16.0))

    def steps(place: float | None) -> list[str]:
        shown = scene.conditions(began, QUIET, place)
        return [shown[f"step {at}"] for at in (1, 2, 3)]

    assert steps(None) == ["lit", "idle", "accent"]
    assert steps(20.5) == ["lit", "here", "accent"]  # the fifth sixteenth is the lane's second step again


def test_switches_show_what_is_on(state: State) -> None:
    solos = (False, True, *state.stage.solos[2:])
    stage = replace(state.stage, solos=solos, fill_held=True, metronome=True)
    shown = scene.conditions(replace(state, stage=stage, playing=True), QUIET, 0.0)

    lit = {name for name, condition in shown.items() if condition == "lit"}
    assert {"play", "fill", "metronome", "solo 2", "select 3", "bank 1", "pattern 1"} <= lit
    assert shown["record"] == shown["solo 1"] == "idle"


def test_the_next_pattern_is_shown_and_empty_ones_are_told_from_others(state: State) -> None:
    program = state.program.stored((0, 1), Pattern(name="two"))
    queued = replace(program, cue=Cue((0, 4), 16.0))

    shown = scene.conditions(replace(state, program=queued), QUIET, None)

    assert [shown[f"pattern {at}"] for at in (1, 2, 3, 5)] == ["lit", "idle", "empty", "queued"]
