"""Sounds and pictures small enough to lie in a page: Ogg Vorbis, and spectrograms in sixteen colours."""

import io
import struct
import zlib
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy import fft

from instrument.bands import MODEL_RATE_HZ

F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]

COMPRESSION = 0.85  # of Vorbis, 0 to 1: some 50 kbit/s
WRITE_FRAMES = 1 << 14  # at once: libsndfile keeps what it writes to Vorbis on its stack
GAP_S = 0.05  # between the sounds of a reel
QUIET_DB = -60.0  # below the loudest, a sound's end is cut
FADE_S = 0.01

FFT = 4096
WINDOW, LOW_WINDOW, CROSSING_HZ = 1024, 2560, 400.0  # the longer one below the crossing
LOW_HZ, HIGH_HZ = 35.0, 20_000.0
RANGE_DB = 68.0
SHADES = 16
DARK_TO_BRIGHT = ((10, 9, 26), (72, 24, 106), (168, 46, 95), (236, 110, 58), (251, 190, 66), (253, 246, 190))


def trimmed(sound: F32, longest_s: float) -> F32:
    """Return a sound without its silent end, at most `longest_s` long, faded out; never above full scale."""
    peak = float(np.abs(sound).max(initial=0.0))
    heard = np.flatnonzero(np.abs(sound) > peak * 10 ** (QUIET_DB / 20))
    end = min(int(heard[-1]) + 1 if len(heard) else 1, int(longest_s * MODEL_RATE_HZ))
    cut = np.asarray(sound[:end] / max(1.0, peak), np.float32)
    fade = min(int(FADE_S * MODEL_RATE_HZ), len(cut))
    cut[len(cut) - fade :] *= np.linspace(1.0, 0.0, fade, dtype=np.float32)
    return cut


def reel(sounds: Sequence[F32]) -> tuple[F32, list[tuple[float, float]]]:
    """Return sounds one after the other, and where each lies: start and length in seconds."""
    gap = np.zeros(int(GAP_S * MODEL_RATE_HZ), np.float32)
    parts, places, frame = [gap], [], len(gap)
    for sound in sounds:
        places.append((frame / MODEL_RATE_HZ, len(sound) / MODEL_RATE_HZ))
        parts += [sound, gap]
        frame += len(sound) + len(gap)
    return np.concatenate(parts), places


def vorbis(sound: F32) -> bytes:
    """Return a sound as Ogg Vorbis."""
    memory = io.BytesIO()
    with soundfile.SoundFile(
        memory, "w", MODEL_RATE_HZ, 1, format="OGG", subtype="VORBIS", compression_level=COMPRESSION
    ) as file:
        for frame in range(0, len(sound), WRITE_FRAMES):
            file.write(sound[frame : frame + WRITE_FRAMES])
    return memory.getvalue()


def spectrogram(sound: F32, seconds: float, width: int, height: int) -> F32:
    """Return levels in dB of full scale, (height, width): the first `seconds`, HIGH_HZ on top."""
    centres = np.linspace(0.0, seconds * MODEL_RATE_HZ, width, endpoint=False).astype(int)
    high, low = _power(sound, centres, WINDOW), _power(sound, centres, LOW_WINDOW)
    edges_hz = LOW_HZ * (HIGH_HZ / LOW_HZ) ** (np.arange(height + 1) / height)
    rows = [
        _loudest(low if hz < CROSSING_HZ else high, (hz * FFT / MODEL_RATE_HZ, above * FFT / MODEL_RATE_HZ))
        for hz, above in pairwise(edges_hz)
    ]
    return np.asarray(10.0 * np.log10(np.array(rows[::-1]) + 1e-12), np.float32)


def _loudest(power: F32, bins: tuple[float, float]) -> F32:
    """Return the largest power between two bins, (width,); between neighbours, what lies between them."""
    first, last = (int(np.ceil(place)) for place in bins)
    if last > first:
        return np.asarray(power[:, first:last].max(axis=1))
    share = 0.5 * (bins[0] + bins[1]) - (first - 1)
    return np.asarray((1.0 - share) * power[:, first - 1] + share * power[:, first], np.float32)


def _power(sound: F32, centres: NDArray[np.int_], window: int) -> F32:
    """Return power spectra about frames, (len(centres), FFT / 2 + 1); a full-scale sine has 1."""
    shape = np.hanning(window).astype(np.float32)
    behind = max(0, int(centres[-1]) + window - len(sound))
    padded = np.pad(sound, (window // 2, behind))
    pieces = padded[centres[:, None] + np.arange(window)] * shape
    return np.asarray(np.abs(fft.rfft(pieces, FFT)) ** 2 * (2.0 / shape.sum()) ** 2, np.float32)


def shaded(levels: F32, top_db: float) -> U8:
    """Return shades 0 to SHADES - 1, from RANGE_DB below `top_db` to it."""
    share = (levels - (top_db - RANGE_DB)) / RANGE_DB
    return np.asarray(np.clip(np.rint(share * (SHADES - 1)), 0, SHADES - 1), np.uint8)


def png(shades: U8) -> bytes:
    """Return shades (height, width) as a PNG of SHADES colours, four bits each."""
    height, width = shades.shape
    even = np.pad(shades, ((0, 0), (0, width % 2)))
    packed = (even[:, ::2] << 4) | even[:, 1::2]
    rows = np.pad(packed, ((0, 0), (1, 0)))  # before each row its filter: none
    stops = np.linspace(0, len(DARK_TO_BRIGHT) - 1, SHADES)
    colours = [
        np.interp(stops, range(len(DARK_TO_BRIGHT)), channel) for channel in zip(*DARK_TO_BRIGHT, strict=True)
    ]
    palette = np.rint(np.array(colours).T).astype(np.uint8)
    head = struct.pack(">IIBBBBB", width, height, 4, 3, 0, 0, 0)
    chunks = (
        (b"IHDR", head),
        (b"PLTE", palette.tobytes()),
        (b"IDAT", zlib.compress(rows.tobytes(), 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
