"""The engine process on a JACK server with the dummy driver: a device that can go away."""

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import jack
import pytest

from instrument.engine.host import STATUS_STOPPED
from instrument.engine.launch import Engine, Settings
from instrument.errors import DeviceError

pytestmark = pytest.mark.audio


def wait_for(condition: Callable[[], object], what: str, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.01)


def connections() -> dict[str, list[str]] | None:
    """Return what each of our ports is connected to; None while there is no server."""
    try:
        client = jack.Client("probe", no_start_server=True)
    except jack.JackOpenError:
        return None
    with contextlib.closing(client):
        ports = client.get_ports("graindrum", is_output=True)
        return {port.name: [peer.name for peer in client.get_all_connections(port)] for port in ports}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a running JACK server of our own at 44.1 kHz and 64 frames."""
    if not shutil.which("jackd"):
        pytest.skip("no jackd here: `sh hardware/setup.sh test` installs it")
    name = "graindrum-test-engine"
    monkeypatch.setenv("JACK_DEFAULT_SERVER", name)
    monkeypatch.setenv("JACK_NO_AUDIO_RESERVATION", "1")
    realtime = ["-R", "-P70"] if os.geteuid() == 0 else ["-r"]
    driver = ["-d", "dummy", "-r", "44100", "-p", "64"]
    command = ["jackd", *realtime, "-n", name, "-p", "64", *driver]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        wait_for(lambda: connections() is not None, "jackd")
        yield running
        running.terminate()


@pytest.mark.parametrize("wanted", ["jack", "auto", "system"])
def test_it_plays_at_the_servers_rate_and_block(
    server: "subprocess.Popen[bytes]", tiny_bundle: Path, wanted: str
) -> None:
    engine = Engine.start(Settings(bundle=tiny_bundle, audio=wanted, rate_hz=48_000, block_frames=512))
    ports = connections()
    engine.stop()
    assert server.poll() is None
    assert (engine.info.device, engine.info.rate_hz, engine.info.block_frames) == (
        "system (JACK)",
        44_100,
        64,
    )
    assert ports == {"graindrum:out_0": ["system:playback_1"], "graindrum:out_1": ["system:playback_2"]}


def test_it_ends_by_itself_when_the_server_does(server: "subprocess.Popen[bytes]", tiny_bundle: Path) -> None:
    engine = Engine.start(Settings(bundle=tiny_bundle, audio="jack"))
    server.terminate()  # killed, it would keep one of the eight names JACK has room for
    wait_for(lambda: not engine.alive(), "the engine's end")
    assert engine.status == STATUS_STOPPED
    engine.stop()


def test_no_server_is_said_in_one_line(tiny_bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "graindrum-none")
    with pytest.raises(DeviceError, match=r"^no JACK server is running; start one, or choose auto, null"):
        Engine.start(Settings(bundle=tiny_bundle, audio="jack"))
