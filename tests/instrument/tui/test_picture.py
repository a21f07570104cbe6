"""The picture in the README is of a playing instrument, sharp and complete in itself."""

import asyncio
from pathlib import Path

import pytest

from instrument.messages import Play
from instrument.tui import picture
from instrument.tui.picture import Camera, sharpen
from tests.instrument.tui.made import playing
from tests.instrument.tui.peer import PATIENCE_S, Peer

RUN = '<text class="r1" x="12.2" y="44.4" textLength="48.8" clip-path="url(#line-1)">{}</text>'


async def test_the_camera_plays_the_instrument_and_waits_for_a_telling_step(
    peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(picture, "PATIENCE_S", PATIENCE_S)
    camera = Camera(peer.path)
    session = asyncio.create_task(camera.run_async(headless=True, size=(80, 24)))
    while Play() not in peer.said and not session.done():
        peer.show(playing(playing=False, step=None, hits=0))
        await asyncio.sleep(0.02)
    assert not camera.picture

    peer.show(playing(hits=100, step=4))
    await session

    assert "PLAYING" in camera.picture
    assert "url(http" not in camera.picture


def test_blocks_become_rectangles_and_words_stay_words() -> None:
    drawn = sharpen(RUN.format("▀▀ab▐█"))

    assert drawn.count("<rect") == 3
    assert '<rect class="r1" x="12.2" y="25.9" width="24.4" height="12.2"' in drawn
    assert "\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}ab\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}</text>" in drawn


def test_text_without_blocks_is_left_alone() -> None:
    assert sharpen(RUN.format("a &lt; b")) == RUN.format("a &lt; b")


def test_without_an_instrument_there_is_no_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(picture, "PATIENCE_S", 0.2)

    with pytest.raises(SystemExit) as ended:
        picture.main([str(tmp_path / "out.svg"), "--socket", str(tmp_path / "nobody.sock")])

    assert ended.value.code == 2
    assert "no instrument plays there" in capsys.readouterr().err
    assert not (tmp_path / "out.svg").exists()
