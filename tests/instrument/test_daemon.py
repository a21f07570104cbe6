"""The control process as a whole, on the clocked null device."""

import os
import pty
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from instrument.client import Client
from instrument.messages import ControlChange, Note, Play, SetStep, SetTempo, Stop, Trigger
from instrument.snapshot import Snapshot

START = """
import sys
from instrument import config, daemon
from instrument.errors import GraindrumError
from instrument.face import Face
try:
    sys.exit(daemon.run(config.load(None, sys.argv[2:]), Face(sys.argv[1])))
except GraindrumError as error:
    sys.exit(f"refused: {error}")
"""


@dataclass
class Running:
    """A daemon of our own."""

    process: "subprocess.Popen[bytes]"
    folder: Path

    def client(self) -> Client:
        return Client.connect(self.folder / "graindrum" / "control.sock")

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def wait(self) -> int:
        return self.process.wait(10)


@pytest.fixture
def start(tmp_path: Path, tiny_bundle: Path) -> Iterator[Callable[..., Running]]:
    """Start daemons that share a folder; wait until they listen, unless `face` or settings forbid."""
    running: list[Running] = []

    def make(
        *assignments: str, face: str = "none", stdin: int = subprocess.DEVNULL, ready: bool = True
    ) -> Running:
        homes = ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
        env = os.environ | dict.fromkeys(homes, str(tmp_path))
        told = [f"sound.bundle={tiny_bundle}", "audio.device=null", "midi.backend=none", *assignments]
        with (tmp_path / "log").open("wb") as log:
            command = [sys.executable, "-c", START, face, *told]
            made = Running(subprocess.Popen(command, env=env, stdin=stdin, stderr=log), tmp_path)
        running.append(made)
        deadline = time.monotonic() + 20
        while ready and "ready" not in made.log():
            assert made.process.poll() is None, made.log()
            assert time.monotonic() < deadline, made.log()
            time.sleep(0.01)
        return made

    yield make
    for each in running:
        each.process.kill()
        each.process.wait()


