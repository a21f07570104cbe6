"""The instrument as it was left, and what the command line and another bundle change about that."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from instrument import bundle, config, library, storage
from instrument.bundle import Bundle
from instrument.messages import (
    CopyPattern,
    SelectPattern,
    SetChain,
    SetKnob,
    SetStep,
    SetTempo,
    StoreCorner,
    StoreSong,
    Trigger,
)
from instrument.performance import Performance
from instrument.program import Song, chain_of
from instrument.revival import kept, revive


@pytest.fixture(autouse=True)
def no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "SYSTEM", tmp_path / "none.yaml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


@pytest.fixture
def left(tiny: Bundle, tmp_path: Path) -> Performance:
    """Play a little and save."""
    made, _ = revive(config.load(), tiny, tmp_path)
    banks = (CopyPattern(2, 5), SelectPattern(3), SetChain("A1x4 B5"), StoreSong(2, "verse"), StoreCorner(1))
    for said in (*banks, SetTempo(88.0), SetStep(8, 2, 50), Trigger(3, 90), SetKnob(3, 1, 0.9)):
        made.apply(said, 0)
    storage.save(tmp_path, kept(made.state, tiny))
    return made


def again(tiny: Bundle, folder: Path, *assignments: str) -> Performance:
    return revive(config.load(None, assignments), tiny, folder)[0]


def test_a_first_start_is_as_configured(tiny: Bundle, tmp_path: Path) -> None:
    made, warnings = revive(config.load(None, ["sound.pattern=four", "sound.level_db=-9"]), tiny, tmp_path)

    assert made.state.pattern.name == "four"
    assert made.level_db == -9
    factory = [library.load_pattern(name) for name in library.names("patterns")]
    assert made.state.program.banks[7] == tuple(factory)
    assert warnings == []


def test_it_comes_back_whole_but_not_playing(tiny: Bundle, tmp_path: Path, left: Performance) -> None:
    back = again(tiny, tmp_path)

    assert kept(back.state, tiny) == kept(left.state, tiny)
    assert back.state.selected == 2
    assert not back.state.playing


def test_banks_chains_and_songs_come_back(tiny: Bundle, tmp_path: Path, left: Performance) -> None:
    program = again(tiny, tmp_path).state.program

    assert program.banks == left.state.program.stored((0, 2), None).banks
    assert (program.address, program.chain) == ((0, 2), chain_of("A1x4 B5"))
    assert program.songs[1] == Song("verse", program.chain)
    assert program.pattern((0, 0)) == program.pattern((1, 4)) == library.load_pattern("steady")


def test_a_pattern_of_the_command_line_takes_the_place_of_none(
    tiny: Bundle, tmp_path: Path, left: Performance
) -> None:
    state = again(tiny, tmp_path, "sound.pattern=four").state

    assert (state.pattern.name, state.program.address) == ("four", (0, 1))
    assert state.program.pattern((0, 2)) == left.state.pattern


def test_the_command_line_counts_now(tiny: Bundle, tmp_path: Path, left: Performance) -> None:
    pattern = again(tiny, tmp_path, "sound.pattern=four").state
    kit = again(tiny, tmp_path, "sound.kit=plain").state
    seed = again(tiny, tmp_path, "sound.seed=9").state

    assert (pattern.pattern.name, pattern.kit) == ("four", left.state.kit)
    assert kit.kit != left.state.kit
    assert kit.pattern == left.state.pattern
    assert seed.kit != left.state.kit
    assert seed.kit != kit.kit
    assert (seed.seed, seed.draws, seed.pattern) == (9, (0,) * 10, left.state.pattern)


def test_a_seed_in_a_file_counts_at_the_first_start_only(
    tiny: Bundle, tmp_path: Path, left: Performance
) -> None:
    (tmp_path / "graindrum").mkdir()
    (tmp_path / "graindrum" / "config.yaml").write_text("sound: {seed: 77}")

    assert again(tiny, tmp_path).state.seed == left.state.seed
    assert again(tiny, tmp_path / "elsewhere").state.seed == 77


def test_another_bundle_has_the_pattern_and_a_kit_of_its_own(
    tmp_path: Path, left: Performance, bundle_parts: Callable[[], Any]
) -> None:
    header, arrays = bundle_parts()
    header["name"], header["classes"] = "other", [f"noise_{index}" for index in range(8)]
    other = bundle.write(tmp_path / "other.safetensors", header, arrays)

    back = again(other, tmp_path)

    assert back.state.pattern == left.state.pattern
    assert {track.sound.class_name for track in back.state.kit.tracks} == set(other.classes)


def test_a_saved_kit_the_bundle_cannot_play_is_a_warning(
    tiny: Bundle, tmp_path: Path, left: Performance
) -> None:
    gong = replace(left.state.kit.tracks[0].sound, class_name="gong")
    kit = left.state.kit.with_track(0, replace(left.state.kit.tracks[0], sound=gong))
    storage.save(tmp_path, replace(kept(left.state, tiny), kit=kit))

    made, warnings = revive(config.load(), tiny, tmp_path)

    assert made.state.kit.tracks[0].sound.class_name == "kick"
    assert "'gong'" in warnings[0]
