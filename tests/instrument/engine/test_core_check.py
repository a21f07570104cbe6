"""The core without Python: under sanitizers, under an interposer, behind a seal against system calls."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.instrument.engine.compiled import CORE, HERE, compile_c

SOURCES = [*sorted(CORE.glob("*.c")), HERE / "core_check.c"]
VDSO_CLOCKS = {"tsc", "kvm-clock", "hyperv_clocksource_tsc_page", "arch_sys_counter"}
MINUTE_S = "60"


def check(program: Path, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [program, *arguments], env=os.environ | env, capture_output=True, text=True, timeout=240, check=False
    )


def clean(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """Return what a check that found nothing tells."""
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_c(SOURCES, tmp_path_factory.mktemp("check") / "check", ["-pthread"])


@pytest.fixture(scope="module")
def interposer(tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("interpose") / "interpose.so"
    return str(compile_c([HERE / "interpose.c"], out, ["-shared", "-fPIC", "-ldl"]))


def sanitized(folder: Path, kinds: str) -> Path:
    """Compile with sanitizers; skips where the compiler has none."""
    flags = ["-pthread", "-g", "-O1", f"-fsanitize={kinds}", "-fno-sanitize-recover=all"]
    try:
        return compile_c(SOURCES, folder / "check", flags)
    except RuntimeError as error:
        pytest.skip(f"-fsanitize={kinds}: {str(error).splitlines()[-1]}")


def test_random_music_is_clean_under_address_and_undefined_behaviour_sanitizers(tmp_path: Path) -> None:
    told = clean(check(sanitized(tmp_path, "address,undefined"), "play", "3"))
    assert told["hits"] > 100
    assert told["stolen"] > 0
    assert told["dropped"] > 0


def test_control_and_callback_share_memory_without_a_race(tmp_path: Path) -> None:
    assert clean(check(sanitized(tmp_path, "thread"), "threads", "2"))["hits"] > 0


def test_random_music_plays_on_64_bit_arm(tmp_path: Path) -> None:
    compiler, emulator = "aarch64-linux-gnu-gcc", "qemu-aarch64"
    if not (shutil.which(compiler) and shutil.which(emulator)):
        pytest.skip(f"{compiler} or {emulator} is not installed")
    program = compile_c(SOURCES, tmp_path / "check", ["-pthread", "-static"], compiler)
    told = clean(check(Path(emulator), "-cpu", "max", str(program), "play", "1"))
    assert told["hits"] > 10


def test_a_minute_of_callbacks_allocates_locks_and_waits_for_nothing(plain: Path, interposer: str) -> None:
    told = clean(check(plain, "watched", MINUTE_S, LD_PRELOAD=interposer))
    assert told["frames"] >= 60 * 48_000
    assert told["hits"] > 1000
    assert told["stolen"] > 100
    assert told["xruns"] > 100


@pytest.mark.parametrize(
    "deed", ["malloc", "calloc", "free", "pthread_mutex_lock", "clock_nanosleep", "write"]
)
def test_the_interposer_notices(plain: Path, interposer: str, deed: str) -> None:
    caught = check(plain, deed, LD_PRELOAD=interposer)
    assert caught.returncode == -6
    assert caught.stderr == f"called while rendering: {deed}\n"


def test_a_minute_of_callbacks_makes_no_system_call(plain: Path) -> None:
    source = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
    clock = source.read_text(encoding="utf-8").strip() if source.exists() else "unknown"
    if clock not in VDSO_CLOCKS:
        pytest.skip(f"reading the clock source {clock} takes a system call")
    assert check(plain, "sealed", MINUTE_S).returncode == 0


def test_the_seal_notices(plain: Path) -> None:
    assert check(plain, "getppid").returncode == -31  # SIGSYS
