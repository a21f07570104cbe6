"""Kits and patterns that come along: they fit their bundles, are balanced, and show what the machine does.

Measured on the bundles that ship: with other weights the same seeds sound otherwise, within these bounds.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from instrument import bundle, exports, kit, library, parse
from instrument.kit import Kit
from instrument.messages import PRESSES
from instrument.pattern import FRESH, UNLOCKED, Step

F64 = NDArray[np.float64]
RATE_HZ = 48_000
KITS, PATTERNS = (library.names(kind) for kind in (library.KITS, library.PATTERNS))
VELOCITY = 100
QUIETEST_DB, LOUDEST_DB = -12.0, 10.0  # of a track, about the kit's median
HIGHEST_PEAK_DB = -1.0  # the limiter takes off 3 dB at the most
OCTAVES = 2.0  # from the darkest track of a kit to its brightest, at least


def factory(name: str) -> Kit:
    return library.read_kit(name, seed=1)


def loudness_db(sound: NDArray[np.float32]) -> float:
    """Return the loudest tenth of a second in A-weighted dB (IEC 61672-1, annex E)."""
    mono = sound.astype(np.float64).sum(axis=1)
    window = RATE_HZ // 10
    hz = np.fft.rfftfreq(window, 1 / RATE_HZ)
    weight = hz**4 * 12194**2 / (hz**2 + 20.6**2) / (hz**2 + 12194**2)
    weight *= 1.2589 / np.sqrt((hz**2 + 107.7**2) * (hz**2 + 737.9**2))
    padded = np.zeros(RATE_HZ + window)
    padded[: min(len(mono), RATE_HZ)] = mono[:RATE_HZ]
    spectra = [np.fft.rfft(padded[at : at + window]) * weight for at in range(0, RATE_HZ, window // 2)]
    return max(float(10 * np.log10(2 * (np.abs(s) ** 2).sum() / window**2 + 1e-12)) for s in spectra)


def middle_hz(sound: NDArray[np.float32]) -> float:
    """Return the geometric mean of a sound's frequencies, weighted by their power."""
    power: F64 = np.abs(np.fft.rfft(sound[:RATE_HZ].sum(axis=1).astype(np.float64)))[1:] ** 2
    return float(np.exp((np.log(np.arange(1, len(power) + 1)) * power).sum() / power.sum())) * (
        RATE_HZ / min(len(sound), RATE_HZ)
    )


@pytest.fixture(scope="module", params=KITS)
def heard(request: pytest.FixtureRequest) -> tuple[Kit, list[NDArray[np.float32]]]:
    """Give a kit, and each of its tracks alone."""
    made = factory(request.param)
    loaded = bundle.load(made.bundle or bundle.DEFAULT_BUNDLE)
    return made, list(exports.one_shots(loaded, made, 1, VELOCITY, RATE_HZ))


def test_there_are_eight_kits_two_of_them_with_ten_tracks() -> None:
    wide = [name for name in KITS if len(factory(name).tracks) == 10]

    assert len(KITS) == 8
    assert [factory(name).bundle for name in wide] == ["dnb10"] * 2
    assert {factory(name).bundle for name in KITS if name not in wide} == {"drums8"}


@pytest.mark.parametrize("name", KITS)
def test_a_kit_has_its_files_name_a_character_in_words_and_fits_its_bundle(name: str) -> None:
    made = factory(name)
    comment = library.find(library.KITS, name).read_text().splitlines()[0]

    kit.fits(made, bundle.load(made.bundle or bundle.DEFAULT_BUNDLE))
    assert made.name == name
    assert comment.startswith("# ")
    assert 20 < len(comment) <= 80


def test_no_track_of_a_kit_is_far_louder_or_softer_than_the_others(
    heard: tuple[Kit, list[NDArray[np.float32]]],
) -> None:
    made, sounds = heard
    levels = [loudness_db(sound) for sound in sounds]
    about = np.array(levels) - np.median(levels)

    told = {track.name: round(level, 1) for track, level in zip(made.tracks, about, strict=True)}
    assert min(about) >= QUIETEST_DB, told
    assert max(about) <= LOUDEST_DB, told


