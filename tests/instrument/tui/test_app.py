"""Snapshots from the socket become what is shown."""

from dataclasses import replace

import pytest

from instrument.messages import Trigger
from tests.instrument.tui.made import CLASSES, playing
from tests.instrument.tui.peer import Peer, connected, lines, on_screen, until


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
    assert "A1 first  kit drums8" in first
    assert "GRAINDRUM" in first
    assert "13%" in second
    assert "voices  7" in second
    assert "xruns 0" in second
    assert "midi MPD218, LPD8  audio Scarlett" in second
    assert "48k/128" in second


async def test_a_narrow_terminal_shows_less_but_nothing_runs_together(peer: Peer) -> None:
    async with connected(peer, (60, 20)) as pilot:
        peer.show(playing(swing=0.56))
        await until(pilot, lambda: on_screen(pilot.app, "swing"))
        shown = lines(pilot.app)

    assert "· ■ · ·  2.1  A1 first  swing 56%" in shown[0]
    assert "voices  7  xruns 0  midi MP" in shown[1]
    assert "  audio " in shown[1]
    assert any("z2 50  mo 25  de 100" in line for line in shown)
    assert shown[-1].strip().endswith("? help  q quit")


async def test_the_last_midi_message_shows(peer: Peer) -> None:
    async with connected(peer, (110, 24)) as pilot:
        assert on_screen(pilot.app, "MPD218: note 38 ch 10 vel 112 → track 2 snare")


async def test_knobs_follow_the_selected_track(peer: Peer) -> None:
    async with connected(peer) as pilot:
        await until(pilot, lambda: on_screen(pilot.app, " 2  snare  fresh  level -1.0 dB  pan 20% left"))

        seen = playing(selected=6)
        tom = replace(seen.tracks[5], knobs=(0.25, *seen.tracks[5].knobs[1:]))
        peer.show(replace(seen, tracks=(*seen.tracks[:5], tom, *seen.tracks[6:])))

        await until(pilot, lambda: on_screen(pilot.app, " 6  tom  fresh  level -3.0 dB  pan 20% right"))
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
        await until(pilot, lambda: on_screen(pilot.app, "silence everything"))

        assert not any("…" in line for line in lines(pilot.app)[2:-2])

        await pilot.press("question_mark")

        await until(pilot, lambda: not on_screen(pilot.app, "silence everything"))
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


async def test_what_is_switched_on_and_what_comes_next_shows(peer: Peer) -> None:
    async with connected(peer) as pilot:
        more = {"writing": True, "fill": True, "metronome": True, "recorded_s": 62.0, "recording": "a.wav"}
        peer.show(playing(queued="B3", bars=4, bar=1, clock="TR-8S", learning="knob 3", redos=1, **more))

        await until(pilot, lambda: on_screen(pilot.app, "WRITE"))
        shown = lines(pilot.app)
        assert "A1 first 2/4 ► B3" in shown[0]
        assert "click  FILL  WRITE" in shown[0]
        assert "124.0 ext" in shown[0]
        assert "WAV 1:02" in shown[1]
        assert "turn or press what is to be knob 3" in shown[-2]
        assert "u undo 3  r redo 1" in shown[-1]


async def test_a_step_tells_all_it_has_and_its_editor_shows_it(peer: Peer) -> None:
    async with connected(peer) as pilot:
        lock = {"tune": -5.0, "knobs": {"1": 0.7}, "draw": "fresh"}
        first = {"0": {"velocity": 120, "chance": 0.5, "if": "!1:2", "repeats": 3, "lock": lock}}
        peer.show(playing(details=(first, *({},) * 7)))

        await until(pilot, lambda: on_screen(pilot.app, "velocity 120 50% if !1:2 ×3, locks"))
        assert "▐3+▌" in lines(pilot.app)[3]
        await pilot.press("e")
        await until(pilot, lambda: on_screen(pilot.app, "chance 50%  repeats 3"))
        assert on_screen(pilot.app, "if !1:2")
        assert on_screen(pilot.app, "tune -5  draw fresh  e1 70  e2 –")


async def test_a_control_that_waits_is_told_which_way_to_go(peer: Peer) -> None:
    async with connected(peer) as pilot:
        seen = playing()
        waits = replace(seen.tracks[1], waiting=(0.12, *(0.0,) * 7), locked=True, draw=2, draws=5)
        peer.show(replace(seen, tracks=(seen.tracks[0], waits, *seen.tracks[2:])))

        await until(pilot, lambda: on_screen(pilot.app, "e1 50 ↑12"))
        assert on_screen(pilot.app, "locked  fresh")
        assert on_screen(pilot.app, "draw 2/5")


async def test_long_lanes_turn_their_pages_with_the_cursor(peer: Peer) -> None:
    async with connected(peer) as pilot:
        seen = playing()
        long = replace(seen.tracks[0], step=40, speed="1/2")
        pattern = ((100,) * 64, *seen.pattern[1:])
        peer.show(replace(seen, tracks=(long, *seen.tracks[1:]), pattern=pattern))
        await until(pilot, lambda: on_screen(pilot.app, "41/64 ×1/2"))

        await pilot.press("left")

        await until(pilot, lambda: on_screen(pilot.app, "steps 49–64"))
        assert on_screen(pilot.app, "track 1 step 64 velocity 100")


async def test_a_kit_of_ten_tracks_shows_ten(peer: Peer) -> None:
    async with connected(peer) as pilot:
        seen = playing()
        two = (replace(seen.tracks[0], name="sub"), replace(seen.tracks[0], name="amen", solo=True))
        peer.show(replace(seen, tracks=(*seen.tracks, *two), pattern=(*seen.pattern, *seen.pattern[:2])))

        await until(pilot, lambda: on_screen(pilot.app, "10 amen"))
        await pilot.press("0")
        await until(pilot, lambda: peer.said)
        assert peer.said == [Trigger(10, 100)]
