"""A lost instrument is said so, tried for again, and shown as soon as it is back."""

from pathlib import Path

from instrument.messages import TogglePlay
from instrument.tui.app import GraindrumApp
from instrument.tui.connection import ConnectionLost, Refused, SnapshotReceived
from tests.instrument.tui.made import playing
from tests.instrument.tui.peer import Peer, lines, on_screen, until


async def test_without_an_instrument_it_says_how_to_start_one(tmp_path: Path) -> None:
    app = GraindrumApp(tmp_path / "nobody.sock")
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "graindrum run" in " ".join(" ".join(lines(app)).split()))

        assert on_screen(app, "NOT CONNECTED")
        assert "trying again" in " ".join(" ".join(lines(app)).split())


async def test_an_instrument_that_starts_later_is_found(tmp_path: Path) -> None:
    peer = Peer(tmp_path / "control.sock")
    app = GraindrumApp(peer.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: on_screen(app, "NOT CONNECTED"))

        peer.start()
        await until(pilot, lambda: peer.clients)
        peer.show(playing())

        await until(pilot, lambda: on_screen(app, "PLAYING"))
        peer.stop()


async def test_a_lost_connection_is_said_and_recovered(peer: Peer) -> None:
    app = GraindrumApp(peer.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: peer.clients)
        peer.show(playing())
        await until(pilot, lambda: on_screen(app, "PLAYING"))

        peer.stop()
        await until(pilot, lambda: on_screen(app, "NOT CONNECTED"))
        assert any(line.startswith(" ! ") for line in lines(app)[-3:])
        await pilot.press("space", "x", "T", "m")  # go nowhere, harm nothing

        peer.start()
        await until(pilot, lambda: peer.clients)
        peer.show(playing(tempo_bpm=99.0))
        await until(pilot, lambda: on_screen(app, "99.0 bpm"))
        assert not on_screen(app, "NOT CONNECTED")

        await pilot.press("space")
        await until(pilot, lambda: peer.said)
        assert peer.said == [TogglePlay()]


async def test_a_peer_that_talks_nonsense_is_left_and_tried_again(peer: Peer) -> None:
    app = GraindrumApp(peer.path)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: peer.clients)
        for nonsense in (b"\xff\xfe{", b"[1, 2]", b'{"tracks": 3}'):
            peer.tell(nonsense)
            await until(pilot, lambda: not peer.clients)
            await until(pilot, lambda: peer.clients)

        peer.show(playing())

        await until(pilot, lambda: on_screen(app, "PLAYING"))


def test_only_the_newest_snapshot_waits() -> None:
    assert SnapshotReceived(playing()).can_replace(SnapshotReceived(playing()))
    assert not SnapshotReceived(playing()).can_replace(Refused("no"))
    assert ConnectionLost("gone").can_replace(ConnectionLost("gone"))
    assert not Refused("no").can_replace(Refused("no"))
