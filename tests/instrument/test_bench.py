"""`graindrum bench`: the figures are those of this run, and their ratios hold wherever it runs."""

import json
import os
from pathlib import Path

import pytest

from instrument import bench
from instrument.engine import link
from instrument.errors import BundleError


@pytest.fixture(scope="module")
def report(tiny_bundle: Path) -> bench.Report:
    return bench.measure(str(tiny_bundle), rounds=4)


def test_every_kernel_of_this_machine_is_measured_and_one_is_used(report: bench.Report):
    assert [cost.kernel for cost in report.kernels] == bench.kernels()
    assert "portable" in bench.kernels()
    assert report.best in bench.kernels()


def test_more_voices_cost_more_but_a_batch_saves(report: bench.Report):
    for cost in report.kernels:
        assert 0 < cost.batch_us[1] < cost.batch_us[8] < cost.batch_us[10] * 1.2
        assert cost.batch_us[8] < 8 * 1.3 * cost.batch_us[1]


def test_the_kernel_in_use_is_not_slower_than_the_portable_one(report: bench.Report):
    by_name = {cost.kernel: cost for cost in report.kernels}
    assert by_name[report.best].batch_us[8] <= 1.2 * by_name["portable"].batch_us[8]


def test_shares_of_a_period_add_up(report: bench.Report):
    """A hop is two periods: what eight voices cost in one batch, they cost in two blocks."""
    for cost in report.kernels:
        hop_share = 100 * cost.batch_us[8] / (2 * 1e6 * bench.PERIOD / bench.RATE_HZ)
        assert 0.5 < cost.share[0] / hop_share < 2.0
        assert cost.share[0] < cost.share_in_step[0]
        assert cost.share[0] <= cost.share[1]


def test_the_heaviest_pattern_takes_the_whole_pool_and_no_more_than_its_share(report: bench.Report):
    """32 voices, struck, stolen, turned, recorded: four times eight voices, and as much again."""
    (used,) = [cost for cost in report.kernels if cost.kernel == report.best]
    assert report.heaviest.voices == link.VOICES
    assert report.heaviest.share[0] < 8 * used.share[0]
    assert report.heaviest.recording < 0.25 * report.heaviest.share[0]


def test_json_and_table_hold_the_same_kernels(report: bench.Report):
    data = json.loads(json.dumps(bench.to_data(report)))
    names = [cost["kernel"] for cost in data["kernels"]]
    assert names == bench.kernels()
    table = bench.to_text(report)
    assert all(f"\n{name} " in table for name in names)
    assert data["date"][:4].isdigit()
    assert data["machine"]


def test_the_ticks_count_the_rounds(tiny_bundle: Path):
    ticks: list[None] = []
    bench.measure(str(tiny_bundle), rounds=2, tick=lambda: ticks.append(None))
    assert len(ticks) == 2


def test_a_bundle_too_short_to_measure_is_refused(bundle_parts, tmp_path: Path):
    from instrument import bundle

    header, arrays = bundle_parts()
    arrays["spectrum.bias"][:80] = -40.0  # silent from its first grain on
    bundle.write(tmp_path / "mute.safetensors", header, arrays)
    with pytest.raises(BundleError, match="too short to measure"):
        bench.measure(str(tmp_path / "mute.safetensors"), rounds=1)


@pytest.mark.bench
def test_the_bars_are_met_on_a_quiet_machine(tiny_bundle: Path):
    if os.getloadavg()[0] > 0.5 * (os.cpu_count() or 1):
        pytest.skip("this machine is busy with something else")
    report = bench.measure(str(tiny_bundle))
    (best,) = [cost for cost in report.kernels if cost.kernel == report.best]
    print(bench.to_text(report))
    assert best.voice_ms <= bench.VOICE_BAR_MS
    assert best.share[0] <= bench.SHARE_BAR
