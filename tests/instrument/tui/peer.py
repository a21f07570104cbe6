"""The other end of the control socket: the daemon's own, with a test in the place of the instrument."""

import asyncio
import json
import selectors
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from instrument import snapshot
from instrument.drivers.socket import ControlSocket
from instrument.messages import Message
from instrument.snapshot import Snapshot
from instrument.tui.app import GraindrumApp
from tests.instrument.tui.made import playing

PATIENCE_S = 10.0


class Peer:
    """Listens at `path`, remembers what clients say, shows them snapshots; in the test's own loop."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[Message] = []
        self._selector: selectors.EpollSelector | None = None
        self._socket: ControlSocket | None = None

    def start(self) -> None:
        self._selector = selectors.EpollSelector()
        self._socket = ControlSocket(self.path, self._selector, self.said.append)
        asyncio.get_running_loop().add_reader(self._selector.fileno(), self._turn)

    def stop(self) -> None:
        """Go away, as a daemon does that ends: listen no more, close every connection."""
        if self._socket is not None and self._selector is not None:
            asyncio.get_running_loop().remove_reader(self._selector.fileno())
            self._socket.close()
            self._selector.close()
        self._socket = self._selector = None

    @property
    def clients(self) -> int:
        return self._socket.clients if self._socket is not None else 0

    def _turn(self) -> None:
        for key, _ in self._selector.select(0) if self._selector is not None else ():
            key.data()

    def tell(self, line: bytes) -> None:
        assert self._socket is not None
        self._socket.broadcast(line + b"\n")

    def show(self, seen: Snapshot) -> None:
        self.tell(json.dumps(snapshot.to_json(seen)).encode())


async def until(pilot: Pilot[None], holds: Callable[[], object]) -> None:
    """Let the app run until `holds()`; fail when it does not come to hold."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + PATIENCE_S
    while not holds():
        assert loop.time() < deadline, "the screen showed:\n" + "\n".join(lines(pilot.app))
        await pilot.pause(0.01)


def lines(app: object) -> list[str]:
    """Return the text on the screen, a string for each line."""
    assert isinstance(app, GraindrumApp)
    return [strip.text for strip in app.screen._compositor.render_strips(app.size)]


def on_screen(app: object, text: str) -> bool:
    return any(text in line for line in lines(app))


@asynccontextmanager
async def connected(peer: Peer, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Pilot[None]]:
    """An app that has seen a playing machine."""
    app = GraindrumApp(peer.path)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: peer.clients)
        peer.show(playing())
        await until(pilot, lambda: on_screen(app, "124.0 bpm"))
        yield pilot
