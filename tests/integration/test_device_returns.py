"""A JACK server that goes away and comes back under a running machine."""

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from instrument.engine.launch import Engine, Settings
from instrument.supervisor import Supervisor

pytestmark = pytest.mark.audio


@pytest.fixture
def start_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], "subprocess.Popen[bytes]"]]:
    if shutil.which("jackd") is None:
        pytest.skip("no jackd here: `sh hardware/setup.sh test` installs it")
    name = "graindrum-test-returns"  # one name: JACK remembers eight, and a killed server keeps its own
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        command = ["jackd", "-r", "-n", name, "-d", "dummy", "-r", "48000", "-p", "256"]
        started.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        return started[-1]

    yield start
    for server in started:
        server.terminate()  # killed, it would keep one of the eight names JACK has room for
        server.wait()


def next_engine(watched: Supervisor, playing: Engine | None, holds: Callable[[Engine], bool]) -> Engine:
    """Go round as the daemon does until an engine that `holds` has been taken."""
    deadline = time.monotonic() + 30.0
    while playing is None or not holds(playing):
        assert time.monotonic() < deadline, watched.trouble
        if (engine := watched.taken()) is not None:
            playing = engine
            continue
        if watched.lost(playing.link.telemetry().frame if playing is not None else 0):
            playing = None
        time.sleep(0.02)
    return playing


def test_the_clock_stands_in_for_a_server_that_has_gone_until_it_is_back(
    start_server: Callable[[], "subprocess.Popen[bytes]"], tiny_bundle: Path
) -> None:
    server = start_server()
    watched = Supervisor(Settings(bundle=tiny_bundle, audio="jack"), lambda: None)
    watched.start()
    first = next_engine(watched, None, lambda engine: "JACK" in engine.info.device)
    watched.patient = True

    server.kill()
    server.wait()
    stand_in = next_engine(watched, first, lambda engine: "null" in engine.info.device)
    assert watched.heartbeat()
    assert "JACK" in watched.trouble

    start_server()
    back = next_engine(watched, stand_in, lambda engine: "JACK" in engine.info.device)
    assert watched.trouble == ""
    assert back.alive()
    deadline = time.monotonic() + 10.0
    while stand_in.alive():  # it is ended beside the loop
        assert time.monotonic() < deadline, "the stand-in plays on"
        time.sleep(0.01)
    watched.stop()
