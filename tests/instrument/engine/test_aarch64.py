"""The core cross-compiled for 64-bit ARM and run under an emulator: every kernel, the same bits."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.instrument.engine import compiled

COMPILER, EMULATOR = "aarch64-linux-gnu-gcc", "qemu-aarch64"
SOURCES = [*compiled.SOURCES, compiled.HERE / "decoder_check.c"]


def checksums(command: list[str]) -> dict[str, str]:
    """Run decoder_check; return the checksum of each kernel."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return dict(line.split() for line in done.stdout.splitlines())


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    for tool in (COMPILER, EMULATOR):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    out = tmp_path_factory.mktemp("aarch64") / "check"
    return [
        EMULATOR,
        "-cpu",
        "max",
        str(compiled.compile_c(SOURCES, out, ["-march=armv8-a", "-static"], COMPILER)),
    ]


def test_arm_kernels_agree_and_give_the_bits_of_this_machine(arm: list[str], tmp_path: Path) -> None:
    there = checksums(arm)
    here = checksums([str(compiled.compile_c(SOURCES, tmp_path / "check"))])
    assert list(there) == ["portable", "neon", "dotprod"]
    assert set(there.values()) == set(here.values())


def test_a_cortex_a72_without_dot_product_falls_back_to_neon(arm: list[str]) -> None:
    there = checksums([*arm[:2], "cortex-a72", arm[3]])
    assert list(there) == ["portable", "neon"]
