"""Bindings: their words, their curves, their YAML."""

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from instrument import mapping
from instrument.errors import MessageError, StateError
from instrument.mapping import KINDS, NUMBERED, Binding, Control, bound, control_of
from instrument.messages import CURVES, ENCODINGS, TAKEOVERS
from instrument.targets import TARGETS, VALUE, Target, aim


def words_of(target: Target, draw: st.DrawFn) -> str:
    words = target.words.replace("*", "hihat_open")
    for most in target.most:
        words = words.replace("#", str(draw(st.integers(1, most))), 1)
    return words


@st.composite
def controls(draw: st.DrawFn) -> Control:
    kind = draw(st.sampled_from(KINDS))
    number = draw(st.integers(0, NUMBERED.get(kind, 0)))
    return Control(draw(st.none() | st.integers(1, 16)), kind, number)


@st.composite
def bindings(draw: st.DrawFn) -> Binding:
    target, control = draw(st.sampled_from(TARGETS)), draw(controls())
    ends = draw(st.lists(st.floats(target.low, target.high), min_size=2, max_size=2, unique=True))
    relative = control.kind == "cc" and target.kind == VALUE
    shape: dict[str, Any] = {
        "encoding": draw(st.sampled_from(ENCODINGS)) if relative else "absolute",
        "curve": draw(st.sampled_from(CURVES)),
        "takeover": draw(st.sampled_from(TAKEOVERS)),
    }
    return Binding(control, words_of(target, draw), low=ends[0], high=ends[1], **shape)


@given(controls())
def test_a_control_is_read_as_it_is_written(control: Control) -> None:
    assert control_of(str(control)) == control


@given(st.lists(bindings(), max_size=4))
def test_bindings_survive_yaml(made: list[Binding]) -> None:
    text = yaml.safe_dump(mapping.to_data(made))
    assert mapping.from_data("test", yaml.safe_load(text)) == tuple(made)


def test_what_is_as_usual_is_not_written() -> None:
    data = mapping.to_data([bound(control_of("cc 70 ch 1"), "knob 1")])
    assert data == [{"control": "cc 70 ch 1", "target": "knob 1"}]


@given(st.sampled_from(CURVES), st.floats(0, 1), st.booleans())
def test_a_curve_runs_from_end_to_end_and_back(curve: str, position: float, turned: bool) -> None:
    low, high = (12.0, -60.0) if turned else (-60.0, 12.0)
    binding = bound(control_of("cc 7"), "master level_db", curve=curve, low=low, high=high)

    assert binding.value_at(0.0) == pytest.approx(low)
    assert binding.value_at(1.0) == pytest.approx(high)
    assert binding.position_of(binding.value_at(position)) == pytest.approx(position, abs=1e-6)


def test_half_the_way_is_a_tenth_of_the_range_or_nine_tenths() -> None:
    control = control_of("cc 7")
    assert bound(control, "knob 1", curve="exp").value_at(0.5) == pytest.approx(0.1)
    assert bound(control, "knob 1", curve="log").value_at(0.5) == pytest.approx(0.9)


def test_a_program_is_a_pattern_s_number() -> None:
    binding = bound(control_of("program ch 10"), "pattern")
    assert [binding.value_at(program / 127) for program in (0, 1, 126, 127)] == [1.0, 2.0, 127.0, 128.0]


def test_a_binding_covers_what_its_control_sends_on_its_channels() -> None:
    assert control_of("note 36").covers(control_of("note 36 ch 10"))
    assert not control_of("note 36 ch 9").covers(control_of("note 36 ch 10"))
    assert not control_of("note 36").covers(control_of("cc 36 ch 10"))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.words)
def test_every_target_is_found_by_its_words(target: Target) -> None:
    lowest = target.words.replace("#", "1").replace("*", "kick")
    assert aim(lowest).target is target


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ("pad 11", "numbered 1 to 10"),
        ("knob 0", "1 to 8"),
        ("knobs", "known are pad #, "),
        ("pad", "no target"),
    ],
)
def test_a_wrong_target_says_what_is_right(words: str, named: str) -> None:
    with pytest.raises(MessageError, match=named):
        aim(words)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"control": "cc 128", "target": "knob 1"}, "test: binding 1: cc is numbered 0 to 127"),
        ({"control": "cc14 32", "target": "knob 1"}, "cc14 is numbered 0 to 31"),
        ({"control": "cc", "target": "knob 1"}, "no control; write `cc 70 ch 1`"),
        ({"control": "note 1 ch 17", "target": "pad 1"}, "a channel is 1 to 16"),
        ({"control": "cc 1"}, "binding 1 names no target"),
        ({"control": "cc 1", "target": "tempo", "low": 10}, "tempo goes from 20 to 300, not to 10"),
        ({"control": "cc 1", "target": "knob 1", "low": 1.0}, "must differ"),
        ({"control": "cc 1", "target": "knob 1", "low": float("nan")}, "expected a number"),
        ({"control": "note 1", "target": "knob 1", "encoding": "twos"}, "only a cc that moves a value"),
        ({"control": "cc 1", "target": "knob 1", "curve": "steep"}, "curve is one of linear, log, exp"),
        ({"control": "cc 1", "target": "knob 1", "loud": 1}, "unknown loud"),
        ("cc 1", "expected {control"),
    ],
)
def test_a_wrong_binding_is_a_state_error_that_says_what_is_right(row: object, named: str) -> None:
    with pytest.raises(StateError, match=named):
        mapping.from_data("test", [row])
