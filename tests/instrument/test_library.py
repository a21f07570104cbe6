"""Kits and patterns: as YAML, by name, and what is wrong with them."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, kit, library, parse, pattern
from instrument.bundle import Bundle
from instrument.errors import StateError
from instrument.kit import Kit, Track
from instrument.messages import PRESSES
from instrument.pattern import Pattern
from instrument.sound import Sound
from tests.instrument.strategies import CLASSES, NAMES, UNIT, patterns

sounds = st.builds(
    Sound,
    class_name=st.sampled_from(CLASSES),
    seed=st.integers(0, 2**53 - 1),
    embedding=st.none() | st.lists(st.floats(-9, 9), min_size=32, max_size=32).map(tuple),
    knobs=st.lists(UNIT, min_size=8, max_size=8).map(tuple),
)
tracks = st.builds(
    Track,
    name=NAMES,
    sound=sounds,
    level_db=st.floats(-60, 12),
    pan=st.floats(-1, 1),
    mute=st.booleans(),
    choke_group=st.integers(0, 8),
    tune=st.floats(-24, 24),
    press=st.sampled_from(PRESSES),
)
kits = st.builds(
    Kit,
    NAMES,
    st.sampled_from(kit.COUNTS).flatmap(lambda n: st.lists(tracks, min_size=n, max_size=n).map(tuple)),
    st.none() | NAMES,
)


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


@settings(deadline=None, max_examples=50)
@given(patterns)
def test_a_pattern_survives_yaml(made: Pattern) -> None:
    assert pattern.from_data("here", yaml.safe_load(parse.write_yaml(pattern.to_data(made)))) == made


@settings(deadline=None, max_examples=25)
@given(kits)
def test_a_kit_survives_yaml(made: Kit) -> None:
    assert kit.from_data("here", yaml.safe_load(parse.write_yaml(kit.to_data(made))), seed=5) == made


@pytest.mark.parametrize("name", library.names("patterns"))
def test_every_pattern_that_ships_plays_something(name: str) -> None:
    loaded = library.load_pattern(name)

    assert loaded.name == name
    assert sum(velocity > 0 for row in loaded.rows for velocity in row) >= 12


def test_the_kit_that_ships_has_a_track_for_each_class_and_choking_hats(tiny: Bundle) -> None:
    loaded = library.load_kit("plain", tiny, seed=1)

    assert [track.sound.class_name for track in loaded.tracks] == CLASSES
    assert loaded.tracks[3].choke_group == loaded.tracks[4].choke_group > 0
    assert len({track.sound.seed for track in loaded.tracks}) == 8
    assert loaded == library.load_kit("plain", tiny, seed=1)
    assert loaded != library.load_kit("plain", tiny, seed=2)


def test_a_bundle_of_other_classes_has_a_kit_of_its_own(tmp_path: Path, bundle_parts: Any) -> None:
    header, arrays = bundle_parts()
    header["classes"] = [f"noise_{index}" for index in range(8)]
    other = bundle.write(tmp_path / "other.safetensors", header, arrays)

    loaded = library.load_kit(library.DEFAULT_KIT, other, seed=1)

    assert [track.sound.class_name for track in loaded.tracks] == [
        other.classes[index] for index in header["tracks"]
    ]


def test_the_players_own_files_come_before_those_that_ship(tmp_path: Path) -> None:
    (tmp_path / "patterns").mkdir()
    own = pattern.to_data(Pattern(name="mine", tempo_bpm=77.0))
    (tmp_path / "patterns" / "steady.yaml").write_text(parse.write_yaml(own))

    assert library.load_pattern("steady", tmp_path).tempo_bpm == 77.0
    assert library.load_pattern("four", tmp_path).name == "four"


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(StateError, match=r"no pattern named 'stedy'; known are .*steady"):
        library.load_pattern("stedy")


GOOD = pattern.to_data(Pattern(name="good"))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"schema": 3}, "schema is 3; this version reads schema 1 to 2"),
        ({"tempo_bpm": 500}, "tempo_bpm is 500; expected a number from 20 to 300"),
        ({"tempo_bpm": True}, "expected a number"),
        ({"swing": "much"}, "swing is 'much'"),
        ({"tracks": []}, "tracks is 0 of them; expected a list of 1 to 10"),
        ({"tracks": [[0] * 65]}, r"tracks\[0\] is 65 of them; expected a list of 1 to 64"),
        ({"tracks": [{"speed": 3, "steps": [0]}]}, r"tracks\[0\] speed is '3'; expected 1/8, 1/4, "),
        ({"tracks": [[{"velocity": 1, "if": "3:2"}]]}, r"tracks\[0\]\[0\] if is '3:2'; expected A:B"),
        ({"tracks": [[{"velocity": 1, "lock": {"knobs": {9: 1}}}]]}, "expected a whole number from 1 to 8"),
        ({"tracks": [[{"velocity": 1, "lock": {"draw": "new"}}]]}, "lock draw is 'new'"),
        ({"tracks": [[{"chance": 1}]]}, "velocity is None"),
        ({"schema": 1, "tracks": [[0] * 16] * 7}, "tracks is 7 of them; expected a list of 8"),
        ({"schema": 1, "tracks": [[0] * 16] * 7 + [[0] * 15]}, r"tracks\[7\]: expected a list of 16"),
        ({"schema": 1, "bars": 2}, "unknown bars"),
        ({"tracks": [[0] * 16] * 7 + [[0] * 15 + [128]]}, r"tracks\[7\]\[15\] is 128"),
        ({"name": ""}, "expected a text"),
        ({"colour": "red"}, "unknown colour"),
    ],
)
def test_a_wrong_pattern_says_where_and_what_is_right(
    tmp_path: Path, change: dict[str, object], says: str
) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(yaml.safe_dump(GOOD | change))

    with pytest.raises(StateError, match=says) as error:
        library.load_pattern(str(path))

    assert str(path) in str(error.value)


@pytest.mark.parametrize("text", ["", "a: [", "just words", "\x00", "- 1", "!!python/object:os.system {}"])
def test_a_file_that_is_no_pattern_is_a_state_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)

    with pytest.raises(StateError):
        library.load_pattern(str(path))


def test_a_kit_of_unknown_classes_or_sizes_is_refused(tiny: Bundle) -> None:
    loaded = library.load_kit("plain", tiny, seed=1)
    gong = Track(name="gong", sound=Sound(class_name="gong", seed=1))
    short = Track(name="kick", sound=Sound(class_name="kick", seed=1, embedding=(0.0,)))

    with pytest.raises(StateError, match="track 3 is of class 'gong'"):
        kit.fits(loaded.with_track(2, gong), tiny)
    with pytest.raises(StateError, match="track 1 embedding has 1 values; expected 32"):
        kit.fits(loaded.with_track(0, short), tiny)


def test_a_bundle_of_other_classes_plays_its_own_as_the_default_kit(tmp_path: Path, bundle_parts) -> None:
    header, arrays = bundle_parts()
    loose = ["bass", "break", "cymbal", "fx", "kick", "lead", "pad", "snare"]
    other = bundle.write(tmp_path / "loose.safetensors", header | {"name": "loose", "classes": loose}, arrays)

    names = [track.sound.class_name for track in library.load_kit("plain", other, seed=1).tracks]

    assert sorted(names) == sorted(loose)


def test_a_kit_may_name_the_pitches_of_its_bundle_and_no_others(tiny: Bundle, pitched_bundle: Path) -> None:
    pitched = bundle.load(pitched_bundle)
    loaded = library.load_kit("plain", pitched, seed=1)

    def with_pitch(pitch: float) -> Kit:
        return loaded.with_track(0, Track(name="kick", sound=Sound(class_name="kick", seed=1, pitch=pitch)))

    kit.fits(with_pitch(60.5), pitched)
    with pytest.raises(StateError, match="track 1: kick has no pitch 30; its range is 40 to 76"):
        kit.fits(with_pitch(30), pitched)
    with pytest.raises(StateError, match="track 1: kick of bundle tiny has no pitch"):
        kit.fits(with_pitch(60), tiny)
