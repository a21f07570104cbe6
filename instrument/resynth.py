"""Recordings played by the model: found onsets, encoded, made into hits, rendered by the core.

A recording is mono float32 at the model's 48 kHz. Each strong onset begins a hit of its own, because only the
first grain of a hit has an attack; what lies before the first onset stays silent.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from instrument import analysis, bands, encoder
from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.offline import Offline
from instrument.seeds import mixed

F32 = NDArray[np.float32]

CELL = 64  # frames of one value of the envelope that onsets are looked for in
RISE_DB = 9.0  # over the loudest of the last PAST cells; less, and the hands of a clap come apart
PAST = 20  # 27 ms
DEEPEST_DB = -36.0  # below the loudest onset nothing counts as one
SHORTEST_S = 0.06  # between two onsets
QUIET_DB = -62.0  # a voice that stays below ends, so what comes after QUIET_CELLS of it is a new hit
QUIET_CELLS = 24  # 32 ms
ENCODED_PEAK = 0.8  # recordings are brought to the level the model was trained at, and back
PLAYED_GAIN = 0.5  # in the core, below its limiter; taken back afterwards
LARGEST_GAIN = 100.0
BLOCK, MOST_TAIL = 4_096, 10 * bands.MODEL_RATE_HZ  # frames rendered at a time; the longest ring-out


@dataclass(frozen=True, slots=True, eq=False)
class Take:
    """One hit: `path` (N, Z) or, when None, `embedding` (E,); frames are those of the recording."""

    frame: int
    frames: int
    class_index: int
    embedding: F32
    path: F32 | None
    pitch: float | None = None  # MIDI, in a pitched bundle; None: the middle of the class's range


def takes(
    bundle: Bundle, audio: F32, class_index: int | None, *, keep_path: bool, pitch: float | None = None
) -> list[Take]:
    """Return the hits that play a recording; `class_index` None: each is of the class it is closest to.

    They are encoded, and later played, at the level of ENCODED_PEAK, whatever that of the recording is.
    """
    encoder.check(bundle.arrays)
    choice = list(range(len(bundle.classes))) if class_index is None else [class_index]
    choice = choice if pitch is None else _sounding_at(bundle, choice, pitch)
    heard = audio * np.float32(ENCODED_PEAK / np.abs(audio).max())
    found = []
    for start, stop in segments(heard):
        path = encoder.encode_path(bundle, heard[start:stop])
        chosen = choice[0] if len(choice) == 1 else nearest_class(bundle, path, choice, pitch)
        embedding = _embedding(bundle, path, chosen, pitch)
        found.append(Take(start, stop - start, chosen, embedding, path if keep_path else None, pitch))
    return found


def _sounding_at(bundle: Bundle, choice: list[int], pitch: float) -> list[int]:
    """Return the classes of a choice that sound at a pitch; BundleError when none does."""
    able = [index for index in choice if bundle.sounding_pitch(index, pitch) == pitch]
    if not able:
        for index in choice:
            bundle.check_pitch(index, pitch)
    return able


def _embedding(bundle: Bundle, path: F32, class_index: int, pitch: float | None) -> F32:
    sounding = bundle.sounding_pitch(class_index, pitch)
    return encoder.encode_embedding(bundle, path, class_index, 0.0 if sounding is None else sounding)


def restored(played: F32, audio: F32, *, keep_path: bool) -> F32:
    """Return what `render` played, (N, 2), at the level of its recording, but never beyond full scale.

    A path carries the level of each grain. An embedding hardly does, so there the loudness (RMS) is matched.
    """
    gain = float(np.abs(audio).max()) / (ENCODED_PEAK * PLAYED_GAIN)
    if not keep_path:
        gain = _rms(audio) / max(_rms(played[: len(audio)]), 1e-9)
    loudest = max(float(np.abs(played).max()), 1e-9)
    return played * np.float32(min(gain, LARGEST_GAIN, 1.0 / loudest))


def _rms(sound: F32) -> float:
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64))))


def render(bundle: Bundle, hits: list[Take], frames: int, seed: int) -> Iterator[F32]:
    """Play takes, in order, for the `frames` of their recording and let them ring out; yield (N, 2)."""
    grains = max((len(hit.path) for hit in hits if hit.path is not None), default=0)
    with Offline(bundle, bands.MODEL_RATE_HZ, grains) as engine:
        done = 0
        for number, hit in enumerate(hits):
            yield from _play(engine, hit.frame - done)
            done = hit.frame
            engine.push(_event(bundle, engine, hit, mixed(seed, number), number))
        yield from _play(engine, frames - done)
        for _ in range(0, MOST_TAIL, BLOCK):
            if not engine.telemetry().voices:
                break
            yield engine.render(BLOCK)


def _play(engine: Offline, frames: int) -> Iterator[F32]:
    for done in range(0, frames, BLOCK):
        yield engine.render(min(BLOCK, frames - done))


def _event(bundle: Bundle, engine: Offline, hit: Take, seed: int, number: int) -> link.CEvent:
    """Return the core's event of a take; its path, if it has one, goes into the slot longest unused."""
    slot, length_s = link.NO_PATH, bundle.header.class_length_s[hit.class_index]
    if hit.path is not None:
        slot, length_s = number % link.PATHS, hit.frames / bands.MODEL_RATE_HZ + 1.0
        engine.set_path(slot, hit.path)
    timbre = link.Timbre(
        embedding=hit.embedding,
        condition=bundle.condition(hit.class_index, hit.pitch),
        pitch_hz=bundle.pitch_hz(hit.class_index, hit.pitch),
    )
    start = link.Start(seed=seed, id=number, gain=PLAYED_GAIN, length_s=length_s, path=slot)
    return link.hit(hit.frame, hit.class_index % link.TRACKS, timbre, start)


