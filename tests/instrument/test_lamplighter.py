"""Lamps in step with the instrument, as controllers come, go and come back."""

import gc
import tracemalloc
from itertools import pairwise

from instrument import controller_file
from instrument.controllers import Plugged
from instrument.lamplighter import AGAIN_NS, SETTLED_NS, Lamplighter

PAD, APC, KEYS = "Launchpad X LPX MIDI", "APC mini mk2 Contr", "Some Keyboard"
MODE, LIVE = bytes.fromhex("F0 00 20 29 02 0C 0E 01 F7"), bytes.fromhex("F0 00 20 29 02 0C 0E 00 F7")
MAPS, _ = controller_file.load_all()


class Cable:
    """What is sent, and who is there to get it."""

    def __init__(self, *there: str) -> None:
        self.there = set(there)
        self.sent: list[tuple[bytes, str, int]] = []
        self.lamplighter = Lamplighter(Plugged(MAPS), self.send)

    def send(self, data: bytes, name: str, at_ns: int) -> bool:
        if name not in self.there:
            return False
        self.sent.append((data, name, at_ns))
        return True

    def told(self) -> list[bytes]:
        told, self.sent = [data for data, _, _ in self.sent], []
        return told


def test_a_controller_that_comes_is_told_its_mode_then_every_lamp_and_then_only_changes() -> None:
    cable = Cable(PAD)
    cable.lamplighter.follow({PAD: 1, KEYS: 2})
    cable.lamplighter.show({"play": "idle"}, 0)
    cable.lamplighter.show({"play": "idle"}, 1)
    first = [time_ns for _, _, time_ns in cable.sent]
    everything = cable.told()

    assert everything[0] == MODE
    assert len({(message[0], message[1]) for message in everything[1:]}) == len(everything) - 1 == 69
    assert first[0] == 0
    assert min(first[1:]) >= SETTLED_NS

    cable.lamplighter.show({"play": "lit"}, 2)
    assert cable.told() == [bytes([0xB0, 91, 21])]


def test_a_controller_that_was_not_ready_is_told_everything_once_more() -> None:
    cable = Cable(PAD)
    cable.lamplighter.follow({PAD: 1})
    cable.lamplighter.show({"play": "idle"}, 0)
    everything = cable.told()

    cable.lamplighter.show({"play": "idle"}, AGAIN_NS)
    assert cable.told() == everything
    cable.lamplighter.show({"play": "idle"}, 9 * AGAIN_NS)
    assert cable.told() == []


def test_messages_are_as_far_apart_as_the_controller_wants_them_also_when_more_come() -> None:
    cable = Cable(APC)
    cable.lamplighter.follow({APC: 1})
    cable.lamplighter.show({}, 0)
    cable.lamplighter.show({"play": "lit", "record": "lit"}, 5)

    times = [time_ns for _, _, time_ns in cable.sent]
    assert len(times) > 50
    assert all(later - earlier >= 1_000_000 for earlier, later in pairwise(times))


def test_one_that_comes_back_is_told_everything_again_even_when_nobody_saw_it_go() -> None:
    cable = Cable(PAD)
    cable.lamplighter.follow({PAD: 1})
    cable.lamplighter.show({}, 0)
    everything = cable.told()

    cable.lamplighter.follow({PAD: 2})
    cable.lamplighter.show({}, 1)

    assert cable.told() == everything


def test_one_that_cannot_be_sent_to_yet_is_told_everything_once_it_can() -> None:
    cable = Cable()
    cable.lamplighter.follow({PAD: 1})
    cable.lamplighter.show({}, 0)
    assert cable.told() == []

    cable.there = {PAD}
    cable.lamplighter.show({}, 1)
    everything = cable.told()
    assert everything[0] == MODE

    cable.there = set()
    cable.lamplighter.show({"play": "lit"}, 2)  # lost
    cable.there = {PAD}
    cable.lamplighter.show({"play": "lit"}, 3)
    assert cable.told()[0] == MODE


def test_at_the_end_every_lamp_is_off_and_the_controller_has_its_own_mode_again() -> None:
    cable = Cable(PAD, APC)
    cable.lamplighter.follow({PAD: 1, APC: 2})
    cable.lamplighter.show({"pad 1": "hit"}, 0)
    cable.told()

    cable.lamplighter.finish()

    to_pad = [data for data, name, _ in cable.sent if name == PAD]
    to_apc = [data for data, name, _ in cable.sent if name == APC]
    assert to_pad[-1] == LIVE
    assert {message[2] for message in to_pad[:-1]} == {message[2] for message in to_apc} == {0}


def test_a_lamp_that_never_rests_does_not_queue_up_without_end() -> None:
    cable = Cable(APC)
    cable.lamplighter.follow({APC: 1})
    for at in range(5_000):
        cable.lamplighter.show({f"pad {track}": ("hit", "idle")[at % 2] for track in range(1, 9)}, at)

    assert max(time_ns for _, _, time_ns in cable.sent) < 700_000_000


def test_a_thousand_times_out_and_in_leaves_nothing_behind() -> None:
    cable = Cable(PAD, APC)
    sizes = []
    for cycle in range(1_000):
        cable.lamplighter.follow({PAD: 2 * cycle, APC: 2 * cycle + 1})
        cable.lamplighter.show({"play": "lit"}, cycle)
        assert cable.told()[0] == MODE
        cable.lamplighter.follow({})
        assert not cable.lamplighter.wanted
        if cycle == 10:
            tracemalloc.start()
        if cycle in (20, 999):
            gc.collect()
            sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()

    assert sizes[1] - sizes[0] < 20_000
