"""Recordings through the model: onsets found, hits in their places, any format, level kept."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, resynth
from instrument.cli import main
from instrument.errors import BundleError

RATE_HZ = 48_000


def _strike(frames: int, hz: float, rng: np.random.Generator) -> np.ndarray:
    at = np.arange(frames)
    noise = 0.2 * rng.standard_normal(frames)
    return (np.exp(-at / 2_500) * (0.5 * np.sin(2 * np.pi * hz * at / RATE_HZ) + noise)).astype(np.float32)


def _loop(starts: list[int], frames: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    sound = np.zeros(frames, np.float32)
    for number, start in enumerate(starts):
        sound[start:] += _strike(frames - start, 60.0 + 40 * number, rng)
    return sound


def _played(path: Path) -> np.ndarray:
    sound, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    assert rate_hz == RATE_HZ
    assert np.isfinite(sound).all()
    return np.asarray(sound)


@settings(max_examples=20, deadline=None)
@given(gaps=st.lists(st.integers(9_000, 30_000), min_size=1, max_size=8))
def test_every_strike_is_found_within_a_third_of_a_millisecond(gaps: list[int]):
    starts = [int(start) for start in np.cumsum(gaps)]
    found = resynth.onsets(_loop(starts, starts[-1] + 20_000))
    assert len(found) == len(starts)
    assert np.abs(np.array(found) - starts).max() <= 16


def test_a_ringing_or_noisy_sound_is_one_hit():
    at = np.arange(RATE_HZ)
    ringing = np.sin(2 * np.pi * 200 * at / RATE_HZ) * (1 + 0.5 * np.sin(2 * np.pi * 5 * at / RATE_HZ))
    noise = np.random.default_rng(0).standard_normal(RATE_HZ)
    for sound in (ringing, noise):
        assert len(resynth.onsets((0.3 * sound).astype(np.float32))) == 1


def test_what_follows_a_silence_is_a_new_hit_however_softly_it_begins():
    swell = np.linspace(0, 1, RATE_HZ) ** 2 * np.sin(np.arange(RATE_HZ) * 0.05)
    sound = np.concatenate([swell[::-1], np.zeros(9_600), swell]).astype(np.float32) * 0.5
    found = resynth.onsets(sound)
    assert any(RATE_HZ + 9_600 <= start < RATE_HZ + 9_600 + 6_000 for start in found)


@pytest.mark.parametrize("through", ["path", "embedding"])
def test_hits_sound_where_the_recording_has_its_onsets(through: str, tiny_bundle: Path):
    starts = [3_000, 20_000, 41_000]
    audio = _loop(starts, 60_000)
    loaded = bundle.load(tiny_bundle)
    hits = resynth.takes(loaded, audio, 4, keep_path=through == "path")
    assert [hit.frame for hit in hits] == resynth.onsets(audio)
    assert all((hit.path is not None) == (through == "path") for hit in hits)
    sound = np.concatenate(list(resynth.render(loaded, hits, len(audio), seed=0)))
    assert np.abs(sound[: hits[0].frame]).max() == 0.0
    for hit in hits:
        assert np.abs(sound[hit.frame :][:64]).max() > 0.0
    assert len(audio) <= len(sound)


def test_a_path_has_a_latent_for_every_hop_of_its_hit(tiny_bundle: Path):
    audio = _loop([100], 256 * 40)
    (hit,) = resynth.takes(bundle.load(tiny_bundle), audio, None, keep_path=True)
    assert hit.path is not None
    assert hit.path.shape == (-(-hit.frames // 256), 32)


def test_a_recording_is_played_at_the_pitch_that_is_asked_for(pitched_bundle: Path):
    loaded = bundle.load(pitched_bundle)
    audio = _loop([0], 20_000)
    (middle,) = resynth.takes(loaded, audio, 4, keep_path=False)
    (high,) = resynth.takes(loaded, audio, 4, keep_path=False, pitch=70.0)
    assert (middle.pitch, high.pitch) == (None, 70.0)
    assert not np.array_equal(middle.embedding, high.embedding)
    played = [np.concatenate(list(resynth.render(loaded, [hit], 20_000, 0))) for hit in (middle, high)]
    assert np.abs(played[0][:9_000] - played[1][:9_000]).max() > 1e-3


def test_only_classes_that_sound_at_a_pitch_may_play_it(pitched_bundle: Path):
    loaded = bundle.load(pitched_bundle)
    (hit,) = resynth.takes(loaded, _loop([0], 20_000), None, keep_path=True, pitch=79.0)
    assert loaded.classes[hit.class_index] == "tom"  # 43 to 79: no other class reaches so high
    with pytest.raises(BundleError, match="has no pitch 90"):
        resynth.takes(loaded, _loop([0], 20_000), None, keep_path=True, pitch=90.0)


def _play(loaded: bundle.Bundle, audio: np.ndarray, *, keep_path: bool) -> np.ndarray:
    hits = resynth.takes(loaded, audio, 4, keep_path=keep_path)
    played = np.concatenate(list(resynth.render(loaded, hits, len(audio), seed=0)))
    return resynth.restored(played, audio, keep_path=keep_path)


@pytest.mark.parametrize("gain", [0.5, 0.01])
@pytest.mark.parametrize("keep_path", [True, False])
def test_a_softer_recording_is_played_softer_and_otherwise_the_same(
    gain: float, keep_path: bool, tiny_bundle: Path
):
    audio = 0.1 * _loop([0], 24_000)
    loaded = bundle.load(tiny_bundle)
    whole = _play(loaded, audio, keep_path=keep_path)
    softer = _play(loaded, np.float32(gain) * audio, keep_path=keep_path)
    assert np.abs(softer - gain * whole).max() <= 0.02 * gain * np.abs(whole).max()


def test_through_the_embedding_the_loudness_of_the_recording_is_met(tiny_bundle: Path):
    audio = 0.1 * _loop([0], 24_000)
    played = _play(bundle.load(tiny_bundle), audio, keep_path=False)[: len(audio)]
    ratio = np.sqrt((played**2).mean() / (audio**2).mean())
    assert abs(20 * np.log10(ratio)) < 0.1


@pytest.mark.parametrize("keep_path", [True, False])
def test_nothing_is_louder_than_full_scale(keep_path: bool):
    played, loud = np.full((10, 2), 0.001, np.float32), np.full(10, 1.0, np.float32)
    played[3] = 0.9
    assert np.abs(resynth.restored(played, loud, keep_path=keep_path)).max() <= 1.0


@pytest.mark.parametrize(
    ("suffix", "rate_hz", "channels"), [("wav", 44_100, 2), ("flac", 96_000, 1), ("ogg", 48_000, 2)]
)
@pytest.mark.parametrize("through", ["path", "embedding"])
def test_any_recording_becomes_24_bit_at_48_khz(
    suffix: str, rate_hz: int, channels: int, through: str, tiny_bundle: Path, tmp_path: Path
):
    seconds = 0.3
    tone = _strike(round(seconds * rate_hz), 100.0, np.random.default_rng(0))
    soundfile.write(tmp_path / f"in.{suffix}", np.stack([tone] * channels, axis=1), rate_hz)
    out = tmp_path / "out.wav"
    arguments = ["resynth", str(tmp_path / f"in.{suffix}"), str(out), "--through", through, "--class", "tom"]
    assert main([*arguments, "--bundle", str(tiny_bundle)]) == 0
    assert soundfile.info(out).subtype == "PCM_24"
    assert len(_played(out)) >= round(seconds * RATE_HZ)
    assert np.abs(_played(out)).max() > 1e-3


def test_the_same_seed_gives_the_same_bytes_and_another_other_noise(tiny_bundle: Path, tmp_path: Path):
    soundfile.write(tmp_path / "in.wav", _loop([0, 9_000], 20_000), RATE_HZ)
    written = []
    for seed in "112":
        arguments = ["resynth", str(tmp_path / "in.wav"), str(tmp_path / "o.wav"), "--seed", seed]
        assert main([*arguments, "--bundle", str(tiny_bundle)]) == 0
        written.append((tmp_path / "o.wav").read_bytes())
    assert written[0] == written[1] != written[2]


@pytest.mark.slow
def test_a_whole_minute_is_played(tiny_bundle: Path, tmp_path: Path):
    noise = 0.1 * np.random.default_rng(0).standard_normal(60 * RATE_HZ)
    soundfile.write(tmp_path / "in.flac", noise, RATE_HZ)
    out = tmp_path / "o.wav"
    arguments = [
        "resynth",
        str(tmp_path / "in.flac"),
        str(out),
        "--class",
        "ride",
        "--bundle",
        str(tiny_bundle),
    ]
    assert main(arguments) == 0
    assert len(_played(out)) >= 60 * RATE_HZ


def test_a_bundle_without_an_encoder_says_so(
    bundle_parts, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    header, arrays = bundle_parts()
    kept = {name: array for name, array in arrays.items() if not name.startswith("encoder.")}
    bundle.write(tmp_path / "deaf.safetensors", header, kept)
    soundfile.write(tmp_path / "in.wav", _loop([0], 9_000), RATE_HZ)
    arguments = [
        str(tmp_path / "in.wav"),
        str(tmp_path / "o.wav"),
        "--bundle",
        str(tmp_path / "deaf.safetensors"),
    ]
    assert main(["resynth", *arguments]) == 2
    assert "it cannot encode recordings" in capsys.readouterr().err
    assert not (tmp_path / "o.wav").exists()
