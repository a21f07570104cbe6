"""The supervisor: one engine at a time, whatever happens to it."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from instrument import supervisor
from instrument.engine import launch
from instrument.engine.launch import Engine, Settings
from instrument.errors import DeviceError
from instrument.supervisor import Supervisor

PATIENCE_S = 20.0


@pytest.fixture
def watch(tiny_bundle: Path) -> Iterator[Callable[..., Supervisor]]:
    """Start supervisors and stop them after the test."""
    started: list[Supervisor] = []

    def make(audio: str = "null", *, patient: bool = False) -> Supervisor:
        made = Supervisor(Settings(bundle=tiny_bundle, audio=audio), lambda: None)
        made.patient = patient
        started.append(made)
        made.start()
        return made

    yield make
    for each in started:
        each.stop()


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def taken(watched: Supervisor) -> Engine:
    deadline = time.monotonic() + PATIENCE_S
    while (engine := watched.taken()) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    return engine


def test_it_says_when_an_engine_has_come_to_sound(tiny_bundle: Path) -> None:
    woken = threading.Event()
    watched = Supervisor(Settings(bundle=tiny_bundle, audio="null"), woken.set)
    watched.start()

    assert woken.wait(PATIENCE_S)
    assert taken(watched).alive()
    assert watched.taken() is None
    assert (watched.status, watched.trouble) == ("sounding", "")
    assert watched.heard().rate_hz == 48_000
    watched.stop()


def test_an_engine_that_died_is_lost_once_and_replaced(watch: Callable[..., Supervisor]) -> None:
    watched = watch()
    first = taken(watched)
    os.kill(first.pid, signal.SIGKILL)

    deadline = time.monotonic() + PATIENCE_S
    while not watched.lost(first.link.telemetry().frame):
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert watched.status == "lost"
    assert "no sound" in watched.trouble
    assert not watched.heartbeat()
    assert not watched.lost(0)
    assert taken(watched).pid != first.pid
    assert watched.heartbeat()


def test_frames_that_stand_still_are_a_lost_device(
    watch: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STALL_S", 0.1)
    watched = watch()
    first = taken(watched)

    frame = first.link.telemetry().frame
    assert not watched.lost(frame)
    deadline = time.monotonic() + PATIENCE_S
    while not watched.lost(frame):
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert taken(watched).alive()


def test_ending_a_hung_engine_holds_up_nobody(
    watch: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "STALL_S", 0.1)
    watched = watch()
    first = taken(watched)
    frame = first.link.telemetry().frame
    os.kill(first.pid, signal.SIGSTOP)

    longest_s, deadline, lost = 0.0, time.monotonic() + PATIENCE_S, False
    while not lost:
        assert time.monotonic() < deadline
        began = time.monotonic()
        lost = watched.lost(frame)
        longest_s = max(longest_s, time.monotonic() - began)
        time.sleep(0.01)

    assert longest_s < launch.STOP_S / 2
    assert taken(watched).alive()
    assert not first.alive()  # before the other was started: they may share a device


def test_a_device_that_is_not_there_is_a_fault_and_tried_again(
    watch: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "RETRY_S", 0.0)
    watched = watch("Moog One")
    wait_until(lambda: watched.fault is not None)
    first = watched.fault

    wait_until(lambda: watched.lost(0) or watched.fault is not first)

    assert isinstance(first, DeviceError)
    assert "Moog One" in watched.trouble
    assert watched.taken() is None


def test_the_clock_stands_in_for_a_device_that_is_not_there(watch: Callable[..., Supervisor]) -> None:
    watched = watch("Moog One", patient=True)

    stand_in = taken(watched)

    assert stand_in.info.device.startswith("null")
    assert watched.heartbeat()
    assert "Moog One" in watched.trouble


def test_a_sound_card_that_appears_takes_over_from_the_silent_clock(
    watch: Callable[..., Supervisor], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cards = tmp_path / "cards"
    monkeypatch.setattr(supervisor, "CARDS", cards)
    monkeypatch.setattr(supervisor, "CARDS_EVERY_S", 0.0)
    monkeypatch.setenv("JACK_DEFAULT_SERVER", "nowhere")
    watched = watch("auto")
    first = taken(watched)
    if not first.info.device.startswith("null"):
        pytest.skip(f"this machine plays on {first.info.device}")
    assert not watched.lost(first.link.telemetry().frame)

    cards.write_text(" 1 [USB            ]: USB-Audio")

    assert not watched.lost(first.link.telemetry().frame)
    assert taken(watched).pid != first.pid
    wait_until(lambda: not first.alive())
