"""What the C core costs on this machine: each kernel, in one run, in CPU time of the rendering thread.

CPU time, because a neighbour that takes the core away is no cost of ours. Everything is included that the
callback does, noise and mixing too; what sounds are hits of the longest class, begun again before they end.
"""

import os
import platform
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from instrument import heaviest
from instrument.bundle import Bundle, load
from instrument.engine import link
from instrument.engine._core import ffi, lib
from instrument.engine.offline import Offline
from instrument.errors import BundleError
from instrument.heaviest import Heaviest

RATE_HZ = 48_000
HOP, PERIOD = 256, 128  # frames of a grain's hop at RATE_HZ, and of the period that shares refer to
BATCHES = (1, 8, 10)
ROUNDS = 24
VOICES = 8
LONGEST_CHUNK, SHORTEST_CHUNK = 48 * HOP, 16 * HOP  # frames measured before all voices begin again
VOICE_BAR_MS = 4.0
SHARE_BAR = 5.0  # percent
HEAVIEST_BAR = 25.0  # percent, p99

Micros = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class KernelCost:
    """One kernel's figures.

    Attributes:
        batch_us: voices: median µs to render one hop with all of them in one batch.
        voice_ms: CPU milliseconds for one second of one voice: the mean of a round, the median of rounds.
        share: percent of a 128-frame period for eight voices whose grains fall due evenly: median, p99.
        share_in_step: the same where all eight fall due in the same block; of those blocks only.
    """

    kernel: str
    batch_us: dict[int, float]
    voice_ms: float
    share: tuple[float, float]
    share_in_step: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Report:
    """Everything `graindrum bench` prints."""

    machine: str
    cores: int
    date: str
    bundle: str
    load_ms: float  # bundle: read and checked
    ready_ms: float  # engine made from it: weights repacked, noise tables
    best: str  # the kernel chosen here
    kernels: list[KernelCost]
    heaviest: Heaviest


