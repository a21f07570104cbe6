"""A knob that is turned while the pattern plays changes the rest of what sounds, and nothing jumps."""

from pathlib import Path

import pytest

from instrument import bundle
from instrument.bundle import Bundle
from instrument.events import Hit, Turn
from instrument.messages import ClearPattern, LockKnob, LockTune, Play, SetKnob, SetStep, SetTempo, Trigger
from instrument.performance import Performance
from instrument.sound import velocity_tilt
from tests.instrument.test_performance import performance


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def _turn(driven: Performance, frame: int) -> Turn:
    (event,) = (event for event in driven.apply(SetKnob(1, 1, 0.6), frame) if isinstance(event, Turn))
    return event


def test_a_knob_turns_the_hit_that_sounds_at_the_velocity_of_that_hit(tiny: Bundle) -> None:
    """Whether a pad or the pattern struck last; the timbre of another velocity would be a jump."""
    driven = performance(tiny)
    driven.apply(ClearPattern(), 0)
    driven.apply(SetStep(1, 1, 40), 0)
    driven.apply(SetTempo(120), 0)
    driven.apply(Play(), 0)
    driven.advance(96_000)

    assert _turn(driven, 10_000).tilt == velocity_tilt(40)
    driven.apply(Trigger(1, 120), 20_000)
    assert _turn(driven, 30_000).tilt == velocity_tilt(120)
    driven.advance(192_000)
    assert _turn(driven, 100_000).tilt == velocity_tilt(40)


def test_a_knob_turns_the_rest_of_a_hit_but_what_its_step_has_locked(tiny: Bundle) -> None:
    driven = performance(tiny)
    for said in (
        ClearPattern(),
        SetStep(1, 1, 100),
        LockKnob(1, 1, 1, 0.9),
        LockTune(1, 1, 12),
        SetTempo(120),
    ):
        driven.apply(said, 0)
    (hit,) = (
        event for event in [*driven.apply(Play(), 0), *driven.advance(48_000)] if isinstance(event, Hit)
    )

    locked = _turn(driven, 10_000)
    (free,) = (event for event in driven.apply(SetKnob(1, 2, 0.0), 20_000) if isinstance(event, Turn))

    assert locked.timbre.embedding.tobytes() == hit.timbre.embedding.tobytes()
    assert free.timbre.embedding.tobytes() != hit.timbre.embedding.tobytes()
    assert locked.tune == free.tune == hit.tune == 2.0
    driven.apply(Trigger(1, 120), 30_000)
    assert _turn(driven, 30_001).tune == 1.0


def test_a_knob_of_a_silent_track_keeps_the_velocity_of_its_last_pad_press(tiny: Bundle) -> None:
    driven = performance(tiny)
    driven.apply(ClearPattern(), 0)
    driven.apply(Trigger(1, 33), 0)
    driven.apply(Play(), 10)
    driven.advance(96_000)

    assert _turn(driven, 90_000).tilt == velocity_tilt(33)
