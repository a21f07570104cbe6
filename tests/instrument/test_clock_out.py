"""The clock that is sent, by a receiver that counts."""

from collections.abc import Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from instrument.clock_out import ALWAYS, CONTINUE, NEVER, PLAYING, START, STOP, TICK, ClockOut, Stretch, Timed
from instrument.pace import period_ns

STEP_NS = 125e6  # a sixteenth at 120 bpm
AHEAD_NS = 12e6
DEEDS = ["play", "stop", "continue", "jump"]


class Receiver:
    """Where somebody is who hears what is sent, in ticks of the song."""

    def __init__(self) -> None:
        self.running = False
        self.stopped = False
        self.count = 0  # ticks heard of the song
        self.located = 0
        self.tick_places: list[tuple[int, float]] = []  # number and time
        self.ticks_ns: list[float] = []

    def hear(self, told: Sequence[Timed]) -> None:
        for time_ns, data in sorted(told, key=lambda each: each[0]):
            self._take(time_ns, data)

    def _take(self, time_ns: int, data: bytes) -> None:
        if data[0] == TICK:
            self.ticks_ns.append(time_ns)
            if self.running:
                self.tick_places.append((self.count, time_ns))
                self.count += 1
        elif data[0] == START:
            self.running, self.count = True, 0
        elif data[0] == CONTINUE:
            assert self.stopped, "CONTINUE only after STOP"
            self.running, self.stopped, self.count = True, False, self.located
        elif data[0] == STOP:
            self.running, self.stopped = False, True
        else:
            self.located = 6 * (data[1] | data[2] << 7)


class Rig:
    """A machine at 120 bpm that sends a little ahead of its time."""

    def __init__(self, mode: str) -> None:
        self.out, self.told = ClockOut(mode), []  # type: ignore[var-annotated]
        self.now_ns, self.until_ns = 1e9, 1e9
        self.zero_ns: float | None = None  # when place 0 is, or was
        self.paused = 0.0

    def place(self, time_ns: float) -> float:
        assert self.zero_ns is not None
        return (time_ns - self.zero_ns) / STEP_NS

    def run(self, seconds: float) -> None:
        end = self.now_ns + seconds * 1e9
        while self.now_ns < end:
            self.now_ns += 5e6
            until = self.now_ns + AHEAD_NS
            if self.zero_ns is None:
                self.told += self.out.rested(self.until_ns, until, 120.0)
            else:
                places = self.place(self.until_ns), self.place(until)
                self.told += self.out.played(Stretch(self.until_ns, until, *places))
            self.until_ns = until

    def play(self, place: float = 0.0, in_s: float = 0.005) -> None:
        at = self.now_ns + in_s * 1e9
        self.zero_ns = at - place * STEP_NS
        self.told += self.out.begin(place, at)

    def stop(self) -> None:
        at = self.now_ns + 3e6
        self.paused, self.zero_ns = self.place(at), None
        self.told += self.out.end(at)

    def heard(self) -> Receiver:
        receiver = Receiver()
        receiver.hear(self.told)
        return receiver


def test_the_first_tick_after_start_is_place_0_and_each_comes_at_its_place() -> None:
    rig = Rig(PLAYING)
    rig.run(0.1)
    rig.play()
    rig.run(10.0)

    heard = rig.heard()
    assert [number for number, _ in heard.tick_places] == list(range(len(heard.tick_places)))
    assert len(heard.ticks_ns) == len(heard.tick_places) > 470
    for number, time_ns in heard.tick_places:
        assert abs(rig.place(time_ns) - number / 6) < 1e-6
    assert (rig.told[0][1][0], rig.told[1][1][0]) == (START, TICK)


def test_while_it_rests_nothing_is_sent_unless_always() -> None:
    for mode, least, most in ((NEVER, 0, 0), (PLAYING, 0, 0), (ALWAYS, 47, 49)):
        rig = Rig(mode)
        rig.run(1.0)
        assert least <= len(rig.told) <= most


def test_always_means_evenly_while_it_rests_too() -> None:
    rig = Rig(ALWAYS)
    rig.run(1.0)
    rig.play(in_s=0.5)
    rig.run(2.0)
    rig.stop()
    rig.run(2.0)

    heard = rig.heard()
    gaps = [b - a for a, b in zip(heard.ticks_ns, heard.ticks_ns[1:], strict=False)]
    uneven = [gap for gap in gaps if abs(gap - period_ns(120.0)) > 2]
    assert len(uneven) <= 1  # at the beginning of the song, whose time the player chose
    assert not heard.running


def test_continue_names_the_next_sixteenth_and_begins_at_it() -> None:
    for mode in (PLAYING, ALWAYS):
        rig = Rig(mode)
        rig.play()
        rig.run(0.7)
        rig.stop()
        rig.run(1.0)
        rig.play(rig.paused)
        rig.run(1.0)

        assert rig.paused % 1 > 0.1
        heard = rig.heard()
        for number, time_ns in heard.tick_places[-30:]:
            assert abs(rig.place(time_ns) - number / 6) < 1e-6
        assert [data[0] for _, data in rig.told].count(CONTINUE) == 1


def test_playing_on_from_somewhere_else_stops_locates_and_continues() -> None:
    rig = Rig(PLAYING)
    rig.play()
    rig.run(1.0)
    rig.play(64.0)
    rig.run(1.0)

    heard = rig.heard()
    assert abs(rig.place(heard.tick_places[-1][1]) - heard.tick_places[-1][0] / 6) < 1e-6


@example(PLAYING, [("play", 0.098), ("stop", 0.004), ("play", 0.0)])  # just after a tick that was sent
@example(PLAYING, [("play", 0.0), ("jump", 0.25), ("play", 0.0)])  # at the very moment of a tick
@given(
    st.sampled_from([PLAYING, ALWAYS]),
    st.lists(st.tuples(st.sampled_from(DEEDS), st.floats(0.0, 0.3)), max_size=8),
)
def test_a_receiver_that_counts_is_always_where_the_machine_is(
    mode: str, deeds: list[tuple[str, float]]
) -> None:
    rig = Rig(mode)
    for deed, seconds in deeds:
        if deed == "play":
            rig.play()
        elif deed == "stop" and rig.zero_ns is not None:
            rig.stop()
        elif deed == "continue" and rig.zero_ns is None:
            rig.play(rig.paused)
        elif deed == "jump" and rig.zero_ns is not None:
            rig.play(32.0)
        rig.run(seconds)
    rig.run(0.5)

    heard = rig.heard()
    assert heard.running == (rig.zero_ns is not None)
    if heard.running:
        number, time_ns = heard.tick_places[-1]
        assert abs(rig.place(time_ns) - number / 6) < 1e-6


@pytest.mark.parametrize("place", [16_383.5, 20_000.0])
def test_a_position_that_cannot_be_named_is_in_the_same_bar(place: float) -> None:
    rig = Rig(PLAYING)
    rig.play()
    rig.run(0.1)
    rig.stop()
    rig.play(place)
    rig.run(0.3)

    heard = rig.heard()
    number, time_ns = heard.tick_places[-1]
    assert (rig.place(time_ns) - number / 6 + 1.0) % 16 == pytest.approx(1.0)
