"""Morphs of a track, of the kit, and between four kits."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.errors import MessageError
from instrument.events import Mix, Turn
from instrument.kit import Kit
from instrument.messages import (
    Back,
    Bind,
    ClearCorners,
    Draw,
    MorphTo,
    Note,
    SetKnob,
    SetLevel,
    SetLocked,
    SetXY,
    StoreCorner,
)
from instrument.space import Space
from tests.instrument.player import Player


@pytest.fixture(scope="module")
def space(tiny_bundle: Path) -> Space:
    return Space(bundle.load(tiny_bundle))


@pytest.fixture
def player(space: Space) -> Player:
    return Player(space)


def stored(space: Space, count: int) -> tuple[Player, list[Kit]]:
    """Return a player with kits in so many corners, each with knobs and levels of its own."""
    player = Player(space)
    kits = [library.load_kit("plain", space.bundle, seed) for seed in range(count)]
    for corner, kit in enumerate(kits, start=1):
        player.state = replace(player.state, kit=kit)
        player.say(SetKnob(1, 1, corner / 8), SetLevel(1, -3.0 * corner), StoreCorner(corner))
    return player, [kit for kit in player.state.corners if kit is not None]


def test_the_morph_knob_leads_from_the_sound_to_a_draw_that_is_kept(player: Player, space: Space) -> None:
    first = player.sound(1).place
    player.say(Draw(1), Draw(1), MorphTo(1, 1), SetKnob(1, 7, 1.0))

    np.testing.assert_array_equal(space.timbre(player.sound(1)).embedding, space.embedding(first))
    (turn,) = player.say(MorphTo(1, 0))
    assert isinstance(turn, Turn)
    assert player.sound(1).towards is None


def test_a_draw_that_is_not_kept_cannot_be_morphed_to(player: Player) -> None:
    player.say(Draw(1))
    with pytest.raises(MessageError, match="track 1 remembers 2 draws; there is no 3"):
        player.say(MorphTo(1, 3))


def test_the_sound_as_it_is_becomes_the_morph_s_end_at_a_press(player: Player) -> None:
    player.say(Draw(1), Bind("note 90", "morph here"))
    here = player.sound(1).place
    (turn,) = player.say(Note(1, 90, 100))
    assert isinstance(turn, Turn)
    player.say(Back(1))
    assert player.sound(1).towards == here != player.sound(1).place


def test_at_a_corner_the_kit_is_the_corner_s(space: Space) -> None:
    player, kits = stored(space, 4)
    for (x, y), kit in zip(((0, 0), (1, 0), (0, 1), (1, 1)), kits, strict=True):
        player.say(SetXY(x, y))
        assert player.state.kit.tracks == kit.tracks


@settings(deadline=None, max_examples=25)
@given(st.floats(0, 1), st.floats(0, 1))
def test_between_four_corners_every_sound_and_level_is_bilinear(space: Space, x: float, y: float) -> None:
    player, kits = stored(space, 4)
    player.say(SetXY(x, y))

    weights = np.array([(1 - x) * (1 - y), x * (1 - y), (1 - x) * y, x * y])
    now = player.state.track(0)
    places = np.stack([space.embedding(kit.tracks[0].sound.place) for kit in kits])
    np.testing.assert_allclose(space.embedding(now.sound.place), weights @ places, atol=1e-5)
    assert now.level_db == pytest.approx(weights @ [kit.tracks[0].level_db for kit in kits])
    assert now.sound.knobs[0] == pytest.approx(weights @ [kit.tracks[0].sound.knobs[0] for kit in kits])


def test_two_corners_morph_along_x_whatever_y_is(space: Space) -> None:
    player, _ = stored(space, 2)
    player.say(SetXY(0.3, 0.0))
    there = player.state.kit
    player.say(SetXY(0.9, 0.2), SetXY(0.3, 1.0))
    assert player.state.kit == there


def test_a_morph_turns_what_sounds_and_mixes_it(space: Space) -> None:
    player, _ = stored(space, 2)
    events = player.say(SetXY(0.4, 0.0))
    assert {event.track for event in events if isinstance(event, Turn)} == set(range(8))
    assert {event.track for event in events if isinstance(event, Mix)} == set(range(8))
    assert player.say(SetXY(0.4, 0.0)) == []


def test_small_steps_of_the_pad_are_small_steps_of_the_sound(space: Space) -> None:
    """Also where the morph knobs of the kits differ."""
    player, _ = stored(space, 2)
    player.say(SetXY(1.0, 0.0), SetKnob(1, 7, 0.8), StoreCorner(2))
    heard = []
    for step in range(101):
        player.say(SetXY(step / 100, 0.0))
        heard.append(space.timbre(player.sound(1)).embedding)
    lengths = np.linalg.norm(np.diff(heard, axis=0), axis=1)
    assert lengths.max() < 4 * np.median(lengths)


def test_a_locked_track_stays_out_of_the_morph(space: Space) -> None:
    player, _ = stored(space, 2)
    player.say(SetLocked(2, True))
    before = player.state.track(1)
    player.say(SetXY(0.5, 0.0))
    assert player.state.track(1) == before
    assert player.state.track(2) != before


@pytest.mark.parametrize("corners", [(), (1,), (2, 3), (1, 2, 3)])
def test_without_two_or_four_corners_there_is_nothing_between(
    player: Player, corners: tuple[int, ...]
) -> None:
    player.say(*(StoreCorner(corner) for corner in corners))
    with pytest.raises(MessageError, match="store corners 1 and 2, or all four"):
        player.say(SetXY(0.5, 0.5))


def test_kits_of_other_classes_are_not_morphed(space: Space) -> None:
    player, _ = stored(space, 2)
    tom = player.state.track(5)
    player.state = player.state.with_track(0, replace(player.state.track(0), sound=tom.sound))

    with pytest.raises(MessageError, match="other classes"):
        player.say(SetXY(0.5, 0.0))
    with pytest.raises(MessageError, match="kit A has other classes"):
        player.say(StoreCorner(3))
    player.say(ClearCorners(), StoreCorner(1), StoreCorner(2), SetXY(0.5, 0.0))


def test_an_xy_pad_s_two_controls_move_the_two_ways(space: Space) -> None:
    player, kits = stored(space, 4)
    player.say(SetXY(0.0, 0.0), Bind("cc 20", "xy x"), Bind("cc 21", "xy y"))
    player.turn(20, 0, 127)
    player.turn(21, 0, 127)
    assert player.state.xy == (1.0, 1.0)
    assert player.state.kit.tracks == kits[3].tracks
