"""A pitched hit: oscillators on the harmonics of its pitch, as in the reference, and heard at their Hz."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from instrument.engine._core import lib

from instrument import bands, bundle
from instrument.bundle import QUANTISED_LAYERS, Bundle
from instrument.engine import link, model, translate
from instrument.engine.link import Start
from instrument.engine.offline import Offline
from instrument.events import Hit, Source, Timbre, Turn
from tests.instrument.engine import compiled, reference
from tests.instrument.engine.playing import HOP, hit, play, timbre

RATES = [44_100, 48_000, 96_000]
GAIN = 0.05  # keeps the limiter out
GRAINS = 30
LEVEL = np.exp(-3.0)  # of each oscillator of `comb`
TABLE_ERROR = 2e-4  # of 16-bit tables, against the loudest sample

Parts = Callable[[], tuple[Any, dict[str, np.ndarray]]]


def oscillators_only(parts: Parts, path: Any, count: int) -> Bundle:
    """Write a bundle that only knows its first oscillators, at their centres, for ever."""
    header, arrays = parts()
    arrays["spectrum.weight"][:] = 0
    arrays["attack.weight"][:] = 0
    arrays["spectrum.bias"][:80] = -20.0
    arrays["spectrum.bias"][80:] = 0.0
    arrays["spectrum.bias"][64 : 64 + count] = np.log(LEVEL)
    return bundle.write(path, header, arrays)


@pytest.fixture(scope="module")
def comb(bundle_parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Give a bundle of sixteen steady oscillators."""
    return oscillators_only(bundle_parts, tmp_path_factory.mktemp("bundles") / "comb.safetensors", 16)


