"""The nonlinearities against libm, the quantiser's rounding, and the choice of a kernel."""

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.instrument.engine import compiled

F32 = NDArray[np.float32]


def sweep(low: float, high: float) -> F32:
    """Return numbers evenly spread, and small ones of every size."""
    tiny = np.float32(10.0) ** np.linspace(-30, 0, 20_001, dtype=np.float32)
    return np.concatenate([np.linspace(low, high, 400_001, dtype=np.float32), tiny, -tiny])


def relative_error(name: str, x: F32, exact: NDArray[np.float64]) -> float:
    return float(np.abs(compiled.function(name)(x) / exact - 1.0).max())


def test_exp_is_within_2e7_of_libm() -> None:
    x = sweep(-87, 87)
    assert relative_error("exp", x, np.exp(x.astype(np.float64))) < 2e-7


def test_tanh_is_within_4e7_of_libm() -> None:
    x = sweep(-30, 30)
    assert relative_error("tanh", x, np.tanh(x.astype(np.float64))) < 4e-7


def test_sigmoid_is_within_4e7_of_libm() -> None:
    x = sweep(-80, 80)
    assert relative_error("sigmoid", x, 1.0 / (1.0 + np.exp(-x.astype(np.float64)))) < 4e-7


def test_sine_is_within_2e7_of_libm() -> None:
    turns = sweep(-100, 100)
    error = np.abs(compiled.function("sine")(turns) - np.sin(2 * np.pi * turns.astype(np.float64)))
    assert error.max() < 2e-7


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, -3e38])
@pytest.mark.parametrize("name", ["exp", "tanh", "sigmoid"])
def test_functions_are_finite_whatever_comes(name: str, value: float) -> None:
    assert np.isfinite(compiled.function(name)(np.full(9, value, np.float32))).all()


def quantise(x: F32, padded: int = 0) -> tuple[float, list[int]]:
    ffi, lib = compiled.library()
    out = ffi.new("int8_t[]", max(padded, len(x)))
    scale = lib.test_quantise(compiled.floats(x), len(x), max(padded, len(x)), out)
    return scale, list(out)


def test_quantiser_rounds_halves_to_even() -> None:
    x = np.array([127, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 0.499, -126.5], np.float32)
    assert quantise(x) == (1.0, [127, 0, 2, 2, 0, -2, -2, 0, -126])


def test_quantiser_equals_the_formula_bit_for_bit() -> None:
    rng = np.random.default_rng(1)
    for length in (1, 7, 32, 192, 256):
        x = (rng.normal(size=length) * 10.0 ** rng.integers(-6, 6)).astype(np.float32)
        peak = np.abs(x).max()
        assert quantise(x) == (peak / np.float32(127), np.rint(x * (np.float32(127) / peak)).tolist())


def test_quantiser_gives_zeros_for_silence_and_padding() -> None:
    assert quantise(np.zeros(5, np.float32), padded=8) == (0.0, [0] * 8)
    assert quantise(np.array([-2, 1], np.float32), padded=4)[1] == [-127, 64, 0, 0]


def test_kernel_names_are_those_that_can_be_selected() -> None:
    ffi, lib = compiled.library()
    for name in compiled.kernels():
        assert lib.gd_kernel_select(name.encode())
        assert ffi.string(lib.gd_kernel()).decode() == name
    assert lib.gd_kernel_select(ffi.NULL)
    assert ffi.string(lib.gd_kernel()).decode() == compiled.kernels()[-1]


def test_an_unknown_kernel_is_refused_and_the_old_one_stays() -> None:
    _, lib = compiled.library()
    before = lib.gd_kernel()
    assert not lib.gd_kernel_select(b"abacus")
    assert lib.gd_kernel() == before
    assert "portable" in compiled.kernels()
