"""Sampled hits: each is a hit of its own, the same for the same seed, whole in its file."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from instrument import bundle, sampling
from instrument.cli import main
from instrument.seeds import mixed
from instrument.sound import LARGEST_SEED
from instrument.space import Space

RATE_HZ = 48_000


def _sample(*arguments: str, tiny: Path) -> None:
    assert main(["sample", *arguments, "--bundle", str(tiny)]) == 0


def test_each_number_gets_its_own_24_bit_file(tiny_bundle: Path, tmp_path: Path):
    _sample("kick", str(tmp_path / "k-%02d.wav"), "--count", "3", "--seed", "1", tiny=tiny_bundle)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["k-01.wav", "k-02.wav", "k-03.wav"]
    hits = [soundfile.read(tmp_path / name)[0] for name in names]
    for name, hit in zip(names, hits, strict=True):
        info = soundfile.info(tmp_path / name)
        assert (info.subtype, info.samplerate, info.channels) == ("PCM_24", RATE_HZ, 2)
        assert np.abs(hit).max() > 0.01
    shortest = min(map(len, hits))
    assert all(np.abs(a[:shortest] - hits[0][:shortest]).max() > 0.01 for a in hits[1:])


def test_hits_in_one_file_begin_at_equal_distances(tiny_bundle: Path, tmp_path: Path):
    _sample("snare", str(tmp_path / "row.wav"), "--count", "4", "--seed", "2", tiny=tiny_bundle)
    _sample("snare", str(tmp_path / "one-%d.wav"), "--count", "4", "--seed", "2", tiny=tiny_bundle)
    row, _ = soundfile.read(tmp_path / "row.wav")
    loaded = bundle.load(tiny_bundle)
    spacing = sampling.spacing_frames(loaded, loaded.class_index("snare"))
    assert len(row) == 4 * spacing
    for number in range(4):
        alone, _ = soundfile.read(tmp_path / f"one-{number + 1}.wav")
        part = row[number * spacing :][: len(alone)]
        np.testing.assert_array_equal(part, alone)


def test_the_same_seed_gives_the_same_bytes_and_another_others(tiny_bundle: Path, tmp_path: Path):
    for name, seed in (("a", "7"), ("b", "7"), ("c", "8")):
        _sample("tom", str(tmp_path / f"{name}.wav"), "--seed", seed, tiny=tiny_bundle)
    a, b, c = ((tmp_path / f"{name}.wav").read_bytes() for name in "abc")
    assert a == b
    assert a != c


def test_without_a_seed_every_call_draws_anew_and_says_the_seed(
    tiny_bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    out = tmp_path / "a.wav"
    _sample("tom", str(out), tiny=tiny_bundle)
    first, said = out.read_bytes(), capsys.readouterr().out
    _sample("tom", str(out), tiny=tiny_bundle)
    assert out.read_bytes() != first
    _sample("tom", str(out), "--seed", said.split("seed ")[1].strip(), tiny=tiny_bundle)
    assert out.read_bytes() == first


def test_temperature_zero_is_the_mean_of_the_class_with_another_noise(tiny_bundle: Path):
    loaded = bundle.load(tiny_bundle)
    hits = sampling.hits(loaded, 4, 1, sampling.Wish(temperature=0.0))
    first, second = next(hits), next(hits)
    spectra = [np.abs(np.fft.rfft(hit[:4096, 0])) for hit in (first, second)]
    levels = [20 * np.log10(np.sqrt((hit**2).mean())) for hit in (first, second)]
    assert abs(levels[0] - levels[1]) < 1.5
    assert np.abs(spectra[0] - spectra[1]).max() > 0.0


def test_a_hit_ends_before_the_next_may_begin(tiny_bundle: Path):
    loaded = bundle.load(tiny_bundle)
    for index in range(len(loaded.classes)):
        hit = next(sampling.hits(loaded, index, seed=3))
        assert len(hit) <= sampling.spacing_frames(loaded, index)
        assert np.abs(hit[-16:]).max() < 1e-3


def test_the_pitch_is_that_of_the_oscillators(pitched_bundle: Path):
    loaded = bundle.load(pitched_bundle)
    low, high, middle = (
        next(sampling.hits(loaded, 4, 1, sampling.Wish(pitch=pitch, temperature=0.0)))
        for pitch in (45.0, 70.0, None)
    )
    assert np.abs(low[:4096] - high[:4096]).max() > 1e-3
    np.testing.assert_array_equal(
        middle, next(sampling.hits(loaded, 4, 1, sampling.Wish(pitch=58.0, temperature=0.0)))
    )


def test_a_softer_hit_is_softer_and_duller_and_without_a_velocity_as_it_comes(tiny_bundle: Path):
    loaded = bundle.load(tiny_bundle)
    soft, hard, plain = (
        next(sampling.hits(loaded, 4, 1, sampling.Wish(velocity=velocity))) for velocity in (20, 127, None)
    )
    assert np.abs(soft).max() < 0.2 * np.abs(hard).max()
    neutral = next(sampling.hits(loaded, 4, 1, sampling.Wish(velocity=100)))
    ratio = np.abs(plain).max() / np.abs(neutral).max()
    assert ratio == pytest.approx(10 ** (3.5 / 20), rel=1e-3)  # velocity 100 is as bright as the model has it


def test_hits_of_a_bundle_that_knows_their_loudness_are_corrected(tmp_path: Path, bundle_parts):
    header, arrays = bundle_parts()
    arrays["loudness.linear"] = np.full((8, 32), 0.3, np.float32)
    arrays["prior.factor"] *= np.float32(0.2)  # near enough to the mean for no limit to be met
    known = bundle.write(tmp_path / "known.safetensors", header, arrays)
    plain = bundle.write(
        tmp_path / "plain.safetensors", header, {n: a for n, a in arrays.items() if n != "loudness.linear"}
    )
    space = Space(known)
    corrected, raw = (sampling.hits(loaded, 4, 1) for loaded in (known, plain))
    for number in range(3):
        embedding = space.draw(4, mixed(1, number) & LARGEST_SEED)
        gain = 10 ** (space.correction_db(4, embedding) / 20)
        heard = [next(each)[:6_000] for each in (corrected, raw)]  # a softer voice ends sooner
        np.testing.assert_allclose(heard[0], gain * heard[1], atol=2e-6)
