"""The command line: wrong input gives one clear line, exit 2 and nothing else; help is whole and quick."""

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from instrument import bench
from instrument.cli import main, parser

RATE_HZ = 48_000
COMMANDS = ["run", "tui", "render", "sample", "resynth", "devices", "bundle", "config", "bench"]
HEAVY = ["numpy", "soundfile", "soxr", "textual", "rtmidi", "sounddevice", "yaml", "instrument.engine._core"]


@pytest.fixture
def place(tmp_path: Path, tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to an empty folder that holds what the rows of WRONG speak of; nobody's configuration is read."""
    monkeypatch.chdir(tmp_path)
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    Path("tiny.safetensors").write_bytes(tiny_bundle.read_bytes())
    Path("cut.safetensors").write_bytes(tiny_bundle.read_bytes()[:-1000])
    tone = 0.5 * np.sin(np.arange(RATE_HZ // 4) * 0.05)
    soundfile.write("tone.wav", tone, RATE_HZ)
    soundfile.write("silent.wav", 0 * tone, RATE_HZ)
    soundfile.write("empty.wav", tone[:0], RATE_HZ)
    soundfile.write("long.flac", np.full(61 * 8_000, 0.1), 8_000)
    Path("text.wav").write_text("this is no sound\n")
    Path("folder.wav").mkdir()
    Path("kept.wav").write_bytes(b"what was there")
    Path("bad.yaml").write_text("audio:\n  devise: null\nsound:\n  seed: many\n")
    Path("half.yaml").write_text("schema: 1\nname: half\ntracks: [{class: kick}]\n")
    return tmp_path


B = ["--bundle", "tiny.safetensors"]
LONG = "a" * 300
WRONG = {
    "no command": ([], "COMMAND"),
    "unknown command": (["play"], "invalid choice: 'play'"),
    "unknown option": (["devices", "--fast"], "unrecognized arguments: --fast"),
    "shortened option": (["render", "o.wav", "--bar", "2"], "unrecognized arguments: --bar"),
    "missing output": (["render"], "OUT.wav"),
    "no bars": (["render", "o.wav", "--bars", "0", *B], "--bars: '0' is no whole number from 1 to 4000"),
    "bars that are no number": (["render", "o.wav", "--bars", "two", *B], "--bars: 'two' is no whole number"),
    "bpm below": (["render", "o.wav", "--bpm", "10", *B], "--bpm: '10' is no number from 20 to 300"),
    "bpm nan": (["render", "o.wav", "--bpm", "nan", *B], "--bpm: 'nan' is no number from 20 to 300"),
    "rate unknown": (["render", "o.wav", "--rate", "22050", *B], "--rate: invalid choice: 22050"),
    "block too small": (["render", "o.wav", "--block", "8", *B], "--block: '8' is no whole number from 16"),
    "too long a render": (["render", "o.wav", "--bars", "4000", *B], "at most 3600 s"),
    "unknown kit": (["render", "o.wav", "--kit", "none", *B], "no kit named 'none'; known are"),
    "unknown pattern": (["render", "o.wav", "--pattern", "none", *B], "no pattern named 'none'; known are"),
    "missing kit file": (["render", "o.wav", "--kit", "./none.yaml", *B], "none.yaml: cannot be read"),
    "half a kit": (["render", "o.wav", "--kit", "half.yaml", *B], "half.yaml: tracks is 1 of them"),
    "audio for a pattern": (["render", "o.wav", "--pattern", "./tone.wav", *B], "tone.wav: not YAML"),
    "negative seed": (["render", "o.wav", "--seed", "-1", *B], "--seed: '-1' is no whole number"),
    "unknown bundle": (["render", "o.wav", "--bundle", "none"], "no bundle named 'none'"),
    "missing bundle file": (["sample", "tom", "o.wav", "--bundle", "./none.safetensors"], "no bundle at"),
    "damaged bundle": (["sample", "tom", "o.wav", "--bundle", "cut.safetensors"], "not a whole safetensors"),
    "no bundle at all": (["bundle", "./tone.wav"], "tone.wav: not a whole safetensors file"),
    "unknown class": (["sample", "gong", "o.wav", *B], "no class 'gong'; its classes are: clap, crash"),
    "no hits": (["sample", "kick", "o.wav", "--count", "0", *B], "--count: '0' is no whole number from 1"),
    "too hot": (["sample", "kick", "o.wav", "--temperature", "9", *B], "--temperature: '9' is no number"),
    "a pitch of a drum": (["sample", "kick", "o.wav", "--pitch", "60", *B], "has no pitch; leave"),
    "a pitch beyond MIDI": (["sample", "kick", "o.wav", "--pitch", "128", *B], "--pitch: '128' is no number"),
    "a pitch that is no number": (["sample", "kick", "o.wav", "--pitch", "C4", *B], "--pitch: 'C4' is no"),
    "a velocity of nothing": (["sample", "kick", "o.wav", "--velocity", "0", *B], "--velocity: '0' is no"),
    "a class of no bundle": (["sample", "gong", "o.wav"], "no installed bundle has a class 'gong'"),
    "a pitch for a recording": (["resynth", "tone.wav", "o.wav", "--pitch", "60", *B], "has no pitch; leave"),
    "two numbers in a name": (["sample", "kick", "%d-%d.wav", *B], "%d stands once"),
    "output is no WAV": (["sample", "kick", "o.mp3", *B], "must end in .wav"),
    "output nowhere": (["sample", "kick", "none/o.wav", *B], "there is no folder none"),
    "output in a file": (["sample", "kick", "tone.wav/o.wav", *B], "there is no folder tone.wav"),
    "output is a folder": (["render", "folder.wav", *B], "folder.wav: it is a folder"),
    "missing recording": (["resynth", "none.wav", "o.wav", *B], "none.wav: no such file"),
    "text for a recording": (["resynth", "text.wav", "o.wav", *B], "cannot be read as WAV, FLAC or OGG"),
    "folder for a recording": (["resynth", "folder.wav", "o.wav", *B], "folder.wav: is a folder"),
    "silent recording": (["resynth", "silent.wav", "o.wav", *B], "silent.wav: is silent"),
    "empty recording": (["resynth", "empty.wav", "o.wav", *B], "empty.wav: is empty"),
    "long recording": (["resynth", "long.flac", "o.wav", *B], "lasts 61.0 s; at most 60 s"),
    "unknown class of a recording": (["resynth", "tone.wav", "o.wav", "--class", "x", *B], "no class 'x'"),
    "unknown way": (["resynth", "tone.wav", "o.wav", "--through", "air", *B], "invalid choice: 'air'"),
    "error keeps what was there": (["resynth", "silent.wav", "kept.wav", *B], "silent.wav: is silent"),
    "unknown setting": (["config", "show", "--set", "audio.devise=x"], "no setting 'audio."),
    "setting without a value": (["run", "--no-tui", "--set", "audio.device"], "expected key=value"),
    "setting out of range": (["run", "--no-tui", "--set", "audio.block_frames=8"], "allowed is a whole"),
    "missing configuration": (["run", "--no-tui", "--config", "none.yaml"], "none.yaml: cannot be read"),
    "one mistake in a file": (["config", "show", "--config", "bad.yaml"], "no setting 'audio.devise'"),
    "the other mistake in it": (["config", "show", "--config", "bad.yaml"], "sound.seed is 'many'"),
    "unknown device": (["run", "--no-tui", "--audio", "no such card", *B], "no audio output matches"),
    "no JACK server": (["run", "--no-tui", "--audio", "jack", *B], "no JACK server is running"),
    "run with an unknown bundle": (["run", "--no-tui", "--bundle", "none"], "no bundle named 'none'"),
    "two bundles": (["bundle", "tiny.safetensors", "--bundle", "none"], "bundle is named twice"),
    "too long an output": (["render", f"{LONG}.wav", *B], "its name is too long"),
    "too long an output with its mark": (["sample", "kick", f"{LONG[:250]}.wav", *B], "its name is too long"),
    "too long a number": (["sample", "kick", "o%0300d.wav", *B], "%0300d: at most %09d"),
    "too long a kit": (["render", "o.wav", "--kit", LONG, *B], "no kit named 'aaa"),
    "too long a kit file": (["render", "o.wav", "--kit", f"./{LONG}", *B], "cannot be read (File name too"),
    "too long a pattern": (["render", "o.wav", "--pattern", LONG, *B], "no pattern named 'aaa"),
    "too long a bundle": (["sample", "kick", "o.wav", "--bundle", LONG], "no bundle named 'aaa"),
    "too long a bundle file": (["bundle", f"./{LONG}"], "no bundle at"),
    "too long a recording": (["resynth", f"{LONG}.wav", "o.wav", *B], "no such file"),
    "too long a configuration": (["config", "show", "--config", LONG], "cannot be read (File name too long)"),
    "a device for a kit": (["render", "o.wav", "--kit", "/dev/zero", *B], "cannot be read (it is no reg"),
    "a device for a pattern": (["render", "o.wav", "--pattern", "/dev/zero", *B], "it is no regular file"),
    "a device for settings": (["config", "show", "--config", "/dev/zero"], "it is no regular file"),
    "a device for a bundle": (["bundle", "/dev/zero"], "no bundle at /dev/zero"),
    "a device for a recording": (["resynth", "/dev/zero", "o.wav", *B], "/dev/zero: is no regular file"),
    "nobody to watch": (["tui", "--socket", "none.sock"], "no instrument listens at none.sock"),
}  # fmt: skip


def _listing(folder: Path) -> dict[str, bytes]:
    """Return what lies in a folder, but for the lock that keeps two instruments off one socket."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")
    return {str(path): path.read_bytes() for path in files}


IN_A_PROCESS = ["unknown command", "damaged bundle", "silent recording", "output nowhere"]
RUNS = [case for case, (arguments, _) in WRONG.items() if arguments[:1] == ["run"]]


@pytest.mark.parametrize("case", [case for case in WRONG if case not in RUNS])
def test_wrong_input_gives_one_line_and_changes_nothing(
    case: str, place: Path, capsys: pytest.CaptureFixture[str]
):
    arguments, expected = WRONG[case]
    before = _listing(place)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert err.startswith("graindrum: ")
    assert err.count("\n") == 1
    assert expected in err
    assert out == ""
    assert _listing(place) == before


def _graindrum(*arguments: str) -> "subprocess.CompletedProcess[str]":
    root = Path(__file__).resolve().parents[2]
    env = os.environ | {"PYTHONPATH": str(root), "JACK_DEFAULT_SERVER": "graindrum-no-such-server"}
    command = [sys.executable, "-m", "instrument.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)


@pytest.mark.parametrize("case", IN_A_PROCESS + RUNS)
def test_a_process_ends_with_status_2_and_no_traceback(case: str, place: Path):
    arguments, expected = WRONG[case]
    before = _listing(place)
    done = _graindrum(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("graindrum: ")
    assert expected in done.stderr
    assert done.stderr.count("\n") == 1
    assert _listing(place) == before


def test_an_output_that_may_not_be_written_is_refused(place: Path):
    folder = place / "locked"
    folder.mkdir(mode=0o500)
    if os.access(folder, os.W_OK):
        pytest.skip("as root every folder may be written to")
    done = _graindrum("sample", "kick", "locked/o.wav", *B)
    assert done.returncode == 2
    assert "permission denied" in done.stderr


def test_a_file_that_cannot_be_finished_is_one_line_and_leaves_what_was_there(place: Path):
    root = Path(__file__).resolve().parents[2]
    before = _listing(place)
    limited = f"ulimit -f 100; exec {sys.executable} -m instrument.cli sample kick kept.wav --count 9"
    env = os.environ | {"PYTHONPATH": str(root)}
    command = ["sh", "-c", f"{limited} --bundle tiny.safetensors"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, cwd=place, check=False)
    assert done.returncode == 2
    assert done.stderr == "graindrum: cannot write kept.wav: no room left, or too large a file\n"
    assert _listing(place) == before


@pytest.mark.usefixtures("place")
def test_progress_is_drawn_on_a_terminal_and_wiped():
    arguments = ["sample", "kick", "many-%d.wav", "--count", "250", *B]
    watched, ours = pty.openpty()
    root = Path(__file__).resolve().parents[2]
    command = [sys.executable, "-m", "instrument.cli", *arguments]
    env = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=ours, env=env) as child:
        os.close(ours)
        drawn = b""
        with contextlib.suppress(OSError):  # EIO: the other side is closed
            while more := os.read(watched, 4096):
                drawn += more
    assert child.returncode == 0
    assert "drawing ███".encode() in drawn
    assert drawn.endswith(b"\r\x1b[K")
    os.close(watched)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main([command, "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert f"example:\n  graindrum {command}" in text


def test_the_help_lists_every_command(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["--help"])
    text = capsys.readouterr().out
    assert all(f"\n    {command} " in text for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_example_of_every_command_parses(command: str, capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main([command, "--help"])
    example = capsys.readouterr().out.split("example:\n")[1].strip().partition(" > ")[0]
    options = parser().parse_args(example.replace("'USB Audio'", "USB").split()[1:])
    assert options.command == command


def test_help_and_parsing_import_nothing_heavy():
    code = "import sys; from instrument.cli import parser; parser(); print(*sys.modules)"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=True)
    assert set(HEAVY) & set(done.stdout.split()) == set()


def test_the_version_is_shown(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("graindrum ")


def test_a_closed_pipe_is_no_error(place: Path):
    root = Path(__file__).resolve().parents[2]
    line = f"PYTHONPATH={root} {sys.executable} -m instrument.cli bundle tiny.safetensors | true"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, cwd=place, check=False)
    assert done.stderr == ""


@pytest.mark.usefixtures("place")
def test_bundle_shows_classes_sizes_provenance_and_credits(capsys: pytest.CaptureFixture[str]):
    assert main(["bundle", "tiny.safetensors"]) == 0
    out = capsys.readouterr().out
    assert all(f"\n{name} " in out for name in ("clap", "hihat_closed", "tom"))
    assert "embedding 32, latent 32" in out
    assert "command: tests/conftest.py" in out
    assert "Random weights" in out


def test_bundle_shows_the_pitches_of_each_class(pitched_bundle: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["bundle", str(pitched_bundle)]) == 0
    (kick,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("kick "))
    assert kick.endswith("40 to 76 (E2 to E5)")


@pytest.mark.usefixtures("place")
def test_config_show_names_the_origin_of_every_value(capsys: pytest.CaptureFixture[str]):
    Path("own.yaml").write_text("audio:\n  rate_hz: 44100\n")
    assert main(["config", "show", "--config", "own.yaml", "--set", "sound.seed=5", "midi.backend=none"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "audio.rate_hz: 44100  # own.yaml" in lines
    assert "sound.seed: 5  # --set" in lines
    assert "midi.backend: none  # --set" in lines
    assert "audio.block_frames: 128  # default" in lines


@pytest.mark.usefixtures("place")
def test_devices_lists_the_null_device_wherever_it_runs(capsys: pytest.CaptureFixture[str]):
    assert main(["devices"]) == 0
    out = capsys.readouterr().out
    assert "null" in out
    assert "MIDI" in out


@pytest.mark.usefixtures("place")
def test_bench_prints_json_that_holds_every_kernel(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(bench, "ROUNDS", 2)
    assert main(["bench", "--json", *B]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [cost["kernel"] for cost in data["kernels"]].count("portable") == 1
    assert data["kernel"] in [cost["kernel"] for cost in data["kernels"]]
