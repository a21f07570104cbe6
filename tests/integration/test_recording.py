"""What the daemon plays into a JACK server is what `render` writes."""

from collections.abc import Callable

import numpy as np
import pytest

from instrument import bundle as bundles
from instrument import config as configuration
from instrument import render
from instrument.revival import revive
from tests.integration.jackbox import JackBox, Machine

pytestmark = pytest.mark.audio

BARS, BPM, RATE_HZ = 8, 120.0, 48_000


def test_the_running_machine_and_render_give_the_same_samples(
    jack_box: JackBox, start_machine: Callable[..., Machine], tmp_path_factory: pytest.TempPathFactory
) -> None:
    start_machine()
    config = configuration.load()
    bundle = bundles.load(bundles.find(config.sound.bundle))
    fresh, _ = revive(config, bundle, tmp_path_factory.mktemp("state"))
    length = round(BARS * 4 * 60 / fresh.state.pattern.tempo_bpm * RATE_HZ)

    tape = jack_box.take(length / RATE_HZ + 2, [(24_000, bytes([0xFA]))], freewheel=True)
    rendered = render.pattern(bundle, fresh, BARS)[:length]

    heard = int(np.flatnonzero(np.abs(tape).max(axis=1))[0])
    begun = int(np.flatnonzero(np.abs(rendered).max(axis=1))[0])
    np.testing.assert_array_equal(tape[heard : heard + length - begun], rendered[begun:])
    assert np.abs(rendered).max() > 0.1
