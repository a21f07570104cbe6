"""Hits of a bundle that knows loudness and velocity: each has its gain and its timbre, live or in steps."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from instrument import bundle, library
from instrument.events import Hit, Turn
from instrument.instrument import Instrument, State
from instrument.messages import SetKnob, Trigger
from instrument.pattern import Step
from instrument.sequencer import Onset
from instrument.sound import velocity_level_db
from instrument.space import Space
from instrument.units import db_to_gain

FRAME = 12_345


def test_gain_belongs_to_the_hit_and_a_turn_keeps_its_velocity(tmp_path: Path, bundle_parts) -> None:
    header, arrays = bundle_parts()
    rng = np.random.default_rng(0)
    arrays |= {
        "loudness.linear": rng.normal(0.0, 0.5, (8, 32)).astype(np.float32),
        "velocity.embedding": rng.normal(0.0, 0.3, (8, 32)).astype(np.float32),
    }
    known = Space(bundle.write(tmp_path / "known.safetensors", header, arrays))
    player = Instrument(known)
    state = State(
        kit=library.load_kit("plain", known.bundle, 1), pattern=library.load_pattern("steady"), seed=1
    )

    now, events = player.apply(state, Trigger(1, 30), FRAME)
    (hit,) = events
    assert isinstance(hit, Hit)
    stroke = known.strike(now.track(0).sound, 30)
    np.testing.assert_array_equal(hit.timbre.embedding, stroke.timbre.embedding)
    assert hit.gain == pytest.approx(db_to_gain(velocity_level_db(30) + stroke.gain_db))
    assert (hit.tilt, stroke.gain_db != 0.0) == (0.0, True)

    turned, (turn,) = player.apply(now, SetKnob(1, 1, 0.9), FRAME)
    assert isinstance(turn, Turn)
    expected = known.strike(turned.track(0).sound, 30).timbre.embedding
    np.testing.assert_array_equal(turn.timbre.embedding, expected)
    stepped = replace(turned, pattern=turned.pattern.with_step(0, 0, Step(99)))
    step = player.step_hit(stepped, player.playing(stepped), Onset(0.0, 0, 0, 0))
    np.testing.assert_array_equal(
        step.timbre.embedding, known.strike(turned.track(0).sound, 99).timbre.embedding
    )
