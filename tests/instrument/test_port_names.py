"""One port under all the names it has."""

import pytest

from instrument import port_names


@pytest.mark.parametrize(
    "shown",
    [
        "MPD218:MPD218 MIDI 1 20:0",
        "MPD218:MPD218 MIDI 1   ",
        " MPD218:MPD218 MIDI 1 128:12 ",
        "a2j:MPD218 [20] (capture): MPD218 MIDI 1",
        "a2j:MPD218 [20] (capture): [0] MPD218 MIDI 1",
        "a2j:MPD218 (capture): MPD218 MIDI 1",
        "Midi-Bridge:MPD218:(capture_0) MPD218 MIDI 1",
        "Midi-Bridge:MPD218:MPD218 MIDI 1 20:0 (capture)",
        "alsa_pcm:MPD218/midi_capture_1",
    ],
)
def test_every_way_to_show_a_port_comes_to_one_name(shown: str) -> None:
    assert port_names.plain(shown) == "MPD218:MPD218 MIDI 1"


def test_the_second_port_of_a_device_is_told_from_its_first_by_jackds_alias() -> None:
    assert port_names.plain("alsa_pcm:Launchpad X/midi_capture_2") == "Launchpad X:Launchpad X MIDI 2"


@pytest.mark.parametrize(
    "name", ["tester:pads", "system:midi_capture_1", "MPD218", "nanoKONTROL2 _ CTRL", "a:b:c"]
)
def test_what_is_no_bridge_is_left_as_it_is(name: str) -> None:
    assert port_names.plain(name) == name


def test_a_name_and_its_aliases_are_all_there_once() -> None:
    names = ["system:midi_capture_1", "alsa_pcm:MPD218/midi_capture_1", "MPD218:MPD218 MIDI 1"]

    assert port_names.forms(names) == tuple(names)


def test_jackds_alias_counts_with_the_spaces_it_has_lost_and_with_dashes_that_were_there() -> None:
    shown = port_names.forms(["alsa_pcm:Launchpad-X/midi_capture_2", "alsa_pcm:TD-17/midi_capture_1"])

    assert "Launchpad X:Launchpad X MIDI 2" in shown
    assert "TD-17:TD-17 MIDI 1" in shown
