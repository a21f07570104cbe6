"""The C decoder against the numpy reference, and its promise that batches and kernels change no bit."""

import subprocess
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.instrument.engine import compiled
from tests.instrument.engine.compiled import Decoder, Voice
from tests.instrument.engine.reference import F32, Functions, Grain, Model, Network, Sizes, random_model

STEPS = 200  # about a second
FIELDS = ("bands", "amplitudes", "hz", "atoms")
INT8_BOUND = 0.25  # nepers, of gains down to -96 dB, once exp or tanh made one activation round otherwise


@pytest.fixture(scope="module")
def decoder() -> Decoder:
    return Decoder(random_model())


@pytest.fixture(params=compiled.kernels())
def kernel(request: pytest.FixtureRequest) -> Iterator[str]:
    ffi, lib = compiled.library()
    assert lib.gd_kernel_select(request.param.encode())
    yield request.param
    lib.gd_kernel_select(ffi.NULL)


def inputs(model: Model, seed: int) -> tuple[F32, F32]:
    """Return an embedding and a condition."""
    rng = np.random.default_rng(seed)
    embedding = rng.normal(size=model.embedding).astype(np.float32)
    return embedding, np.eye(model.condition, dtype=np.float32)[seed % model.condition]


def played(model: Model, seed: int, steps: int = STEPS) -> list[Grain]:
    decoder = Decoder(model)
    voice = decoder.voice(*inputs(model, seed), first=True)
    grains = []
    for _ in range(steps):
        grains += decoder.decode([voice])
        voice.first = False
    return grains


def expected(model: Model, seed: int, f: Functions, steps: int = STEPS) -> list[Grain]:
    network = Network(model, f)
    network.start(*inputs(model, seed))
    return [network.step(first=t == 0) for t in range(steps)]


def assert_same(ours: Grain, theirs: Grain) -> None:
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name), name)


def distance(ours: Grain, theirs: Grain) -> float:
    """Return the largest difference of logarithms of gains and frequencies, and of atoms."""
    largest = float(np.abs(ours.atoms - theirs.atoms).max(initial=0.0))
    for name in FIELDS[:3]:
        a, b = (np.maximum(getattr(grain, name).astype(np.float64), np.exp(-11)) for grain in (ours, theirs))
        largest = max(largest, float(np.abs(np.log(a / b)).max()))
    return largest


@pytest.mark.parametrize("dense", [False, True], ids=["int8", "fp32"])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_network_equals_the_reference_bit_for_bit_given_the_same_exp_and_tanh(dense: bool, seed: int) -> None:
    model = random_model(seed, dense=dense)
    for ours, theirs in zip(played(model, seed), expected(model, seed, compiled.functions()), strict=True):
        assert_same(ours, theirs)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_float_network_stays_within_1e4_of_exact_functions(seed: int) -> None:
    model = random_model(seed, dense=True)
    pairs = zip(played(model, seed), expected(model, seed, Functions()), strict=True)
    assert max(distance(*pair) for pair in pairs) < 1e-4


def test_int8_network_is_within_1e5_of_exact_functions_and_within_its_bound_where_a_rounding_flips() -> None:
    distances = []
    for seed in range(5):
        model = random_model(seed)
        pairs = zip(played(model, seed), expected(model, seed, Functions()), strict=True)
        distances += [distance(*pair) for pair in pairs]
    assert np.median(distances) < 1e-5
    assert max(distances) < INT8_BOUND


def test_network_moves_so_that_the_comparisons_mean_something() -> None:
    grains = played(random_model(), 0)
    assert distance(grains[0], grains[20]) > 1.0
    assert np.abs(grains[0].atoms).max() > 0.01


@pytest.mark.parametrize(
    "sizes",
    [Sizes(5, 3, 7, 9, 2, 1), Sizes(1, 1, 1, 1, 1, 0), Sizes(32, 32, 512, 512, 16, 64)],
    ids=["odd", "least", "most"],
)
@pytest.mark.usefixtures("kernel")
def test_every_size_equals_the_reference(sizes: Sizes) -> None:
    model = random_model(3, sizes)
    for ours, theirs in zip(played(model, 1, 5), expected(model, 1, compiled.functions(), 5), strict=True):
        assert_same(ours, theirs)


@pytest.mark.usefixtures("kernel")
def test_every_kernel_equals_the_reference() -> None:
    model = random_model(4)
    for ours, theirs in zip(played(model, 4, 50), expected(model, 4, compiled.functions(), 50), strict=True):
        assert_same(ours, theirs)


def mixed_voices(decoder: Decoder, seed: int, count: int) -> list[Voice]:
    """Return voices with and without paths and offsets, at their start and not."""
    rng = np.random.default_rng(seed)
    latents = rng.normal(size=(2, count, decoder.model.latent)).astype(np.float32)
    voices = []
    for i in range(count):
        path, offset = (latents[k, i] if rng.random() < 0.4 else None for k in range(2))
        embedding, condition = inputs(decoder.model, seed + i)
        voices.append(
            decoder.voice(embedding, condition, path=path, offset=offset, first=bool(rng.random() < 0.5))
        )
    return voices


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**31), count=st.integers(1, 32), kernel=st.sampled_from(compiled.kernels()))
def test_what_else_is_in_the_batch_changes_no_bit(
    decoder: Decoder, seed: int, count: int, kernel: str
) -> None:
    ffi, lib = compiled.library()
    lib.gd_kernel_select(kernel.encode())
    together, alone = mixed_voices(decoder, seed, count), mixed_voices(decoder, seed, count)
    for _ in range(3):
        for ours, voice in zip(decoder.decode(together), alone, strict=True):
            assert_same(ours, decoder.decode([voice])[0])
    lib.gd_kernel_select(ffi.NULL)


