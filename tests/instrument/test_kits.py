"""Another kit while the machine plays: at once, at the bar, of another size."""

from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from instrument import bundle, kit, library, parse
from instrument.bundle import Bundle
from instrument.errors import MessageError
from instrument.events import ALL_TRACKS, Event, Hit, Mix
from instrument.kit import Kit
from instrument.messages import (
    Bind,
    ChooseKit,
    LoadKit,
    Message,
    Play,
    ProgramChange,
    SelectTrack,
    SetMasterLevel,
    SetMute,
    SetSwing,
    SetTempo,
    Squeeze,
    Stop,
    Trigger,
    Undo,
)
from instrument.performance import Performance
from instrument.shelf import Shelf
from instrument.space import Space
from tests.instrument.player import Player
from tests.instrument.test_performance import Receiver

RATE_HZ = 48_000
BAR = 96_000  # at 120 bpm


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


@pytest.fixture(scope="module")
def kits(tiny: Bundle) -> dict[str, Kit]:
    """Give a kit of eight and one of ten tracks, both as files would have them."""
    narrow = library.load_kit("plain", tiny, 77)
    more = tuple(replace(track, level_db=-6.0) for track in narrow.tracks[:2])
    wide = replace(narrow, name="wide", tracks=(*narrow.tracks, *more))
    return {
        "narrow": narrow,
        "wide": kit.from_data("wide", {**kit.to_data(wide), "schema": parse.SCHEMA}, 1),
    }


def performance(tiny: Bundle, kits: dict[str, Kit]) -> Performance:
    made = Performance(tiny, library.load_kit("plain", tiny, 1), library.load_pattern("steady"), 1, RATE_HZ)
    made.plug({}, kits)
    made.apply(SetTempo(120.0), 0)
    made.apply(SetSwing(0.5), 0)
    return made


def test_another_kit_is_there_at_once_with_its_levels(tiny: Bundle) -> None:
    player = Player(Space(tiny))
    player.turn(70, 0, 127, 20)
    mixes = player.say(SelectTrack(3), LoadKit("plain"))

    assert player.state.kit == Shelf(tiny, 1)["plain"]
    assert [mix.track for mix in mixes if isinstance(mix, Mix)] == list(range(8))
    assert player.turn(70, 21) == []
    player.say(Undo())
    assert player.knob(1, 1) == pytest.approx(20 / 127)


@pytest.mark.parametrize("said", [LoadKit("none"), ChooseKit(100), LoadKit("jungle")])
def test_a_kit_that_is_not_there_or_not_for_this_bundle_is_refused(tiny: Bundle, said: Message) -> None:
    player = Player(Space(tiny))
    with pytest.raises(MessageError, match="this bundle"):
        player.say(said)


def test_a_program_chooses_a_kit(tiny: Bundle) -> None:
    player = Player(Space(tiny))
    player.state = replace(player.state, kit=replace(player.state.kit, name="another"))
    number = list(Shelf(tiny, 1)).index("plain")
    player.say(Bind("program", "kit"), ProgramChange(1, number))
    assert player.state.kit.name == "plain"


def test_the_level_of_everything_is_a_mix_of_everything(tiny: Bundle) -> None:
    player = Player(Space(tiny))
    (mix,) = player.say(SetMasterLevel(-6.0206))
    assert isinstance(mix, Mix)
    assert mix.track == ALL_TRACKS
    assert mix.gain == pytest.approx(0.5, rel=1e-4)


def test_at_the_bar_the_new_kit_s_sounds_and_levels_begin(tiny: Bundle, kits: dict[str, Kit]) -> None:
    driven, events = performance(tiny, kits), list[Event]()
    driven.apply(Play(), 0)
    for now in range(0, 2 * BAR, 480):
        if now == 9_600:
            events += driven.apply(LoadKit("wide", at_bar=True), now, now + 256)
        events += driven.advance(now + 2_400)
    driven.settle(2 * BAR)
    receiver = Receiver()
    receiver.take(events)

    def sound(hit: Hit) -> bytes:
        return hit.timbre.embedding.tobytes()

    kicks = [hit for hit in receiver.hits if hit.track == 0]
    old = {sound(hit) for hit in kicks if hit.frame < BAR}
    new = {sound(hit) for hit in kicks if hit.frame >= BAR}
    assert len(old) == len(new) == 1
    assert old != new
    assert driven.state.kit == kits["wide"]
    assert {event.track for event in events if isinstance(event, Mix) and event.frame == BAR} >= {8, 9}


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 40),
            st.one_of(
                st.builds(LoadKit, st.sampled_from(["narrow", "wide"]), st.booleans()),
                st.builds(Trigger, st.sampled_from([1, 8, 9, 10]), st.just(90)),
                st.builds(Squeeze, st.sampled_from([1, 9, 10]), st.integers(0, 127)),
                st.builds(SetMute, st.sampled_from([1, 10]), st.booleans(), st.booleans()),
                st.builds(SelectTrack, st.sampled_from([1, 10])),
                st.sampled_from([Play(), Stop(), Undo()]),
            ),
        ),
        max_size=20,
    )
)
def test_kits_of_eight_and_ten_tracks_follow_each_other_whatever_goes_on(
    tiny: Bundle, kits: dict[str, Kit], script: list[tuple[int, Message]]
) -> None:
    driven, now = performance(tiny, kits), 0
    for wait, said in script:
        now += 1_200 * wait
        with suppress(MessageError):  # there is no such track
            driven.apply(said, now, now + 256)
        hits = [event for event in driven.advance(now + 2_400) if isinstance(event, Hit)]
        assert all(hit.track < 10 for hit in hits)
        assert 0 <= driven.state.selected < len(driven.state.kit.tracks)
