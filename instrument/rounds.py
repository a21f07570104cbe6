"""What is done some twenty times a second, beside playing: snapshots, the journal, a look at the engine."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass

from instrument import __version__, scene, snapshot, view
from instrument.bundle import Bundle
from instrument.clockwork import Clockwork
from instrument.conductor import Conductor
from instrument.drivers.midi import Midi
from instrument.drivers.socket import ControlSocket
from instrument.drivers.systemd import Systemd
from instrument.inbox import Inbox
from instrument.instrument import State
from instrument.lamplighter import Lamplighter
from instrument.messages import Arrival, LetGo
from instrument.revival import kept
from instrument.snapshot import Snapshot
from instrument.storage import Journal
from instrument.supervisor import Supervisor
from instrument.takes import Takes
from instrument.view import Surroundings

EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts of a running instrument that have something to show or to keep."""

    bundle: Bundle
    conductor: Conductor
    inbox: Inbox
    supervisor: Supervisor
    socket: ControlSocket
    journal: Journal
    systemd: Systemd
    midi: Midi
    lamplighter: Lamplighter
    takes: Takes
    clockwork: Clockwork
    hear: Callable[[Arrival], None]  # what a controller says


class Rounds:
    """Goes round the parts; cheap to call too often."""

    def __init__(self, parts: Parts, warning: str) -> None:
        self._parts = parts
        self._warning = warning  # from the start, shown until something else is
        self._next_at = 0.0
        self._shown: Snapshot | None = None
        self._kept = parts.conductor.performance.state
        self._came: dict[str, int] = {}  # controllers, each with a number for its coming
        self.last_source = ""  # of the last message that came in
        self.watched = False  # somebody beside the socket's clients wants snapshots

    def turn(self) -> Snapshot | None:
        """Go round when it is time to; return a snapshot when there is a new one and somebody to see it."""
        now = time.monotonic()
        if now < self._next_at:
            return None
        self._next_at = now + EVERY_S
        parts = self._parts
        if parts.supervisor.lost(parts.conductor.frame):
            parts.conductor.lose()
        if parts.supervisor.heartbeat():
            parts.systemd.feed()
        parts.takes.turn()
        self._keep()
        self._let_go()
        self._light()
        return self._show() if self.watched or self._parts.socket.clients else None

    def finish(self) -> None:
        """Hand the last state to the journal, and end a recording."""
        self._keep()
        self._parts.takes.finish()

    def _let_go(self) -> None:
        """Let go what controllers held that have gone, or have gone and come back."""
        comings = self._parts.midi.comings
        for name, number in self._came.items():
            if comings.get(name) != number:
                self._parts.hear(Arrival(LetGo(), name, time.monotonic_ns()))
        self._came = dict(comings)

    def _light(self) -> None:
        """Bring the lamps of controllers in line."""
        parts = self._parts
        parts.lamplighter.follow(parts.midi.comings)
        if parts.lamplighter.wanted:
            now_ns, meters = time.monotonic_ns(), parts.supervisor.heard().track_peak
            state, place = parts.conductor.performance.state, parts.conductor.place(now_ns)
            parts.lamplighter.show(scene.conditions(state, meters, place), now_ns)

    def _keep(self) -> None:
        state = self._parts.conductor.performance.state
        if _differs(state, self._kept):
            self._kept = state
            self._parts.journal.note(kept(state, self._parts.bundle))

    def _show(self) -> Snapshot | None:
        shown = self._snapshot()
        if shown == self._shown and not self._parts.socket.joined:
            return None
        self._shown = shown
        self._parts.socket.broadcast(json.dumps(snapshot.to_json(shown)).encode() + b"\n")
        return shown

    def _snapshot(self) -> Snapshot:
        parts, now_ns = self._parts, time.monotonic_ns()
        trouble = parts.journal.warning or parts.supervisor.trouble or parts.inbox.warning(now_ns)
        around = Surroundings(
            version=__version__,
            bundle=parts.bundle.name,
            engine=parts.supervisor.status,
            audio_device=parts.supervisor.device,
            midi_inputs=parts.midi.inputs,
            last_source=self.last_source,
            warning=trouble or parts.takes.warning or parts.clockwork.warning or self._warning,
        )
        place = parts.conductor.place(now_ns)
        shown = view.snapshot(parts.conductor.performance.state, place, parts.supervisor.heard(), around)
        return parts.clockwork.shown(parts.takes.shown(shown), now_ns)


def _differs(state: State, before: State) -> bool:
    """Return whether two states are kept differently; unchanged parts are shared, so identity tells."""
    shared = zip(_shared(state), _shared(before), strict=True)
    counts = (state.selected, state.live_hits, state.draws, state.program.address, state.program.loops)
    counted = (before.selected, before.live_hits, before.draws, before.program.address, before.program.loops)
    return counts != counted or any(now is not then for now, then in shared)


def _shared(state: State) -> tuple[object, ...]:
    program = state.program
    banks = (program.banks, program.songs, program.chain)
    return (state.kit, state.pattern, state.bindings, state.corners, *banks)
