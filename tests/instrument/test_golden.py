"""Files of schema 1, as the first release wrote them: they load, and sound and play as they did then."""

import csv
import shutil
from pathlib import Path

import pytest
import yaml

from instrument import bundle, config, library
from instrument.bundle import Bundle
from instrument.events import Hit
from instrument.messages import Play
from instrument.performance import Performance
from instrument.revival import revive

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "schema1"
SEED, RATE_HZ = 1, 48_000


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def table(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def played(performance: Performance, bars: int) -> list[Hit]:
    step_s = 60 / performance.state.pattern.tempo_bpm / 4
    events = [*performance.apply(Play(), 0), *performance.advance(round(bars * 16 * step_s * RATE_HZ))]
    return [event for event in events if isinstance(event, Hit)]


def assert_as_then(hits: list[Hit], path: Path) -> None:
    ordered = sorted(hits, key=lambda hit: (hit.frame, hit.track))
    then = table(path)
    assert [hit.frame for hit in ordered] == [int(row["frame"]) for row in then]
    assert [hit.track + 1 for hit in ordered] == [int(row["track"]) for row in then]
    assert [hit.choke_group for hit in ordered] == [int(row["choke"]) for row in then]
    for name, now in {
        "gain": [hit.gain for hit in ordered],
        "place": [float(hit.timbre.embedding.sum()) for hit in ordered],
        "decay_s": [hit.timbre.decay_s for hit in ordered],
    }.items():
        assert now == pytest.approx([float(row[name]) for row in then], abs=2e-3), name


@pytest.mark.parametrize("name", ["steady", "four", "broken"])
def test_patterns_of_schema_1_play_the_hits_they_played(tiny: Bundle, name: str) -> None:
    kit = library.load_kit(str(GOLDEN / "kits" / "plain.yaml"), tiny, SEED)
    pattern = library.load_pattern(str(GOLDEN / "patterns" / f"{name}.yaml"))

    hits = played(Performance(tiny, kit, pattern, SEED, RATE_HZ), bars=3)

    assert_as_then(hits, GOLDEN / "hits" / f"{name}.csv")


def test_a_kit_of_schema_1_draws_the_sounds_it_drew(tiny: Bundle) -> None:
    path = GOLDEN / "kits" / "plain.yaml"
    loaded = library.load_kit(str(path), tiny, SEED)

    seeds = [(track.sound.class_name, track.sound.seed) for track in loaded.tracks]
    assert seeds == [(row["class"], int(row["seed"])) for row in table(GOLDEN / "seeds.csv")]
    for track, row in zip(loaded.tracks, yaml.safe_load(path.read_text())["tracks"], strict=True):
        assert (track.name, track.level_db, track.pan) == (row["name"], row["level_db"], row["pan"])
        assert track.choke_group == row.get("choke", 0)
        assert not track.mute


def test_a_state_of_schema_1_comes_back_as_it_was_left(
    tiny: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "SYSTEM", tmp_path / "none.yaml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    folder = tmp_path / "state"
    shutil.copytree(GOLDEN / "state", folder)

    performance, warnings = revive(config.load(), tiny, folder)

    assert warnings == []
    state = performance.state
    assert (state.seed, state.selected, state.live_hits) == (7, 4, 3)
    assert state.draws[:8] == (2, 0, 0, 1, 0, 0, 0, 0)
    assert (state.pattern.name, state.pattern.tempo_bpm, state.pattern.swing) == ("four", 131.5, 0.62)
    snare, crash = state.kit.tracks[1], state.kit.tracks[6]
    assert (snare.sound.seed, snare.level_db) == (1557333855, -5.5)
    assert crash.mute
    assert crash.sound.knobs[5] == 0.1
    assert_as_then(played(performance, bars=2), GOLDEN / "hits" / "state.csv")