def nearest_class(bundle: Bundle, path: F32, choice: list[int], pitch: float | None = None) -> int:
    """Return the class, of a choice, whose own embedding of a path is most likely under its prior."""
    mean, factor = bundle.arrays["prior.mean"], bundle.arrays["prior.factor"].astype(np.float64)
    scores = []
    for index in choice:
        away = np.linalg.solve(factor[index], _embedding(bundle, path, index, pitch) - mean[index])
        scores.append(-0.5 * float(away @ away) - float(np.log(np.diagonal(factor[index])).sum()))
    return choice[int(np.argmax(scores))]


def segments(audio: F32) -> list[tuple[int, int]]:
    """Return where each hit of a recording begins and ends, in frames; at least one."""
    starts = onsets(audio)
    return list(zip(starts, [*starts[1:], len(audio)], strict=True))


def onsets(audio: F32) -> list[int]:
    """Return the frames where a recording begins, then each strong onset in it, and each end of a silence."""
    level_db = _cells_db(np.diff(audio, prepend=np.float32(0.0)))  # the attack is in the high frequencies
    rises = level_db - _loudest_of_past(level_db, PAST) >= RISE_DB
    struck = rises & (level_db > level_db.max() + DEEPEST_DB)
    plain_db = _cells_db(audio)
    resumed = (plain_db > QUIET_DB) & (_loudest_of_past(plain_db, QUIET_CELLS) <= QUIET_DB)
    starts = [analysis.onset_frame(audio)]
    for cell in np.flatnonzero(struck | resumed):
        frame = _exact(audio, int(cell))
        if frame - starts[-1] >= SHORTEST_S * bands.MODEL_RATE_HZ:
            starts.append(frame)
    return starts


def _cells_db(signal: F32) -> F32:
    """Return the peak of each CELL in dB, (cells,)."""
    padded = np.pad(np.abs(signal), (0, -len(signal) % CELL))
    return np.asarray(20 * np.log10(padded.reshape(-1, CELL).max(axis=1) + 1e-7), np.float32)


def _loudest_of_past(level_db: F32, cells: int) -> F32:
    """Return the largest of the `cells` values before each, (N,)."""
    past = np.lib.stride_tricks.sliding_window_view(
        np.pad(level_db, (cells, 0), constant_values=-200.0), cells
    )
    return np.asarray(past[: len(level_db)].max(axis=1), np.float32)


def _exact(audio: F32, cell: int) -> int:
    """Return the frame in or just before a cell at which the sound leaves what was there before."""
    start = max(0, (cell - 1) * CELL)
    before = np.abs(audio[max(0, start - 8 * CELL) : start]).max(initial=0.0)
    inside = np.abs(audio[start : (cell + 1) * CELL])
    above = inside > max(1.5 * before, 0.1 * float(inside.max()))
    return max(0, start + int(np.argmax(above)) - 8)
