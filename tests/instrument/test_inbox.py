"""What waits for the loop: nothing lost at rest; in a flood the newest notes, and stops before all else."""

from hypothesis import given
from hypothesis import strategies as st

from instrument.inbox import MOST_WAITING, WARNED_NS, Inbox
from instrument.messages import (
    Arrival,
    ChannelPressure,
    Continue,
    ControlChange,
    Message,
    Note,
    Panic,
    PitchBend,
    Play,
    PolyPressure,
    SelectTrack,
    SetStep,
    Stop,
    TogglePlay,
    Trigger,
)

SILENCE = ControlChange(1, 120, 0)


def filled(*said: Message) -> Inbox:
    inbox = Inbox()
    for at, each in enumerate(said):
        inbox.put(Arrival(each, "pads", at))
    return inbox


def taken(inbox: Inbox) -> list[Message]:
    found: list[Message] = []
    while (arrival := inbox.take()) is not None:
        found.append(arrival.message)
    return found


some = st.sampled_from(
    [Note(1, 36, 9), Trigger(2, 9), ControlChange(1, 70, 5), SetStep(1, 2, 3), SelectTrack(4), Play()]
)


@given(st.lists(st.lists(some, max_size=1), max_size=9))
def test_what_is_taken_as_it_comes_comes_out_as_it_is(said: list[list[Message]]) -> None:
    inbox = Inbox()
    for each in said:
        for message in each:
            inbox.put(Arrival(message, "pads", 7))
        assert len(inbox) == len(each)
        assert taken(inbox) == each
        assert not inbox


def test_a_flood_of_notes_leaves_the_newest_and_says_so() -> None:
    inbox = filled(SetStep(1, 1, 1), *(Note(10, at % 128, 1 + at // 128) for at in range(5_000)))

    left = taken(inbox)

    assert left[0] == SetStep(1, 1, 1)
    assert left[1:] == [Note(10, at % 128, 1 + at // 128) for at in range(5_001 - MOST_WAITING, 5_000)]
    assert inbox.dropped == 5_001 - MOST_WAITING
    assert "4,489 notes were dropped" in inbox.warning(5_000)
    assert inbox.warning(5_000 + WARNED_NS) == ""


def test_a_controller_that_turns_faster_than_it_is_taken_has_its_last_value() -> None:
    inbox = filled(*(ControlChange(1, 70 + at % 2, at // 4) for at in range(200)))

    assert taken(inbox)[-2:] == [ControlChange(1, 70, 49), ControlChange(1, 71, 49)]
    assert len(taken(filled(*(ControlChange(1, 70, at) for at in range(128))))) <= 2
    assert inbox.dropped == 0


def test_each_of_two_controllers_has_its_own_last_value() -> None:
    knobs: list[Message] = [ControlChange(1, 16, at // 2, ("MPD218", "MIDImix")[at % 2]) for at in range(100)]

    assert taken(filled(*knobs)) == knobs[-2:]


def test_a_button_that_is_let_go_at_once_was_pressed_all_the_same() -> None:
    said: list[Message] = [ControlChange(1, 91, 127), ControlChange(1, 91, 0)]

    assert taken(filled(*said)) == said


def test_every_step_of_an_encoder_without_ends_counts() -> None:
    steps = [ControlChange(1, 14, sent) for sent in [1] * 9 + [65] * 9]

    assert taken(filled(*steps)) == steps


def test_pressures_and_bends_keep_their_last_value_too() -> None:
    pressures = [PolyPressure(10, 36 + at % 2, at) for at in range(100)]
    others: list[Message] = [
        each for at in range(100) for each in (ChannelPressure(10, at), PitchBend(1, at))
    ]

    assert taken(filled(*pressures, *others)) == [*pressures[-2:], *others[-2:]]


def test_a_controller_turns_the_track_that_was_played_before_it() -> None:
    said: list[Message] = [ControlChange(1, 70, 1), Note(10, 36, 9), ControlChange(1, 70, 2)]

    assert taken(filled(*said)) == said


def test_silence_comes_first_and_what_would_have_sounded_is_forgotten() -> None:
    for silence in (Panic(), SILENCE):
        said: list[Message] = [
            Note(10, 36, 9),
            SetStep(1, 1, 1),
            Trigger(1, 9),
            TogglePlay(),
            silence,
            Note(10, 38, 9),
        ]

        assert taken(filled(*said)) == [silence, SetStep(1, 1, 1), Note(10, 38, 9)]


def test_stop_comes_before_the_notes_that_wait_and_keeps_them() -> None:
    said: list[Message] = [Play(), Note(10, 36, 9), SetStep(1, 1, 1), Stop(), Continue()]

    assert taken(filled(*said)) == [Stop(), Note(10, 36, 9), SetStep(1, 1, 1), Continue()]


def test_what_clients_have_edited_is_never_dropped() -> None:
    edits: list[Message] = [SetStep(1 + at % 8, 1 + at % 16, at % 128) for at in range(2 * MOST_WAITING)]

    assert taken(filled(*edits, *[Note(10, 36, 9)] * 9)) == edits


@given(st.lists(some | st.sampled_from([SILENCE, Stop(), Panic()]), max_size=40))
def test_it_holds_as_many_as_come_out(said: list[Message]) -> None:
    inbox = filled(*said)
    counted: list[int] = []
    while inbox.take() is not None:
        counted.append(len(inbox))

    assert counted == list(range(len(counted)))[::-1]


def test_a_flood_of_many_controllers_and_notes_is_bounded() -> None:
    knobs = (ControlChange(1 + at % 16, at % 64, at % 128) for at in range(4_000))
    inbox = filled(*(each for knob in knobs for each in (knob, Note(10, 36, 9))))

    assert len(taken(inbox)) <= MOST_WAITING
