"""Editing steps and lanes by messages."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.errors import MessageError
from instrument.events import Hit
from instrument.instrument import Instrument, State
from instrument.messages import (
    ClearLane,
    CopyLane,
    CopyStep,
    FillEuclid,
    LockClass,
    LockDraw,
    LockFresh,
    LockKnob,
    LockLevel,
    LockPan,
    LockTune,
    Message,
    RenamePattern,
    RotateLane,
    SetBars,
    SetChance,
    SetCondition,
    SetHumanise,
    SetLength,
    SetLevel,
    SetPan,
    SetRamps,
    SetRepeats,
    SetShift,
    SetSpeed,
    SetStep,
    Unlock,
)
from instrument.pattern import FRESH, Locks, Step
from instrument.sequencer import Onset
from instrument.space import Space
from instrument.units import db_to_gain


@pytest.fixture(scope="module")
def player(tiny_bundle: Path) -> Instrument:
    return Instrument(Space(bundle.load(tiny_bundle)))


@pytest.fixture(scope="module")
def state(tiny_bundle: Path) -> State:
    loaded = bundle.load(tiny_bundle)
    return State(kit=library.load_kit("plain", loaded, 1), pattern=library.load_pattern("four"), seed=1)


def after(player: Instrument, state: State, *said: Message) -> State:
    for each in said:
        state, _ = player.apply(state, each, 0)
    return state


def step(state: State, track: int, number: int) -> Step:
    return state.pattern.lane(track - 1).steps[number - 1]


def hit(player: Instrument, state: State, count: int = 0, repeat: int = 0) -> Hit:
    return player.step_hit(state, player.playing(state), Onset(float(count), 0, count, repeat))


def test_a_step_takes_all_that_is_said_of_it(player: Instrument, state: State) -> None:
    now = after(
        player, state, SetStep(2, 3, 90), SetChance(2, 3, 0.5), SetCondition(2, 3, "!1:2"),
        SetRepeats(2, 3, 4), SetRamps(2, 3, -0.5, 0.25), SetShift(2, 3, 0.1),
    )  # fmt: skip

    assert step(now, 2, 3) == Step(90, 0.5, "!1:2", 4, -0.5, 0.25, 0.1)


def test_a_step_locks_and_unlocks_each_thing(player: Instrument, state: State) -> None:
    locked = after(
        player, state, LockClass(1, 1, "tom"), LockKnob(1, 1, 8, 0.3), LockLevel(1, 1, -6),
        LockPan(1, 1, 0.5), LockTune(1, 1, 7), LockDraw(1, 1, 5),
    )  # fmt: skip
    knobs = (None,) * 7 + (0.3,)

    assert step(locked, 1, 1).locks == Locks("tom", knobs, -6.0, 0.5, 7.0, 5)
    assert step(after(player, locked, LockFresh(1, 1)), 1, 1).locks.draw == FRESH
    assert step(after(player, locked, Unlock(1, 1)), 1, 1).locks == Locks()
    one_by_one = (Unlock(1, 1, what) for what in ("class", "knobs", "level_db", "pan", "tune", "draw"))
    assert step(after(player, locked, *one_by_one), 1, 1).locks == Locks()


def test_locks_make_the_hit_of_their_step_only(player: Instrument, state: State) -> None:
    state = after(player, state, SetLevel(1, -3), SetPan(1, 0.25), SetStep(1, 1, 100), SetStep(1, 2, 100))
    plain = hit(player, state)
    now = after(player, state, LockLevel(1, 1, -9), LockPan(1, 1, -0.5), LockTune(1, 1, 12))

    made, next_one = hit(player, now), hit(player, now, 1)

    assert made.gain == pytest.approx(plain.gain * db_to_gain(-6.0))
    assert (made.pan, made.tune) == (-0.75, 2.0)
    assert (next_one.gain, next_one.pan, next_one.tune) == (plain.gain, 0.0, 1.0)


def test_a_step_sounds_a_locked_class_and_draw(player: Instrument, state: State, tiny_bundle: Path) -> None:
    space = Space(bundle.load(tiny_bundle))
    now = after(player, state, SetStep(1, 1, 100), LockClass(1, 1, "ride"), LockDraw(1, 1, 77))

    ride = space.draw(space.bundle.class_index("ride"), 77)
    np.testing.assert_array_equal(hit(player, now).timbre.embedding, ride)


def test_a_fresh_step_sounds_anew_each_time_and_its_repeats_alike(player: Instrument, state: State) -> None:
    now = after(player, state, SetStep(1, 1, 100), LockFresh(1, 1), SetRepeats(1, 1, 4))

    places = [
        hit(player, now, 16 * cycle, repeat).timbre.embedding.tobytes()
        for cycle in range(9)
        for repeat in (0, 3)
    ]

    assert places[::2] == places[1::2]
    assert len(set(places)) == 9


def test_ramps_and_humanising_move_the_latent(player: Instrument, state: State) -> None:
    now = after(player, state, SetStep(1, 1, 100), SetRepeats(1, 1, 3), SetRamps(1, 1, 0, 1))
    latents = [hit(player, now, 0, repeat).timbre.latent for repeat in range(3)]
    human = after(player, state, SetStep(1, 1, 100), SetHumanise(0, 6, 0.5))
    moved = [hit(player, human, 16 * cycle) for cycle in range(20)]

    np.testing.assert_allclose(latents[1] - latents[0], 0.5 * (latents[2] - latents[0]), atol=1e-6)
    assert np.abs(latents[2] - latents[0]).max() > 0.0
    assert len({one.timbre.latent.tobytes() for one in moved}) == 20
    gains = np.array([one.gain for one in moved]) / hit(player, after(player, state, SetStep(1, 1, 100))).gain
    assert db_to_gain(-6) <= gains.min() < 0.9 < 1.1 < gains.max() <= db_to_gain(6)


def test_lanes_are_copied_cleared_turned_and_stretched(player: Instrument, state: State) -> None:
    now = after(player, state, ClearLane(1), SetStep(1, 1, 9), SetLength(1, 4), SetSpeed(1, "3/2"))
    assert (now.pattern.lane(0).velocities, now.pattern.lane(0).speed) == ((9, 0, 0, 0), 1.5)
    assert after(player, now, SetLength(1, 6)).pattern.lane(0).velocities == (9, 0, 0, 0, 9, 0)
    assert after(player, now, RotateLane(1, 1)).pattern.lane(0).velocities == (0, 9, 0, 0)
    assert after(player, now, RotateLane(1, -1)).pattern.lane(0).velocities == (0, 0, 0, 9)
    assert after(player, now, CopyLane(1, 8)).pattern.lane(7) == now.pattern.lane(0)
    assert step(after(player, now, CopyStep(1, 1, 2, 5)), 2, 5) == Step(9)
    assert after(player, now, SetBars(4), RenamePattern("x")).pattern.length == 64


@pytest.mark.parametrize(
    ("hits", "steps", "wanted"),
    [
        (3, 8, "x..x..x."),
        (4, 16, "x...x...x...x..."),
        (5, 8, "x.x.xx.x"),
        (0, 3, "..."),
        (3, 3, "xxx"),
        (1, 1, "x"),
    ],
)
def test_euclid_spreads_hits_evenly(
    player: Instrument, state: State, hits: int, steps: int, wanted: str
) -> None:
    row = after(player, state, FillEuclid(1, hits, steps)).pattern.lane(0).velocities

    assert "".join("x" if velocity else "." for velocity in row) == wanted


@given(st.integers(1, 64), st.data(), st.integers(-64, 64))
def test_euclid_never_leaves_gaps_that_differ_by_more_than_one(
    player: Instrument, state: State, steps: int, data: st.DataObject, rotate: int
) -> None:
    hits = data.draw(st.integers(1, steps))
    row = after(player, state, FillEuclid(1, hits, steps, rotate)).pattern.lane(0).velocities

    on = [at for at, velocity in enumerate(row) if velocity]
    gaps = {(after - before) % steps or steps for before, after in zip(on, on[1:] + on[:1], strict=True)}
    assert len(on) == hits
    assert max(gaps) - min(gaps) <= 1


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (SetStep(1, 17, 1), "there is no step 17: track 1 has 16 steps"),
        (LockTune(9, 1, 1), "there is no track 9: this kit has 8 tracks"),
        (SetCondition(1, 1, "3:2"), "condition is A:B"),
        (LockClass(1, 1, "gong"), "no class 'gong'; known are"),
        (FillEuclid(1, 9, 8), "hits must be at most 8"),
        (CopyStep(1, 1, 1, 40), "no step 40"),
    ],
)
def test_what_cannot_be_is_an_error_that_says_so(
    player: Instrument, state: State, said: Message, says: str
) -> None:
    with pytest.raises(MessageError, match=says):
        player.apply(state, said, 0)


def test_a_class_that_the_bundle_lacks_leaves_the_tracks(player: Instrument, state: State) -> None:
    plain = after(player, state, SetStep(1, 1, 100))
    gong = replace(step(plain, 1, 1), locks=Locks(class_name="gong"))

    foreign = replace(plain, pattern=plain.pattern.with_step(0, 0, gong))

    np.testing.assert_array_equal(hit(player, foreign).timbre.embedding, hit(player, plain).timbre.embedding)
