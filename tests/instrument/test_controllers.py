"""Maps of controllers: which port is which, what is heard of it, and the files they come from."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from instrument import controller_file, controllers, leds, midi_map
from instrument.controllers import EVIDENCE, Controller, Fact, Plugged
from instrument.errors import StateError
from instrument.mapping import Control
from instrument.messages import Arrival, ControlChange, Note, Play, SongPosition, Stop

MAPS, WARNINGS = controller_file.load_all()
BY_ID = {each.id: each for each in MAPS}
PADS = {"control": "note 36-43 ch 10", "target": "pad 1-8"}
OWN = {"schema": 1, "name": "Mine", "ports": ["*Thing*"], "role": ["pads"], "bindings": [PADS]}


def written(folder: Path, stem: str = "mine", **changed: Any) -> Path:
    path = folder / "controllers" / f"{stem}.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(yaml.safe_dump(OWN | changed))
    return path


def test_every_map_that_comes_with_the_instrument_is_whole_and_says_whose_word_it_is() -> None:
    assert WARNINGS == ()
    assert len(MAPS) >= 20
    facts = [
        fact for each in MAPS for fact in (each.fact, *(row.fact for row in each.rows), *each.lamp_facts)
    ]
    assert all(fact.source and fact.evidence in EVIDENCE and fact.evidence != "own" for fact in facts)


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ("MPD218:MPD218 MIDI 1 20:0", "akai-mpd218"),
        ("MPD218 Port A", "akai-mpd218"),
        ("a2j:MPD218 [20] (capture): MPD218 MIDI 1", "akai-mpd218"),
        ("Midi-Bridge:MPD218:(capture_0) MPD218 MIDI 1", "akai-mpd218"),
        ("alsa_pcm:MPD218/midi_capture_1", "akai-mpd218"),
        ("MPK mini 3:MPK mini 3 MIDI 1 20:0", "akai-mpk-mini-mk3"),
        ("MPK mini Plus:MPK mini Plus MIDI 1 20:0", "gm"),
        ("MPKmini2:MPKmini2 MIDI 1 20:0", "akai-mpk-mini-mk2"),
        ("LPD8:LPD8 MIDI 1 20:0", "akai-lpd8"),
        ("LPD8 mk2:LPD8 mk2 MIDI 1 20:0", "akai-lpd8-mk2"),
        ("nanoKONTROL2:nanoKONTROL2 _ CTRL 20:0", "korg-nanokontrol2"),
        ("nanoKONTROL Studio:nanoKONTROL Studio nanoKONTROL", "gm"),
        ("nanoPAD2:nanoPAD2 MIDI 1 24:0", "korg-nanopad2"),
        ("Arturia BeatStep:Arturia BeatStep MIDI 1 20:0", "arturia-beatstep"),
        ("Arturia BeatStep Pro:Arturia BeatStep Pro MIDI 1 20:0", "gm"),
        ("Launchpad Mini MK3:Launchpad Mini MK3 LPMiniMK3 MI 36:1", "novation-launchpad-mini-mk3"),
        ("Launchpad Mini MK3:Launchpad Mini MK3 MIDI 2 24:1", "novation-launchpad-mini-mk3"),
        ("Launchpad Mini MK3:Launchpad Mini MK3 LPMiniMK3 DA 36:0", "gm"),
        ("Launchpad X:Launchpad X LPX MIDI In 24:1", "novation-launchpad-x"),
        ("Launchpad X:Launchpad X LPX DAW In 24:0", "gm"),
        ("Launchpad Mini:Launchpad Mini MIDI 1 20:0", "novation-launchpad-mini"),
        ("Launch Control XL:Launch Control XL MIDI 1 20:0", "novation-launch-control-xl"),
        ("Launch Control XL:Launch Control XL HUI 20:1", "gm"),
        ("MIDIIN2 (Launch Control XL)", "gm"),
        ("LCXL3 1 MIDI", "gm"),
        ("APC MINI:APC MINI MIDI 1 20:0", "akai-apc-mini"),
        ("APC mini mk2:APC mini mk2 APC mini mk2 Contr 20:0", "akai-apc-mini-mk2"),
        ("APC mini mk2:APC mini mk2 APC mini mk2 Notes 24:1", "gm"),
        ("MIDI Mix:MIDI Mix MIDI 1 20:0", "akai-midimix"),
        ("TD-17:TD-17 MIDI 1 20:0", "roland-td-17"),
        ("Alesis Nitro:Alesis Nitro MIDI 1 32:0", "alesis-nitro"),
        ("QuNeo:QuNeo MIDI 1 24:0", "keith-mcmillen-quneo"),
        ("ATOM:ATOM MIDI 1 28:0", "presonus-atom"),
        ("Trigger Finger:Trigger Finger MIDI 1 20:0", "m-audio-trigger-finger"),
        ("Some Keyboard MIDI 1", "gm"),
    ],
)
def test_ports_as_linux_names_them_have_their_own_map_and_no_other(port: str, expected: str) -> None:
    fits = {each.id: each.fit([port]) for each in MAPS}
    found = controllers.match(MAPS, [port])

    assert found is not None
    assert found.id == expected
    assert {each for each, fit in fits.items() if fit} <= {expected, "gm"}


@pytest.mark.parametrize("each", [each for each in MAPS if each.lights.any], ids=lambda each: each.id)
def test_a_controller_that_is_left_has_no_lamp_lit(each: Controller) -> None:
    everything = {shown: "lit" for row in each.lights.rows for shown in row.shows}
    lit, dark = each.lights.picture(everything), each.lights.picture({})

    assert leds.changes(lit, dark) == leds.changes((), dark)  # none looks lit in the dark
    assert each.lights.farewell()[: len(leds.changes((), dark))] == leds.changes((), dark)


def test_a_launchpad_is_put_into_programmer_mode_and_out_of_it() -> None:
    found = BY_ID["novation-launchpad-mini-mk3"].lights

    assert found.on_connect == (bytes.fromhex("F0 00 20 29 02 0D 0E 01 F7"),)
    assert found.farewell()[-1] == bytes.fromhex("F0 00 20 29 02 0D 0E 00 F7")


def test_an_apc_mini_mk2_is_lit_at_full_brightness_and_never_on_a_channel_that_blinks() -> None:
    found = BY_ID["akai-apc-mini-mk2"].lights
    told = leds.changes((), found.picture({"pad 1": "hit", "play": "lit"}))

    assert found.gap_ms >= 1
    assert told[0] == bytes([0x96, 0, 3])
    assert {message[0] for message in told} == {0x96, 0x90}  # the grid; buttons of one colour


def moved(source: str, control: Control) -> list[str]:
    return [each.target for each in Plugged(MAPS).get(source, midi_map.USUAL).of(control)]


@pytest.mark.parametrize(
    ("map_id", "sent", "target"),
    [
        ("akai-mpd218", Control(10, "note", 36), "pad 1"),
        ("akai-mpd218", Control(1, "cc", 12), "knob 3"),
        ("akai-lpd8-mk2", Control(10, "cc", 8), "knob 8"),
        ("korg-nanokontrol2", Control(1, "cc", 55), "mute 8"),
        ("arturia-beatstep", Control(1, "cc", 7), "knob 1"),
        ("novation-launchpad-x", Control(1, "cc", 19), "pattern 8"),
        ("novation-launchpad-mini", Control(1, "note", 119), "pad 8"),
        ("novation-launch-control-xl", Control(1, "note", 57), "select 5"),
        ("akai-apc-mini", Control(1, "cc", 56), "master level_db"),
        ("akai-midimix", Control(1, "cc", 61), "track 8 level_db"),
        ("roland-td-17", Control(10, "note", 26), "class hihat_open"),
        ("alesis-nitro", Control(10, "note", 39), "class tom"),
        ("keith-mcmillen-quneo", Control(1, "cc", 28), "track 2 knob 2"),
        ("presonus-atom", Control(1, "note", 36), "pad 1"),
        ("presonus-atom", Control(10, "note", 36), "pad 1"),
        ("gm", Control(10, "note", 36), "class kick"),
        ("gm", Control(3, "note", 36), "pad 1"),
    ],
)
def test_a_control_does_what_its_map_says(map_id: str, sent: Control, target: str) -> None:
    assert moved(BY_ID[map_id].name, sent) == [target]


def test_general_midi_is_what_a_port_nobody_knows_has_and_the_instrument_without_maps() -> None:
    channels = (1, 10)
    controls = [Control(ch, kind, n) for ch in channels for kind in ("note", "cc") for n in range(120)]

    for control in controls:
        usual = [each.target for each in midi_map.USUAL.of(control)]
        assert moved("Nobody knows:port 1", control) == usual == moved("", control)


def test_what_has_no_values_of_its_own_plays_as_any_port_until_it_is_learned() -> None:
    assert moved("Trigger Finger MIDI 1", Control(10, "note", 36)) == ["class kick"]


def test_a_message_carries_its_controllers_name_whatever_port_that_is_in() -> None:
    plugged = Plugged(MAPS)

    assert plugged.name_of("MPD218:MPD218 MIDI 1 20:0") == "Akai MPD218"
    assert plugged.name_of("a2j:MPD218 [24] (capture): MPD218 MIDI 1") == "Akai MPD218"
    assert plugged.name_of("Some Keys:Some Keys MIDI 1 20:0") == "Some Keys:Some Keys MIDI 1"
    assert plugged.name_of("") == ""
    assert moved("Akai MPD218", Control(1, "cc", 3)) == moved("MPD218", Control(1, "cc", 3)) == ["knob 1"]


def heard(source: str, said: Note | ControlChange | Play | Stop) -> object:
    arrival = Plugged(MAPS).heard(Arrival(said, source, 5))
    return arrival.message if arrival is not None else None


def test_two_controllers_that_send_the_same_are_told_apart() -> None:
    said = ControlChange(1, 16, 64)

    assert heard("MPD218 MIDI 1", said) == ControlChange(1, 16, 64, "Akai MPD218")
    assert heard("MIDI Mix MIDI 1", said) == ControlChange(1, 16, 64, "Akai MIDImix")
    assert moved("Akai MPD218", Control(1, "cc", 16)) == ["knob 7"]
    assert moved("Akai MIDImix", Control(1, "cc", 16)) == ["track 1 knob 1"]


def test_pads_that_feel_no_force_play_as_the_model_has_it_and_still_release() -> None:
    pad = "Novation Launchpad Mini"
    assert heard("Launchpad Mini MIDI 1", Note(1, 112, 127)) == Note(1, 112, 100, pad)
    assert heard("Launchpad Mini MIDI 1", Note(1, 112, 0)) == Note(1, 112, 0, pad)
    assert heard("MPD218 MIDI 1", Note(10, 36, 31)) == Note(10, 36, 31, "Akai MPD218")


def test_only_a_source_with_that_role_starts_and_stops() -> None:
    assert heard("Trigger Finger MIDI 1", Play()) is None
    assert heard("MPD218 MIDI 1", Stop()) is None
    assert heard("Some sequencer", Play()) == Play()
    assert heard("", Stop()) == Stop()  # the console and clients have no port


def test_who_is_named_to_be_followed_leads_whatever_its_map_says() -> None:
    plugged = Plugged(MAPS, leader="*BeatStep*")

    assert plugged.may("Arturia BeatStep MIDI 1", "clock")
    assert plugged.heard(Arrival(SongPosition(8), "Arturia BeatStep MIDI 1", 0)) is not None
    assert plugged.heard(Arrival(SongPosition(8), "MPD218 MIDI 1", 0)) is None


def test_only_sources_nobody_has_a_map_for_may_lead_as_a_clock() -> None:
    plugged = Plugged(MAPS)

    assert plugged.may("Some sequencer", "clock")
    assert not plugged.may("Trigger Finger MIDI 1", "clock")
    assert not plugged.may("Arturia BeatStep MIDI 1", "clock")


def test_what_is_remembered_of_ports_is_bounded() -> None:
    plugged = Plugged(MAPS)
    for at in range(1_000):
        plugged.of(f"program {at}:out")

    assert len(plugged._known) <= controllers.MOST_KNOWN


def test_an_own_map_comes_before_ours_and_takes_the_place_of_one_of_its_name(tmp_path: Path) -> None:
    written(tmp_path, "mine", ports=["*M?D218*"])
    written(tmp_path, "akai-lpd8", ports=["*LPD8*"], name="My LPD8")

    maps, warnings = controller_file.load_all(tmp_path)

    assert warnings == ()
    assert len(maps) == len(MAPS) + 1
    found = controllers.match(maps, ["MPD218:MPD218 MIDI 1"])
    assert found is not None
    assert (found.id, found.fact) == ("mine", Fact("", "own"))
    assert next(each.name for each in maps if each.id == "akai-lpd8") == "My LPD8"


def test_a_map_that_cannot_be_used_is_a_warning_and_the_others_stay(tmp_path: Path) -> None:
    path = written(tmp_path, "akai-mpd218", velocity="steep")

    maps, warnings = controller_file.load_all(tmp_path)

    assert len(maps) == len(MAPS)
    assert warnings == (f"{path}: velocity is 'steep'; expected one of linear, soft, hard, log, fixed",)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"schema": 2}, "schema is 2; this version reads schema 1"),
        ({"colour": 1}, "unknown colour; known are schema, name"),
        ({"name": 5}, "name is 5; expected a text"),
        ({"ports": "MPD218"}, "ports is 'MPD218'; expected a list"),
        ({"role": ["pads", "drums"]}, "role is 'drums'; expected one of pads, knobs, transport, clock, leds"),
        ({"evidence": "X"}, "evidence is 'X'; expected one of F, O, C, own"),
        ({"gap_ms": 1000}, "gap_ms is 1000; expected a number from 0 to 100"),
        ({"on_connect": ["F0 00"]}, "on_connect[0] gives F0 00; expected a whole message"),
        ({"bindings": [5]}, "bindings: row 1 is 5; expected {control: note 36-43 ch 10, target: pad 1-8}"),
        ({"bindings": [PADS | {"target": "pad 1-7"}]}, "row 1: 8 controls and 7 targets; expected as many"),
        ({"bindings": [PADS | {"target": "moon"}]}, "no target 'moon'; known are pad #"),
        ({"bindings": [PADS | {"control": "key 36-43"}]}, "'key 36' is no control; write"),
        ({"bindings": [PADS | {"speed": 3}]}, "unknown speed; known are"),
        ({"bindings": [PADS, PADS]}, "bindings: note 36 ch 10 is bound twice; expected each control once"),
    ],
)
def test_a_wrong_file_is_refused_by_file_key_and_value(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    path = written(tmp_path, **changed)

    with pytest.raises(StateError) as error:
        controller_file.load(path)

    assert str(error.value).startswith(str(path))
    assert said in str(error.value)
