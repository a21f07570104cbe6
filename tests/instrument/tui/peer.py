"""The other end of the control socket, reduced to its protocol: JSON lines over a real Unix socket."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

from textual.pilot import Pilot

from instrument import messages, snapshot
from instrument.messages import Message
from instrument.snapshot import Snapshot
from instrument.tui.app import GraindrumApp

PATIENCE_S = 10.0


class Peer:
    """Listens at `path`, remembers what clients say, and shows them snapshots."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[Message] = []
        self.clients: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_unix_server(self._serve, self.path)

    async def stop(self) -> None:
        """Go away, as a daemon does that ends: listen no more, close every connection."""
        if self._server is not None:
            self._server.close()
            self._server = None
        for client in self.clients:
            client.close()
        self.clients.clear()
        self.path.unlink(missing_ok=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.clients.append(writer)
        async for line in reader:
            self.said.append(messages.from_json(json.loads(line)))
        if writer in self.clients:
            self.clients.remove(writer)
        writer.close()

    def tell(self, line: bytes) -> None:
        for client in self.clients:
            client.write(line + b"\n")

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