def engine_pid(running: Running) -> int:
    tasks = Path(f"/proc/{running.process.pid}/task").iterdir()  # a thread of it has started the engine
    children = [pid for task in tasks for pid in (task / "children").read_text().split()]
    own = [pid for pid in children if b"instrument.engine.host" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    return int(own[0])


def playing(seen: Snapshot) -> bool:
    return seen.playing and seen.step is not None and seen.voices > 0


def test_a_message_becomes_a_hit_and_a_snapshot(start: Callable[..., Running]) -> None:
    with start().client() as client:
        before = client.wait_for(lambda seen: seen.engine == "sounding")
        client.send(Trigger(2, 100))

        after = client.wait_for(lambda seen: seen.hits == 1)

    assert after.tracks[1].seed != before.tracks[1].seed
    assert after.selected == 2
    assert after.audio_device.startswith("null")
    assert (after.rate_hz, after.block_frames, after.bundle) == (48_000, 128, "tiny")


def test_it_plays_the_pattern_and_stops(start: Callable[..., Running]) -> None:
    with start("sequencer.play=true").client() as client:
        client.wait_for(playing)
        client.wait_for(lambda seen: seen.step == 8)
        client.send(Stop())
        stopped = client.wait_for(lambda seen: not seen.playing)
        silent = client.wait_for(lambda seen: seen.voices == 0)

    assert stopped.step is None
    assert silent.late_blocks <= silent.hits  # it kept up


def test_a_note_that_plays_nothing_is_shown(start: Callable[..., Running]) -> None:
    with start().client() as client:
        client.send(Note(10, 99, 100))
        seen = client.wait_for(lambda seen: seen.last_midi != "")
        client.send(ControlChange(1, 70, 0))
        client.send(ControlChange(1, 70, 127))  # past the value, which it takes over
        turned = client.wait_for(lambda seen: seen.tracks[0].knobs[0] == 1.0)

    assert "plays nothing" in seen.warning
    assert turned.last_midi == "cc 70 ch 1 val 127 → kick shape 1"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_within_a_second_and_leaves_nothing_running(
    start: Callable[..., Running], number: signal.Signals
) -> None:
    running = start("sequencer.play=true")
    engine = engine_pid(running)

    began = time.monotonic()
    running.process.send_signal(number)

    assert running.wait() == 0
    assert time.monotonic() - began < 1.0
    assert not Path(f"/proc/{engine}").exists()
    assert not (running.folder / "graindrum" / "control.sock").exists()


def test_a_flood_of_messages_holds_up_neither_the_pattern_nor_other_clients(
    start: Callable[..., Running],
) -> None:
    running = start("sequencer.play=true")
    flood = b'{"type": "trigger", "track": 8, "velocity": 1}\n' * 4_000 + b"nonsense\n" * 4_000
    with running.client() as noisy, running.client() as client:
        before = client.wait_for(playing)
        noisy._socket.settimeout(None)
        sending = threading.Thread(target=noisy._socket.sendall, args=(flood,), daemon=True)
        sending.start()
        steps: set[int | None] = set()
        while sending.is_alive() or len(steps) < 16:
            began = time.monotonic()
            seen = client.wait_for(playing)
            assert time.monotonic() - began < 1.0
            steps.add(seen.step)
        heard = client.wait_for(lambda seen: seen.hits >= before.hits + 4_000, 30)

    assert heard.engine == "sounding"


def test_a_lost_engine_is_replaced_and_the_pattern_goes_on(start: Callable[..., Running]) -> None:
    running = start("sequencer.play=true")
    with running.client() as client:
        client.wait_for(playing)
        first = engine_pid(running)
        os.kill(first, signal.SIGKILL)

        lost = client.wait_for(lambda seen: seen.engine == "lost")
        again = client.wait_for(lambda seen: seen.engine == "sounding" and playing(seen), 20)

    assert "no sound" in lost.warning
    assert again.warning == ""
    assert engine_pid(running) != first


def test_an_engine_never_outlives_a_killed_daemon(start: Callable[..., Running]) -> None:
    running = start()
    engine = engine_pid(running)

    running.process.kill()

    deadline = time.monotonic() + 5
    while Path(f"/proc/{engine}/exe").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_it_comes_back_as_it_was_left_even_when_killed(start: Callable[..., Running]) -> None:
    running = start()
    with running.client() as client:
        for said in (SetTempo(77.0), SetStep(7, 3, 99), Trigger(3, 100)):
            client.send(said)
        left = client.wait_for(lambda seen: seen.hits == 1)
    deadline = time.monotonic() + 2.0
    while not list((running.folder / "graindrum").glob("state-*.yaml")):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.process.kill()
    running.process.wait()

    with start().client() as client:
        back = client.wait_for(lambda seen: seen.engine == "sounding")
        client.send(Trigger(3, 100))
        next_draw = client.wait_for(lambda seen: seen.hits == 1)

    assert (back.tempo_bpm, back.pattern) == (left.tempo_bpm, left.pattern)
    assert back.pattern[6][2] == 99
    assert [track.seed for track in back.tracks] == [track.seed for track in left.tracks]
    assert next_draw.tracks[2].seed != left.tracks[2].seed


def test_a_damaged_state_is_a_warning_and_not_a_refusal(start: Callable[..., Running]) -> None:
    first = start()
    folder = first.folder / "graindrum"
    (folder / "state-00000007.yaml").write_text("schema: 1\n")
    first.process.terminate()
    first.wait()

    with start().client() as client:
        seen = client.wait_for(lambda seen: seen.engine == "sounding")

    assert "damaged" in seen.warning


def test_a_second_daemon_is_refused_and_the_first_plays_on(start: Callable[..., Running]) -> None:
    first = start()

    second = start(ready=False)

    assert second.wait() == 1
    assert "refused: an instrument runs already" in second.log()
    first.client().close()


@pytest.mark.parametrize(
    ("assignment", "says"),
    [
        ("sound.bundle=nonsense", "no bundle named 'nonsense'"),
        ("sound.kit=nonsense", "no kit named 'nonsense'"),
        ("sound.pattern=nowhere.yaml", "nowhere.yaml: cannot be read"),
        ("audio.device=Moog One", "Moog One"),
    ],
)
def test_what_a_person_got_wrong_is_said_before_anything_sounds(
    start: Callable[..., Running], assignment: str, says: str
) -> None:
    running = start(assignment, ready=False)

    assert running.wait() == 1
    assert "refused: " in running.log()
    assert says in running.log()
    assert "Traceback" not in running.log()


def test_the_console_plays_from_the_keys_and_restores_the_terminal(start: Callable[..., Running]) -> None:
    ours, theirs = pty.openpty()
    running = start(face="console", stdin=theirs)
    with running.client() as client:
        os.write(ours, b" ")
        client.wait_for(playing)
        os.write(ours, b" 3")
        seen = client.wait_for(lambda seen: not seen.playing and seen.selected == 3)
    os.write(ours, b"q")

    assert running.wait() == 0
    assert seen.tracks[2].class_name == "clap"
    assert "bpm" in running.log()
    os.close(ours)
    os.close(theirs)


def test_a_console_that_is_closed_does_not_stop_the_music(start: Callable[..., Running]) -> None:
    ours, theirs = pty.openpty()
    running = start(face="console", stdin=theirs)
    os.close(theirs)
    os.close(ours)

    with running.client() as client:
        client.send(Play())
        assert client.wait_for(playing).playing
        client.send(Stop())
        assert client.wait_for(lambda seen: not seen.playing).engine == "sounding"
    running.process.terminate()
    assert running.wait() == 0


def test_the_terminal_going_away_does_not_stop_the_music(start: Callable[..., Running]) -> None:
    running = start("sequencer.play=true")
    running.process.send_signal(signal.SIGHUP)

    with running.client() as client:
        client.send(Play())
        assert client.wait_for(playing).playing
