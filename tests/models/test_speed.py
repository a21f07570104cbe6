"""What is timed against the core computes what the core computes; the counts follow from the weights."""

import json
import math
import sys
from pathlib import Path

import numpy as np
import pytest

from instrument import bundle
from instrument.bundle import Bundle
from models import runtimes, speed

HITS, GRAINS = 3, 6
# largest error of gains, relative to the largest, and of frequencies in cents: torch quantises activations
# by tensor and to seven bits, the core by hit and to eight
TOLERANCE = {"float32": (1e-4, 0.1), "C core": (0.03, 10.0), "ONNX": (0.05, 20.0), "torch": (0.25, 50.0)}


@pytest.fixture(scope="module")
def made(tiny_bundle: Path) -> Bundle:
    """Give the small bundle."""
    return bundle.load(tiny_bundle)


@pytest.fixture(scope="module")
def rivals(made: Bundle) -> list[runtimes.Runtime]:
    """Give every runtime there is here; torch in float32, the reference, second."""
    return list(runtimes.every(made, runtimes.starts(made, HITS)))


def after(runtime: runtimes.Runtime, batch: int) -> np.ndarray:
    """Return the GRAINS-th grain of each of `batch` hits."""
    runtime.begin(batch)
    for _ in range(GRAINS):
        runtime.step()
    return runtime.grains().copy()


def tolerance(name: str) -> tuple[float, float]:
    return next(value for key, value in TOLERANCE.items() if key in name)


@pytest.mark.parametrize("batch", [1, HITS])
def test_all_runtimes_compute_the_same_grains(rivals: list[runtimes.Runtime], batch: int) -> None:
    wanted = after(rivals[1], batch)
    split = runtimes.LEVELS
    assert wanted.shape == (batch, split + 16)
    assert wanted[:, :split].max() > 1e-3
    for runtime in rivals:
        found = after(runtime, batch)
        gains, cents = tolerance(runtime.name)
        assert np.abs(found - wanted)[:, :split].max() <= gains * wanted[:, :split].max(), runtime.name
        away = 1200 * np.abs(np.log2(found[:, split:] / wanted[:, split:]))
        assert away.max() <= cents, runtime.name


def test_a_batch_is_its_hits(rivals: list[runtimes.Runtime]) -> None:
    """The core promises the same bits whatever else is in the batch."""
    alone, together = after(rivals[0], 1), after(rivals[0], HITS)
    np.testing.assert_array_equal(alone[0], together[0])
    assert not np.array_equal(together[0], together[1])


def test_hits_begun_again_are_the_same(rivals: list[runtimes.Runtime]) -> None:
    for runtime in rivals:
        np.testing.assert_array_equal(after(runtime, HITS), after(runtime, HITS))


def test_onnx_runtime_is_among_them(rivals: list[runtimes.Runtime]) -> None:
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    assert sum("ONNX" in runtime.name for runtime in rivals) == 2


def test_multiply_adds_are_those_of_the_weights(made: Bundle) -> None:
    hidden, latent, width, atoms = 192, 32, 256, 64
    counted = speed.macs(made)
    assert (
        counted.grain == 3 * hidden * hidden + latent * hidden + width * latent + width * width + 96 * width
    )
    assert counted.first == atoms * width
    assert counted.paper == pytest.approx(3.81e6, rel=2e-3)


@pytest.fixture(scope="module")
def measured(made: Bundle) -> tuple[speed.Speed, int]:
    """Give figures of a short run, and how often it ticked."""
    ticks: list[None] = []
    found = speed.measure(made, rounds=2, steps=3, tick=lambda: ticks.append(None))
    return found, len(ticks)


def test_every_runtime_is_measured_at_every_batch_size(
    measured: tuple[speed.Speed, int], rivals: list[runtimes.Runtime]
) -> None:
    found, ticks = measured
    assert ticks == 2
    assert [cost.runtime for cost in found.costs[:-1]] == [runtime.name for runtime in rivals]
    assert all(us > 0 and math.isfinite(us) for cost in found.costs for us in cost.us.values())
    assert all(tuple(cost.us) == speed.BATCHES for cost in found.costs)


def test_figures_survive_json_and_stand_in_the_table(measured: tuple[speed.Speed, int]) -> None:
    found, _ = measured
    assert speed.from_data(json.loads(json.dumps(speed.to_data(found)))) == found
    text = speed.to_text(found)
    assert all(f"| {cost.runtime} |" in text for cost in found.costs)
    assert "3.81 M" in text


def test_a_bundle_that_is_not_there_is_told_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["speed", "no-such-bundle"])
    with pytest.raises(SystemExit) as ended:
        speed.main()
    assert ended.value.code == 2
    assert "no bundle named 'no-such-bundle'" in capsys.readouterr().err.splitlines()[-1]
