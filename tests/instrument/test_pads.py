"""Pads: what a press draws, what is remembered, what force and the hat's pedal do."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle
from instrument.events import Choke, Hit, Turn
from instrument.messages import (
    KEPT_DRAWS,
    Back,
    ChannelPressure,
    Draw,
    Forward,
    LetGo,
    MoveHatPedal,
    Note,
    PolyPressure,
    SetLocked,
    SetPress,
    Squeeze,
    Trigger,
)
from instrument.sound import Place
from instrument.space import Space
from tests.instrument.player import Player

KICK, SNARE, TOM, CRASH, OPEN_HAT = 1, 2, 6, 7, 5  # tracks
CRASH_NOTE, OPEN_HAT_NOTE, TOM_NOTE = 49, 46, 45


@pytest.fixture(scope="module")
def space(tiny_bundle: Path) -> Space:
    return Space(bundle.load(tiny_bundle))


@pytest.fixture
def player(space: Space) -> Player:
    return Player(space)


def presses(player: Player, track: int, count: int) -> list[Place]:
    places = []
    for _ in range(count):
        player.say(Trigger(track, 100))
        places.append(player.sound(track).place)
    return places


def test_a_fresh_press_draws_a_held_one_repeats_a_walking_one_steps(player: Player, space: Space) -> None:
    drawn = presses(player, KICK, 10)
    player.say(SetPress(KICK, "hold"))
    held = presses(player, KICK, 10)
    player.say(SetPress(KICK, "walk"))
    walked = presses(player, KICK, 10)

    assert len(set(drawn)) == 10
    assert set(held) == {drawn[-1]}
    assert len(set(walked)) == 10

    def jumps(places: list[Place]) -> np.ndarray:
        steps = np.diff([space.embedding(place) for place in places], axis=0)
        return np.asarray(np.linalg.norm(steps, axis=1))

    assert jumps([held[-1], *walked]).max() < 0.5 * jumps(drawn).mean()


def test_the_same_walk_from_the_same_seed(space: Space) -> None:
    walks = []
    for _ in range(2):
        player = Player(space)
        player.say(SetPress(KICK, "walk"))
        walks.append(presses(player, KICK, 20))
    assert walks[0] == walks[1]


def test_a_locked_track_keeps_its_sound_whatever_is_pressed(player: Player) -> None:
    before = player.sound(KICK)
    player.say(SetLocked(KICK, True))

    hits = player.say(Trigger(KICK, 100), Draw(KICK), Back(KICK), Trigger(KICK, 100))

    assert player.sound(KICK) == before
    assert [type(hit) for hit in hits] == [Hit, Hit]
    assert player.state.warning == ""
    player.say(Draw(KICK))
    assert player.state.warning == "track 1 is locked: its sound stays"
    player.say(SetLocked(KICK, False), Trigger(KICK, 100))
    assert player.sound(KICK) != before


def test_eight_draws_are_kept_back_and_forth(player: Player) -> None:
    drawn = presses(player, KICK, 12)[-KEPT_DRAWS:]

    seen = []
    for _ in range(KEPT_DRAWS - 1):
        assert player.say(Back(KICK)) == []
        seen.append(player.sound(KICK).place)
    assert seen == drawn[-2::-1]
    player.say(Back(KICK))
    assert player.sound(KICK).place == drawn[0]
    assert player.state.warning == "track 1 has no older draw; 8 are kept"

    player.say(Forward(KICK))
    assert player.sound(KICK).place == drawn[1]
    assert player.state.warning == ""


def test_a_draw_after_going_back_forgets_none_of_the_newer_ones(player: Player) -> None:
    first, second, third = presses(player, KICK, 3)
    player.say(Back(KICK), Back(KICK))
    assert player.sound(KICK).place == first

    player.say(Draw(KICK), Back(KICK))
    assert player.sound(KICK).place == third
    player.say(Back(KICK))
    assert player.sound(KICK).place == second


def test_the_sound_a_kit_came_with_can_be_gone_back_to(player: Player) -> None:
    before = player.sound(SNARE)
    player.say(Trigger(SNARE, 100), Back(SNARE))
    assert player.sound(SNARE) == before


def test_going_back_keeps_the_knobs(player: Player) -> None:
    presses(player, KICK, 2)
    player.turn(70, 127, 0, 100)
    turned = player.sound(KICK).knobs
    player.say(Back(KICK))
    assert player.sound(KICK).knobs == turned


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([Draw(KICK), Back(KICK), Forward(KICK), Trigger(KICK, 9)]), max_size=30))
def test_back_then_forward_is_where_one_was(
    space: Space, said: list[Draw | Back | Forward | Trigger]
) -> None:
    player = Player(space)
    player.say(*said)
    before = player.sound(KICK)

    player.say(Back(KICK))
    if player.sound(KICK) != before:
        player.say(Forward(KICK))
    assert player.sound(KICK) == before
    assert len(player.state.histories[0]) <= KEPT_DRAWS


@pytest.mark.parametrize("note", [49, 51, 53, 57])
def test_a_hand_on_a_cymbal_chokes_it_once(player: Player, note: int) -> None:
    track = player.hit(note).track
    player.let_go(note)

    grabbed = player.say(PolyPressure(10, note, 60), PolyPressure(10, note, 127))
    assert grabbed == [Choke(0, track)]
    assert player.say(PolyPressure(10, note, 0), PolyPressure(10, note, 1)) == [Choke(0, track)]


def test_force_on_a_pad_is_that_of_the_pad_held_last(player: Player) -> None:
    player.hit(TOM_NOTE)
    player.hit(36)
    player.say(ChannelPressure(10, 50))
    assert player.state.hands.pressures[KICK - 1] == 50
    assert player.state.hands.pressures[TOM - 1] == 0

    player.let_go(36)
    assert player.state.hands.pressures[KICK - 1] == 0
    player.say(ChannelPressure(10, 70))
    assert player.state.hands.pressures[TOM - 1] == 70


def test_force_from_another_controller_is_on_none_of_this_one_s_pads(player: Player) -> None:
    player.hit(36, source="pads")
    player.say(ChannelPressure(10, 50, "keys"))
    assert not any(player.state.hands.pressures)


def test_a_controller_that_is_unplugged_lets_go_of_its_pads(player: Player) -> None:
    player.hit(36, source="pads")
    player.hit(38, source="keys")
    player.say(ChannelPressure(10, 50, "pads"), ChannelPressure(10, 60, "keys"), LetGo("pads"))

    assert player.state.hands.pressures[:2] == (0, 60)
    assert [held.source for held in player.state.hands.held] == ["keys"]


def test_squeezing_a_drum_chokes_nothing(player: Player) -> None:
    player.hit(36)
    assert player.say(Squeeze(KICK, 100)) == []


def test_the_hat_pedal_shortens_the_open_hat_and_chokes_it_when_closed(player: Player) -> None:
    open_s = player.hit(OPEN_HAT_NOTE).timbre.decay_s

    (turn,) = player.turn(4, 64, channel=10)
    assert isinstance(turn, Turn)
    assert 0.03 < turn.timbre.decay_s < 0.5
    assert player.hit(OPEN_HAT_NOTE).timbre.decay_s == turn.timbre.decay_s
    assert player.turn(4, 127, channel=10) == [Choke(0, OPEN_HAT - 1)]

    player.turn(4, 0, channel=10)
    assert player.hit(OPEN_HAT_NOTE).timbre.decay_s == open_s


def test_the_pedal_leaves_other_tracks_and_the_knob_as_they_are(player: Player) -> None:
    before = player.state.kit
    player.say(SetPress(OPEN_HAT, "hold"))
    events = player.say(MoveHatPedal(0.5))

    assert [event.track for event in events if isinstance(event, Turn)] == [OPEN_HAT - 1]
    assert player.sound(OPEN_HAT) == before.tracks[OPEN_HAT - 1].sound


def test_a_pad_that_means_nothing_is_shown_with_its_controller(player: Player) -> None:
    assert player.say(Note(1, 71, 100, "MPD218")) == []
    assert player.state.warning == "note 71 on channel 1 from MPD218 plays nothing"
    assert player.state.last_midi == "note 71 ch 1 vel 100"
