"""Fixtures of the terminal face: the other end of its socket."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.instrument.tui.peer import Peer


@pytest_asyncio.fixture
async def peer(tmp_path: Path) -> AsyncIterator[Peer]:
    peer = Peer(tmp_path / "control.sock")
    peer.start()
    yield peer
    peer.stop()
