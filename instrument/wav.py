"""Audio files: recordings in (WAV, FLAC, OGG), 24-bit WAV out.

A file is written beside its place under a temporary name and renamed when it is whole: an error on the
way leaves what was there before.
"""

import os
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from instrument import lookup
from instrument.errors import AudioFileError

LONGEST_S = 60.0
LARGEST_BYTES = 500_000_000  # a minute of eight channels at 192 kHz fits
LONGEST_NAME_BYTES = 240  # file systems take 255, and the temporary name is longer
SILENCE_DB = -90.0  # a recording whose peak is below holds nothing to encode
F32 = NDArray[np.float32]


class WavFile:
    """A WAV file in the making: append frames inside a `with`; an exception discards it.

    24 bit, or 32-bit float, in which nothing clips.
    """

    def __init__(
        self, path: str | os.PathLike[str], rate_hz: int, channels: int = 2, *, floating: bool = False
    ) -> None:
        import soundfile

        self.path = Path(path)
        self.rate_hz, self.frames, self.peak = rate_hz, 0, 0.0
        self._floating = floating
        subtype = "FLOAT" if floating else "PCM_24"
        check_output(self.path)
        self._temporary = self.path.with_name(f".{self.path.name}.{os.getpid()}")
        try:
            self._temporary.touch()
            self._file = soundfile.SoundFile(
                self._temporary, "w", samplerate=rate_hz, channels=channels, subtype=subtype, format="WAV"
            )
        except (OSError, soundfile.SoundFileError) as error:
            self._temporary.unlink(missing_ok=True)
            raise _unwritable(self.path, error) from None

    def append(self, frames: F32) -> None:
        """Write frames (N, channels); in 24 bit what lies beyond ±1 is clipped, nothing is dithered."""
        import soundfile

        self.frames += len(frames)
        self.peak = max(self.peak, float(np.abs(frames).max(initial=0.0)))
        try:
            self._file.write(frames if self._floating else whole(frames) << 8)
        except (OSError, soundfile.SoundFileError) as error:
            raise _unwritable(self.path, error) from None

    def append_padded(self, frames: F32, length: int) -> None:
        """Write frames and then silence up to `length` frames, cut there."""
        padded = np.zeros((length, frames.shape[1]), np.float32)
        padded[: len(frames)] = frames[:length]
        self.append(padded)

    def summary(self) -> str:
        """Return what was written in words."""
        peak_db = 20 * np.log10(max(self.peak, 1e-9))
        seconds = self.frames / self.rate_hz
        return f"{self.path}: {seconds:.2f} s at {self.rate_hz} Hz, peak {peak_db:.1f} dB"

    def close(self) -> None:
        """Free the descriptor; `finish` or `discard` still decides what becomes of the file."""
        self._file.close()

    def finish(self) -> None:
        """Close the file and put it in its place."""
        try:
            self._file.close()
            self._temporary.replace(self.path)
        except OSError as error:
            raise _unwritable(self.path, error) from None

    def discard(self) -> None:
        """Close the file and remove it; what was in its place stays. Nothing happens when finished."""
        self._file.close()
        self._temporary.unlink(missing_ok=True)

    def __enter__(self) -> "WavFile":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self.discard()


def whole(frames: F32) -> NDArray[np.int32]:
    """Return frames as 24-bit whole numbers; what lies beyond ±1 is clipped, nothing is dithered."""
    steps = np.rint(frames.astype(np.float64) * 2**23)
    return np.clip(steps, -(2**23), 2**23 - 1).astype(np.int32)


def check_output(path: Path) -> None:
    """Refuse a path that cannot become a WAV file before work is spent on it."""
    if path.suffix.lower() != ".wav":
        raise AudioFileError(f"cannot write {path}: the name of an output must end in .wav")
    if len(os.fsencode(path.name)) > LONGEST_NAME_BYTES:
        raise AudioFileError(f"cannot write {path}: its name is too long; at most {LONGEST_NAME_BYTES} bytes")
    if lookup.is_folder(path):
        raise AudioFileError(f"cannot write {path}: it is a folder; the name of a file is expected")
    if not lookup.is_folder(path.parent):
        raise AudioFileError(f"cannot write {path}: there is no folder {path.parent}")
    if not os.access(path.parent, os.W_OK) or (lookup.exists(path) and not os.access(path, os.W_OK)):
        raise AudioFileError(f"cannot write {path}: permission denied")


def read(path: str | os.PathLike[str], rate_hz: int) -> F32:
    """Read a recording as mono at `rate_hz`, (N,); AudioFileError when it cannot be used.

    Channels are averaged (the loudest alone is taken where they cancel). Any rate, up to LONGEST_S
    seconds, with a peak above SILENCE_DB.
    """
    frames, file_rate_hz = _read(Path(path))
    peaks = np.abs(frames).max(axis=0)
    mono = frames.mean(axis=1, dtype=np.float64)
    if np.abs(mono).max() < 0.1 * peaks.max():
        mono = frames[:, peaks.argmax()].astype(np.float64)
    if not np.isfinite(mono).all():
        raise AudioFileError(f"{path}: holds values that are no numbers; expected a finite recording")
    if np.abs(mono).max() < 10 ** (SILENCE_DB / 20):
        raise AudioFileError(f"{path}: is silent; expected a peak above {SILENCE_DB:.0f} dB")
    if file_rate_hz == rate_hz:
        return np.asarray(mono, np.float32)
    import soxr

    resampled: F32 = soxr.resample(mono, file_rate_hz, rate_hz, quality="HQ").astype(np.float32)
    return resampled


def _read(path: Path) -> tuple[F32, int]:
    import soundfile

    if not lookup.exists(path):
        raise AudioFileError(f"{path}: no such file; expected a WAV, FLAC or OGG recording")
    if not lookup.is_file(path):
        found = "a folder" if lookup.is_folder(path) else "no regular file"
        raise AudioFileError(f"{path}: is {found}; expected a WAV, FLAC or OGG recording")
    if path.stat().st_size > LARGEST_BYTES:
        raise AudioFileError(f"{path}: is larger than {LARGEST_BYTES / 1e6:g} MB; expected a recording")
    try:
        with soundfile.SoundFile(path) as file:
            rate_hz = int(file.samplerate)
            if file.frames > LONGEST_S * rate_hz:
                seconds = file.frames / rate_hz
                raise AudioFileError(f"{path}: lasts {seconds:.1f} s; at most {LONGEST_S:.0f} s are expected")
            frames = file.read(dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError) as error:
        reason = str(getattr(error, "error_string", error)).strip().rstrip(".")
        raise AudioFileError(f"{path}: cannot be read as WAV, FLAC or OGG ({reason})") from None
    if len(frames) == 0:
        raise AudioFileError(f"{path}: is empty; expected at least one frame of audio")
    return frames, rate_hz


def _unwritable(path: Path, error: Exception) -> AudioFileError:
    reason = (
        str(getattr(error, "strerror", None) or getattr(error, "error_string", error)).strip().rstrip(".")
    )
    if reason == "System error":  # libsndfile says no more
        reason = "no room left, or too large a file"
    return AudioFileError(f"cannot write {path}: {reason.lower()}")
