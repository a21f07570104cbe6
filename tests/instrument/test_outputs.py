"""The choice of an audio output, on made lists."""

from pathlib import Path
from typing import Any

import pytest

from instrument.errors import DeviceError
from instrument.outputs import NULL, Output, candidates, from_portaudio, usb_cards

APIS = [
    {"name": "ALSA", "default_output_device": 2},
    {"name": "JACK Audio Connection Kit", "default_output_device": 4},
]


def device(name: str, api: int = 0, outputs: int = 2, rate_hz: float = 44_100.0) -> dict[str, Any]:
    return {"name": name, "hostapi": api, "max_output_channels": outputs, "default_samplerate": rate_hz}


DEVICES = [
    device("HDA Intel: ALC257 Analog (hw:0,0)"),
    device("Scarlett 2i2: USB Audio (hw:1,0)"),
    device("default"),
    device("ardour", api=1),
    device("system", api=1, rate_hz=96_000.0),
    device("Webcam: microphone (hw:2,0)", outputs=0),
]


def names(chosen: tuple[Output, ...]) -> list[str]:
    return [each.name for each in chosen]


@pytest.fixture
def outputs() -> tuple[Output, ...]:
    return from_portaudio(APIS, DEVICES, frozenset({1, 2}))


def test_inputs_are_left_out_and_usb_is_known_by_its_card(outputs: tuple[Output, ...]) -> None:
    assert [each.index for each in outputs] == [0, 1, 2, 3, 4]
    assert [each.name for each in outputs if each.usb] == ["Scarlett 2i2: USB Audio (hw:1,0)"]
    assert outputs[4].label == "system (JACK)"
    assert outputs[4].rate_hz == 96_000.0


def test_auto_prefers_usb_then_jack_then_alsas_default_then_null(outputs: tuple[Output, ...]) -> None:
    assert names(candidates(outputs, "auto")) == [
        "Scarlett 2i2: USB Audio (hw:1,0)", "system", "default", "null",
    ]  # fmt: skip
    assert candidates((), "auto") == (NULL,)


def test_null_needs_nothing() -> None:
    assert candidates((), "null") == (NULL,)


def test_jack_means_the_servers_own_outputs(outputs: tuple[Output, ...]) -> None:
    assert names(candidates(outputs, "jack")) == ["system"]


def test_jack_without_a_server_is_said_in_one_line(outputs: tuple[Output, ...]) -> None:
    with pytest.raises(DeviceError, match=r"^no JACK server is running; .*'default \(ALSA\)'$"):
        candidates(outputs[:3], "jack")


@pytest.mark.parametrize("wanted", ["scarlett", "2i2: USB", r"scar.*hw:\d", "(HW:1,0)"])
def test_part_of_a_name_or_a_pattern_is_enough(outputs: tuple[Output, ...], wanted: str) -> None:
    assert names(candidates(outputs, wanted)) == ["Scarlett 2i2: USB Audio (hw:1,0)"]


def test_of_several_that_match_all_are_tried_in_order(outputs: tuple[Output, ...]) -> None:
    assert [each.index for each in candidates(outputs, "hw:")] == [0, 1]


@pytest.mark.parametrize("wanted", ["Focusrite", "sys[tem", ""])
def test_an_unknown_device_is_said_with_what_there_is(outputs: tuple[Output, ...], wanted: str) -> None:
    if not wanted:
        outputs = ()
    with pytest.raises(DeviceError) as caught:
        candidates(outputs, wanted)
    line = str(caught.value)
    assert line.startswith(f"no audio output matches {wanted!r}; choose auto, null")
    assert all(repr(each.label) in line for each in outputs)
    assert "\n" not in line


def test_cards_on_usb_are_those_with_a_usb_id(tmp_path: Path) -> None:
    for card, usb in (("card0", False), ("card1", True), ("card12", True)):
        (tmp_path / card).mkdir()
        if usb:
            (tmp_path / card / "usbid").write_text("1235:8210\n", encoding="utf-8")
    assert usb_cards(tmp_path) == {1, 12}
    assert usb_cards(tmp_path / "none") == frozenset()
