"""Recordings played by the model: found onsets, encoded, made into hits of the core.

A recording is mono float32 at the model's 48 kHz. Each strong onset begins a hit of its own, because only the
first grain of a hit has an attack; what lies before the first onset stays silent.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instrument import analysis, bands, encoder
from instrument.bundle import Bundle
from instrument.errors import AudioFileError

F32 = NDArray[np.float32]

CELL = 64  # frames of one value of the envelope that onsets are looked for in
RISE_DB = 9.0  # over the loudest of the last PAST cells
PAST = 20  # 27 ms
DEEPEST_DB = -36.0  # below the loudest onset nothing counts as one
SHORTEST_S = 0.06  # between two onsets
ENCODED_PEAK = 0.8  # recordings are brought to the level the model was trained at, and back


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One hit: `path` (N, Z) or, when None, `embedding` (E,); frames are those of the recording."""

    frame: int
    frames: int
    class_index: int
    gain: float
    embedding: F32
    path: F32 | None


def takes(bundle: Bundle, audio: F32, class_index: int | None, *, keep_path: bool) -> list[Take]:
    """Return the hits that play a recording; `class_index` None: each is of the class it is closest to."""
    encoder.check(bundle.arrays)
    peak = float(np.abs(audio).max(initial=0.0))
    if peak == 0.0:
        raise AudioFileError("the recording is silent; expected something to encode")
    level = np.float32(ENCODED_PEAK / peak)
    found = []
    for start, stop in segments(audio):
        path = encoder.encode_path(bundle, audio[start:stop] * level)
        chosen = nearest_class(bundle, path) if class_index is None else class_index
        embedding = encoder.encode_embedding(bundle, path, chosen)
        kept = path if keep_path else None
        found.append(Take(start, stop - start, chosen, 1.0 / float(level), embedding, kept))
    return found


def nearest_class(bundle: Bundle, path: F32) -> int:
    """Return the class whose own embedding of a path is most likely under its prior."""
    mean, factor = bundle.arrays["prior.mean"], bundle.arrays["prior.factor"].astype(np.float64)
    scores = []
    for index in range(len(bundle.classes)):
        away = np.linalg.solve(factor[index], encoder.encode_embedding(bundle, path, index) - mean[index])
        scores.append(-0.5 * float(away @ away) - float(np.log(np.diagonal(factor[index])).sum()))
    return int(np.argmax(scores))


def segments(audio: F32) -> list[tuple[int, int]]:
    """Return where each hit of a recording begins and ends, in frames; at least one."""
    starts = onsets(audio)
    return list(zip(starts, [*starts[1:], len(audio)], strict=True))


def onsets(audio: F32) -> list[int]:
    """Return the frames where a recording, then each strong onset in it, begins."""
    first = analysis.onset_frame(audio)
    level_db = _envelope_db(audio)
    past = np.lib.stride_tricks.sliding_window_view(np.pad(level_db, (PAST, 0), constant_values=-200.0), PAST)
    rises = level_db - past[: len(level_db)].max(axis=1)
    loud = level_db > level_db.max() + DEEPEST_DB
    starts = [first]
    for cell in np.flatnonzero((rises >= RISE_DB) & loud):
        frame = _exact(audio, int(cell))
        if frame - starts[-1] >= SHORTEST_S * bands.MODEL_RATE_HZ:
            starts.append(frame)
    return starts


def _envelope_db(audio: F32) -> F32:
    """Return the peak of each CELL in dB, high frequencies emphasised: (cells,)."""
    emphasised = np.abs(np.diff(audio, prepend=np.float32(0.0))) + np.float32(1e-7)
    padded = np.pad(emphasised, (0, -len(audio) % CELL))
    return np.asarray(20 * np.log10(padded.reshape(-1, CELL).max(axis=1) + 1e-7), np.float32)


def _exact(audio: F32, cell: int) -> int:
    """Return the frame in or just before a cell at which the sound leaves what was there before."""
    start = max(0, (cell - 1) * CELL)
    before = np.abs(audio[max(0, start - 8 * CELL) : start]).max(initial=0.0)
    inside = np.abs(audio[start : (cell + 1) * CELL])
    above = inside > max(1.5 * before, 0.1 * float(inside.max()))
    return max(0, start + int(np.argmax(above)) - 8)
