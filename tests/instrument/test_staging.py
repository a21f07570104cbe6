"""What is done to a performance while it runs."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from instrument import bundle, library
from instrument.bundle import Bundle
from instrument.events import Cancel, Event, Hit, Mix, Source
from instrument.messages import (
    ClearPattern,
    Erase,
    Fill,
    LatchFill,
    Message,
    Note,
    Play,
    SetCondition,
    SetCountIn,
    SetLength,
    SetMetronome,
    SetMute,
    SetOverdub,
    SetQuantise,
    SetSolo,
    SetStep,
    SetTempo,
    SetWriting,
    Stop,
    Tap,
    Trigger,
    Undo,
)
from instrument.performance import Performance
from instrument.rules.clicks import CLICK

RATE_HZ = 48_000
STEP, BAR = 6_000, 96_000  # frames at 120 bpm


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


@pytest.fixture
def driven(tiny: Bundle) -> Performance:
    made = Performance(tiny, library.load_kit("plain", tiny, 1), library.load_pattern("four"), 1, RATE_HZ)
    say(made, ClearPattern(), SetTempo(120))
    return made


def say(made: Performance, *said: Message, frame: int = 0) -> list[Event]:
    return [event for each in said for event in made.apply(each, frame)]


def heard(events: Sequence[Event], track: int) -> list[int]:
    """Return the frames of the sequencer's hits of a track, from 1, that are not cancelled later."""
    frames: list[int] = []
    for event in events:
        if isinstance(event, Cancel) and event.track in (-1, track - 1):
            frames = [frame for frame in frames if frame < event.frame]
        if isinstance(event, Hit) and event.track == track - 1 and event.source is Source.SEQUENCED:
            frames.append(event.frame)
    return frames


def mutes(events: Sequence[Event]) -> list[tuple[int, int, bool]]:
    return [(event.frame, event.track + 1, event.mute) for event in events if isinstance(event, Mix)]


def test_solo_silences_the_other_tracks_and_mute_wins(driven: Performance) -> None:
    soloed = say(driven, SetSolo(2, True), frame=5)

    assert mutes(soloed) == [(5, track, track != 2) for track in range(1, 9)]
    assert mutes(say(driven, SetMute(2, True), frame=6)) == [(6, 2, True)]
    assert mutes(say(driven, SetSolo(2, False), frame=7)) == [(7, track, track == 2) for track in range(1, 9)]


def test_a_mute_at_the_bar_is_exact_and_can_be_taken_back(driven: Performance) -> None:
    events = say(driven, Play(), SetMute(1, True, at_bar=True), frame=100)
    events += driven.advance(100 + 2 * BAR)
    assert mutes(events) == [(100 + BAR, 1, True)]
    assert not driven.state.track(0).mute

    back = say(driven, SetMute(1, False, at_bar=True), frame=100 + BAR - 1)

    assert mutes(back)[-1] == (100 + BAR, 1, False)
    driven.settle(100 + BAR)
    assert not driven.state.track(0).mute


def test_stopped_there_is_no_bar_to_wait_for(driven: Performance) -> None:
    assert mutes(say(driven, SetMute(1, True, at_bar=True), frame=9)) == [(9, 1, True)]
    say(driven, Play(), SetMute(1, False, at_bar=True), frame=10)

    assert mutes(say(driven, Stop(), Play(), frame=20))[0] == (20, 1, False)


def test_a_fill_is_held_or_latched(driven: Performance) -> None:
    say(driven, SetLength(1, 1), SetStep(1, 1, 100), SetCondition(1, 1, "fill"))
    events = [*say(driven, Play()), *driven.advance(BAR)]
    events += say(driven, Fill(True), frame=3 * STEP)
    events += say(driven, Fill(False), frame=5 * STEP)
    events += say(driven, LatchFill(), frame=8 * STEP)
    events += say(driven, LatchFill(), frame=10 * STEP)

    assert heard(events, 1) == [3 * STEP, 4 * STEP, 8 * STEP, 9 * STEP]


@pytest.mark.parametrize(("quantise", "shift"), [(1.0, 0.0), (0.5, -0.1), (0.0, -0.2)])
def test_what_is_played_is_written_where_it_was_played(
    driven: Performance, quantise: float, shift: float
) -> None:
    say(driven, SetQuantise(quantise), SetWriting(True), Play())
    driven.advance(BAR)
    early = round(3.8 * STEP)

    events = say(driven, Note(10, 36, 90), frame=early)
    events += driven.advance(3 * BAR)

    step = driven.state.pattern.lane(0).steps[4]
    assert step.velocity == 90
    assert step.shift == pytest.approx(shift, abs=1e-3)
    again = round((4 + shift) * STEP)
    assert heard(events, 1) == pytest.approx([again + BAR, again + 2 * BAR], abs=2)  # once only in this bar