def test_a_path_replaces_the_recurrent_step_and_leaves_the_state(decoder: Decoder) -> None:
    latent = np.linspace(-1, 1, decoder.model.latent, dtype=np.float32)
    voice = decoder.voice(*inputs(decoder.model, 1), path=latent)
    before = bytes(compiled.library()[0].buffer(voice.neural))
    reference = Network(decoder.model, compiled.functions())
    reference.start(*inputs(decoder.model, 1))
    assert_same(decoder.decode([voice])[0], reference.grain(latent, first=False))
    assert bytes(compiled.library()[0].buffer(voice.neural)) == before


@pytest.mark.parametrize("path", [False, True])
def test_an_offset_is_added_to_the_latent(decoder: Decoder, path: bool) -> None:
    rng = np.random.default_rng(1)
    latent, offset = rng.normal(size=(2, decoder.model.latent)).astype(np.float32)
    reference = Network(decoder.model, compiled.functions())
    reference.start(*inputs(decoder.model, 1))
    theirs = reference.grain((latent if path else reference.latent()) + offset, first=True)
    voice = decoder.voice(*inputs(decoder.model, 1), path=latent if path else None, offset=offset, first=True)
    assert_same(decoder.decode([voice])[0], theirs)


def test_a_turned_knob_acts_from_the_next_grain_and_keeps_the_state(decoder: Decoder) -> None:
    voice, reference = decoder.voice(*inputs(decoder.model, 1)), Network(decoder.model, compiled.functions())
    reference.start(*inputs(decoder.model, 1))
    for turned in (1, 5, 3):
        decoder.turn(voice, *inputs(decoder.model, turned))
        reference.turn(*inputs(decoder.model, turned))
        assert_same(decoder.decode([voice])[0], reference.step())


def test_only_the_first_grain_has_an_attack(decoder: Decoder) -> None:
    voices = [decoder.voice(*inputs(decoder.model, i), first=i == 1) for i in range(3)]
    assert [bool(grain.atoms.any()) for grain in decoder.decode(voices)] == [False, True, False]


@pytest.mark.parametrize("level", [-20.0, -9.0])
def test_an_attack_fades_out_with_the_rest_of_its_grain(level: float) -> None:
    quiet = random_model()
    quiet.layers["spectrum"].weight[:] = 0
    quiet.layers["spectrum"].bias[:] = level
    decoder = Decoder(quiet)
    found = decoder.decode([decoder.voice(*inputs(quiet, 1), first=True)])[0]
    wanted = Network(quiet, compiled.functions())
    wanted.start(*inputs(quiet, 1))
    assert_same(found, wanted.step(first=True))
    assert bool(found.atoms.any()) == (level > -11.0)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38])
def test_numbers_gone_wild_still_give_a_finite_grain(decoder: Decoder, value: float) -> None:
    embedding, condition = inputs(decoder.model, 1)
    wild = np.full(decoder.model.latent, value, np.float32)
    voices = [
        decoder.voice(np.full_like(embedding, value), condition),
        decoder.voice(embedding, np.full_like(condition, value)),
        decoder.voice(embedding, condition, offset=wild),
        decoder.voice(embedding, condition, path=wild, first=True),
    ]
    for _ in range(3):
        for grain in decoder.decode(voices):
            assert all(np.isfinite(getattr(grain, name)).all() for name in FIELDS)


@pytest.mark.parametrize(
    "name", ["gates", "first", "recurrent", "path", "lens", "inner", "outer", "spectrum", "attack"]
)
@pytest.mark.parametrize("wrong", ["rows", "columns"])
def test_a_layer_that_does_not_fit_is_refused(name: str, wrong: str) -> None:
    ffi, lib = compiled.library()
    c_model, _keep = compiled.c_model(random_model())
    layer = getattr(c_model, name)
    setattr(layer, wrong, getattr(layer, wrong) + 1)
    assert lib.gd_network_new(c_model) == ffi.NULL


@pytest.mark.parametrize("name", ["embedding", "latent", "condition", "hidden", "atoms"])
@pytest.mark.parametrize("value", [-1, 100_000])
def test_a_size_out_of_bounds_is_refused(name: str, value: int) -> None:
    ffi, lib = compiled.library()
    c_model, _keep = compiled.c_model(random_model())
    setattr(c_model, name, value)
    assert lib.gd_network_new(c_model) == ffi.NULL


def test_decoder_is_clean_under_sanitizers_and_kernels_agree(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("sanitized")
    flags = ["-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all"]
    program = compiled.compile_c(
        [*compiled.SOURCES, compiled.HERE / "decoder_check.c"], folder / "check", flags
    )
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines()] == compiled.kernels()
