"""Files are written whole or not at all; recordings that cannot be used are refused in one line."""

import contextlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import wav
from instrument.errors import AudioFileError

RATE_HZ = 48_000


def _tone(seconds: float, rate_hz: int = RATE_HZ, hz: float = 440.0) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate_hz)) / rate_hz)).astype(np.float32)


def test_a_written_file_is_24_bit_and_reads_back_within_half_a_step(tmp_path: Path):
    frames = np.stack([_tone(0.1), -_tone(0.1)], axis=1)
    with wav.WavFile(tmp_path / "a.wav", RATE_HZ) as out:
        out.append(frames[:1000])
        out.append(frames[1000:])
    assert soundfile.info(tmp_path / "a.wav").subtype == "PCM_24"
    back, rate_hz = soundfile.read(tmp_path / "a.wav", dtype="float64")
    assert rate_hz == RATE_HZ
    assert np.abs(back - frames).max() <= 2**-24 + 1e-12


@given(value=st.floats(-4, 4, width=32))
def test_no_value_wraps_around(value: float, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("wrap") / "a.wav"
    with wav.WavFile(path, RATE_HZ, channels=1) as out:
        out.append(np.array([[value]], np.float32))
    back, _ = soundfile.read(path)
    assert abs(back[0] - np.clip(value, -1, 1)) < 2e-7


def test_an_error_midway_keeps_the_file_that_was_there(tmp_path: Path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"what was there")

    def write() -> None:
        with wav.WavFile(path, RATE_HZ) as out:
            out.append(np.zeros((10, 2), np.float32))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert path.read_bytes() == b"what was there"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["none/a.wav", "a.flac", "a"])
def test_a_place_that_cannot_be_written_is_refused_before_any_work(name: str, tmp_path: Path):
    with pytest.raises(AudioFileError, match="cannot write"):
        wav.WavFile(tmp_path / name, RATE_HZ)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_output(tmp_path: Path):
    (tmp_path / "a.wav").mkdir()
    with pytest.raises(AudioFileError, match="is a folder"):
        wav.WavFile(tmp_path / "a.wav", RATE_HZ)


@pytest.mark.parametrize(
    ("suffix", "rate_hz"), [("wav", 44_100), ("flac", 96_000), ("ogg", 48_000), ("wav", 8_000)]
)
@pytest.mark.parametrize("channels", [1, 2])
def test_any_format_rate_and_channel_count_becomes_mono_at_the_rate_asked(
    suffix: str, rate_hz: int, channels: int, tmp_path: Path
):
    path = tmp_path / f"a.{suffix}"
    soundfile.write(path, np.stack([_tone(0.5, rate_hz)] * channels, axis=1), rate_hz)
    frames = wav.read(path, RATE_HZ)
    assert frames.dtype == np.float32
    assert abs(len(frames) - 0.5 * RATE_HZ) <= 2
    middle = slice(4800, -4800)
    assert np.abs(frames[middle] - _tone(0.5)[: len(frames)][middle]).max() < (
        0.05 if suffix == "ogg" else 0.002
    )


def test_channels_that_cancel_are_not_taken_for_silence(tmp_path: Path):
    soundfile.write(tmp_path / "a.wav", np.stack([_tone(0.1), -_tone(0.1)], axis=1), RATE_HZ)
    assert np.abs(wav.read(tmp_path / "a.wav", RATE_HZ)).max() > 0.4


def _recording(path: Path, kind: str) -> Path:
    if kind == "folder":
        path.mkdir()
    elif kind == "no bytes":
        path.touch()
    elif kind == "text":
        path.write_text("not audio at all\n" * 100)
    elif kind == "no frames":
        soundfile.write(path, np.zeros((0, 1)), RATE_HZ)
    elif kind == "silent":
        soundfile.write(path, np.zeros(4_800), RATE_HZ)
    elif kind == "nan":
        soundfile.write(path, np.full(100, np.nan), RATE_HZ, subtype="FLOAT")
    elif kind == "too long":
        soundfile.write(path, np.ones(61 * 8_000), 8_000)
    return path


REFUSED = {
    "missing": "no such file",
    "folder": "is a folder",
    "no bytes": "cannot be read as WAV, FLAC or OGG",
    "text": "cannot be read as WAV, FLAC or OGG",
    "no frames": "is empty",
    "silent": "is silent",
    "nan": "no numbers",
    "too long": "lasts 61.0 s; at most 60 s",
}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_recording_that_cannot_be_used_is_named_in_one_line(kind: str, tmp_path: Path):
    path = _recording(tmp_path / "in.wav", kind)
    with pytest.raises(AudioFileError) as caught:
        wav.read(path, RATE_HZ)
    assert REFUSED[kind] in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), suffix=st.sampled_from(["wav", "flac", "ogg"]))
def test_damaged_recordings_are_read_or_refused_but_nothing_else(
    data: st.DataObject, suffix: str, tmp_path: Path
):
    path = tmp_path / f"whole.{suffix}"
    if not path.exists():
        soundfile.write(path, _tone(0.05), RATE_HZ)
    whole = bytearray(path.read_bytes())
    for position in data.draw(st.lists(st.integers(0, min(200, len(whole) - 1)), max_size=6)):
        whole[position] = data.draw(st.integers(0, 255))
    damaged = tmp_path / f"damaged.{suffix}"
    damaged.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with contextlib.suppress(AudioFileError):
        assert np.isfinite(wav.read(damaged, RATE_HZ)).all()
