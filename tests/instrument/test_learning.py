"""Learning: by moving a control, by a held button, by word; and forgetting."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, mapping
from instrument.errors import MessageError, StateError
from instrument.mapping import Learned, Table, bound, control_of
from instrument.messages import (
    Bind,
    ChannelPressure,
    ControlChange,
    LearnCancel,
    LearnInOrder,
    LearnStart,
    Message,
    Note,
    PitchBend,
    PolyPressure,
    ProgramChange,
    Redo,
    ShapeBinding,
    Undo,
    Unlearn,
)
from instrument.space import Space
from instrument.targets import TARGETS
from tests.instrument.player import Player

LEARN_NOTE = 99


@pytest.fixture(scope="module")
def space(tiny_bundle: Path) -> Space:
    return Space(bundle.load(tiny_bundle))


@pytest.fixture
def player(space: Space) -> Player:
    return Player(space)


@pytest.fixture
def with_button(space: Space) -> Player:
    """Give a player of a controller that has a learn button."""
    return Player(space, {"pads": Table([bound(control_of(f"note {LEARN_NOTE}"), "learn")])})


def learned(player: Player) -> list[tuple[str, str]]:
    return [(str(each.binding.control), each.binding.target) for each in player.state.bindings]


def test_the_next_knob_that_is_turned_is_bound_and_moves_nothing(player: Player) -> None:
    player.say(LearnStart("track 4 knob 2"))
    assert player.turn(71, 100, channel=3, source="MPD218") == []

    assert player.state.bindings == (Learned("MPD218", bound(control_of("cc 71 ch 3"), "track 4 knob 2")),)
    assert player.state.last_midi == "learned cc 71 ch 3 → track 4 knob 2"
    player.turn(71, 0, 110, channel=3, source="MPD218")
    assert player.knob(4, 2) == pytest.approx(110 / 127)
    assert player.knob(1, 2) == 0.5


def test_what_was_learned_for_one_controller_leaves_another_as_it_was(player: Player) -> None:
    player.say(LearnStart("track 4 knob 2"))
    player.turn(71, 1, source="left")
    player.turn(71, 127, 0, source="right")
    assert player.knob(4, 2) == 0.5
    assert player.knob(1, 2) == 0.0


def test_a_pad_is_learned_by_hitting_it(player: Player) -> None:
    player.say(LearnStart("pad 3"), Note(1, 90, 0), Note(1, 90, 80))
    assert learned(player) == [("note 90 ch 1", "pad 3")]
    player.let_go(90, channel=1)
    assert player.hit(90, channel=1).track == 2


@pytest.mark.parametrize(
    "said",
    [Note(1, 36, 100), PolyPressure(1, 36, 99), ControlChange(1, 123, 0), ControlChange(1, 121, 127)],
)
def test_a_value_is_not_learned_from_a_pad_or_a_mode_message(player: Player, said: Message) -> None:
    player.say(LearnStart("knob 1"), said)
    assert learned(player) == []
    assert player.state.hands.learning is not None


def test_pads_play_on_while_a_knob_is_being_learned(player: Player) -> None:
    player.hit(38)
    player.say(ChannelPressure(10, 90), LearnStart("knob 1"))
    assert player.hit(36).track == 0
    player.let_go(38)
    assert player.state.hands.pressures[1] == 0


def test_a_pad_that_is_learned_anew_while_it_is_down_is_let_go_all_the_same(player: Player) -> None:
    player.hit(38)
    player.say(ChannelPressure(10, 90), Bind("note 38 ch 10", "pad 5"))
    player.let_go(38)
    assert player.state.hands.held == ()
    assert not any(player.state.hands.pressures)


@pytest.mark.parametrize("said", [PitchBend(1, 0), ChannelPressure(2, 9), ProgramChange(1, 5)])
def test_a_value_is_learned_from_whatever_moves_steadily(player: Player, said: Message) -> None:
    player.say(LearnStart("knob 1"), said)
    assert [target for _, target in learned(player)] == ["knob 1"]


def test_learning_that_is_cancelled_learns_nothing(player: Player) -> None:
    player.say(LearnStart("knob 1"), LearnCancel())
    player.turn(20, 5)
    assert learned(player) == []


def test_a_control_has_one_meaning_a_target_may_have_many_controls(player: Player) -> None:
    for control, target in ((20, "knob 1"), (21, "knob 1"), (20, "knob 2")):
        player.say(LearnStart(target))
        player.turn(control, 64)
    assert learned(player) == [("cc 21 ch 1", "knob 1"), ("cc 20 ch 1", "knob 2")]


def test_unlearning_brings_back_what_was_there_before(player: Player) -> None:
    player.say(LearnStart("track 8 pan"))
    player.turn(70, 3)
    player.say(Unlearn("track 8 pan"))

    player.turn(70, 127, 0)
    assert player.knob(1, 1) == 0.0
    with pytest.raises(MessageError, match="nothing was learned for 'track 8 pan'"):
        player.say(Unlearn("track 8 pan"))


def test_range_curve_and_takeover_can_be_set_once_it_is_learned(player: Player) -> None:
    player.say(LearnStart("tempo"))
    player.turn(20, 3)
    player.say(ShapeBinding("tempo", 90.0, 150.0, takeover="jump"))
    player.turn(20, 127)
    assert player.state.pattern.tempo_bpm == 150.0

    with pytest.raises(MessageError, match="tempo goes from 20 to 300"):
        player.say(ShapeBinding("tempo", 10.0, 150.0))
    with pytest.raises(MessageError, match="learn it first"):
        player.say(ShapeBinding("swing", 0.5, 0.6))


def test_what_was_learned_can_be_taken_back_and_made_again(player: Player) -> None:
    player.say(LearnStart("knob 1"))
    player.turn(20, 3)
    player.say(LearnStart("knob 2"))
    player.turn(20, 3)

    player.say(Undo())
    assert learned(player) == [("cc 20 ch 1", "knob 1")]
    player.say(Undo())
    assert learned(player) == []
    player.say(Redo(), Redo())
    assert learned(player) == [("cc 20 ch 1", "knob 2")]


@pytest.mark.parametrize("said", [LearnStart("knob 9"), Bind("cc 200", "knob 1"), Bind("cc 1", "nob")])
def test_a_wrong_target_or_control_is_refused(player: Player, said: Message) -> None:
    before = player.state
    with pytest.raises(MessageError):
        player.say(said)
    assert player.state == before


def test_a_14_bit_knob_is_learned_as_a_pair(player: Player) -> None:
    player.say(LearnStart("knob 1"))
    player.turn(2, 64)
    player.wait(0.001)
    player.turn(34, 3)
    assert learned(player) == [("cc14 2 ch 1", "knob 1")]


def test_two_knobs_that_are_numbered_like_a_pair_stay_two(player: Player) -> None:
    player.say(LearnStart("knob 1"))
    player.turn(17, 64)
    player.wait(0.4)
    player.turn(49, 3)
    assert learned(player) == [("cc 17 ch 1", "knob 1")]


def test_a_button_held_for_a_second_learns_pads_and_knobs_in_order(with_button: Player) -> None:
    player = with_button
    player.say(Note(1, LEARN_NOTE, 100, "pads"))
    player.wait(1.0)
    player.let_go(LEARN_NOTE, channel=1, source="pads")
    for control in (30, 30, 31, 30):
        player.turn(control, 9, source="pads")
    for note in (60, 60, 62):
        player.say(Note(1, note, 90, "pads"), Note(1, note, 0, "pads"))
    player.say(Note(1, LEARN_NOTE, 100, "pads"), Note(1, LEARN_NOTE, 0, "pads"))

    assert learned(player) == [
        ("cc 30 ch 1", "knob 1"),
        ("cc 31 ch 1", "knob 2"),
        ("note 60 ch 1", "pad 1"),
        ("note 62 ch 1", "pad 2"),
    ]
    assert player.state.hands.learning is None
    assert player.hit(62, channel=1, source="pads").track == 1


def test_a_button_pressed_briefly_learns_nothing(with_button: Player) -> None:
    with_button.say(Note(1, LEARN_NOTE, 100, "pads"))
    with_button.wait(0.9)
    with_button.let_go(LEARN_NOTE, channel=1, source="pads")
    assert with_button.state.hands.learning is None


def test_learning_in_order_ends_when_every_pad_and_knob_has_its_own(player: Player) -> None:
    player.say(LearnInOrder())
    for at in range(8):
        player.turn(20 + at, 5)
        player.say(Note(1, 80 + at, 100))
    assert player.state.hands.learning is None
    assert len(learned(player)) == 16


controls = st.sampled_from(["cc 1", "cc 1 ch 2", "note 3 ch 1", "cc14 4", "bend ch 9", "program"])
targets = st.sampled_from([each.words.replace("#", "1").replace("*", "kick") for each in TARGETS])
sources = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F).filter(str.isprintable), max_size=30)


@settings(max_examples=60)
@given(st.lists(st.builds(Learned, sources, st.builds(bound, controls.map(control_of), targets)), max_size=5))
def test_what_was_learned_survives_yaml(made: list[Learned]) -> None:
    assert mapping.learned_from("test", mapping.learned_data(made)) == tuple(made)


@pytest.mark.parametrize("row", [{"control": "cc 1", "target": "knob 1", "source": 5}, 7, {"source": "x"}])
def test_a_damaged_binding_is_a_state_error(row: object) -> None:
    with pytest.raises(StateError, match="test: binding 1"):
        mapping.learned_from("test", [row])
