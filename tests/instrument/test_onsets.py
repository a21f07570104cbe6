"""What a performance hands out, against a reference worked out offline, through edits and tempo changes."""

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.bundle import Bundle
from instrument.events import Hit
from instrument.messages import (
    MOST_TRACKS,
    Message,
    Play,
    SetChance,
    SetCondition,
    SetLength,
    SetRepeats,
    SetStep,
    SetTempo,
)
from instrument.pattern import Pattern
from instrument.performance import Performance
from instrument.rules.stepping import playing_of
from tests.instrument import reference
from tests.instrument.strategies import patterns
from tests.instrument.test_performance import Receiver

RATE_HZ, SEED = 48_000, 1
END = 60_000  # frames after the last message
TRACK = st.integers(1, 8)
edits = st.one_of(
    st.builds(SetTempo, st.floats(20, 300)),
    st.builds(SetTempo, st.floats(20, 300)),
    st.builds(SetStep, TRACK, st.just(1), st.integers(0, 127)),
    st.builds(SetRepeats, TRACK, st.just(1), st.integers(1, 8)),
    st.builds(SetChance, TRACK, st.just(1), st.floats(0, 1)),
    st.builds(SetCondition, TRACK, st.just(1), st.sampled_from(["", "1:2", "!previous"])),
    st.builds(SetLength, TRACK, st.integers(1, 20)),
)
scripts = st.lists(st.tuples(st.integers(1, 30_000), edits), max_size=6)
Span = tuple[int, int, Pattern]  # from a frame to another, what plays


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def handed_out(
    driven: Performance, script: list[tuple[int, Message]], ahead: int, turn: int
) -> tuple[list[Hit], list[Span]]:
    """Return what is heard when a script is played, and the patterns that were to be."""
    receiver, spans, now = Receiver(), [], 0
    receiver.take(driven.apply(Play(), 0))
    for wait, said in [*script, (END, SetTempo(120))]:
        for frame in range(now, now + wait, turn):
            receiver.take(driven.advance(frame + ahead))
        receiver.take(driven.advance(now + wait))
        spans.append((now, now + wait, driven.state.pattern))
        now += wait
        receiver.take(driven.apply(said, now))
    return [hit for hit in receiver.hits if hit.frame < now], spans


def expected(spans: list[Span]) -> list[tuple[Fraction, int, int]]:
    """Return frame, track and count of each hit, by the definitions."""
    found: list[tuple[Fraction, int, int]] = []
    straight = Fraction(0)  # how far playing has come
    for first, last, pattern in spans:
        per_step = Fraction(RATE_HZ * 15) / Fraction(pattern.tempo_bpm)
        until = straight + (last - first) / per_step
        for place, track, count, _ in reference.hits(pattern, playing_of(SEED, 1, 0.0, False), until + 2):
            at = reference.straight(place, pattern.swing)
            if straight <= at < until:
                found.append((first + (at - straight) * per_step, track, count))
        straight = until
    return found


def counted(hits: list[Any]) -> Counter[tuple[int, int]]:
    """Return how often each step of each track is hit."""
    return Counter((track, count) for track, count, _ in hits)


@settings(deadline=None, max_examples=40)
@given(
    patterns.map(lambda pattern: replace(pattern, humanise_ms=0.0)),
    scripts,
    st.integers(1, 20_000),
    st.integers(200, 9_000),
)
def test_every_hit_is_handed_out_once_and_where_the_reference_has_it(
    tiny: Bundle, pattern: Pattern, script: list[tuple[int, Message]], ahead: int, turn: int
) -> None:
    kit = library.load_kit("plain", tiny, SEED)
    hits, spans = handed_out(Performance(tiny, kit, pattern, SEED, RATE_HZ), script, ahead, turn)
    cuts = {first for first, _, _ in spans} - {0}

    def clear(frame: Any) -> bool:
        """Return whether rounding cannot have led a hit over a cut."""
        return all(abs(frame - cut) > 1 for cut in cuts) and frame < spans[-1][1] - 1

    wanted: list[tuple[int, int, Any]] = sorted(
        (track, count, frame) for frame, track, count in expected(spans) if clear(frame)
    )
    heard: list[tuple[int, int, Any]] = sorted(
        (hit.track, hit.id // MOST_TRACKS, hit.frame) for hit in hits if clear(hit.frame)
    )

    due, found = counted(wanted), counted(heard)
    assert not counted([hit for hit in wanted if clear(hit[2] - 1) and clear(hit[2] + 1)]) - found
    assert not counted([hit for hit in heard if clear(hit[2] - 1) and clear(hit[2] + 1)]) - due
    if found == due:
        for (_, _, frame), (_, _, place) in zip(heard, wanted, strict=True):
            assert abs(frame - place) <= Fraction(501, 1000)
