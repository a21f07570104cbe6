"""Events and telemetry through shared memory: nothing lost, nothing doubled, nothing torn."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from instrument.engine._core import ffi, lib

from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.link import CEvent, Link, Start, Timbre
from instrument.engine.model import new_engine

ROOT = Path(__file__).resolve().parents[3]
COUNT = 5000
PUSHER = f"""
import sys, time
from instrument.engine import link
shared = link.Link.open(int(sys.argv[1]))
for number in range(1, {COUNT} + 1):
    event = link.hit(0, 0, link.Timbre(), link.Start(id=number, gain=0.0))
    while not shared.push(event):
        time.sleep(0.0005)
"""


class Drum:
    """An engine on a link, and a block to render into."""

    def __init__(self, shared: Link, bundle: Bundle) -> None:
        self.shared = shared
        self.engine = new_engine(bundle, 48_000, shared)
        self._block = np.zeros((64, 2), np.float32)

    def render(self) -> None:
        lib.gd_render(self.engine, ffi.from_buffer("float[]", self._block), 64)


@pytest.fixture
def drum(drums: Bundle) -> Iterator[Drum]:
    shared = Link.create()
    made = Drum(shared, drums)
    yield made
    lib.gd_engine_free(made.engine)
    shared.close()


def numbered(number: int) -> CEvent:
    return link.hit(0, 0, Timbre(), Start(id=number, gain=0.0))


def drain(drum: Drum, still_pushing: "threading.Thread | subprocess.Popen[bytes]") -> None:
    """Render until `COUNT` hits have started, in order; fails when they do not come."""
    newest, deadline = 0, time.monotonic() + 60
    while drum.shared.telemetry().hits < COUNT and time.monotonic() < deadline:
        drum.render()
        told = drum.shared.telemetry()
        assert told.last_id >= newest
        newest = told.last_id
    told = drum.shared.telemetry()
    assert (told.hits, told.last_id, told.dropped_events) == (COUNT, COUNT, 0), still_pushing


def test_another_process_pushes_and_nothing_is_lost(drum: Drum) -> None:
    assert drum.shared.fd is not None
    command = [sys.executable, "-c", PUSHER, str(drum.shared.fd)]
    with subprocess.Popen(command, pass_fds=[drum.shared.fd], cwd=ROOT) as pusher:
        drain(drum, pusher)
    assert pusher.returncode == 0


def test_another_thread_pushes_and_nothing_is_lost(drum: Drum) -> None:
    def push() -> None:
        for number in range(1, COUNT + 1):
            while not drum.shared.push(numbered(number)):
                time.sleep(0.0005)

    pusher = threading.Thread(target=push)
    pusher.start()
    drain(drum, pusher)
    pusher.join()


def test_a_full_ring_takes_nothing_and_says_so(drum: Drum) -> None:
    room = drum.shared.room()
    assert room == lib.GD_EVENTS
    assert all(drum.shared.push(numbered(number)) for number in range(1, room + 1))
    assert drum.shared.room() == 0
    assert not drum.shared.push(numbered(9999))
    drum.render()
    assert drum.shared.room() == lib.GD_EVENTS
    assert drum.shared.telemetry().last_id == room


def test_a_fresh_link_tells_of_nothing_yet() -> None:
    shared = Link.create()
    told = shared.telemetry()
    shared.close()
    assert (told.frame, told.blocks, told.clock_ns, sum(told.histogram)) == (0, 0, 0, 0)


def test_frames_follow_the_clock_of_the_newest_block(drum: Drum) -> None:
    drum.render()
    told = drum.shared.telemetry()
    assert told.frame == 64
    assert told.frame_at(told.clock_ns) == 0
    assert told.frame_at(told.clock_ns + 1_000_000) == 48


def test_a_vector_that_is_too_long_or_no_vector_is_refused() -> None:
    for wrong in (np.zeros(33, np.float32), np.zeros((2, 2), np.float32)):
        with pytest.raises(ValueError, match="at most 32"):
            link.hit(0, 0, Timbre(embedding=wrong), Start())