def measure(bundle_name: str, rounds: int = ROUNDS, tick: Callable[[], object] = lambda: None) -> Report:
    """Measure every kernel; `tick` is called after each of `rounds`."""
    began = time.perf_counter()
    bundle = load(bundle_name)
    loaded = time.perf_counter()
    Offline(bundle, RATE_HZ).close()
    load_ms, ready_ms = 1e3 * (loaded - began), 1e3 * (time.perf_counter() - loaded)
    chunk = _chunk(bundle)
    best = str(ffi.string(lib.gd_kernel()).decode())
    names = kernels()
    samples: dict[str, dict[str, list[Micros]]] = {name: {} for name in names}
    for _ in range(rounds):
        for name in names:  # all kernels in every round, so that a drifting clock touches them alike
            with _kernel(name):
                _one_round(bundle, chunk, samples[name])
        tick()
    costs = [
        _cost(name, {key: np.concatenate(parts) for key, parts in samples[name].items()}) for name in names
    ]
    date = datetime.now(timezone.utc).isoformat(timespec="seconds")
    pattern = heaviest.measure(bundle, 1 + rounds // 4)
    return Report(machine(), os.cpu_count() or 1, date, bundle.name, load_ms, ready_ms, best, costs, pattern)


def kernels() -> list[str]:
    """Return the kernels this machine can run."""
    names: list[str] = []
    while (name := lib.gd_kernel_name(len(names))) != ffi.NULL:
        names.append(str(ffi.string(name).decode()))
    return names


def machine() -> str:
    """Return the processor's name and the system's."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        lines = [line.partition(":") for line in cpuinfo.read_text(errors="replace").splitlines()]
        named = {key.strip(): value.strip() for key, _, value in lines}
        model = named.get("model name") or named.get("Model") or model
    return f"{model}, {platform.system()} {platform.release()}"


def to_data(report: Report) -> dict[str, object]:
    """Return the report as JSON takes it; the bars stand beside what they judge."""
    portable = _portable_us(report)
    costs = [
        {
            "kernel": cost.kernel,
            "times_portable": round(portable / cost.batch_us[VOICES], 2),
            "batch_us": {str(voices): round(us, 2) for voices, us in cost.batch_us.items()},
            "voice_ms_per_s": round(cost.voice_ms, 3),
            "share_percent": {"median": round(cost.share[0], 2), "p99": round(cost.share[1], 2)},
            "share_in_step_percent": {
                "median": round(cost.share_in_step[0], 2), "p99": round(cost.share_in_step[1], 2),
            },
        }
        for cost in report.kernels
    ]  # fmt: skip
    return {
        "machine": report.machine, "cores": report.cores, "date": report.date, "bundle": report.bundle,
        "load_ms": round(report.load_ms, 1), "ready_ms": round(report.ready_ms, 1), "kernel": report.best,
        "period_frames": PERIOD, "rate_hz": RATE_HZ,
        "bars": {
            "voice_ms_per_s": VOICE_BAR_MS, "share_percent_median": SHARE_BAR,
            "heaviest_percent_p99": HEAVIEST_BAR,
        },
        "kernels": costs, "heaviest": _heaviest_data(report.heaviest),
    }  # fmt: skip


def to_text(report: Report) -> str:
    """Return the report as a table for people."""
    portable = _portable_us(report)
    head = [
        f"{report.machine}, {report.cores} cores; {report.date}",
        f"bundle {report.bundle} in {report.load_ms:.0f} ms, engine ready {report.ready_ms:.0f} ms after",
        "",
        f"{'':14}{'us a hop, voices in a batch':>27}{'ms for 1 s':>12}"
        f"{'8 voices, % of a period of 128':>38}",
        f"{'kernel':<14}" + "".join(f"{voices:>9}" for voices in BATCHES)
        + f"{'of 1 voice':>12}{'evenly':>10}{'p99':>7}{'in step':>12}{'p99':>7}{'speed':>9}",
    ]  # fmt: skip
    rows = [
        f"{cost.kernel + (' *' if cost.kernel == report.best else ''):<14}"
        + "".join(f"{cost.batch_us[voices]:>9.1f}" for voices in BATCHES)
        + f"{cost.voice_ms:>12.2f}{cost.share[0]:>10.2f}{cost.share[1]:>7.2f}"
        + f"{cost.share_in_step[0]:>12.2f}{cost.share_in_step[1]:>7.2f}"
        + f"{portable / cost.batch_us[VOICES]:>8.1f}x"
        for cost in report.kernels
    ]
    heavy = report.heaviest
    notes = [
        "",
        f"heaviest pattern, {heavy.voices} voices, recorded with stems: {heavy.share[0]:.1f} % of a period, "
        f"p99 {heavy.share[1]:.1f} % (bar: {HEAVIEST_BAR:g} %); recording adds {heavy.recording:.1f}.",
        f"* used here. Bars: 1 voice <= {VOICE_BAR_MS:g} ms, 8 voices <= {SHARE_BAR:g} % at the median.",
        "evenly: grains fall due in turn; in step: all in the same block, of which every second one decodes.",
        "speed: 8 voices against portable, in this run. All times are CPU time of the rendering thread.",
    ]
    return "\n".join([*head, *rows, *notes])


def _heaviest_data(heavy: Heaviest) -> dict[str, object]:
    return {
        "voices": heavy.voices,
        "share_percent": {"median": round(heavy.share[0], 2), "p99": round(heavy.share[1], 2)},
        "recording_percent": round(heavy.recording, 2),
    }


def _portable_us(report: Report) -> float:
    return next(cost.batch_us[VOICES] for cost in report.kernels if cost.kernel == "portable")


@contextmanager
def _kernel(name: str) -> Iterator[None]:
    lib.gd_kernel_select(name.encode())
    try:
        yield
    finally:
        lib.gd_kernel_select(ffi.NULL)


def _chunk(bundle: Bundle) -> int:
    """Return for how many frames VOICES held hits sound, at most LONGEST_CHUNK."""
    with Offline(bundle, RATE_HZ) as engine:
        for voice in range(VOICES):
            engine.push(_held(bundle, voice, 0))
        engine.render(2 * HOP)
        frames = 0
        while frames < LONGEST_CHUNK and engine.telemetry().voices == VOICES:
            engine.render(2 * HOP)
            frames += 2 * HOP
    if frames < SHORTEST_CHUNK:
        raise BundleError(
            f"bundle {bundle.name}: its longest class ends after {frames} frames; too short to measure"
        )
    return frames


def _one_round(bundle: Bundle, chunk: int, samples: dict[str, list[Micros]]) -> None:
    for voices in BATCHES:
        blocks = _blocks(bundle, voices, chunk // HOP, HOP)
        _add(samples, f"batch {voices}", blocks)
        _add(samples, f"mean of {voices}", blocks.mean(keepdims=True))
    _add(samples, "even", _blocks(bundle, VOICES, chunk // PERIOD, PERIOD, spread=HOP // VOICES))
    in_step = _blocks(bundle, VOICES, chunk // PERIOD, PERIOD)
    _add(samples, "in step", in_step[::2])  # every second block decodes


def _add(samples: dict[str, list[Micros]], key: str, values: Micros) -> None:
    samples.setdefault(key, []).append(values)


def _blocks(bundle: Bundle, voices: int, count: int, frames: int, spread: int = 0) -> Micros:
    """Return the µs of each of `count` blocks of `frames`; `spread` frames lie between the hits."""
    took = np.zeros(count)
    with Offline(bundle, RATE_HZ) as engine:
        for voice in range(voices):
            engine.push(_held(bundle, voice, voice * spread))
        engine.render(HOP)
        for block in range(count):
            began = time.thread_time_ns()
            engine.render(frames)
            took[block] = 1e-3 * (time.thread_time_ns() - began)
    return took


def _held(bundle: Bundle, voice: int, frame: int) -> link.CEvent:
    """Return a hit of the longest class at its mean."""
    longest = int(np.argmax(bundle.header.class_length_s))
    timbre = link.Timbre(embedding=bundle.arrays["prior.mean"][longest], condition=bundle.condition(longest))
    return link.hit(frame, voice % link.TRACKS, timbre, link.Start(seed=voice, id=voice, length_s=4.0))


def _cost(kernel: str, samples: dict[str, Micros]) -> KernelCost:
    period_us = 1e6 * PERIOD / RATE_HZ
    return KernelCost(
        kernel=kernel,
        batch_us={voices: float(np.median(samples[f"batch {voices}"])) for voices in BATCHES},
        voice_ms=float(np.median(samples["mean of 1"])) * (RATE_HZ / HOP) / 1e3,
        share=_median_p99(100 * samples["even"] / period_us),
        share_in_step=_median_p99(100 * samples["in step"] / period_us),
    )


def _median_p99(values: Micros) -> tuple[float, float]:
    return float(np.median(values)), float(np.percentile(values, 99))
