"""The instrument's words reach the core."""

import numpy as np
from instrument.engine._core import lib

from instrument.engine.translate import struct
from instrument.events import Hit, Record, Source, Timbre, Turn

VECTOR = np.zeros(8, np.float32)
TIMBRE = Timbre(embedding=VECTOR, latent=VECTOR, condition=VECTOR, decay_s=0.0)


def a_hit(**changes: float) -> Hit:
    return Hit(
        frame=1, track=0, source=Source.LIVE, seed=0, id=0, gain=1.0, tilt=0.0, timbre=TIMBRE,
        choke_group=0, length_s=1.0, velocity=100, **changes,
    )  # fmt: skip


def test_a_hits_tune_and_pan_reach_the_core() -> None:
    values = struct(a_hit(tune=1.5, pan=-0.25)).values
    assert (values[lib.GD_TUNE], values[lib.GD_PAN]) == (1.5, -0.25)


def test_a_hit_is_neither_tuned_nor_moved_unless_it_says_so() -> None:
    values = struct(a_hit()).values
    assert (values[lib.GD_TUNE], values[lib.GD_PAN]) == (1.0, 0.0)


def test_a_turns_tune_reaches_the_core() -> None:
    turn = Turn(frame=1, track=0, tilt=0.0, timbre=TIMBRE, tune=0.75)
    assert struct(turn).values[lib.GD_TUNE] == 0.75


def test_a_take_reaches_the_core() -> None:
    event = struct(Record(frame=7, take=3, tracks=0b101))
    assert (event.kind, event.frame, event.id, event.seed) == (lib.GD_RECORD, 7, 3, 0b101)
