"""The linters and the type checker, as tests, so that one summary tells everything."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("command", ["ruff check", "ruff format --check", "mypy"])
def test_nothing_to_complain_of(command: str) -> None:
    tool, *words = command.split()
    if find_spec(tool) is None:
        pytest.skip(f"needs {tool}")
    command_line = [sys.executable, "-m", tool, *words]
    verdict = subprocess.run(command_line, cwd=ROOT, capture_output=True, text=True, check=False)
    assert verdict.returncode == 0, f"{verdict.stdout}\n{verdict.stderr}"
