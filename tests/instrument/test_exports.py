"""Stems: what they are the parts of."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from instrument import bundle, exports, library, render
from instrument.bundle import Bundle
from instrument.performance import Performance

F32 = NDArray[np.float32]
QUIET_DB = -48.0  # the limiter does nothing


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def performance(tiny: Bundle, level_db: float) -> Performance:
    made = Performance(tiny, library.load_kit("plain", tiny, 1), library.load_pattern("rolls"), 1, 48_000)
    made.level_db = level_db
    return made


def stems(tiny: Bundle, level_db: float, block_frames: int = 128) -> tuple[F32, F32]:
    """Return master (N, 2) and stems (TRACKS, N, 2) of a bar."""
    pairs = list(exports.stems(tiny, performance(tiny, level_db), 1, block_frames))
    return np.concatenate([block for block, _ in pairs]), np.concatenate([s for _, s in pairs], axis=1)


def test_stems_add_up_to_the_master_where_nothing_is_limited(tiny: Bundle) -> None:
    master, parts = stems(tiny, QUIET_DB)

    assert parts.shape == (8, len(master), 2)
    assert np.abs(master).max() > 1e-3
    assert np.abs(parts.sum(axis=0) - master).max() < 1e-6


def test_stems_are_what_the_limiter_takes_in_not_what_it_lets_out(tiny: Bundle) -> None:
    master, parts = stems(tiny, 12.0)
    _, quiet = stems(tiny, QUIET_DB)

    assert np.abs(parts.sum(axis=0)).max() > np.abs(master).max() + 0.1
    assert np.allclose(parts, quiet * 10 ** ((12.0 - QUIET_DB) / 20), rtol=1e-4, atol=1e-4)


def test_recording_stems_changes_no_sample_of_the_master_nor_does_the_block_size(tiny: Bundle) -> None:
    master, parts = stems(tiny, 0.0)
    other, same = stems(tiny, 0.0, block_frames=4096)

    assert np.array_equal(master, render.pattern(tiny, performance(tiny, 0.0), 1))
    assert np.array_equal(master, other[: len(master)])
    assert np.array_equal(parts, same[:, : parts.shape[1]])


def test_only_tracks_that_play_sound(tiny: Bundle) -> None:
    _, parts = stems(tiny, 0.0)

    sounding = [bool(part.any()) for part in parts]
    assert sounding == [True, True, True, True, True, False, True, False]  # tom every fourth bar, no ride
