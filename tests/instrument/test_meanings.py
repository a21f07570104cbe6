"""Every target means something: its message is one the instrument takes, its value one it has."""

from pathlib import Path

import pytest

from instrument import bundle, controller_file
from instrument.mapping import Control, Table
from instrument.messages import MESSAGES, SetChain
from instrument.midi_map import USUAL
from instrument.rules.meanings import MEANINGS
from instrument.rules.pushes import LEARN
from instrument.space import Space
from instrument.targets import TARGETS, VALUE, Target, aim
from tests.instrument.player import Player

HARDWARE = Path(__file__).resolve().parents[2] / "hardware"
GENERAL = HARDWARE / "controllers" / "gm.yaml"


@pytest.fixture
def player(tiny_bundle: Path) -> Player:
    return Player(Space(bundle.load(tiny_bundle)))


def test_every_target_has_a_meaning_and_every_meaning_a_target() -> None:
    assert {target.words for target in TARGETS} == {*MEANINGS, LEARN}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.words)
def test_what_a_target_says_is_taken_from_end_to_end_of_its_range(player: Player, target: Target) -> None:
    if target.words == LEARN:
        return
    where, meaning = aim(target.words.replace("#", "1").replace("*", "kick")), MEANINGS[target.words]
    assert target.low <= meaning.reads(player.state, where) <= target.high
    player.say(SetChain("A1 A2"))
    for value in (target.low, target.high) if target.kind == VALUE else (1.0, 127.0):
        said = meaning.says(player.state, where, value)
        assert type(said) in MESSAGES.values()


def test_what_a_target_sets_it_reads_back(player: Player) -> None:
    """But for those that come at the bar or need kits in the corners."""
    later = {"kit", "pattern", "kit morph", "xy x", "xy y"}
    for target in TARGETS:
        if target.kind != VALUE or target.words in later:
            continue
        where, meaning = aim(target.words.replace("#", "2")), MEANINGS[target.words]
        middle = round(0.25 * target.low + 0.75 * target.high)
        value = float(middle) if target.low <= middle <= target.high else 0.5 * (target.low + target.high)
        said = meaning.says(player.state, where, value)
        assert said is not None
        player.say(said)
        assert meaning.reads(player.state, where) == pytest.approx(value), target.words


def test_the_map_for_any_controller_says_what_holds_without_one() -> None:
    """What clients say of MIDI has no controller, and means the same."""
    general = Table(controller_file.load(GENERAL, own=False).bindings)
    for channel in (1, 10):
        for kind in ("note", "cc"):
            for number in range(128):
                control = Control(channel, kind, number)
                known = [(b.target, b.takeover) for b in general.of(control)]
                assert known == [(b.target, b.takeover) for b in USUAL.of(control)], control


def test_every_target_is_in_the_table_that_players_read() -> None:
    table = (HARDWARE / "README.md").read_text(encoding="utf-8")
    assert [target.words for target in TARGETS if f"`{target.words}`" not in table] == []
