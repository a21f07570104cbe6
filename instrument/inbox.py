"""What has arrived and waits for the loop. Normally that is nothing, and a message passes straight through.

In a flood the newest notes are kept and the others counted, a controller keeps its last value, and what
silences the instrument is taken first.
"""

from collections import OrderedDict, deque

from instrument.messages import (
    Arrival,
    ChannelPressure,
    Continue,
    ControlChange,
    Message,
    Note,
    Panic,
    PitchBend,
    Play,
    PolyPressure,
    Stop,
    Tick,
    TogglePlay,
    Trigger,
)
from instrument.midi_map import ALL_SOUND_OFF

MOST_WAITING = 512
_STARTS = (Play, Continue, TogglePlay)
HALF = 64  # of a controller's range: pressed, or not
Moved = tuple[type[Message], str, int, int]  # kind, source, channel, number
WARNED_NS = 10_000_000_000  # how long after the last dropped note it is still said


class Inbox:
    """Any thread puts, one takes."""

    def __init__(self) -> None:
        self._arrived: deque[Arrival] = deque()  # all that threads share
        self._waiting: OrderedDict[int, Arrival] = OrderedDict()  # by number, in the order they are taken
        self._number = 0
        self._notes: deque[int] = deque()  # numbers of those that start a hit
        self._turned: dict[Moved, tuple[int, int]] = {}  # number and value, since anything else
        self._dropped_ns = -WARNED_NS
        self.dropped = 0

    def __len__(self) -> int:
        """Return how many wait, before any is dropped."""
        return len(self._arrived) + len(self._waiting)

    def put(self, arrival: Arrival) -> None:
        self._arrived.append(arrival)

    def take(self) -> Arrival | None:
        """Return the next message, None when nothing waits."""
        while self._arrived:
            self._sift(self._arrived.popleft())
        if not self._waiting:
            return None
        _, arrival = self._waiting.popitem(last=False)
        if isinstance(arrival.message, Note | Trigger):
            self._notes.popleft()
        return arrival

    def warning(self, now_ns: int) -> str:
        """Return what to tell the player about a flood, empty some seconds after it."""
        if now_ns - self._dropped_ns >= WARNED_NS:
            return ""
        return f"more notes than can be played: {self.dropped:,} notes were dropped"

    def _sift(self, arrival: Arrival) -> None:
        """Let one that has arrived wait where it belongs."""
        said = arrival.message
        self._number += 1
        self._waiting[self._number] = arrival
        if _silences(said):
            self._overtake(said)
        elif (moved := _moved(said)) is not None:
            control, value = moved
            before = self._turned.get(control)
            if before is not None and _passes(before[1], value, control[0]):
                self._waiting.pop(before[0], None)
            self._turned[control] = self._number, value
        elif not isinstance(said, Tick):
            self._turned.clear()  # a note between two values: they may turn two tracks
            if isinstance(said, Note | Trigger):
                self._notes.append(self._number)
        if len(self._waiting) > MOST_WAITING:
            self._drop(arrival.arrived_ns)

    def _overtake(self, said: Message) -> None:
        """Bring the newest to the front, and forget what it would have ended at once."""
        self._waiting.move_to_end(self._number, last=False)
        ended = [at for at, each in self._waiting.items() if isinstance(each.message, _STARTS)]
        if not isinstance(said, Stop):
            ended += self._notes
            self._notes.clear()
        for number in ended:
            del self._waiting[number]

    def _drop(self, now_ns: int) -> None:
        """Forget the oldest note, or the oldest controller where there is none; never what was edited."""
        if self._notes:
            del self._waiting[self._notes.popleft()]
            self.dropped += 1
            self._dropped_ns = now_ns
            return
        knobs = (at for at, each in self._waiting.items() if _moved(each.message) is not None)
        self._waiting.pop(next(knobs, 0), None)


def _moved(said: Message) -> tuple[Moved, int] | None:
    """Return which control of which controller was moved, and to what; None for what has no value."""
    match said:
        case ControlChange():
            return (ControlChange, said.source, said.channel, said.control), said.value
        case PolyPressure():
            return (PolyPressure, said.source, said.channel, said.note), said.pressure
        case ChannelPressure():
            return (ChannelPressure, said.source, said.channel, 0), said.pressure
        case PitchBend():
            return (PitchBend, said.source, said.channel, 0), said.value
    return None


def _passes(before: int, value: int, kind: type[Message]) -> bool:
    """Return whether a value is worth no more once the next is known.

    A button that was pressed and let go was pressed, and each step of an encoder without ends counts.
    """
    return kind is not ControlChange or (before != value and (before >= HALF) == (value >= HALF))


def _silences(said: Message) -> bool:
    return isinstance(said, Stop | Panic) or (
        isinstance(said, ControlChange) and said.control == ALL_SOUND_OFF
    )
