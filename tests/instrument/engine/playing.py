"""Music for tests of the engine: single hits, random events, and what an engine makes of them."""

from collections.abc import Iterable, Sequence

import numpy as np
from hypothesis import strategies as st

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import CEvent, Start, Timbre
from instrument.engine.offline import F32, Offline

HOP = 256  # at 48 kHz
FADE = 240  # 5 ms
RESTRUCK = 1440  # 30 ms
EMBEDDING = LATENT = 32
CONDITION = 8


def timbre(seed: int = 0, **changes: float) -> Timbre:
    """Return the timbre of a number; different ones sound different."""
    rng = np.random.default_rng(seed)
    return Timbre(
        embedding=rng.normal(size=EMBEDDING).astype(np.float32),
        latent=(0.1 * rng.normal(size=LATENT)).astype(np.float32),
        condition=np.eye(CONDITION, dtype=np.float32)[seed % CONDITION],
        **changes,
    )


def hit(frame: int, track: int = 0, sound: int = 0, gain: float = 0.25, **start: float) -> CEvent:
    """Return a hit quiet enough for the limiter to leave it alone."""
    return link.hit(frame, track, timbre(sound), Start(seed=sound, gain=gain, **start))  # type: ignore[arg-type]


def play(bundle: Bundle, events: Iterable[CEvent], blocks: int | Sequence[int]) -> F32:
    """Render blocks of these sizes, (frames, 2), on a fresh engine."""
    with Offline(bundle) as engine:
        for event in events:
            assert engine.push(event)
        sizes = [blocks] if isinstance(blocks, int) else blocks
        return np.concatenate([engine.render(size) for size in sizes])


@st.composite
def random_event(draw: st.DrawFn, frames: int) -> CEvent:
    """Draw an event of any kind but those that act when they are read."""
    frame = draw(st.integers(0, frames - 1) | st.integers(0, frames // HOP - 1).map(lambda hop: hop * HOP))
    track = draw(st.integers(0, 3))
    changes = {
        "tilt": draw(st.sampled_from([0.0, -3.0, 2.5])),
        "decay_s": draw(st.sampled_from([0.0, 0.1, 1.0])),
        "tune": draw(st.sampled_from([1.0, 0.5, 1.7])),
        "pitch_hz": draw(st.sampled_from([0.0, 0.0, 110.0, 523.25, 5000.0])),
    }
    sound = timbre(draw(st.integers(0, 50)), **changes)
    kind = draw(st.sampled_from(["hit", "hit", "hit", "sound", "choke", "track"]))
    if kind == "choke":
        return link.choke(frame, draw(st.integers(-1, 3)))
    if kind == "sound":
        return link.sound(frame, track, sound)
    if kind == "track":
        gain, pan = draw(st.sampled_from([0.0, 0.5, 2.0])), draw(st.sampled_from([-1.0, 0.0, 0.3]))
        return link.track(frame, draw(st.integers(-1, 3)), gain, pan, draw(st.booleans()))
    start = Start(
        seed=draw(st.integers(0, 2**64 - 1)),
        gain=draw(st.sampled_from([0.001, 0.05, 1.0])),
        pan=draw(st.sampled_from([0.0, 0.0, -0.5, 2.0])),
        choke_group=draw(st.integers(0, 2)),
        length_s=draw(st.sampled_from([0.0, 0.01, 0.07])),
    )
    return link.hit(frame, track, sound, start)
