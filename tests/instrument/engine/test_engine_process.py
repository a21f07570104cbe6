"""The engine process on its null device: it starts, plays, keeps time, and never outlives control."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from instrument.engine import link
from instrument.engine.launch import Engine, Settings
from instrument.engine.link import Telemetry
from instrument.errors import DeviceError
from tests.instrument.engine.playing import hit

ROOT = Path(__file__).resolve().parents[3]
CONTROL = """
import sys, time
from pathlib import Path
from instrument.engine.launch import Engine, Settings
engine = Engine.start(Settings(bundle=Path(sys.argv[1]), audio="null"))
print(engine.pid, flush=True)
time.sleep(60)
"""


def wait_for(condition: Callable[[], object], what: str, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.005)


@pytest.fixture
def engine(tiny_bundle: Path) -> Iterator[Engine]:
    started = Engine.start(Settings(bundle=tiny_bundle, audio="null", block_frames=64))
    yield started
    started.stop()


def told(engine: Engine) -> Telemetry:
    return engine.link.telemetry()


def test_it_says_what_it_plays_on(engine: Engine) -> None:
    assert (engine.info.device, engine.info.rate_hz, engine.info.block_frames) == ("null (clock)", 48_000, 64)
    assert told(engine).clock_ns > 0


def test_a_pushed_hit_is_heard(engine: Engine) -> None:
    event = hit(told(engine).frame + 4800, 3, id=77, gain=1.0)
    assert engine.link.push(event)
    wait_for(lambda: told(engine).hits == 1, "the hit")
    assert told(engine).last_id == 77
    assert told(engine).late_events == 0
    wait_for(lambda: told(engine).track_peak[3] > 0.0, "its sound")


def test_the_null_device_keeps_the_clocks_time(engine: Engine) -> None:
    first = told(engine)
    wait_for(lambda: told(engine).frame > first.frame + 48_000, "a second of frames")
    last = told(engine)
    heard_s, passed_s = (last.frame - first.frame) / 48_000, (last.clock_ns - first.clock_ns) * 1e-9
    assert heard_s / passed_s == pytest.approx(1.0, abs=0.05)


def test_every_block_is_counted_in_the_histogram(engine: Engine) -> None:
    wait_for(lambda: told(engine).blocks > 100, "blocks")
    reading = told(engine)
    assert sum(reading.histogram) == reading.blocks == reading.frame // 64
    assert 0.0 < reading.load <= reading.peak_load
    assert 0.0 < reading.block_us(0.5) <= reading.block_us(0.99)


def test_its_callback_runs_in_real_time_where_that_is_allowed(engine: Engine) -> None:
    tasks = [int(path.name) for path in Path(f"/proc/{engine.pid}/task").iterdir()]
    policies = {os.sched_getscheduler(task) & ~os.SCHED_RESET_ON_FORK for task in tasks}
    if os.geteuid() != 0 and os.SCHED_FIFO not in policies:
        pytest.skip("real-time scheduling is not allowed here")
    assert policies == {os.SCHED_OTHER, os.SCHED_FIFO}


def test_control_c_in_the_terminal_is_left_to_control(engine: Engine) -> None:
    os.kill(engine.pid, signal.SIGINT)
    before = told(engine).blocks
    wait_for(lambda: told(engine).blocks > before + 10, "blocks after SIGINT")
    assert engine.alive()


def test_a_lost_engine_is_noticed_and_another_starts(tiny_bundle: Path) -> None:
    settings = Settings(bundle=tiny_bundle, audio="null")
    lost = Engine.start(settings)
    os.kill(lost.pid, signal.SIGKILL)
    wait_for(lambda: not lost.alive(), "its end")
    lost.stop()
    another = Engine.start(settings)
    assert another.alive()
    another.stop()
    assert not another.alive()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_the_engine_ends_within_a_second_of_control(tiny_bundle: Path, how: signal.Signals) -> None:
    command = [sys.executable, "-c", CONTROL, str(tiny_bundle)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as control:
        assert control.stdout is not None
        pid = int(control.stdout.readline())
        assert running(pid)
        control.send_signal(how)
        control.wait()
        wait_for(lambda: not running(pid), "the engine's end", seconds=1.0)


def running(pid: int) -> bool:
    """Return whether a process runs; one that ended and was not collected does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_device_that_is_not_there_is_said_in_one_line(tiny_bundle: Path) -> None:
    with pytest.raises(DeviceError) as caught:
        Engine.start(Settings(bundle=tiny_bundle, audio="no such device"))
    assert "no audio output matches 'no such device'; choose auto, null" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bundle_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"^no bundle at .*none\.safetensors"):
        Engine.start(Settings(bundle=tmp_path / "none.safetensors", audio="null"))


def test_a_silent_engine_only_keeps_the_time(tiny_bundle: Path) -> None:
    silent = Engine.start(Settings(bundle=tiny_bundle, audio="null", silent=True))
    for index in range(2 * link.VOICES):
        silent.link.push(hit(0, index % 8, index))
    wait_for(lambda: silent.link.room() == 1024, "the events to be taken")
    before = told(silent).blocks
    wait_for(lambda: told(silent).blocks > before + 10, "more blocks")
    reading = told(silent)
    silent.stop()
    assert (reading.hits, reading.voices) == (0, 0)
    assert not np.any(reading.track_peak)


def test_it_keeps_to_a_small_share_of_memory(engine: Engine) -> None:
    rollup = Path(f"/proc/{engine.pid}/smaps_rollup").read_text(encoding="utf-8")
    kilobytes = next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    assert kilobytes < 50_000
