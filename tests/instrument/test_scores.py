"""Patterns as notes and back: the notes are what the machine plays, and the machine plays what it reads."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from instrument import bundle, library, midi_file, scores
from instrument.bundle import Bundle
from instrument.errors import StateError
from instrument.events import Hit
from instrument.messages import Play
from instrument.midi_file import Note, Part, Score
from instrument.pattern import Lane, Pattern, Step
from instrument.performance import Performance
from instrument.scores import Cut
from tests.instrument.strategies import CLASSES, patterns

RATE_HZ, SEED = 48_000, 5


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def score_of(pattern: Pattern, bars: int) -> Score:
    return scores.score_of(pattern, CLASSES, scores.first_playing(SEED), bars)


def notes(score: Score) -> list[Note]:
    return sorted(note for part in score.parts for note in part.notes)


def through_a_file(score: Score, folder: Path) -> Score:
    path = folder / f"{score.name}.mid"
    path.write_bytes(midi_file.data(score))
    return midi_file.read(path)


@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patterns.map(lambda made: replace(made, lanes=made.lanes[:8])), st.integers(1, 3))
def test_a_score_has_a_note_where_the_machine_plays_a_hit(tiny: Bundle, pattern: Pattern, bars: int) -> None:
    kit = library.load_kit("plain", tiny, 1)
    performance = Performance(tiny, kit, pattern, SEED, RATE_HZ)
    step_frames = RATE_HZ * 60 / pattern.tempo_bpm / 4
    slack = round(pattern.humanise_ms * RATE_HZ / 1000) + 2 * step_frames

    events = [
        *performance.apply(Play(), 0),
        *performance.advance(round(bars * 16 * step_frames + slack)),
    ]

    heard = {(e.track, round(e.frame / step_frames, 2)) for e in events if isinstance(e, Hit)}
    score = score_of(pattern, bars)
    written = {(at, round(note.place, 2)) for at, part in enumerate(score.parts) for note in part.notes}
    for track, place in written:
        assert any(track == t and abs(place - p) < 0.03 for t, p in heard), (track, place)
    end = bars * 16 - slack / step_frames
    for track, place in heard:
        if place < end:
            assert any(track == t and abs(place - p) < 0.03 for t, p in written), (track, place)


def test_chances_fall_as_the_seed_says_and_conditions_by_their_rounds() -> None:
    steps = (Step(100, chance=0.5), Step(0), Step(90, condition="2:2"), Step(0)) * 4
    pattern = Pattern(name="a", lanes=(Lane(steps),))

    first, again = (notes(score_of(pattern, 4)) for _ in range(2))
    other = notes(scores.score_of(pattern, CLASSES, scores.first_playing(6), 4))

    assert first == again != other
    assert {int(note.place) // 16 for note in first if note.velocity == 90} == {1, 3}
    assert 2 <= sum(note.velocity == 100 for note in first) <= 14


def test_swing_micro_timing_and_rolls_are_in_the_ticks(tmp_path: Path) -> None:
    steps = (Step(100), Step(90, shift=0.25), Step(80, repeats=4), Step(0))
    pattern = Pattern(name="a", swing=0.6, lanes=(Lane(steps),))

    places = [note.place for note in notes(through_a_file(score_of(pattern, 1), tmp_path))[:6]]

    assert places == pytest.approx([0.0, 1.2 + 0.25 * 0.8, 2.0, 2.3, 2.6, 2.9], abs=1 / 5040)


def test_the_first_track_of_a_class_is_a_drum_and_any_other_a_note_of_its_own() -> None:
    pattern = Pattern(name="a", lanes=(Lane((Step(100),)),) * 10)
    classes = ["kick", "tom", "tom", "bass", "hat", "lead", "pad", "fx", "snare", "break"]

    score = scores.score_of(pattern, classes, scores.first_playing(1), 1)

    voices = [(part.notes[0].channel, part.notes[0].number) for part in score.parts]
    assert voices == [
        (10, 36), (10, 45), (3, 38), (4, 39), (10, 42), (6, 41), (7, 42), (8, 43), (10, 38), (11, 45),
    ]  # fmt: skip


singles = st.builds(Step, st.integers(1, 127), shift=st.sampled_from([0.0, 0.0, 0.125, 0.3]))
rolls = st.builds(
    Step,
    st.integers(20, 127),
    repeats=st.integers(2, 4),
    velocity_ramp=st.sampled_from([0.0, 0.5, -0.5]),
)
rows = st.lists(st.just(Step(0)) | singles | rolls, min_size=4, max_size=16).map(tuple)


@settings(deadline=None, max_examples=40)
@given(rows, st.integers(1, 3), st.sampled_from([0.5, 0.62]))
def test_what_was_written_is_read_as_a_pattern_that_plays_the_same(
    tmp_path_factory: pytest.TempPathFactory, row: tuple[Step, ...], bars: int, swing: float
) -> None:
    score = score_of(Pattern(name="a", swing=swing, bars=bars, lanes=(Lane(row),)), bars)

    found = scores.pattern_of(
        through_a_file(score, tmp_path_factory.mktemp("midi")), CLASSES, Cut(bars=bars, swing=swing)
    )

    there, here = notes(score), notes(score_of(found.pattern, found.pattern.bars))
    assert (found.strange, found.crowded, found.hits) == (0, 0, len(there))
    assert [note.place for note in here] == pytest.approx([note.place for note in there], abs=0.002)
    assert [note.velocity for note in here] == pytest.approx([note.velocity for note in there], abs=2)


@pytest.mark.parametrize("name", library.names(library.PATTERNS))
def test_patterns_that_ship_survive_a_midi_file(name: str, tmp_path: Path) -> None:
    pattern = library.load_pattern(name)
    score = score_of(replace(pattern, lanes=pattern.lanes[:8]), pattern.bars)

    found = scores.pattern_of(through_a_file(score, tmp_path), CLASSES, Cut(swing=pattern.swing))

    assert (found.strange, found.pattern.tempo_bpm, found.bars) == (0, pattern.tempo_bpm, pattern.bars)
    assert found.crowded <= len(notes(score)) // 10


def test_triplets_become_a_lane_of_their_own_speed_and_a_roll_a_step() -> None:
    triplets = tuple(Note(at * 4 / 3, 0.5, 10, 42, 80) for at in range(12))
    roll = tuple(Note(4 + at / 8, 0.1, 10, 38, 60 + 8 * at) for at in range(8))
    score = Score(name="a", tempo_bpm=120.0, steps=16, parts=(Part("", triplets), Part("", roll)))

    found = scores.pattern_of(score, CLASSES, Cut())

    hat, snare = found.pattern.lanes[3], found.pattern.lanes[1]
    assert (hat.speed, hat.velocities) == (0.75, (80,) * 12)
    assert (snare.speed, snare.steps[4].repeats, snare.steps[4].velocity) == (1.0, 8, 116)
    assert found.crowded == 0


def test_a_part_of_a_long_score_is_taken_and_the_rest_told() -> None:
    beat = tuple(Note(float(at), 0.5, 10, 36, 100) for at in range(0, 160, 16))
    stray = (Note(96.0, 0.5, 1, 99, 100), Note(97.0, 0.5, 10, 81, 100))
    score = Score(name="a", tempo_bpm=120.0, steps=160, parts=(Part("", beat), Part("", stray)))

    found = scores.pattern_of(score, CLASSES, Cut(first_bar=7, bars=2))

    assert (found.bars, found.pattern.bars, found.hits, found.strange) == (10, 2, 2, 2)
    assert len(found.pattern.lanes[0].steps) == 32
    assert scores.pattern_of(score, CLASSES, Cut()).pattern.bars == 4
    with pytest.raises(StateError, match="there is no bar 11"):
        scores.pattern_of(score, CLASSES, Cut(first_bar=11))


def test_what_anticipates_the_beginning_is_kept_there() -> None:
    score = Score(name="a", tempo_bpm=120.0, steps=16, parts=(Part("", (Note(15.75, 0.2, 10, 36, 90),)),))

    step = scores.pattern_of(score, CLASSES, Cut()).pattern.lanes[0].steps[0]

    assert (step.velocity, step.shift) == (90, -0.25)