@pytest.fixture(scope="module")
def sine(bundle_parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Give a bundle of one steady oscillator, the first."""
    return oscillators_only(bundle_parts, tmp_path_factory.mktemp("bundles") / "sine.safetensors", 1)


def rendered(made: Bundle, rate_hz: int, frames: int, **changes: float) -> np.ndarray:
    """Return a hit of timbre 0, (frames,)."""
    with Offline(made, rate_hz) as engine:
        engine.push(link.hit(0, 0, timbre(0, **changes), Start(seed=5, gain=GAIN, length_s=60.0)))
        return engine.render(frames)[:, 0] / np.float32(GAIN)


def as_reference(made: Bundle, rate_hz: int) -> reference.Model:
    """Return a bundle's model for the reference."""
    arrays = made.arrays
    layers = {}
    for name in ("gates", "first", "lens", *QUANTISED_LAYERS):
        weight = arrays[f"{name}.weight"]
        bias = arrays.get(f"{name}.bias", np.zeros(len(weight), np.float32))
        layers[name] = reference.Layer(weight, bias, arrays.get(f"{name}.scale"))
    hop = bands.hop_frames(rate_hz)
    waves = model.resample(arrays["atoms.wave"].astype(np.float32), rate_hz, 2 * hop)
    return reference.Model(hop, rate_hz, layers, waves, bands.noise_tables(rate_hz))


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize("pitch_hz", [0.0, 98.0, 1760.0])
def test_a_pitched_hit_sounds_as_the_reference_at_every_rate(
    drums: Bundle, rate_hz: int, pitch_hz: float
) -> None:
    made = as_reference(drums, rate_hz)
    network, sound = reference.Network(made, compiled.functions(), pitch_hz), timbre(0)
    assert sound.embedding is not None
    assert sound.condition is not None
    assert sound.latent is not None
    network.start(sound.embedding, sound.condition)
    grains = [network.grain(network.latent() + sound.latent, first=t == 0) for t in range(GRAINS)]
    theirs = reference.hit(made, grains, 5)
    ours = rendered(drums, rate_hz, len(theirs), pitch_hz=pitch_hz)
    assert np.abs(theirs).max() > 0.05
    assert np.abs(ours - theirs).max() < TABLE_ERROR * np.abs(theirs).max()


def strongest_hz(sound: np.ndarray, rate_hz: int, low: float, high: float) -> float:
    """Return the frequency of the strongest partial between two."""
    length = 16 * len(sound)
    spectrum = np.abs(np.fft.rfft(sound * np.hanning(len(sound)), length))
    first, last = (round(hz * length / rate_hz) for hz in (low, high))
    return float((first + np.argmax(spectrum[first:last])) * rate_hz / length)


@pytest.mark.parametrize("rate_hz", RATES)
@pytest.mark.parametrize(("pitch_hz", "tune"), [(311.13, 1.0), (220.0, 1.5)])
def test_sixteen_harmonics_are_heard_at_their_hz(
    comb: Bundle, rate_hz: int, pitch_hz: float, tune: float
) -> None:
    sound = rendered(comb, rate_hz, rate_hz // 2, pitch_hz=pitch_hz, tune=tune)
    for harmonic in pitch_hz * tune * np.arange(1, 17):
        low, high = harmonic - 0.4 * pitch_hz, harmonic + 0.4 * pitch_hz
        assert strongest_hz(sound, rate_hz, low, high) == pytest.approx(harmonic, abs=0.2)


@pytest.mark.parametrize("rate_hz", RATES)
def test_harmonics_above_045_of_the_rate_are_silent_and_the_rest_sines(comb: Bundle, rate_hz: int) -> None:
    harmonics = 2500.0 * np.arange(1, 17)[:, None]
    turns = harmonics * np.arange(rate_hz // 10) / rate_hz
    expected = (LEVEL * np.sin(2 * np.pi * turns) * (harmonics <= 0.45 * rate_hz)).sum(axis=0)
    sound = rendered(comb, rate_hz, rate_hz // 10, pitch_hz=2500.0)
    np.testing.assert_allclose(sound, expected, atol=0.01 * LEVEL)


def test_a_pitch_that_is_none_sounds_as_no_pitch_to_the_bit(drums: Bundle) -> None:
    plain = rendered(drums, 48_000, 8 * HOP)
    for odd in (0.0, -1.0, np.nan, np.inf, -np.inf):
        assert rendered(drums, 48_000, 8 * HOP, pitch_hz=odd).tobytes() == plain.tobytes()
    assert rendered(drums, 48_000, 8 * HOP, pitch_hz=440.0).tobytes() != plain.tobytes()


@pytest.mark.parametrize("pitch_hz", [1e-42, 1e-3, 1e9, 3e38])
def test_any_pitch_gives_bounded_sound(comb: Bundle, pitch_hz: float) -> None:
    events = [hit(0), link.sound(1000, 0, timbre(0, pitch_hz=pitch_hz, tune=16.0))]
    events.append(link.sound(3000, 0, timbre(0, pitch_hz=100.0, tilt=24.0)))
    sound = play(comb, events, 6000)
    assert np.isfinite(sound).all()
    assert np.abs(sound).max() <= 1.0


def test_a_pitch_turned_mid_note_glides_over_one_hop_and_no_faster(sine: Bundle) -> None:
    at, first, second = 20 * HOP, 200.0, 500.0
    start = Start(gain=GAIN, length_s=60.0)
    events = [
        link.hit(0, 0, timbre(0, pitch_hz=first), start),
        link.sound(at - 100, 0, timbre(0, pitch_hz=second)),
    ]
    sound = play(sine, events, [64] * (40 * HOP // 64))[:, 0] / GAIN
    hz = np.interp(np.arange(40 * HOP) + 0.5, [at, at + HOP], [first, second])
    turns = np.concatenate([[0.0], np.cumsum(hz)[:-1]]) / 48_000
    np.testing.assert_allclose(sound, LEVEL * np.sin(2 * np.pi * turns), atol=2e-3 * LEVEL)
    assert np.abs(np.diff(sound)).max() < LEVEL * 2 * np.pi * second / 48_000 * 1.01


def test_the_instruments_pitch_reaches_the_core() -> None:
    vector = np.zeros(8, np.float32)
    pitched = Timbre(embedding=vector, latent=vector, condition=vector, decay_s=0.0, pitch_hz=261.5)
    plain = Timbre(embedding=vector, latent=vector, condition=vector, decay_s=0.0)
    for sound, expected in ((pitched, 261.5), (plain, 0.0)):
        turn = Turn(frame=1, track=0, tilt=0.0, timbre=sound)
        start = Hit(
            frame=1, track=0, source=Source.LIVE, seed=0, id=0, gain=1.0, tilt=0.0, timbre=sound,
            choke_group=0, length_s=1.0,
        )  # fmt: skip
        assert [translate.struct(event).values[lib.GD_PITCH_HZ] for event in (start, turn)] == [expected] * 2
