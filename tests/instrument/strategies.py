"""Patterns of every kind, for properties."""

from hypothesis import strategies as st

from instrument.pattern import FRESH, SPEEDS, Lane, Locks, Pattern, Step

CLASSES = ["kick", "snare", "clap", "hihat_closed", "hihat_open", "tom", "crash", "ride"]
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=20)
UNIT = st.floats(0, 1)
CONDITIONS = st.tuples(
    st.sampled_from(["", "!"]), st.sampled_from(["first", "fill", "previous", "1:1", "1:2", "2:2", "3:8"])
).map("".join)

locks = st.builds(
    Locks,
    class_name=st.none() | st.sampled_from(CLASSES),
    knobs=st.just(()) | st.lists(st.none() | UNIT, min_size=8, max_size=8).map(tuple),
    level_db=st.none() | st.floats(-60, 12),
    pan=st.none() | st.floats(-1, 1),
    tune=st.none() | st.floats(-24, 24),
    draw=st.none() | st.just(FRESH) | st.integers(0, 2**53 - 1),
)
steps = st.builds(Step, st.integers(0, 127)) | st.builds(
    Step,
    velocity=st.integers(1, 127),
    chance=st.just(1.0) | UNIT,
    condition=st.just("") | CONDITIONS,
    repeats=st.integers(1, 8),
    velocity_ramp=st.floats(-1, 1),
    latent_ramp=st.floats(-1, 1),
    shift=st.just(0.0) | st.floats(-0.5, 0.5),
    locks=st.just(Locks()) | locks,
)
lanes = st.builds(
    Lane, st.lists(steps, min_size=1, max_size=12).map(tuple), st.sampled_from(sorted(SPEEDS.values()))
)
patterns = st.builds(
    Pattern,
    name=NAMES,
    tempo_bpm=st.floats(20, 300),
    swing=st.floats(0.5, 0.75),
    humanise_ms=st.just(0.0) | st.floats(0, 50),
    humanise_db=st.just(0.0) | st.floats(0, 12),
    humanise_latent=st.just(0.0) | UNIT,
    bars=st.integers(1, 16),
    lanes=st.lists(lanes, min_size=1, max_size=10).map(tuple),
)
