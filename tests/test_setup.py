"""setup.sh and the service unit, with the system around them replaced by small scripts."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from instrument import cli

ROOT = Path(__file__).resolve().parent.parent
SETUP = ROOT / "hardware" / "setup.sh"
SCRIPTS = [SETUP, ROOT / ".ci" / "run"]
DOCUMENTS = sorted([ROOT / "README.md", *ROOT.glob("[hims]*/**/README.md")])

# Answers the probe, makes "environments" that hold itself, and notes what pip is asked for.
PYTHON = """#!/bin/sh
here=$(dirname "$0")
case "$1 $2" in
    '-m venv') for folder; do :; done; mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
    '-m pip')
        shift 2; echo "$@" >>"$CALLS"
        printf '#!/bin/sh\\necho "graindrum $*"\\n' >"$here/graindrum"; chmod +x "$here/graindrum" ;;
    '-c '*) echo 3.11 ;;
    --version*) echo 'Python 3.11.9' ;;
    *) echo "python $*" ;;
esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a folder with the script and the files whose change asks for a new build."""
    place = tmp_path / "a checkout"
    core = "instrument/engine/core"
    for name in (
        "pyproject.toml",
        "setup.py",
        "instrument/engine/build.py",
        f"{core}/voice.c",
        f"{core}/voice.h",
    ):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(f"{name}\n")
    (place / "hardware").mkdir()
    shutil.copy(SETUP, place / "hardware")
    return place


class System:
    """A machine that offers everything, as a person without root, until told otherwise."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "pip-calls"
        folder.mkdir()
        for tool in ("gcc", "apt-get", "jackd", "shellcheck"):
            self.offer(tool, "#!/bin/sh\n")
        self.offer("ldconfig", "#!/bin/sh\necho 'libportaudio.so.2 => somewhere'\n")
        self.offer("id", "#!/bin/sh\necho 1000\n")
        self.offer("python3.11", PYTHON)
        for tool in ("sh", "cat", "cp", "chmod", "cksum", "dirname", "grep", "mkdir", "rm", "tail", "uname"):
            (folder / tool).symlink_to(str(shutil.which(tool)))

    def offer(self, tool: str, script: str) -> None:
        path = self.folder / tool
        path.write_text(script)
        path.chmod(0o755)

    def lose(self, *tools: str) -> None:
        for tool in tools:
            (self.folder / tool).unlink()

    def run(
        self, checkout: Path, *words: str, python: str = "python3.11"
    ) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": str(self.folder), "CALLS": str(self.calls), "GRAINDRUM_PYTHON": python}
        command = ["sh", str(checkout / "hardware" / "setup.sh"), *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def system(tmp_path: Path) -> System:
    return System(tmp_path / "tools")


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_plain_posix_shell(script: Path) -> None:
    assert script.read_text().startswith("#!/bin/sh\n")
    subprocess.run(["sh", "-n", str(script)], check=True)


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="needs shellcheck")
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    found = subprocess.run(["shellcheck", str(script)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_help_names_every_command_and_a_wrong_word_is_answered_with_it(
    checkout: Path, system: System
) -> None:
    asked, wrong = system.run(checkout, "help"), system.run(checkout, "plya")
    assert asked.returncode == 0
    assert all(f"setup.sh {word}" in asked.stdout for word in ("run", "test", "install", "uninstall", "help"))
    assert (wrong.returncode, wrong.stdout, wrong.stderr) == (2, "", asked.stdout)


def test_without_root_the_line_to_type_names_exactly_what_is_missing(checkout: Path, system: System) -> None:
    system.offer("ldconfig", "#!/bin/sh\n")
    system.offer("gcc", "#!/bin/sh\nexit 1\n")
    system.lose("jackd")
    answer = system.run(checkout, "test")
    assert answer.returncode == 1
    assert answer.stderr.endswith("  sudo apt-get install -y libportaudio2 gcc libc6-dev jackd2\n")
    assert not (checkout / ".venv").exists()


def test_run_asks_for_no_test_packages(checkout: Path, system: System) -> None:
    system.lose("jackd", "shellcheck")
    assert system.run(checkout, "run").returncode == 0


def test_a_system_without_apt_is_told_what_is_missing(checkout: Path, system: System) -> None:
    system.offer("ldconfig", "#!/bin/sh\n")
    system.lose("apt-get")
    answer = system.run(checkout, "run")
    assert answer.returncode == 1
    assert "libportaudio2" in answer.stderr
    assert "sudo" not in answer.stderr


def test_a_shim_that_leads_nowhere_is_passed_over(checkout: Path, system: System) -> None:
    system.offer("python3.12", "#!/bin/sh\necho 'not found' >&2\nexit 127\n")
    answer = system.run(checkout, "run", python="python3.12 python3.11")
    assert answer.returncode == 0
    assert "Python 3.11.9" in answer.stderr


def test_the_second_run_installs_nothing_and_options_arrive(checkout: Path, system: System) -> None:
    first = system.run(checkout, "run")
    second = system.run(checkout, "run", "--audio", "the null device")
    assert first.returncode == 0
    assert len(system.calls.read_text().splitlines()) == 1
    assert (second.stdout, second.stderr) == ("graindrum run --audio the null device\n", "")


def test_a_changed_core_is_built_again(checkout: Path, system: System) -> None:
    system.run(checkout, "run")
    with (checkout / "instrument/engine/core/voice.h").open("a") as header:
        header.write("/* changed */\n")
    system.run(checkout, "run")
    assert len(system.calls.read_text().splitlines()) == 2


def test_what_was_set_up_for_tests_plays_too(checkout: Path, system: System) -> None:
    tested = system.run(checkout, "test", "-x")
    played = system.run(checkout, "run")
    assert tested.stdout == "python -m pytest -m not bench -x\n"
    assert "[models,test]" in system.calls.read_text()
    assert len(system.calls.read_text().splitlines()) == 1
    assert played.stdout == "graindrum run\n"


def test_a_failing_installation_shows_why_and_is_tried_again(checkout: Path, system: System) -> None:
    system.offer("python3.11", PYTHON.replace("shift 2; ", "echo no such wheel; exit 1; "))
    failed = system.run(checkout, "run")
    system.offer("python3.11", PYTHON)
    shutil.rmtree(checkout / ".venv")
    assert failed.returncode == 1
    assert "no such wheel" in failed.stderr
    assert system.run(checkout, "run").returncode == 0


@pytest.mark.parametrize("word", ["install", "uninstall"])
def test_the_service_is_installed_by_root_alone(checkout: Path, system: System, word: str) -> None:
    answer = system.run(checkout, word)
    assert answer.returncode == 1
    assert answer.stderr.endswith(f"sudo sh {checkout}/hardware/setup.sh {word}\n")


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_understands_every_line_of_the_unit(tmp_path: Path) -> None:
    text = (ROOT / "systemd/graindrum.service").read_text()
    unit = tmp_path / "graindrum.service"
    unit.write_text(text.replace("/opt/graindrum/venv/bin/graindrum", "/bin/true"))
    environment = {**os.environ, "SYSTEMD_LOG_LEVEL": "warning"}
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    verdict = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (verdict.returncode, verdict.stderr) == (0, "")


def test_the_unit_starts_a_command_that_exists() -> None:
    text = (ROOT / "systemd/graindrum.service").read_text()
    (line,) = re.findall(r"^ExecStart=/opt/graindrum/venv/bin/graindrum (.*)$", text, re.MULTILINE)
    assert cli.parser().parse_args(line.split()).command == "run"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documents_point_at_files_and_commands_that_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)", text) if "://" not in link]
    assert [link for link in links if not (document.parent / link).exists()] == []
    (commands,) = [action.choices for action in cli.parser()._actions if action.dest == "command"]
    named = set(re.findall(r"(?:^|`|bin/)graindrum ([a-z]+)", text, re.MULTILINE))
    assert named <= set(commands or ())


def test_ci_runs_the_test_command_of_the_readme() -> None:
    command = "sh hardware/setup.sh test"
    assert f"\n    {command}" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert (ROOT / ".ci/run").read_text().splitlines()[-1].endswith(f"exec {command}")
