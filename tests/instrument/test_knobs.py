"""Knobs: what they take over, when, and that nothing jumps."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.events import Mix, Turn
from instrument.mapping import Table, bound, control_of
from instrument.messages import (
    Bind,
    Note,
    PitchBend,
    ProgramChange,
    SelectTrack,
    SetKnob,
    SetRollRate,
    ShapeBinding,
    Trigger,
)
from instrument.rules.meanings import MEANINGS
from instrument.snapshot import Snapshot
from instrument.space import Space
from instrument.view import UNSEEN, Surroundings, snapshot
from tests.instrument.player import Player

SHAPE_1, DECAY = 70, 77  # controllers
STEP = 1 / 127


@pytest.fixture(scope="module")
def space(tiny_bundle: Path) -> Space:
    return Space(bundle.load(tiny_bundle))


@pytest.fixture
def player(space: Space) -> Player:
    return Player(space)


def shown(player: Player) -> Snapshot:
    around = Surroundings(
        version="", bundle="", engine="", audio_device="", midi_inputs=(), last_source="", warning=""
    )
    return snapshot(player.state, None, UNSEEN, around)


def bind(player: Player, control: str, target: str, **shape: object) -> None:
    player.say(Bind(control, target))
    where = bound(control_of(control), target, **shape)
    player.say(ShapeBinding(target, where.low, where.high, where.curve, where.takeover, where.encoding))


def test_a_knob_takes_its_value_over_where_it_crosses_it(player: Player) -> None:
    player.turn(SHAPE_1, 0, 20, 50)
    assert player.knob(1, 1) == 0.5
    assert "kick shape 1, turn up" in player.state.last_midi
    assert shown(player).tracks[0].waiting == (0.11, *[0.0] * 7)

    player.turn(SHAPE_1, 120)  # past it in one go
    assert player.knob(1, 1) == pytest.approx(120 / 127)
    assert shown(player).tracks[0].waiting == ()
    player.turn(SHAPE_1, 3)
    assert player.knob(1, 1) == pytest.approx(3 / 127)


def test_another_track_s_value_waits_for_the_knob(player: Player) -> None:
    player.turn(SHAPE_1, 0, 127, 100)
    player.say(SelectTrack(3))

    player.turn(SHAPE_1, 90)
    assert player.knob(3, 1) == 0.5
    assert player.knob(1, 1) == pytest.approx(100 / 127)
    player.turn(SHAPE_1, 30)
    assert player.knob(3, 1) == pytest.approx(30 / 127)

    player.say(SelectTrack(1))
    player.turn(SHAPE_1, 31)
    assert player.knob(1, 1) == pytest.approx(100 / 127)


def test_a_kit_change_moves_no_value_under_a_knob(player: Player, space: Space) -> None:
    player.turn(SHAPE_1, 0, 127, 20)
    kit = library.load_kit("plain", space.bundle, 9)
    player.state = player.state.with_track(0, kit.tracks[0])

    assert player.turn(SHAPE_1, 21) == []
    assert player.knob(1, 1) == 0.5


@settings(deadline=None, max_examples=80)
@given(
    st.lists(
        st.integers(0, 127).map(lambda value: (SHAPE_1, value))
        | st.integers(1, 8).map(SelectTrack)
        | st.builds(SetKnob, st.integers(1, 8), st.just(1), st.floats(0, 1)),
        max_size=30,
    )
)
def test_no_value_moves_by_more_than_its_knob_did(
    space: Space, moves: "list[tuple[int, int] | SelectTrack | SetKnob]"
) -> None:
    player, last = Player(space), None
    for move in moves:
        before = [player.knob(track, 1) for track in range(1, 9)]
        if not isinstance(move, tuple):
            player.say(move)
            continue
        player.turn(*move)
        after = [player.knob(track, 1) for track in range(1, 9)]
        furthest = max(abs(new - old) for new, old in zip(after, before, strict=True))
        assert furthest <= (abs(move[1] - last) / 127 if last is not None else 0.0) + 2e-6
        last = move[1]


RANGES = {"level_db": (-60.0, 12.0), "tempo": (20.0, 300.0), "knob 2": (0.0, 1.0), "swing": (0.5, 0.75)}


@settings(deadline=None, max_examples=60)
@given(st.data(), st.sampled_from(sorted(RANGES)), st.lists(st.integers(0, 127), min_size=2, max_size=20))
def test_whatever_range_and_curve_a_value_goes_no_further_than_the_control_and_follows_once_crossed(
    space: Space, data: st.DataObject, target: str, travel: list[int]
) -> None:
    ends = data.draw(st.lists(st.floats(*RANGES[target]), min_size=2, max_size=2, unique=True))
    curve = data.draw(st.sampled_from(["linear", "log", "exp"]))
    binding = bound(control_of("cc 20"), target, low=ends[0], high=ends[1], curve=curve)
    if abs(ends[0] - ends[1]) < 1e-3 * (RANGES[target][1] - RANGES[target][0]):
        return  # too narrow for a float's last digits
    player = Player(space)
    bind(player, "cc 20", target, low=ends[0], high=ends[1], curve=curve)

    def place() -> float:
        return binding.position_of(MEANINGS[binding.aim.target.words].reads(player.state, binding.aim))

    followed = False
    player.turn(20, travel[0])
    for last, now in pairwise(travel):
        before = place()
        player.turn(20, now)
        followed = followed or min(last, now) / 127 <= before <= max(last, now) / 127
        assert abs(place() - before) <= abs(now - last) / 127 + 1e-5
        if followed:
            assert place() == pytest.approx(now / 127, abs=1e-5)


def test_scaled_takeover_moves_at_once_and_meets_at_the_end(player: Player) -> None:
    bind(player, "cc 20", "knob 1", takeover="scale")
    player.turn(20, 0, 64)
    assert 0.7 < player.knob(1, 1) < 0.8
    player.turn(20, 127)
    assert player.knob(1, 1) == pytest.approx(1.0)


def test_jumping_takeover_jumps(player: Player) -> None:
    bind(player, "cc 20", "knob 1", takeover="jump")
    player.turn(20, 127)
    assert player.knob(1, 1) == 1.0


@pytest.mark.parametrize(("encoding", "up", "down"), [("twos", 2, 126), ("offset", 66, 62), ("sign", 2, 66)])
def test_a_relative_encoder_moves_from_where_the_value_is(
    player: Player, encoding: str, up: int, down: int
) -> None:
    bind(player, "cc 20", "knob 1", encoding=encoding)
    player.turn(20, up, up, up)
    assert player.knob(1, 1) == pytest.approx(0.5 + 6 * STEP)
    player.turn(20, *[down] * 100)
    assert player.knob(1, 1) == 0.0
    player.turn(20, up)
    assert player.knob(1, 1) == pytest.approx(2 * STEP)


def test_a_relative_encoder_moves_a_whole_number_by_one(player: Player) -> None:
    bind(player, "cc 20", "roll rate", encoding="twos")
    player.say(SetRollRate(4))
    player.turn(20, 1)
    assert player.state.rolls_per_beat == 5
    player.turn(20, 127, 127)
    assert player.state.rolls_per_beat == 3


def test_a_14_bit_pair_is_one_fine_knob(player: Player) -> None:
    bind(player, "cc14 2 ch 1", "knob 1")
    values = []
    for place in range(0, 16_384, 61):
        player.turn(2, place >> 7)
        player.turn(34, place & 0x7F)
        values.append(player.knob(1, 1))

    assert values == sorted(values)
    assert values[-1] == pytest.approx((16_383 // 61 * 61) / 16_383)
    assert len(set(values)) > 130


def test_range_and_curve_are_those_of_the_binding(player: Player) -> None:
    bind(player, "cc 20", "level_db", low=-20.0, high=0.0, curve="linear", takeover="jump")
    (mix,) = player.turn(20, 127 // 2)
    assert isinstance(mix, Mix)
    assert player.state.track(0).level_db == pytest.approx(-20 + 20 * 63 / 127)

    bind(player, "cc 20", "level_db", low=0.0, high=-20.0, takeover="jump")
    player.turn(20, 127)
    assert player.state.track(0).level_db == -20.0


def test_a_bent_wheel_and_a_program_are_controls_as_well(player: Player) -> None:
    bind(player, "bend ch 1", "track 2 pan", takeover="jump")
    bind(player, "program", "roll rate", low=0, high=12)

    player.say(PitchBend(1, 16_383), ProgramChange(3, 127))
    assert player.state.track(1).pan == 1.0
    assert player.state.rolls_per_beat == 12


def test_a_key_sets_a_value_as_hard_as_it_is_struck_and_leaves_it_there(player: Player) -> None:
    bind(player, "note 60 ch 1", "morph")
    player.say(Note(1, 60, 127), Note(1, 60, 0))
    assert player.knob(1, 7) == 1.0


def test_a_button_presses_once_until_it_is_let_go(player: Player) -> None:
    player.say(Bind("cc 20", "mute 2"))
    player.turn(20, 127)
    assert player.state.track(1).mute
    player.turn(20, 100, 0)
    assert player.state.track(1).mute
    player.turn(20, 127)
    assert not player.state.track(1).mute


def test_a_held_button_lets_go_of_the_track_it_was_pressed_for(player: Player) -> None:
    player.say(Bind("note 60 ch 1", "erase"), Note(1, 60, 100), SelectTrack(3))
    assert player.state.stage.erasing[0]
    player.say(Note(1, 60, 0))
    assert not any(player.state.stage.erasing)


def test_a_button_that_never_lets_go_presses_every_time(player: Player) -> None:
    player.say(Bind("cc 20", "mute 2"))
    seen = []
    for _ in range(3):
        player.turn(20, 127)
        seen.append(player.state.track(1).mute)
    assert seen == [True, False, True]


def test_a_known_controller_does_what_its_map_says_and_nothing_else(space: Space) -> None:
    table = Table([bound(control_of("cc 3 ch 1"), "track 5 knob 8"), bound(control_of("note 60"), "pad 2")])
    player = Player(space, {"MPD218": table})

    player.turn(3, 127, 0, source="MPD218")
    assert player.knob(5, 8) == 0.0
    assert player.hit(60, channel=3, source="MPD218").track == 1
    player.turn(70, 127, 0, source="MPD218")
    assert player.state.last_midi == "cc 70 ch 1 val 0 → nothing"
    player.turn(70, 127, 0, source="another")
    assert player.knob(2, 1) == 0.0


def test_two_controllers_with_the_same_numbers_do_not_take_from_each_other(player: Player) -> None:
    player.turn(SHAPE_1, 127, source="left")
    player.turn(SHAPE_1, 0, source="right")
    assert player.knob(1, 1) == 0.5
    player.turn(SHAPE_1, 0, source="left")
    assert player.knob(1, 1) == 0.0


def test_a_target_on_a_track_that_the_kit_lacks_says_so_and_harms_nothing(player: Player) -> None:
    player.say(Bind("cc 20", "track 9 level_db"), Bind("note 90 ch 1", "mute 10"))

    player.turn(20, 1, 2)
    assert "there is no track 9" in player.state.warning
    player.say(Trigger(1, 1))
    assert player.state.warning == ""


def test_a_track_is_tuned_and_what_it_sounds_with_it(player: Player) -> None:
    bind(player, "cc 20", "tune", low=-12.0, high=12.0, takeover="jump")
    (turn,) = player.turn(20, 127)
    assert isinstance(turn, Turn)
    assert turn.tune == pytest.approx(2.0)
    assert player.hit(36).tune == pytest.approx(2.0)


def test_a_knob_turns_what_sounds(player: Player) -> None:
    player.hit(38)
    (turn,) = player.turn(DECAY, 127, 0)
    assert isinstance(turn, Turn)
    assert turn.track == 1
