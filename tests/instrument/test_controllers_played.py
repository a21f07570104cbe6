"""Every control of every map, moved on an instrument: each does something, and none of them breaks it."""

from pathlib import Path

import pytest

from instrument import bundle, controller_file, scene
from instrument.controllers import Controller, Plugged
from instrument.mapping import Binding
from instrument.messages import ControlChange, Message, Note
from instrument.space import Space
from tests.instrument.player import Player

MAPS, _ = controller_file.load_all()
QUIET = (0.0,) * 16


@pytest.fixture(scope="module")
def space(tiny_bundle: Path) -> Space:
    return Space(bundle.load(tiny_bundle))


def moved(binding: Binding, source: str) -> list[Message]:
    """Return what moving a control sends: a press and its release, or a turn from end to end."""
    control = binding.control
    channel = control.channel or 1
    if control.kind == "note":
        return [Note(channel, control.number, 100, source), Note(channel, control.number, 0, source)]
    values = (0, 127, 0) if binding.encoding == "absolute" else (1, 65)
    return [ControlChange(channel, control.number, value, source) for value in values]


@pytest.mark.parametrize("each", MAPS, ids=lambda each: each.id)
def test_every_control_of_a_map_means_something_to_the_instrument(space: Space, each: Controller) -> None:
    """At least in words, as that there is no older draw; a pad or track that the kit lacks is apart."""
    player = Player(space, Plugged(MAPS))
    lacking = tuple(f"{word} {number}" for word in ("pad", "track") for number in (9, 10))
    for binding in each.bindings:
        words = []
        for said in moved(binding, each.name):
            player.say(said)
            words.append(player.state.last_midi)

        understood = any("→" in told and "→ nothing" not in told for told in words)
        assert understood or binding.target.startswith(lacking), binding
        scene.conditions(player.state, QUIET, None)
