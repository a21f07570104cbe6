"""Late blocks under load, judged against a silent client of the same JACK server in the same minute."""

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator

import pytest

from instrument import bundle as bundles
from instrument import heaviest
from instrument.client import Client
from instrument.engine.launch import Engine, Settings
from instrument.engine.link import record
from instrument.engine.tape import Tape
from instrument.messages import Play, SetStep, SetTempo
from instrument.snapshot import Snapshot
from tests.integration.jackbox import JackBox, Machine, pss_mb

pytestmark = [pytest.mark.audio, pytest.mark.slow]

SECONDS, RATE_HZ = 60.0, 48_000
AHEAD = 100  # blocks that events are sent before they sound


def _burn() -> None:
    while True:
        pass


@pytest.fixture
def burning_cores() -> Iterator[None]:
    """Keep both cores busy with two processes."""
    burners = [multiprocessing.get_context("spawn").Process(target=_burn, daemon=True) for _ in range(2)]
    for burner in burners:
        burner.start()
    yield
    for burner in burners:
        burner.kill()
        burner.join()


@pytest.fixture
def silent_engine(jack_box: JackBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Run an engine that only counts: the null client."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_box.server)
    engine = Engine.start(Settings(bundle=bundles.find("drums8"), audio="jack", silent=True))
    yield engine
    engine.stop()


def newest(client: Client, seconds: float) -> Snapshot:
    """Return the last snapshot that arrives within `seconds`."""
    shown = client.wait_for(lambda _: True)
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 0:
        got = client.receive(left)
        shown = got if isinstance(got, Snapshot) else shown
    return shown


@pytest.mark.usefixtures("burning_cores")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs real-time priority for the JACK server")
def test_the_heaviest_plain_pattern_is_as_punctual_as_silence(
    start_machine: Callable[..., Machine], silent_engine: Engine
) -> None:
    """A machine's stall makes late whoever it hits: us as often as our share of the time, on top of 3."""
    machine = start_machine(busy=True)
    with machine.client() as client:
        for track in range(1, 9):
            for step in range(1, 17):
                client.send(SetStep(track, step, 100))
        client.send(SetTempo(120))
        client.send(Play())
        began = client.wait_for(lambda seen: seen.playing and seen.voices >= 8)
        silent_before = silent_engine.link.telemetry()

        ended = newest(client, SECONDS)
        silent = silent_engine.link.telemetry()

    period_us = 1e6 * ended.block_frames / ended.rate_hz
    late = ended.late_blocks - began.late_blocks
    silent_late = silent.late_blocks - silent_before.late_blocks
    xruns, silent_xruns = ended.xruns - began.xruns, silent.xruns - silent_before.xruns
    share = ended.block_p99_us / period_us
    print(f"p99 {ended.block_p99_us:.0f} us = {share:.1%} of the period; late {late}")
    print(f"silent: late {silent_late}, xruns {silent_xruns}; ours {xruns}; hits {ended.hits - began.hits}")
    print(f"memory {pss_mb(machine.process.pid):.0f} MB")
    assert ended.hits - began.hits > 0.95 * 8 * 8 * SECONDS
    assert ended.block_p99_us < 0.25 * period_us
    assert late <= silent_late + 3 + 2 * ended.load * silent_xruns


@pytest.fixture
def playing_engine(jack_box: JackBox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    """Run an engine that is fed by the test alone."""
    monkeypatch.setenv("JACK_DEFAULT_SERVER", jack_box.server)
    engine = Engine.start(Settings(bundle=bundles.find("drums8"), audio="jack"))
    yield engine
    engine.stop()


def feed(engine: Engine, seconds: float) -> int:
    """Play the heaviest pattern for so long, recorded with stems; return how many frames were lost."""
    timbres = heaviest.sounds(bundles.load(bundles.find("drums8")))
    tape, shared = Tape.open(engine.tape), engine.link
    block = began = shared.telemetry().frame // heaviest.PERIOD + AHEAD
    shared.push(record(block * heaviest.PERIOD, 1, 2**heaviest.TRACKS - 1))
    while block < began + seconds * RATE_HZ / heaviest.PERIOD:
        while tape.read(1) is not None:
            pass
        if block > shared.telemetry().frame // heaviest.PERIOD + AHEAD:
            time.sleep(0.002)
            continue
        for event in heaviest.events(timbres, block):
            assert shared.push(event)
        block += 1
    lost = tape.lost
    tape.close()
    return lost


@pytest.mark.usefixtures("burning_cores")
@pytest.mark.skipif(os.geteuid() != 0, reason="needs real-time priority for the JACK server")
def test_the_heaviest_pattern_with_a_knob_turning_and_all_recorded_is_as_punctual_as_silence(
    playing_engine: Engine, silent_engine: Engine
) -> None:
    before, silent_before = playing_engine.link.telemetry(), silent_engine.link.telemetry()

    lost = feed(playing_engine, SECONDS)

    told, silent = playing_engine.link.telemetry(), silent_engine.link.telemetry()
    late, silent_late = told.late_blocks - before.late_blocks, silent.late_blocks - silent_before.late_blocks
    silent_xruns = silent.xruns - silent_before.xruns
    period_us = 1e6 * told.block_frames / told.rate_hz
    p99_us = told.block_us(0.99)
    print(f"p99 {p99_us:.0f} us = {p99_us / period_us:.1%} of the period; late {late}")
    print(f"silent: late {silent_late}, xruns {silent_xruns}; hits {told.hits}, stolen {told.stolen_voices}")
    assert told.hits > 0.95 * heaviest.TRACKS * SECONDS * RATE_HZ / heaviest.GAP
    assert p99_us < 0.5 * period_us
    assert late <= silent_late + 3 + 2 * told.load * silent_xruns
    assert lost == 0