def test_no_hit_of_a_kit_clips(heard: tuple[Kit, list[NDArray[np.float32]]]) -> None:
    made, sounds = heard
    peaks = {
        track.name: round(20 * np.log10(float(np.abs(sound).max())), 1)
        for track, sound in zip(made.tracks, sounds, strict=True)
    }
    assert max(peaks.values()) <= HIGHEST_PEAK_DB, peaks
    assert min(peaks.values()) >= -40, peaks


def test_a_kit_reaches_from_low_to_high(heard: tuple[Kit, list[NDArray[np.float32]]]) -> None:
    made, sounds = heard
    middles = {t.name: round(middle_hz(sound)) for t, sound in zip(made.tracks, sounds, strict=True)}

    assert np.log2(max(middles.values()) / min(middles.values())) >= OCTAVES, middles


def test_kits_differ_in_more_than_their_seeds() -> None:
    def shape(made: Kit) -> list[object]:
        return [replace(track, name="", sound=replace(track.sound, seed=0)) for track in made.tracks]

    shapes = [shape(factory(name)) for name in KITS]
    assert all(one != other for at, one in enumerate(shapes) for other in shapes[at + 1 :])
    presses = {track.press for name in KITS for track in factory(name).tracks}
    assert presses == set(PRESSES)


def test_the_hats_of_a_drum_set_choke_each_other() -> None:
    for name in ("plain", "dry", "deep", "tin", "iron"):
        closed, opened = factory(name).tracks[3:5]
        assert closed.choke_group == opened.choke_group > 0, name


def steps_of(name: str) -> list[Step]:
    return [step for lane in library.load_pattern(name).lanes for step in lane.steps if step.velocity]


def test_there_are_sixteen_patterns_three_of_them_for_ten_tracks() -> None:
    lanes = [len(library.load_pattern(name).lanes) for name in PATTERNS]

    assert len(PATTERNS) == 16
    assert (lanes.count(8), lanes.count(10)) == (13, 3)


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_has_its_files_name_and_a_character_in_words(name: str) -> None:
    comment = library.find(library.PATTERNS, name).read_text().splitlines()[0]

    assert library.load_pattern(name).name == name
    assert comment.startswith("# ")
    assert 20 < len(comment) <= 80
    assert len(steps_of(name)) >= 12


def test_the_patterns_use_all_that_a_step_and_a_lane_can_do() -> None:
    patterns = [library.load_pattern(name) for name in PATTERNS]
    lanes = [lane for made in patterns for lane in made.lanes]
    steps = [step for name in PATTERNS for step in steps_of(name)]
    locks = [step.locks for step in steps if step.locks != UNLOCKED]

    assert {lane.speed for lane in lanes} == {1 / 8, 1 / 4, 1 / 2, 3 / 4, 1, 3 / 2, 2}
    assert {3, 5, 7, 9, 11, 13, 64} <= {len(lane.steps) for lane in lanes}
    assert {step.repeats for step in steps} == set(range(1, 9))
    assert {"first", "!first", "fill", "!fill", "!previous", "1:2", "4:4"} <= {s.condition for s in steps}
    assert {-1, 0, 1} == {int(np.sign(step.velocity_ramp)) for step in steps}
    assert {-1, 0, 1} == {int(np.sign(step.latent_ramp)) for step in steps}
    assert {-1, 0, 1} == {int(np.sign(step.shift)) for step in steps}
    assert {FRESH} < {lock.draw for lock in locks}
    assert all(
        any(getattr(lock, what) is not None for lock in locks) for what in ("class_name", "level_db", "pan")
    )
    assert {number for lock in locks for number, knob in enumerate(lock.knobs, 1) if knob is not None} == {
        1, 5, 6, 7, 8,
    }  # fmt: skip
    assert any(made.swing > 0.6 for made in patterns)
    assert all(any(getattr(made, f"humanise_{what}") for made in patterns) for what in ("ms", "db", "latent"))


def test_no_class_lock_is_unknown_to_every_bundle() -> None:
    known = {name for each in ("drums8", "dnb10") for name in bundle.load(each).classes}

    locked = {step.locks.class_name for name in PATTERNS for step in steps_of(name)} - {None}
    assert locked
    assert locked <= known


def test_files_that_ship_are_of_the_newest_schema() -> None:
    folder = Path(library.__file__).parent
    paths = [path for kind in (library.KITS, library.PATTERNS) for path in (folder / kind).iterdir()]

    assert all(parse.read_yaml(path)["schema"] == parse.SCHEMA for path in paths)
