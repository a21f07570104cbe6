"""The pattern's hits as notes: routes, times, and an end for every beginning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument import routes
from instrument.errors import StateError
from instrument.events import ALL_TRACKS, Cancel, Choke, Event, Hit, Mix, Source, Timbre
from instrument.notes_out import NotesOut
from instrument.routes import Route

LENGTH = 100
NOTHING = np.zeros(1, np.float32)
TIMBRE = Timbre(embedding=NOTHING, latent=NOTHING, condition=NOTHING, decay_s=0.0)


def hit(frame: int, track: int = 0, velocity: int = 90, seed: int | None = None) -> Hit:
    return Hit(
        frame=frame,
        track=track,
        source=Source.SEQUENCED,
        seed=frame * 16 + track if seed is None else seed,
        id=0,
        gain=1.0,
        tilt=0.0,
        timbre=TIMBRE,
        choke_group=0,
        length_s=1.0,
        velocity=velocity,
    )


class Rig:
    """Notes out, and what was sent: time, port, bytes."""

    def __init__(self, *lines: str, outputs: tuple[str, ...] = ()) -> None:
        self.sent: list[tuple[int, str | None, bytes]] = []
        self.outputs = outputs
        self.notes = NotesOut(routes.read(lines), self.send, lambda: self.outputs)

    def send(self, data: bytes, port: str | None, at: int) -> bool:
        if port is not None and port not in self.outputs:
            return False
        at_once = max((each[0] for each in self.sent), default=0)
        self.sent.append((at or at_once, port, data))
        return True

    def take(self, *events: Event) -> None:
        self.notes.take(events, LENGTH)

    def turn(self, until: int) -> None:
        self.notes.turn(until, lambda frame: round(frame) * 20_000)

    def heard(self) -> list[tuple[int, int, int]]:
        """Return frame, note and velocity (0: it ends) of what was sent, in the order it goes out."""
        ordered = sorted(self.sent, key=lambda each: each[0])
        return [(at // 20_000, data[1], data[2] if data[0] >> 4 == 9 else 0) for at, _, data in ordered]


def test_a_line_names_tracks_notes_channel_and_port() -> None:
    found = routes.read(["track 1-3 → note 36-38 ch 10", "track 4,6 -> note 60 ch 1 to UM-ONE*"])
    assert found == (
        Route(0, 10, 36),
        Route(1, 10, 37),
        Route(2, 10, 38),
        Route(3, 1, 60, "UM-ONE*"),
        Route(5, 1, 60, "UM-ONE*"),
    )
    names = ["a2j:UM-ONE [24] (playback): UM-ONE MIDI 1", "MPD218:MPD218 MIDI 1", "um-one"]
    assert found[3].ports(names) == (names[0], names[2])
    assert found[0].ports(names) == (None,)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "track 1",
        "track 11 → note 36 ch 1",
        "track 1 → note 128 ch 1",
        "track 1 → note 36 ch 17",
        "track 1 → note 36 ch 0",
        "track 1-3 → note 36-37 ch 1",
        "track 1- → note 36 ch 1",
        "kick → note 36 ch 1",
    ],
)
def test_a_line_that_is_no_route_is_refused_in_one_line(line: str) -> None:
    with pytest.raises(StateError) as error:
        routes.read([line])
    assert repr(line) in str(error.value)
    assert "\n" not in str(error.value)


def test_hits_are_notes_at_their_frames_and_end_after_their_length() -> None:
    rig = Rig("track 1-2 → note 36-37 ch 10")
    rig.take(hit(1_000, velocity=90), hit(1_500, track=1, velocity=20), hit(9_000), hit(1_200, track=2))
    for until in range(0, 5_000, 240):
        rig.turn(until)

    assert rig.heard() == [(1_000, 36, 90), (1_100, 36, 0), (1_500, 37, 20), (1_600, 37, 0)]
    assert {data[0] & 0x0F for _, _, data in rig.sent} == {9}


def test_a_note_that_is_struck_again_ends_first() -> None:
    rig = Rig("track 1 → note 36 ch 1")
    rig.take(hit(1_000), hit(1_060))
    rig.turn(2_000)
    assert rig.heard() == [(1_000, 36, 90), (1_060, 36, 0), (1_060, 36, 90), (1_160, 36, 0)]


def test_what_an_edit_takes_back_is_not_sent_and_what_it_moves_is_sent_once() -> None:
    rig = Rig("track 1-2 → note 36-37 ch 1")
    rig.take(hit(1_000), hit(2_000), hit(2_000, track=1))
    rig.take(Cancel(1_500, 0), hit(2_400, seed=32_000))
    rig.turn(2_500)
    rig.take(Cancel(2_300, ALL_TRACKS), hit(2_600, seed=32_000))  # sent already
    rig.turn(3_000)

    begun = [(frame, note) for frame, note, velocity in rig.heard() if velocity]
    assert begun == [(1_000, 36), (2_000, 37), (2_400, 36)]


def test_silence_ends_all_that_sounds_even_what_is_still_to_begin() -> None:
    rig = Rig("track 1-2 → note 36-37 ch 1")
    rig.take(hit(1_000), hit(1_050, track=1), hit(9_000))
    rig.turn(1_100)
    rig.take(Choke(1_000, ALL_TRACKS))
    rig.turn(20_000)

    assert [velocity > 0 for _, _, velocity in rig.heard()].count(True) == 2
    for note in (36, 37):
        assert [velocity > 0 for _, each, velocity in rig.heard() if each == note] == [True, False]


def test_another_engine_counts_from_its_own_start() -> None:
    rig = Rig("track 1 → note 36 ch 1")
    rig.take(Mix(frame=90_000, track=0, gain=1.0, mute=True), hit(80_000, seed=1))
    rig.turn(80_010)
    rig.notes.anew()
    rig.take(Cancel(100, ALL_TRACKS), hit(200, seed=2))
    for until in range(0, 100_000, 10_000):
        rig.turn(until)
    rig.take(hit(99_000, seed=3))
    rig.turn(110_000)

    assert [data[2] > 0 for _, _, data in rig.sent] == [True, False] * 3


def test_a_muted_track_is_silent_here_too() -> None:
    rig = Rig("track 1-2 → note 36-37 ch 1")
    rig.take(Mix(frame=0, track=0, gain=1.0, mute=True), hit(1_000), hit(1_000, track=1))
    rig.turn(2_000)
    assert {note for _, note, _ in rig.heard()} == {37}


def test_a_note_whose_port_was_unplugged_ends_when_it_is_back() -> None:
    rig = Rig("track 1 → note 36 ch 1 to synth", outputs=("synth",))
    rig.take(hit(1_000))
    rig.turn(1_010)
    rig.outputs = ()
    rig.turn(5_000)
    rig.take(hit(6_000))
    rig.turn(7_000)  # to nobody
    rig.notes.settle()
    rig.outputs = ("synth",)
    rig.notes.settle()
    rig.notes.settle()

    assert [data[2] > 0 for _, _, data in rig.sent] == [True, False]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("hit"), st.integers(0, 400), st.integers(0, 2)),
            st.tuples(st.just("cancel"), st.integers(-50, 100), st.integers(-1, 2)),
            st.tuples(st.just("plug"), st.booleans(), st.just(0)),
            st.tuples(st.just("panic"), st.just(0), st.just(0)),
        ),
        max_size=40,
    )
)
def test_every_note_that_begins_ends_whatever_happens(deeds: list[tuple[str, int, int]]) -> None:
    rig = Rig("track 1-2 → note 36 ch 1", "track 3 → note 40 ch 2 to synth", outputs=("synth",))
    now = 0
    for number, (deed, value, track) in enumerate(deeds):
        if deed == "hit":
            rig.take(hit(now + value, track, seed=number))
        elif deed == "cancel":
            rig.take(Cancel(now + value, track))
        elif deed == "plug":
            rig.outputs = ("synth",) if value else ()
        else:
            rig.take(Choke(now, ALL_TRACKS))
        now += 60
        rig.turn(now)
    rig.turn(now + 10_000)
    rig.outputs = ("synth",)
    rig.notes.settle()

    for note in (36, 40):
        heard = [velocity > 0 for _, each, velocity in rig.heard() if each == note]
        assert heard == [True, False] * (len(heard) // 2)
