"""How recordings were struck, by their names, and the direction that soft and hard hits differ in."""

import numpy as np
import pytest

from models.velocity import LEAST_HITS, Stroke, direction, strokes

NAMED = {
    "kick/muldjord__KdrumR-01.flac": ("muldjord__KdrumR ", 0.0),
    "kick/muldjord__KdrumR-03.flac": ("muldjord__KdrumR ", 0.5),
    "kick/muldjord__KdrumR-26.flac": ("muldjord__KdrumR ", 1.0),
    "kick/muldjordmic__KdrumR-02-room.flac": ("muldjordmic__KdrumR room", 0.0),
    "kick/muldjordmic__KdrumR-09-room.flac": ("muldjordmic__KdrumR room", 1.0),
    "tom/osdk__large-tom-under9.flac": ("osdk__large-tom-under ", 0.0),
    "tom/osdk__large-tom-under12.flac": ("osdk__large-tom-under ", 1.0),
    "snare/frankensnare__14a-rimshot-sr-vl1-rr2.flac": ("frankensnare__14a-rimshot-sr ", 0.0),
    "snare/frankensnare__14a-rimshot-sr-vl1-rr4.flac": ("frankensnare__14a-rimshot-sr ", 0.0),
    "snare/frankensnare__14a-rimshot-sr-vl3-rr1.flac": ("frankensnare__14a-rimshot-sr ", 1.0),
    "kick/gogodze2__ks-vl1-rr1-mix.flac": ("gogodze2__ks mix", 0.0),
    "kick/gogodze2__ks-vl6-rr1-mix.flac": ("gogodze2__ks mix", 1.0),
    "tom/sonicpi__drum-tom-hi-soft.flac": ("sonicpi__drum-tom-hi ", 0.0),
    "tom/sonicpi__drum-tom-hi-hard.flac": ("sonicpi__drum-tom-hi ", 1.0),
    "piano/splendid__Mp-F0.flac": ("splendid_ ", 0.0),
    "piano/splendid__Mf-As4.flac": ("splendid_ ", 0.5),
    "piano/splendid__FF-B2.flac": ("splendid_ ", 1.0),
}
UNTOLD = [
    "kick/gogodze2__ks-vl4-rr1-retro.flac",  # the only one of its microphone
    "snare/frankensnare__14p-basic-sn-vl3-rr2.flac",
    "snare/frankensnare__14p-basic-sn-vl11-rr1.flac",
    "kick/smplds__TR-808-bd-03.flac",
    "ride/muldjord__RideL-04.flac",
    "hihat_open/osdk__hohh12.flac",
    "kick/sonicpi__bd-haus.flac",
    "clap/frankensnare__clap-person1-rr3.flac",
]


def test_names_tell_instrument_and_rank() -> None:
    found = dict(zip([*NAMED, *UNTOLD], strokes([*NAMED, *UNTOLD]), strict=True))

    for path, (group, rank) in NAMED.items():
        assert found[path] == Stroke(group, rank), path
    assert [found[path] for path in UNTOLD] == [None] * len(UNTOLD)


def made(hits: int, slope: np.ndarray) -> tuple[np.ndarray, list[Stroke | None]]:
    """Return embeddings of two instruments, each around a place of its own, that move along `slope`."""
    rng = np.random.default_rng(0)
    places = rng.normal(0.0, 5.0, (2, len(slope)))
    struck = [Stroke(str(n % 2), rng.random()) for n in range(hits)]
    rows = [
        places[n % 2] + each.rank * slope + 0.3 * rng.normal(size=len(slope)) for n, each in enumerate(struck)
    ]
    return np.array(rows, np.float32), list(struck)


def test_the_direction_is_half_the_way_from_soft_to_hard_whatever_the_instruments() -> None:
    slope = np.zeros(8)
    slope[:3] = (2.0, -1.0, 0.5)
    embeddings, struck = made(200, slope)

    found = direction(embeddings, [*struck, None], [0.0] * 201)

    np.testing.assert_allclose(found, 0.5 * slope, atol=0.08)


def test_what_chance_does_moves_nothing_much() -> None:
    embeddings, struck = made(60, np.zeros(8))

    assert np.linalg.norm(direction(embeddings, struck, [0.0] * 60)) < 0.15


def test_hits_that_are_higher_when_harder_are_not_moved_by_their_pitch() -> None:
    rng = np.random.default_rng(1)
    struck: list[Stroke | None] = [Stroke("a", rank) for rank in rng.random(100)]
    pitches = [60 + 10 * stroke.rank + 5 * rng.normal() for stroke in struck if stroke is not None]
    rows = [[pitch, 3.0 * stroke.rank] for pitch, stroke in zip(pitches, struck, strict=True) if stroke]
    embeddings = np.array(rows, np.float32) + rng.normal(0.0, 0.05, (100, 2)).astype(np.float32)

    np.testing.assert_allclose(direction(embeddings, struck, pitches), [0.0, 1.5], atol=0.15)


@pytest.mark.parametrize(("hits", "known"), [(LEAST_HITS - 1, False), (LEAST_HITS, True)])
def test_too_few_hits_tell_nothing(hits: int, known: bool) -> None:
    embeddings, struck = made(hits, np.full(4, 3.0))

    assert direction(embeddings, struck, [0.0] * hits).any() == known


def test_hits_struck_all_alike_tell_nothing() -> None:
    struck: list[Stroke | None] = [Stroke("a", 0.5)] * 40
    assert not direction(
        np.random.default_rng(0).normal(size=(40, 4)).astype(np.float32), struck, [0.0] * 40
    ).any()
