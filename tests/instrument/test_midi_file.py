"""Standard MIDI Files: what is written is read back; whatever else a file holds is one line."""

import io
from pathlib import Path

import mido
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import midi_file
from instrument.errors import StateError
from instrument.midi_file import TICKS_PER_STEP, Note, Part, Score

STEPS = 64
ticks = st.integers(0, STEPS * TICKS_PER_STEP - 2)


@st.composite
def parts(draw: st.DrawFn) -> Part:
    """A part whose notes of one number never overlap."""
    numbers = draw(st.sets(st.integers(0, 127), max_size=3))
    notes = []
    for number in numbers:
        edges = sorted(draw(st.sets(ticks, max_size=8)))
        channel = draw(st.integers(1, 16))
        for on, off in zip(edges[::2], edges[1::2], strict=False):
            length = (off - on) / TICKS_PER_STEP
            notes.append(Note(on / TICKS_PER_STEP, length, channel, number, draw(st.integers(1, 127))))
    return Part(
        draw(st.text(st.characters(codec="ascii", categories=["L"]), max_size=9)), tuple(sorted(notes))
    )


def read(tmp_path: Path, data: bytes) -> Score:
    path = tmp_path / "some.mid"
    path.write_bytes(data)
    return midi_file.read(path)


@settings(deadline=None, max_examples=50)
@given(st.lists(parts(), max_size=4), st.floats(20, 300))
def test_what_is_written_is_read_back_to_the_tick(
    tmp_path_factory: pytest.TempPathFactory, made: list[Part], bpm: float
) -> None:
    score = Score(name="some", tempo_bpm=bpm, steps=STEPS, parts=tuple(made))

    back = read(tmp_path_factory.mktemp("midi"), midi_file.data(score))

    assert back.tempo_bpm == pytest.approx(bpm, rel=1e-5)
    assert back.steps == STEPS
    assert [part.name for part in back.parts[1:]] == [part.name for part in made]
    for there, part in zip(back.parts[1:], made, strict=True):
        assert [(note.channel, note.number, note.velocity) for note in there.notes] == [
            (note.channel, note.number, note.velocity) for note in part.notes
        ]
        for read_note, note in zip(there.notes, part.notes, strict=True):
            assert read_note.place == pytest.approx(note.place, abs=1e-9)
            assert read_note.length == pytest.approx(note.length, abs=1e-9)


def test_every_division_of_a_step_at_every_speed_is_a_whole_tick() -> None:
    for speed in (8, 4, 2, 1):  # eighths of sixteenths a step: 1/8 … 1, then the two in thirds
        assert all(TICKS_PER_STEP * speed % repeats == 0 for repeats in range(1, 9))
    for numerator, denominator in ((4, 3), (2, 3), (1, 2)):  # speeds 3/4, 3/2, 2
        assert all(TICKS_PER_STEP * numerator % (denominator * repeats) == 0 for repeats in range(1, 9))


def test_a_note_struck_again_ends_before_it_begins_again(tmp_path: Path) -> None:
    notes = (Note(0.0, 1.0, 10, 42, 100), Note(1.0, 1.0, 10, 42, 90))
    data = midi_file.data(Score(name="a", tempo_bpm=120.0, steps=16, parts=(Part("hat", notes),)))

    messages = [m.type for m in mido.MidiFile(file=io.BytesIO(data)).tracks[1] if not m.is_meta]

    assert messages == ["note_on", "note_off", "note_on", "note_off"]
    assert read(tmp_path, data).parts[1].notes == notes


def test_a_file_of_another_resolution_tempo_and_metre_is_read_in_steps(tmp_path: Path) -> None:
    file = mido.MidiFile(type=0, ticks_per_beat=96)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=500_000))
    track.append(mido.MetaMessage("time_signature", numerator=3, denominator=4))
    track.append(mido.Message("note_on", note=36, velocity=80, channel=9, time=24))
    track.append(mido.Message("note_on", note=36, velocity=0, channel=9, time=12))
    out = io.BytesIO()
    file.save(file=out)

    score = read(tmp_path, out.getvalue())

    assert (score.tempo_bpm, score.steps_per_bar) == (120.0, 12.0)
    assert score.parts[0].notes == (Note(1.0, 0.5, 10, 36, 80),)


@settings(deadline=None, max_examples=200)
@given(st.binary(max_size=200), st.booleans())
def test_bytes_that_are_no_midi_file_are_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, headed: bool
) -> None:
    head = b"MThd\x00\x00\x00\x06\x00\x01\x00\x02\x00\x60MTrk" if headed else b""
    try:
        read(tmp_path_factory.mktemp("wild"), head + data)
    except StateError as error:
        assert "\n" not in str(error)  # noqa: PT017  (most are refused, a few are files)


@pytest.mark.parametrize("division", [0, 0x8000 | 0x6728])
def test_a_file_whose_ticks_divide_no_beat_is_refused(tmp_path: Path, division: int) -> None:
    head = b"MThd\x00\x00\x00\x06\x00\x01\x00\x00" + division.to_bytes(2, "big")

    with pytest.raises(StateError, match="ticks divide the beat"):
        read(tmp_path, head)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="No such file"):
        midi_file.read(tmp_path / "none.mid")
