"""The sound of a grain against the numpy reference, and what tilt and tune do."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from instrument import bands
from tests.instrument.engine import compiled, reference
from tests.instrument.engine.compiled import Decoder
from tests.instrument.engine.reference import F32, F64, Grain, random_model

HOP = 256
RATE_HZ = 48_000.0
TABLE_ERROR = 1e-4  # of 16-bit tables, against the loudest sample


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(random_model())


def random_grain(seed: int) -> Grain:
    rng = np.random.default_rng(seed)
    gains = np.exp(rng.normal(-4, 2, 80)).astype(np.float32) * (rng.random(80) < 0.8)
    hz = bands.slot_centres_hz() * np.float32(2) ** rng.uniform(-0.2, 0.2, 16).astype(np.float32)
    return Grain(
        gains[:64].astype(np.float32),
        gains[64:].astype(np.float32),
        hz,
        rng.normal(size=64).astype(np.float32),
    )


def silent_grain(**given: NDArray[Any]) -> Grain:
    fields = {
        "bands": np.zeros(64),
        "amplitudes": np.zeros(16),
        "hz": bands.slot_centres_hz(),
        "atoms": np.zeros(64),
    }
    return Grain(**{name: np.asarray(array, np.float32) for name, array in (fields | given).items()})


def c_grain(grain: Grain) -> Any:
    ffi, _ = compiled.library()
    out = ffi.new("gd_grain *")
    for name in ("bands", "amplitudes", "hz", "atoms"):
        setattr(out, name, getattr(grain, name).tolist())
    return out


def added(frames: int, call: Callable[[Any], object], start: float = 0.0) -> F32:
    """Return what `call` makes of a buffer."""
    out = np.full(frames, start, np.float32)
    call(compiled.floats(out))
    return out


def noise(decoder: Decoder, grain: Grain, draw: tuple[int, int, float], *, first: bool = False) -> F32:
    ffi, lib = compiled.library()
    c_draw = ffi.new("gd_draw *", draw)[0]
    frames = 2 * decoder.model.hop
    return added(frames, lambda out: lib.gd_noise_add(decoder.waves, c_grain(grain), c_draw, first, out))


def hit(decoder: Decoder, grains: list[Grain], seed: int) -> F32:
    """Play grains as a voice does."""
    ffi, lib = compiled.library()
    waves, hop, state = decoder.waves, decoder.model.hop, ffi.new("uint64_t *", seed)
    voice, out = ffi.new("gd_oscillators *"), np.zeros((len(grains) + 1) * hop, np.float32)
    for t, grain in enumerate(map(c_grain, grains)):
        lib.gd_noise_add(
            waves, grain, lib.gd_draw_next(waves, state), t == 0, compiled.floats(out[t * hop :])
        )
        if t == 0:
            lib.gd_attack_add(waves, grain, compiled.floats(out))
            lib.gd_oscillators_start(voice, grain)
        else:
            lib.gd_oscillators_next(waves, voice, grain)
        lib.gd_oscillate(waves, voice, 0, hop, compiled.floats(out[t * hop :]))
    return out[: len(grains) * hop]


def assert_near(ours: F32, theirs: F64, error: float = TABLE_ERROR) -> None:
    assert np.abs(ours - theirs).max() < error * np.abs(theirs).max()


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 96_000])
def test_a_hit_sounds_as_the_reference_at_every_rate(rate_hz: int) -> None:
    model = random_model(2, rate_hz=rate_hz)
    grains = [random_grain(seed) for seed in range(20)]
    assert_near(hit(Decoder(model), grains, 12345), reference.hit(model, grains, 12345), 2 * TABLE_ERROR)


@pytest.mark.parametrize("kernel", compiled.kernels())
def test_every_kernel_plays_the_same_bits(decoder: Decoder, kernel: str) -> None:
    ffi, lib = compiled.library()
    grains = [random_grain(seed) for seed in range(5)]
    lib.gd_kernel_select(b"portable")
    plain = hit(decoder, grains, 99)
    assert lib.gd_kernel_select(kernel.encode())
    np.testing.assert_array_equal(hit(decoder, grains, 99), plain)
    lib.gd_kernel_select(ffi.NULL)


def test_draws_are_those_of_splitmix64(decoder: Decoder) -> None:
    ffi, lib = compiled.library()
    state = ffi.new("uint64_t *", 2**64 - 3)
    for _, expected in zip(range(100), reference.draws(2**64 - 3, 2 * HOP), strict=False):
        draw = lib.gd_draw_next(decoder.waves, state)
        assert (draw.segment, draw.shift, draw.sign) == expected


@pytest.mark.parametrize("shift", [0, 1, 255, 256, 511])
@pytest.mark.parametrize("first", [False, True])
def test_noise_is_the_turned_segment_under_the_window(decoder: Decoder, shift: int, first: bool) -> None:
    grain = random_grain(1)
    theirs = reference.noise(decoder.model, grain.bands, (2, shift, -1.0), first=first)
    assert_near(noise(decoder, grain, (2, shift, -1.0), first=first), theirs)


def test_one_band_sounds_at_its_own_frequency_and_level(decoder: Decoder) -> None:
    for band in (0, 20, 63):
        grain = silent_grain(bands=np.eye(64)[band])
        spectrum = np.abs(np.fft.rfft(noise(decoder, grain, (0, 77, 1.0))))
        assert abs(np.argmax(spectrum) * RATE_HZ / 512 - bands.band_centres_hz()[band]) < 500


def test_silent_bands_add_nothing(decoder: Decoder) -> None:
    ffi, lib = compiled.library()
    grain, draw = c_grain(silent_grain()), ffi.new("gd_draw *", (0, 5, 1.0))[0]
    out = added(512, lambda out: lib.gd_noise_add(decoder.waves, grain, draw, 0, out), start=0.25)
    assert (out == 0.25).all()


def test_a_broken_draw_reads_within_the_tables(decoder: Decoder) -> None:
    assert np.isfinite(noise(decoder, random_grain(1), (2**32 - 1, 2**32 - 1, 1.0))).all()


def test_the_attack_is_the_weighted_sum_of_atoms_without_a_window(decoder: Decoder) -> None:
    _, lib = compiled.library()
    grain = random_grain(3)
    ours = added(512, lambda out: lib.gd_attack_add(decoder.waves, c_grain(grain), out))
    assert_near(ours, grain.atoms.astype(np.float64) @ decoder.model.atom_waves)


def oscillators(decoder: Decoder, *grains: Grain) -> Any:
    """Return oscillators after these grains."""
    ffi, lib = compiled.library()
    voice = ffi.new("gd_oscillators *")
    lib.gd_oscillators_start(voice, c_grain(grains[0]))
    for grain in grains[1:]:
        lib.gd_oscillators_next(decoder.waves, voice, c_grain(grain))
    return voice


@settings(max_examples=50, deadline=None)
@given(cuts=st.lists(st.integers(0, HOP), max_size=8), seed=st.integers(0, 1000))
def test_how_a_hop_is_cut_changes_no_bit(decoder: Decoder, cuts: list[int], seed: int) -> None:
    _, lib = compiled.library()
    voice = oscillators(decoder, random_grain(seed), random_grain(seed + 1))
    whole = added(HOP, lambda out: lib.gd_oscillate(decoder.waves, voice, 0, HOP, out))
    pieces = np.zeros(HOP, np.float32)
    edges = [0, *sorted(cuts), HOP]
    for start, stop in itertools.pairwise(edges):
        lib.gd_oscillate(decoder.waves, voice, start, stop, compiled.floats(pieces[start:]))
    np.testing.assert_array_equal(pieces, whole)


def test_oscillators_go_on_smoothly_for_a_minute(decoder: Decoder) -> None:
    _, lib = compiled.library()
    grain = silent_grain(amplitudes=np.eye(16)[5], hz=np.full(16, 440.0))
    voice, hops = oscillators(decoder, grain), 187 * 60
    for _ in range(hops):
        lib.gd_oscillators_next(decoder.waves, voice, c_grain(grain))
    out = added(HOP, lambda out: lib.gd_oscillate(decoder.waves, voice, 0, HOP, out))
    frames = np.arange(hops * HOP, (hops + 1) * HOP)
    assert np.abs(out - np.sin(2 * np.pi * 440.0 * frames / RATE_HZ)).max() < 2e-3


def toned(
    decoder: Decoder, grain: Grain, tilt: float = 0.0, tune: float = 0.0, pitch_hz: float = 0.0
) -> Grain:
    ffi, lib = compiled.library()
    tone, out = ffi.new("gd_tone *"), c_grain(grain)
    lib.gd_tone_set(decoder.waves, tone, tilt, tune, pitch_hz)
    lib.gd_tone_apply(decoder.waves, tone, out)
    return compiled.grain_of(out, 64)


@pytest.mark.parametrize("tune", [0.0, 1.0])
@pytest.mark.parametrize("pitch_hz", [0.0, -440.0, np.nan])
def test_no_tilt_tune_or_pitch_leave_a_grain_as_it_is(decoder: Decoder, tune: float, pitch_hz: float) -> None:
    grain = random_grain(4)
    ours = toned(decoder, grain, tune=tune, pitch_hz=pitch_hz)
    for name in ("bands", "amplitudes", "hz", "atoms"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(grain, name))


def test_tilt_is_db_per_octave_around_400_hz_clipped_at_24_db(decoder: Decoder) -> None:
    grain = silent_grain(bands=np.ones(64), amplitudes=np.ones(16))
    for tilt in (-6.0, 3.0, 20.0):
        ours = toned(decoder, grain, tilt=tilt)
        for gains, hz in ((ours.bands, bands.band_centres_hz()), (ours.amplitudes, bands.slot_centres_hz())):
            expected_db = np.clip(tilt * np.log2(hz / 400), -24, 24)
            np.testing.assert_allclose(20 * np.log10(gains), expected_db, atol=1e-3)


def test_tune_moves_frequencies_and_the_gains_of_bands(decoder: Decoder) -> None:
    centres, tune = bands.band_centres_hz(), 1.5
    gains = np.exp(-(np.log2(centres / 2000) ** 2))
    ours = toned(decoder, silent_grain(bands=gains), tune=tune)
    inside = centres / tune > centres[0]
    np.testing.assert_allclose(
        ours.bands[inside], np.interp(centres / tune, centres, gains)[inside], rtol=1e-4
    )
    np.testing.assert_allclose(ours.hz, bands.slot_centres_hz() * tune, rtol=1e-6)


@pytest.mark.parametrize("tune", [1.0, 1.5])
def test_pitch_moves_oscillators_from_their_slots_to_its_harmonics_and_tilt_follows(
    decoder: Decoder, tune: float
) -> None:
    bent = (bands.slot_centres_hz() * np.float32(1.1)).astype(np.float32)
    grain = silent_grain(bands=np.ones(64), amplitudes=np.ones(16), hz=bent)
    ours = toned(decoder, grain, tilt=-3.0, tune=tune, pitch_hz=220.0)
    centres = 220.0 * tune * np.arange(1, 17)
    np.testing.assert_allclose(ours.hz, 1.1 * centres, rtol=1e-6)
    expected_db = np.clip(-3.0 * np.log2(centres / 400), -24, 24)
    np.testing.assert_allclose(20 * np.log10(ours.amplitudes), expected_db, atol=1e-3)
    unpitched = toned(decoder, grain, tilt=-3.0, tune=tune)
    np.testing.assert_array_equal(ours.bands, unpitched.bands)


@pytest.mark.parametrize(("given", "kept"), [(1e30, 20_000.0), (np.inf, 20_000.0), (1e-42, 1.0)])
def test_a_pitch_beyond_reason_is_brought_within(decoder: Decoder, given: float, kept: float) -> None:
    ours, theirs = (toned(decoder, random_grain(4), pitch_hz=hz) for hz in (given, kept))
    np.testing.assert_array_equal(ours.hz, theirs.hz)
    np.testing.assert_array_equal(ours.amplitudes, theirs.amplitudes)


def test_tuned_down_nothing_is_left_above_what_the_grain_had(decoder: Decoder) -> None:
    ours = toned(decoder, silent_grain(bands=np.ones(64)), tune=0.5)
    centres = bands.band_centres_hz()
    assert (ours.bands[centres < 9_900] == 1.0).all()
    assert (ours.bands[centres > 10_800] == 0.0).all()


@pytest.mark.parametrize(
    ("tilt", "tune"), [(np.nan, np.nan), (np.inf, np.inf), (0.0, -3.0), (-1e30, 1e30), (5.0, 1e-30)]
)
def test_wild_tones_stay_finite(decoder: Decoder, tilt: float, tune: float) -> None:
    ours = toned(decoder, random_grain(5), tilt=tilt, tune=tune)
    assert all(np.isfinite(getattr(ours, name)).all() for name in ("bands", "amplitudes", "hz"))


def test_oscillators_above_045_of_the_rate_are_silent(decoder: Decoder) -> None:
    hz = np.linspace(10_000, 25_000, 16, dtype=np.float32)
    ours = toned(decoder, silent_grain(amplitudes=np.ones(16), hz=hz))
    np.testing.assert_array_equal(ours.amplitudes > 0, hz <= 0.45 * RATE_HZ)


def test_grain_power_is_about_the_mean_square_of_its_sound(decoder: Decoder) -> None:
    grain = random_grain(6)
    waves = [grain.bands.astype(np.float64) @ segment for segment in decoder.model.noise]
    expected = np.mean(np.square(waves)) + 0.5 * np.square(grain.amplitudes).sum()
    ours = compiled.library()[1].gd_grain_power(decoder.waves, c_grain(grain))
    assert ours == pytest.approx(expected, rel=0.5)  # neighbouring bands overlap, which it leaves out


def test_waves_of_a_hop_out_of_bounds_are_refused() -> None:
    ffi, lib = compiled.library()
    c_model, _keep = compiled.c_model(random_model())
    for hop in (0, -1, 513):
        c_model.hop = hop
        assert lib.gd_waves_new(c_model, RATE_HZ) == ffi.NULL
