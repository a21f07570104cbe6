"""Lamps: from the file's words to the bytes that are sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument import led_file, leds
from instrument.errors import StateError
from instrument.leds import Lights

GRID = {
    "lamps": "11-13",
    "shows": "pad 1-3",
    "message": "90 {lamp} {colour}",
    "colours": {"dark": 0, "idle": [7, 11, 15], "lit": 3},
}
PLAY = {"lamps": 91, "shows": "play", "message": "B0 {lamp} {colour}", "colours": {"dark": 0, "lit": 21}}


def lights(*rows: object) -> Lights:
    return Lights(rows=led_file.rows("map", list(rows)))


def test_each_lamp_has_the_colour_of_what_it_shows() -> None:
    told = leds.changes((), lights(GRID, PLAY).picture({"pad 1": "idle", "pad 2": "hit", "play": "lit"}))

    assert told == (b"\x90\x0b\x07", b"\x90\x0c\x03", b"\x90\x0d\x00", b"\xb0\x5b\x15")


def test_only_lamps_that_look_different_are_told() -> None:
    made = lights(GRID, PLAY)
    before = made.picture({"pad 1": "idle", "pad 2": "idle"})

    assert leds.changes(before, made.picture({"pad 1": "idle", "pad 2": "idle"})) == ()
    assert leds.changes(before, made.picture({"pad 1": "idle", "pad 2": "chosen"})) == (b"\x90\x0c\x03",)


@pytest.mark.parametrize(
    ("condition", "colour"), [("dark", 0), ("muted", 0), ("idle", 7), ("chosen", 3), ("hit", 3)]
)
def test_a_condition_without_a_colour_takes_that_of_another(condition: str, colour: int) -> None:
    assert lights(GRID).picture({"pad 1": condition})[0] == (bytes([0x90, 11, colour]),)


def test_lamps_that_one_message_lights_are_told_together() -> None:
    row = {
        "lamps": "0-1",
        "shows": "pad 1-2",
        "message": "F0 47 {colours} F7",
        "colours": {"dark": "00 00", "idle": "01 7F"},
    }
    made = lights(row)

    (before, now) = (made.picture({}), made.picture({"pad 2": "idle"}))

    assert leds.changes(before, now) == (bytes.fromhex("F0 47 00 00 01 7F F7"),)


def test_a_lamp_may_want_a_message_for_each_part_of_its_colour() -> None:
    row = PLAY | {
        "message": ["91 {lamp} {red}", "92 {lamp} {green}", "93 {lamp} {blue}", "90 {lamp} 7F"],
        "colours": {"dark": "00 00 00", "lit": "01 02 03"},
    }

    told = leds.changes((), lights(row).picture({"play": "lit"}))

    assert told == tuple(bytes.fromhex(each) for each in ("915B01", "925B02", "935B03", "905B7F"))


def test_leaving_turns_every_lamp_off_and_then_says_goodbye() -> None:
    made = Lights(rows=led_file.rows("map", [PLAY]), on_exit=(b"\xf0\x01\xf7",))

    assert made.farewell() == (b"\xb0\x5b\x00", b"\xf0\x01\xf7")


pads = st.sampled_from(["pad 1", "pad 2", "pad 3"])
conditions = st.dictionaries(pads, st.sampled_from(leds.CONDITIONS["pad #"]))


@given(st.lists(conditions, max_size=8))
def test_lamps_told_of_every_change_look_as_if_told_everything(series: list[dict[str, str]]) -> None:
    made = lights(GRID)
    seen: dict[int, int] = {}
    before: leds.Picture = ()
    for each in series:
        now = made.picture(each)
        for message in leds.changes(before, now):
            seen[message[1]] = message[2]
        before = now

        assert seen == {message[1]: message[2] for (message,) in now}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"lamps": "11-12"}, "row 1 shows is 'pad 1-3': 3 for 2 lamps; expected as many"),
        ({"lamps": 128}, "row 1 lamps is 128; expected a whole number from 0 to 127"),
        ({"shows": "moon 1-3"}, "row 1 shows is 'moon 1'; expected one of pad #, step #, mute #"),
        ({"message": "90 {lamp}"}, "row 1 message gives 90 0B; expected a whole message"),
        ({"message": "90 {lamp} {color}"}, "row 1 message is '90 {lamp} {color}'; expected bytes of two"),
        ({"message": "F0 {lamp} {colour}"}, "row 1 message gives F0 0B 00; expected a whole message"),
        ({"message": "{blue}"}, "expected a whole message"),
        ({"colours": {"lit": 3}}, "row 1 colours is {'lit': 3}; expected a colour for dark and some of"),
        ({"colours": {"dark": 0, "queued": 3}}, "row 1 colours: unknown queued; known are dark, muted, idle"),
        ({"colours": {"dark": 200}}, "row 1 colours dark is 200; expected a whole number from 0 to 127"),
        ({"colours": {"dark": 0, "idle": [1, 2]}}, "row 1 colours idle is 2 of them; expected a list of 3"),
        ({"colours": {"dark": "0 0"}}, "row 1 colours dark is '0 0'; expected bytes of two hexadecimal"),
        ({"hue": 3}, "row 1: unknown hue; known are lamps, shows, message, colours"),
    ],
)
def test_a_wrong_row_is_refused_by_key_and_value(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(StateError) as error:
        led_file.rows("map", [GRID | wrong])

    assert said in str(error.value)


@pytest.mark.parametrize("text", ["F0 47", "90 24", "24 24 24", "90 24 80", "90 {lamp} 00", "", "xx"])
def test_what_is_sent_on_connection_is_whole_midi(text: str) -> None:
    with pytest.raises(StateError, match=r"map\[0\]"):
        led_file.messages("map", [text])


def test_messages_are_written_in_hexadecimal() -> None:
    assert led_file.messages("map", ["F0 00 20 F7", "b0 00 00"]) == (b"\xf0\x00\x20\xf7", b"\xb0\x00\x00")
