"""Keys become messages on the socket."""

import pytest

from instrument.messages import (
    Back,
    ClearLane,
    CopyStep,
    Draw,
    Forward,
    LatchFill,
    LearnInOrder,
    LearnStart,
    LockFresh,
    LockKnob,
    Message,
    Panic,
    RecordStart,
    RecordStop,
    Redo,
    RotateLane,
    SelectPattern,
    SelectTrack,
    SetChance,
    SetCondition,
    SetKnob,
    SetLength,
    SetLevel,
    SetLocked,
    SetMetronome,
    SetMute,
    SetOverdub,
    SetPress,
    SetSolo,
    SetStep,
    SetSwing,
    SetTempo,
    SetWriting,
    Tap,
    TogglePlay,
    Trigger,
    Undo,
    Unlock,
)
from tests.instrument.tui.made import playing
from tests.instrument.tui.peer import Peer, connected, on_screen, until


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
        (["greater_than_sign", "full_stop"], [SetTempo(125.0), SetTempo(125.1)]),
        (["less_than_sign", "comma"], [SetTempo(123.0), SetTempo(122.9)]),
        (["t", "c", "F"], [Tap(), SetMetronome(True), LatchFill()]),
        (["w", "w", "W"], [SetWriting(True), SetWriting(False), SetOverdub(False)]),
        (["u", "r"], [Undo(), Redo()]),
        (["b", "f"], [Back(1), Forward(1)]),
        (["L", "p", "p"], [SetLocked(1, True), SetPress(1, "hold"), SetPress(1, "walk")]),
        (["M", "s", "S"], [SetMute(1, True, True), SetSolo(1, True), SetSolo(1, False, True)]),
        (["pagedown", "pagedown", "pageup"], [SelectPattern(2, 1), SelectPattern(3, 1), SelectPattern(2, 1)]),
        (["R", "R"], [RecordStart(), RecordStop()]),
        (["ctrl+r"], [RecordStart(True)]),
        (["n"], [LearnInOrder()]),
        (["down", "a"], [SelectTrack(2), LearnStart("pad 2")]),
        (["tab", "right", "a"], [LearnStart("knob 2")]),
        (["y", "right", "v"], [CopyStep(1, 1, 1, 2)]),
        (["right_curly_bracket", "delete"], [RotateLane(1, 1), ClearLane(1)]),
        (
            ["right_parenthesis"] * 2 + ["left_parenthesis"],
            [SetLevel(1, 1.0), SetLevel(1, 2.0), SetLevel(1, 1.0)],
        ),
        (["9", "0", "space"], [TogglePlay()]),
        (["e", "plus", "plus"], [SetLength(1, 17), SetLength(1, 18)]),
        (["e", *["right"] * 3, "minus", "x"], [SetChance(1, 1, 0.95), SetChance(1, 1, 1.0)]),
        (["e", "l", *["right"] * 6, "plus"], [SetCondition(1, 2, "fill")]),
        (["e", *["left"] * 8, "plus", "plus"], [LockKnob(1, 1, 1, 0.5), LockKnob(1, 1, 1, 0.55)]),
        (["e", *["left"] * 9, "plus", "x"], [LockFresh(1, 1), Unlock(1, 1, "draw")]),
        (["e", "escape", "x"], [SetStep(1, 1, 0)]),
        (["shift+tab", "plus"], [SetSwing(0.51)]),
        (["tab", "right", "plus", "plus"], [SetKnob(2, 2, 0.67), SetKnob(2, 2, 0.72)]),
        (["tab", "left", "plus", "minus"], [SetKnob(2, 8, 1.0), SetKnob(2, 8, 0.95)]),
        (["tab", "x"], [SetKnob(2, 1, 0.5)]),
        (["tab", "m", "right_parenthesis"], [SetMute(2, True), SetLevel(2, 0.0)]),
        (["tab", "down", "down", "plus"], [SelectTrack(3), SelectTrack(4), SetKnob(4, 1, 0.55)]),
        (["tab", "escape", "x"], [SetStep(2, 1, 100)]),
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

        await pilot.press("greater_than_sign", "greater_than_sign")

        await until(pilot, lambda: len(peer.said) == 2)
        assert peer.said == [SetTempo(300.0), SetTempo(300.0)]
