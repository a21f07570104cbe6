"""Keys become messages on the socket; snapshots from the socket become what is shown."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from instrument.messages import (
    Draw,
    Message,
    Panic,
    SelectTrack,
    SetKnob,
    SetLevel,
    SetMute,
    SetStep,
    SetTempo,
    TogglePlay,
    Trigger,
)
from instrument.tui.app import GraindrumApp
from tests.instrument.tui.made import CLASSES, playing
from tests.instrument.tui.peer import Peer, lines, on_screen, until

Press = Callable[[Sequence[str], Sequence[Message]], Awaitable[None]]


@asynccontextmanager
async def connected(peer: Peer, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    """An app that has seen a playing machine."""
    app = GraindrumApp(peer.path)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: peer.clients)
        peer.show(playing())
        await until(pilot, lambda: on_screen(app, "124.0 bpm"))
        yield pilot


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["space"], [TogglePlay()]),
        (["3"], [Trigger(3, 100)]),
        (["8", "d"], [Trigger(8, 100), Draw(8)]),
        (["d"], [Draw(1)]),
        (["m"], [SetMute(1, True)]),
        (["m", "m"], [SetMute(1, True), SetMute(1, False)]),
        (["8", "m"], [Trigger(8, 100), SetMute(8, False)]),
        (["ctrl+k"], [Panic()]),
        (["down", "down", "up"], [SelectTrack(2), SelectTrack(3), SelectTrack(2)]),
        (["up"], [SelectTrack(8)]),
        (["right", "x"], [SetStep(1, 2, 100)]),
        (["left", "enter"], [SetStep(1, 16, 100)]),
        (["x"], [SetStep(1, 1, 0)]),
        (["x", "x"], [SetStep(1, 1, 0), SetStep(1, 1, 100)]),
        (["plus"], [SetStep(1, 1, 127)]),
        (["minus", "left_square_bracket"], [SetStep(1, 1, 110), SetStep(1, 1, 100)]),
        (["right", "right_square_bracket", "plus"], [SetStep(1, 2, 100), SetStep(1, 2, 110)]),
        (["greater_than_sign", "T", "full_stop"], [SetTempo(125.0), SetTempo(126.0), SetTempo(126.1)]),
        (["less_than_sign", "t", "comma"], [SetTempo(123.0), SetTempo(122.0), SetTempo(121.9)]),
        (["0", "0", "9"], [SetLevel(1, 1.0), SetLevel(1, 2.0), SetLevel(1, 1.0)]),
        (["tab", "right", "plus", "plus"], [SetKnob(2, 2, 0.67), SetKnob(2, 2, 0.72)]),
        (["tab", "left", "plus", "minus"], [SetKnob(2, 8, 1.0), SetKnob(2, 8, 0.95)]),
        (["tab", "x"], [SetKnob(2, 1, 0.5)]),
        (["tab", "m", "0"], [SetMute(2, True), SetLevel(2, 0.0)]),
        (["tab", "down", "down", "plus"], [SelectTrack(3), SelectTrack(4), SetKnob(4, 1, 0.55)]),
        (["tab", "tab", "x"], [SetStep(2, 1, 100)]),
    ],
    ids=lambda value: "-".join(value) if all(isinstance(key, str) for key in value) else "",
)
async def test_a_key_says_what_it_means(peer: Peer, keys: list[str], expected: list[Message]) -> None:
    async with connected(peer) as pilot:
        await pilot.press(*keys)

        await until(pilot, lambda: len(peer.said) >= len(expected))
        assert peer.said == expected


async def test_a_softer_key_leaves_a_step_that_is_off_alone(peer: Peer) -> None:
    async with connected(peer) as pilot:
        await pilot.press("right", "minus", "space")

        await until(pilot, lambda: peer.said)
        assert peer.said == [TogglePlay()]


async def test_a_step_is_never_made_softer_than_one(peer: Peer) -> None:
    async with connected(peer) as pilot:
        await pilot.press(*["minus"] * 14)

        await until(pilot, lambda: len(peer.said) == 14)
        assert peer.said[-2:] == [SetStep(1, 1, 1), SetStep(1, 1, 1)]


async def test_tempo_stays_within_what_the_instrument_takes(peer: Peer) -> None:
    async with connected(peer) as pilot:
        peer.show(playing(tempo_bpm=299.5))
        await until(pilot, lambda: on_screen(pilot.app, "299.5 bpm"))

        await pilot.press("T", "T")

        await until(pilot, lambda: len(peer.said) == 2)
        assert peer.said == [SetTempo(300.0), SetTempo(300.0)]


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
async def test_every_track_and_every_line_shows(peer: Peer, size: tuple[int, int]) -> None:
    async with connected(peer, size) as pilot:
        shown = lines(pilot.app)

        for number, name in enumerate(CLASSES, start=1):
            assert any(f"{number} {name.partition('_')[0]}" in line for line in shown), name
        assert "PLAYING" in shown[0]
        assert "load" in shown[1]
        assert any(line.startswith(" e1 50") for line in shown)
        assert "q quit" in shown[-1]
        assert all(len(line) == size[0] for line in shown)


async def test_the_header_tells_how_the_machine_is(peer: Peer) -> None:
    async with connected(peer, (100, 24)) as pilot:
        first, second = lines(pilot.app)[:2]

    assert "· ■ · ·  2.1" in first
    assert "kit drums8  pattern first  midi MPD218, LPD8  GRAINDRUM" in first
    assert "13%" in second
    assert "voices  7" in second
    assert "xruns 0" in second
    assert "Scarlett 2i2 USB 48k/128" in second


async def test_a_narrow_terminal_shows_less_but_nothing_runs_together(peer: Peer) -> None:
    async with connected(peer, (60, 20)) as pilot:
        peer.show(playing(swing=0.56))
        await until(pilot, lambda: on_screen(pilot.app, "swing"))
        shown = lines(pilot.app)

    assert "· ■ · ·  2.1  swing 56%  midi MP" in shown[0]
    assert "voices  7  xruns 0  audio Scar… 48k/128" in shown[1]
    assert any("z2 50  mo 25  de 100" in line for line in shown)
    assert shown[-1].strip().endswith("? help  q quit")


async def test_the_last_midi_message_shows(peer: Peer) -> None:
    async with connected(peer, (110, 24)) as pilot:
        assert on_screen(pilot.app, "MPD218: note 38 ch 10 vel 112 → track 2 snare")


async def test_knobs_follow_the_selected_track(peer: Peer) -> None:
    async with connected(peer) as pilot:
        assert on_screen(pilot.app, " 2  snare  level -1.0 dB  pan 20% left")

        seen = playing(selected=6)
        tom = replace(seen.tracks[5], knobs=(0.25, *seen.tracks[5].knobs[1:]))
        peer.show(replace(seen, tracks=(*seen.tracks[:5], tom, *seen.tracks[6:])))

        await until(pilot, lambda: on_screen(pilot.app, " 6  tom  level -3.0 dB  pan 20% right"))
        assert on_screen(pilot.app, " e1 25")


async def test_the_cursor_tells_the_velocity_it_stands_on(peer: Peer) -> None:
    async with connected(peer) as pilot:
        assert on_screen(pilot.app, "track 1 step 1 velocity 120")

        await pilot.press("right")

        await until(pilot, lambda: on_screen(pilot.app, "track 1 step 2 off"))


async def test_a_hit_moves_the_cursor_to_its_track(peer: Peer) -> None:
    async with connected(peer) as pilot:
        await pilot.press("5")

        await until(pilot, lambda: on_screen(pilot.app, "track 5 step 1 off"))


async def test_a_warning_is_a_banner_until_it_is_over(peer: Peer) -> None:
    async with connected(peer) as pilot:
        peer.show(playing(warning="the engine was lost and has been started again"))
        await until(pilot, lambda: "! the engine was lost" in lines(pilot.app)[-1])

        peer.show(playing())

        await until(pilot, lambda: "q quit" in lines(pilot.app)[-1])


async def test_a_refusal_shows_until_the_next_key(peer: Peer) -> None:
    async with connected(peer) as pilot:
        peer.tell(b'{"type": "error", "message": "track must be 1 to 8, not 9"}')
        await until(pilot, lambda: on_screen(pilot.app, "track must be 1 to 8, not 9"))

        await pilot.press("space")
        peer.show(playing(playing=False))

        await until(pilot, lambda: on_screen(pilot.app, "STOPPED"))
        assert not on_screen(pilot.app, "track must be 1 to 8, not 9")


async def test_help_opens_over_the_machine_and_closes(peer: Peer) -> None:
    async with connected(peer) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: on_screen(pilot.app, "stop and silence everything"))

        await pilot.press("question_mark")

        await until(pilot, lambda: not on_screen(pilot.app, "stop and silence everything"))
        assert peer.said == []


async def test_q_leaves_and_says_nothing_to_the_instrument(peer: Peer) -> None:
    async with connected(peer) as pilot:
        await pilot.press("q")

        await until(pilot, lambda: not pilot.app.is_running)
        assert peer.said == []


async def test_a_resized_terminal_shows_everything_again(peer: Peer) -> None:
    async with connected(peer, (130, 50)) as pilot:
        await pilot.resize_terminal(80, 24)

        await until(pilot, lambda: "q quit" in lines(pilot.app)[-1])
        assert on_screen(pilot.app, "8 ride")
        assert len(lines(pilot.app)) == 24


async def test_a_snapshot_of_a_starting_machine_shows_an_empty_one(peer: Peer) -> None:
    async with connected(peer) as pilot:
        empty = playing(tracks=(), pattern=(), step=None, playing=False)
        peer.show(replace(empty, engine="starting", audio_device=""))

        await until(pilot, lambda: on_screen(pilot.app, "STOPPED"))
        assert on_screen(pilot.app, "audio starting")
