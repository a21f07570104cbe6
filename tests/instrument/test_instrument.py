"""The instrument's rules: one message in, a new state and events out."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, library
from instrument.errors import MessageError
from instrument.events import ALL_TRACKS, Choke, Event, Hit, Mix, Source, Turn
from instrument.instrument import Instrument, State
from instrument.messages import (
    ClearPattern,
    Continue,
    ControlChange,
    Draw,
    Message,
    Note,
    Panic,
    Play,
    SelectTrack,
    SetKnob,
    SetLevel,
    SetMute,
    SetPan,
    SetStep,
    SetTempo,
    Stop,
    TogglePlay,
    Trigger,
)
from instrument.sequencer import Onset
from instrument.space import Space
from tests.instrument.test_messages import any_message

FRAME = 12_345


@pytest.fixture(scope="module")
def space(tiny_bundle: Path) -> Space:
    return Space(bundle.load(tiny_bundle))


@pytest.fixture(scope="module")
def instrument(space: Space) -> Instrument:
    return Instrument(space)


@pytest.fixture(scope="module")
def state(space: Space) -> State:
    return State(
        kit=library.load_kit("plain", space.bundle, 1), pattern=library.load_pattern("steady"), seed=1
    )


def after(instrument: Instrument, state: State, *said: Message) -> tuple[State, list[Event]]:
    events: list[Event] = []
    for each in said:
        state, caused = instrument.apply(state, each, FRAME)
        events += caused
    return state, events


def only_hit(events: list[Event]) -> Hit:
    (hit,) = events
    assert isinstance(hit, Hit)
    return hit


def test_a_pad_press_plays_a_new_draw_at_once_and_keeps_it(
    instrument: Instrument, state: State, space: Space
) -> None:
    now, events = after(instrument, state, Trigger(2, 100))

    hit = only_hit(events)
    assert (hit.frame, hit.track, hit.source) == (FRAME, 1, Source.LIVE)
    sound = now.track(1).sound
    assert sound.seed != state.track(1).sound.seed
    assert sound.class_name == "snare"
    np.testing.assert_array_equal(
        hit.timbre.embedding, space.draw(space.bundle.class_index("snare"), sound.seed)
    )
    assert [now.track(at) for at in (0, *range(2, 8))] == [state.track(at) for at in (0, *range(2, 8))]


def test_each_pad_press_draws_anew_and_the_same_presses_draw_the_same(
    instrument: Instrument, state: State
) -> None:
    presses = [Trigger(1, 100)] * 20 + [Trigger(2, 100)] * 20

    first, second = (after(instrument, state, *presses)[1] for _ in range(2))

    embeddings = {hit.timbre.embedding.tobytes() for hit in first if isinstance(hit, Hit)}
    seeds = {hit.seed for hit in first if isinstance(hit, Hit)}
    assert len(embeddings) == len(seeds) == 40
    assert [hit.seed for hit in first if isinstance(hit, Hit)] == [
        hit.seed for hit in second if isinstance(hit, Hit)
    ]


def test_velocity_is_level_and_brightness(instrument: Instrument, state: State) -> None:
    soft = only_hit(after(instrument, state, Trigger(1, 30))[1])
    hard = only_hit(after(instrument, state, Trigger(1, 127))[1])

    assert 0.0 < soft.gain < 0.3 * hard.gain
    assert soft.tilt < 0.0 < hard.tilt


def test_the_class_gain_of_the_bundle_levels_the_classes(state: State, space: Space) -> None:
    header = replace(space.bundle.header, class_gain_db=(0.0, 0.0, 0.0, 0.0, -6.0206, 0.0, 0.0, 0.0))
    quieter_kick = Instrument(Space(replace(space.bundle, header=header)))

    hit = only_hit(after(quieter_kick, state, Trigger(1, 127))[1])

    assert hit.gain == pytest.approx(0.5, rel=1e-4)


def test_the_hats_share_a_choke_group(instrument: Instrument, state: State) -> None:
    closed, opened, kick = (
        only_hit(after(instrument, state, Trigger(track, 100))[1]).choke_group for track in (4, 5, 1)
    )

    assert closed == opened != 0
    assert kick == 0


@pytest.mark.parametrize(
    ("note", "track"),
    [(35, 1), (36, 1), (37, 2), (38, 2), (40, 2), (39, 3), (42, 4), (44, 4), (46, 5), (26, 5)]
    + [(note, 6) for note in (41, 43, 45, 47, 48, 50)]
    + [(49, 7), (57, 7), (52, 7), (51, 8), (59, 8), (53, 8)],
)
def test_general_midi_drums_play_their_class(
    instrument: Instrument, state: State, note: int, track: int
) -> None:
    now, events = after(instrument, state, Note(10, note, 90))

    assert only_hit(events).track == now.selected == track - 1
    assert f"note {note} ch 10" in now.last_midi


@pytest.mark.parametrize("channel", [1, 9, 11, 16])
def test_pads_on_other_channels_play_tracks_in_order(
    instrument: Instrument, state: State, channel: int
) -> None:
    for track in range(8):
        assert only_hit(after(instrument, state, Note(channel, 36 + track, 90))[1]).track == track


@pytest.mark.parametrize("said", [Note(10, 56, 90), Note(1, 35, 90), Note(1, 44, 1), Note(10, 0, 127)])
def test_an_unmapped_note_plays_nothing_and_says_so(instrument: Instrument, state: State, said: Note) -> None:
    now, events = after(instrument, state, said)

    assert events == []
    assert f"note {said.note}" in now.last_midi
    assert f"note {said.note} on channel {said.channel} plays nothing" in now.warning
    assert after(instrument, now, Trigger(1, 1))[0].warning == ""


def test_a_released_note_does_nothing(instrument: Instrument, state: State) -> None:
    assert after(instrument, state, Note(10, 36, 0)) == (state, [])


@pytest.mark.parametrize(("control", "knob"), [(70, 1), (77, 8), (1, 1), (8, 8), (74, 5)])
def test_knobs_turn_the_track_played_last_while_it_sounds(
    instrument: Instrument, state: State, control: int, knob: int
) -> None:
    sweep = [ControlChange(1, control, value) for value in (127, 0, 127)]
    now, events = after(instrument, state, Note(10, 38, 100), *sweep)

    turn = events[-1]
    assert isinstance(turn, Turn)
    assert (turn.track, turn.frame) == (1, FRAME)
    assert now.track(1).sound.knobs[knob - 1] == 1.0
    assert now.track(0) == state.track(0)


def test_turning_a_knob_keeps_the_brightness_of_the_hit_that_sounds(
    instrument: Instrument, state: State
) -> None:
    _, (hit, turn) = after(instrument, state, Trigger(3, 20), SetKnob(3, 1, 0.9))

    assert isinstance(hit, Hit)
    assert isinstance(turn, Turn)
    assert turn.tilt == hit.tilt


def test_another_controller_does_nothing_and_is_shown(instrument: Instrument, state: State) -> None:
    now, events = after(instrument, state, ControlChange(1, 64, 127))

    assert events == []
    assert replace(now, hands=state.hands) == replace(state, last_midi="cc 64 ch 1 val 127 → nothing")


def test_level_pan_and_mute_reach_the_mixer(instrument: Instrument, state: State) -> None:
    _, events = after(instrument, state, SetLevel(1, -20.0), SetPan(1, -0.5), SetMute(1, True))

    mix = events[-1]
    assert isinstance(mix, Mix)
    assert mix.gain == pytest.approx(0.1)
    assert replace(mix, gain=1.0) == Mix(frame=FRAME, track=0, gain=1.0, pan=-0.5, mute=True)


def test_drawing_changes_the_sound_and_plays_nothing(instrument: Instrument, state: State) -> None:
    now, events = after(instrument, state, Draw(1))

    assert events == []
    assert now.track(0).sound.seed == after(instrument, state, Trigger(1, 1))[0].track(0).sound.seed


def test_the_pattern_is_edited_step_by_step(instrument: Instrument, state: State) -> None:
    now, _ = after(instrument, state, ClearPattern(), SetStep(3, 16, 64), SetTempo(133))

    assert now.pattern.rows[2][15] == 64
    assert sum(map(sum, now.pattern.rows)) == 64
    assert now.pattern.tempo_bpm == 133.0


def test_play_stop_and_their_toggle(instrument: Instrument, state: State) -> None:
    playing, _ = after(instrument, state, Play())
    assert playing.playing
    assert not after(instrument, playing, Stop())[0].playing
    assert not after(instrument, playing, TogglePlay())[0].playing
    assert after(instrument, state, TogglePlay())[0] == playing
    assert after(instrument, state, Continue())[0].playing
    assert after(instrument, playing, Continue())[0] == playing


def test_all_notes_off_is_shown_and_does_nothing(instrument: Instrument, state: State) -> None:
    """Some keyboards send it with the last key that is let go."""
    now, events = after(instrument, state, Play(), ControlChange(3, 123, 0))

    assert now.playing
    assert now.last_midi == "cc 123 ch 3 val 0 → nothing"
    assert events == []


@pytest.mark.parametrize("said", [Panic(), ControlChange(1, 120, 0)])
def test_panic_ends_everything(instrument: Instrument, state: State, said: Message) -> None:
    now, events = after(instrument, state, Play(), said)

    assert not now.playing
    assert events == [Choke(FRAME, ALL_TRACKS)]


def test_selecting_a_track_turns_the_knobs_towards_it(instrument: Instrument, state: State) -> None:
    now, _ = after(instrument, state, SelectTrack(7), ControlChange(1, 70, 127), ControlChange(1, 70, 0))

    assert now.track(6).sound.knobs[0] == 0.0
    assert now.track(0) == state.track(0)


def test_a_step_plays_the_same_hit_wherever_and_whenever_it_is_asked(
    instrument: Instrument, state: State
) -> None:
    first, sixteen_on = Onset(0.0, 0, 0, 0), Onset(16.0, 0, 16, 0)
    other = after(instrument, state, Trigger(2, 9))[0]

    one = instrument.step_hit(state, instrument.playing(state), first)
    same = instrument.step_hit(other, instrument.playing(other), first)
    next_bar = instrument.step_hit(state, instrument.playing(state), sixteen_on)

    assert (one.seed, one.gain, one.tilt, one.id) == (same.seed, same.gain, same.tilt, same.id)
    assert one.seed != next_bar.seed
    assert one.source is Source.SEQUENCED


def test_a_track_that_the_kit_lacks_is_an_error_that_says_so(instrument: Instrument, state: State) -> None:
    with pytest.raises(MessageError, match="no track 9: this kit has 8 tracks"):
        instrument.apply(state, Trigger(9, 100), FRAME)


@settings(deadline=None, max_examples=200)
@given(said=st.lists(any_message(), max_size=20))
def test_any_messages_leave_a_state_that_plays(
    instrument: Instrument, state: State, space: Space, said: list[Message]
) -> None:
    now, events = state, []
    for each in said:
        with suppress(MessageError):  # a track that the kit lacks
            now, caused = instrument.apply(now, each, FRAME)
            events += caused

    assert len(now.kit.tracks) == 8
    for track in now.kit.tracks:
        assert np.isfinite(space.timbre(track.sound).embedding).all()
    for event in events:
        if isinstance(event, Hit):
            assert 0.0 < event.gain <= 1.0
            assert 0 <= event.seed < 2**64