def test_nothing_is_written_unless_it_plays_and_writes(driven: Performance) -> None:
    say(driven, SetWriting(True), Trigger(1, 90), SetWriting(False), Play(), Trigger(1, 90))

    assert not any(map(any, driven.state.pattern.rows))


def test_without_overdub_the_first_hit_of_a_take_clears_its_track(driven: Performance) -> None:
    say(driven, SetStep(1, 5, 70), SetStep(2, 5, 70), SetOverdub(False), SetWriting(True), Play())
    say(driven, Trigger(1, 80), frame=8 * STEP)
    say(driven, Trigger(1, 81), frame=12 * STEP)

    assert [driven.state.pattern.rows[0][at] for at in (4, 8, 12)] == [0, 80, 81]
    assert driven.state.pattern.rows[1][4] == 70


def test_a_take_is_one_edit(driven: Performance) -> None:
    before = driven.state.pattern
    say(driven, SetWriting(True), Play())
    for at in range(8):
        say(driven, Trigger(1 + at % 2, 80), frame=at * STEP)

    first = driven.state.pattern
    say(driven, Play(), Trigger(3, 80), frame=9 * STEP)

    say(driven, Undo(), frame=10 * STEP)
    assert driven.state.pattern == first
    say(driven, Undo(), frame=11 * STEP)
    assert driven.state.pattern == before


def test_what_is_played_in_the_count_in_is_not_written_but_for_a_first_step_that_comes_early(
    driven: Performance,
) -> None:
    say(driven, SetCountIn(1), SetWriting(True), Play())
    say(driven, Trigger(1, 80), frame=8 * STEP)
    assert not any(driven.state.pattern.rows[0])

    say(driven, Trigger(1, 81), frame=BAR - STEP // 4)
    assert driven.state.pattern.rows[0][0] == 81


def test_steps_are_erased_as_they_pass(driven: Performance) -> None:
    say(driven, *(SetStep(1, at, 100) for at in range(1, 17)), SetStep(2, 5, 100))
    events = [*say(driven, Play()), *driven.advance(BAR)]
    events += say(driven, Erase(1, True), frame=3 * STEP + 1)
    driven.settle(4 * STEP)
    events += say(driven, Erase(1, False), frame=6 * STEP + 1)

    assert [at for at, velocity in enumerate(driven.state.pattern.rows[0]) if velocity == 0] == [4, 5, 6]
    assert driven.state.pattern.rows[1][4] == 100
    assert heard(events, 1) == [at * STEP for at in range(16) if at not in (4, 5, 6)]


def test_the_tempo_follows_taps_and_begins_anew_when_one_is_far_off(driven: Performance) -> None:
    for frame in (0, 24_000, 48_000, 72_100):
        say(driven, Tap(), frame=frame)
    assert driven.state.pattern.tempo_bpm == pytest.approx(119.83, abs=0.01)

    say(driven, Tap(), frame=72_100 + 36_000)  # 80 bpm: far off
    assert driven.state.pattern.tempo_bpm == pytest.approx(119.83, abs=0.01)
    say(driven, Tap(), frame=72_100 + 72_000)
    assert driven.state.pattern.tempo_bpm == pytest.approx(80.0, abs=0.01)


def test_a_tap_long_after_the_others_sets_no_tempo(driven: Performance) -> None:
    say(driven, Tap())
    say(driven, Tap(), frame=10 * RATE_HZ)

    assert driven.state.pattern.tempo_bpm == 120.0


def test_the_metronome_clicks_on_every_beat_and_brighter_on_the_first(driven: Performance) -> None:
    events = [*say(driven, SetMetronome(True), Play()), *driven.advance(2 * BAR)]

    clicks = [event for event in events if isinstance(event, Hit) and event.track == CLICK]
    assert [click.frame for click in clicks] == [beat * 4 * STEP for beat in range(8)]
    assert [click.tune == clicks[0].tune for click in clicks] == [beat % 4 == 0 for beat in range(8)]
    assert heard([*events, *say(driven, SetMetronome(False), frame=5 * STEP)], CLICK + 1) == [0, 4 * STEP]


def test_a_count_in_clicks_before_the_first_step(driven: Performance) -> None:
    say(driven, SetStep(1, 1, 100), SetCountIn(1))
    events = [*say(driven, Play(), frame=500), *driven.advance(500 + 2 * BAR)]

    assert heard(events, CLICK + 1) == [500 + beat * 4 * STEP for beat in range(4)]
    assert heard(events, 1) == [500 + BAR]
