"""Keeps the lamps of all controllers in step with the instrument, as they come, go and come back.

A controller that has come, or come back, is told its mode and every lamp, and both once more when it has had
time to start; after that only what has changed; and before the end, every lamp off and its own mode again.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from instrument.controllers import Plugged
from instrument.leds import Lights, Picture, changes

SETTLED_NS = 100_000_000  # from a controller's change of mode to the first lamp
AGAIN_NS = 1_500_000_000  # from the first greeting to the second: some controllers miss what comes too early
SENT_NS = 50_000_000  # from a message's time until it has left, through a JACK server of long periods too
LONGEST_NS = 500_000_000  # what may wait for one controller; lamps that change faster are told later

Send = Callable[[bytes, str, int], bool]  # bytes, destination, time; whether it is there


@dataclass(slots=True)
class _Desk:
    """One controller that has lamps."""

    lights: Lights
    coming: int  # which time it has come
    picture: Picture | None = None  # as it was last told; None: it has not been greeted
    conditions: Mapping[str, str] = field(default_factory=dict)  # that the picture is of
    free_ns: int = 0  # when it has been told everything
    again_ns: int | None = None  # when it is to be greeted once more


class Lamplighter:
    """One for all controllers. What it keeps is bounded by how many are there at once."""

    def __init__(self, plugged: Plugged, send: Send) -> None:
        self._plugged = plugged
        self._send = send
        self._desks: dict[str, _Desk] = {}

    @property
    def wanted(self) -> bool:
        """Whether any controller that is there has lamps."""
        return bool(self._desks)

    def follow(self, comings: Mapping[str, int]) -> None:
        """Take note of the ports there are, each with a number that is new every time it comes."""
        for name in [name for name, desk in self._desks.items() if comings.get(name) != desk.coming]:
            del self._desks[name]
        for name, coming in comings.items():
            found = self._plugged.of(name) if name not in self._desks else None
            if found is not None and found.lights.any and self._plugged.may(name, "leds"):
                self._desks[name] = _Desk(found.lights, coming)

    def show(self, conditions: Mapping[str, str], now_ns: int) -> None:
        """Bring every controller in line with `pad 1` and so on in given conditions."""
        for name, desk in self._desks.items():
            if desk.free_ns - now_ns > LONGEST_NS:
                continue
            if desk.picture is None:
                self._greet(name, desk, desk.lights.picture(conditions), now_ns)
                desk.again_ns = now_ns + AGAIN_NS
            elif desk.again_ns is not None and now_ns >= desk.again_ns:
                self._greet(name, desk, desk.lights.picture(conditions), now_ns)
                desk.again_ns = None
            elif conditions != desk.conditions:
                picture = desk.lights.picture(conditions)
                there = self._tell(name, desk, changes(desk.picture, picture), now_ns)
                desk.picture = picture if there else None
            desk.conditions = conditions

    def finish(self) -> None:
        """Leave every controller as it was found, and wait until it has heard."""
        now_ns = time.monotonic_ns()
        for name, desk in self._desks.items():
            if desk.picture is not None:
                self._tell(name, desk, desk.lights.farewell(), now_ns)
        told_ns = [desk.free_ns for desk in self._desks.values() if desk.picture is not None]
        if told_ns:  # nobody says when bytes have left
            time.sleep(min(max(told_ns) - now_ns + SENT_NS, 2 * LONGEST_NS) / 1e9)
        self._desks.clear()

    def _greet(self, name: str, desk: _Desk, picture: Picture, now_ns: int) -> None:
        """Tell a controller its mode and every lamp; try again next time when it cannot be sent to yet."""
        desk.picture = None
        if not self._tell(name, desk, desk.lights.on_connect, now_ns):
            return
        if desk.lights.on_connect:
            desk.free_ns = max(desk.free_ns, now_ns) + SETTLED_NS
        if self._tell(name, desk, changes((), picture), now_ns):
            desk.picture = picture

    def _tell(self, name: str, desk: _Desk, told: tuple[bytes, ...], now_ns: int) -> bool:
        """Send messages, apart as the controller wants them; return whether it is there."""
        gap_ns = round(desk.lights.gap_ms * 1e6)
        desk.free_ns = max(desk.free_ns, now_ns)
        for message in told:
            if not self._send(message, name, desk.free_ns):
                return False
            desk.free_ns += gap_ns
        return True
