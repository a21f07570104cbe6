"""A real JACK server with the dummy driver, and a client of it that plays MIDI in and records audio out."""

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from instrument.drivers.midi import Midi
from instrument.messages import Arrival
from tests.integration.jackbox import JackBox, Machine, wait_until

LONGEST_S = 240  # of one test; below pytest's own limit, which cannot end a call of JACK's
BURN = """
import threading
def burn():
    while True: pass
threading.Thread(target=burn, daemon=True).start()
"""
START = """
import sys
from instrument.cli import main
sys.exit(main(sys.argv[1:]))
"""


def wait_for(condition: Callable[[], object], what: str, seconds: float = 20.0) -> None:
    """Poll until `condition` is true; fail with `what` when it is not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"{what} within {seconds:g} s")
        time.sleep(0.01)


@pytest.fixture(params=[128])
def jack_box(request: pytest.FixtureRequest) -> Iterator[JackBox]:
    """Start a JACK server of our own; its period is the fixture's parameter."""
    if shutil.which("jackd") is None:
        pytest.skip("no jackd here: `sh hardware/setup.sh test` installs it")
    name = "graindrum-test"  # one name: JACK remembers eight, those of killed servers too
    env = os.environ | {"JACK_NO_AUDIO_RESERVATION": "1", "JACK_DEFAULT_SERVER": name}
    realtime = ["-R", "-P70"] if os.geteuid() == 0 else ["-r"]
    dummy = ["-d", "dummy", "-r", "48000", "-p", str(request.param)]
    command = ["jackd", *realtime, "-n", name, "-p", "128", *dummy]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        end = threading.Timer(LONGEST_S, server.kill)  # whatever waits for the server then waits no more
        end.start()
        try:
            box = JackBox.connect(name)
            yield box
            box.close()
        finally:
            server.terminate()
            with suppress(subprocess.TimeoutExpired):
                server.wait(10)
            end.cancel()
            server.kill()


@pytest.fixture
def start_machine(jack_box: JackBox, tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    """Return a function that starts `graindrum run` on the JACK server and waits until it is connected."""
    running: list[Machine] = []

    def start(*arguments: str, busy: bool = False) -> Machine:
        env = os.environ | {
            "JACK_DEFAULT_SERVER": jack_box.server,
            "JACK_NO_START_SERVER": "1",
            "XDG_RUNTIME_DIR": str(tmp_path),
            "XDG_STATE_HOME": str(tmp_path),
            "XDG_CONFIG_HOME": str(tmp_path),
        }
        script = BURN + START if busy else START
        command = [sys.executable, "-c", script, "run", "--no-tui", "--audio", "jack", *arguments]
        machine = Machine.start(command, env, tmp_path)
        running.append(machine)
        wait_for(lambda: jack_box.adopt(machine), f"the machine's ports did not appear; {machine.log()}")
        return machine

    yield start
    for machine in running:
        machine.stop()


@pytest.fixture
def arrived(jack_box: JackBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Midi, list[Arrival]]]:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_box.server)
    monkeypatch.setenv("JACK_NO_START_SERVER", "1")
    got: list[Arrival] = []
    midi = Midi("jack", ["*"], got.append)
    midi.start()
    wait_until(lambda: "tester:pads" in midi.inputs)
    yield midi, got
    midi.stop()
