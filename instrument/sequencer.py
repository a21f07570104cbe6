"""Time of a pattern: which step sounds at which frame. It knows nothing of what a step holds.

The onset of step n is anchor + round((place(n) - anchor's place) · frames per step): never a sum of rounded
parts, so nothing drifts. A change of tempo or swing moves the anchor to the frame from which it holds.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

from instrument.messages import STEPS
from instrument.units import frames_per_step

KEPT_ONSETS = 1024


@dataclass(frozen=True, slots=True)
class Onset:
    """One step since play, counted from 0, and the frame it sounds at."""

    position: int
    frame: int

    @property
    def step(self) -> int:
        """The column of the pattern, 0 to 15."""
        return self.position % STEPS


def place(position: int, swing: float) -> float:
    """Return where a step lies in straight steps: every second one comes late by its swing."""
    return position + (2.0 * swing - 1.0) * (position % 2)


class Sequencer:
    """Hands out the onsets of a playing pattern, in order, each once; takes back those not yet sounded."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._frames_per_step = 1.0
        self._swing = 0.5
        self._anchor_frame = 0
        self._anchor_place = 0.0
        self._next = 0
        self._handed_out: deque[Onset] = deque(maxlen=KEPT_ONSETS)
        self.playing = False

    def start(self, frame: int, tempo_bpm: float, swing: float) -> None:
        """Begin at step 0, sounding at `frame`."""
        self._frames_per_step = frames_per_step(tempo_bpm, self._rate_hz)
        self._swing = swing
        self._anchor_frame, self._anchor_place, self._next = frame, 0.0, 0
        self._handed_out.clear()
        self.playing = True

    def stop(self, frame: int) -> None:
        """Keep the place reached at `frame`; what lies from there on has not sounded."""
        if not self.playing:
            return
        self._take_back(frame)
        self._anchor_place = self._place_at(max(frame, self._anchor_frame))
        self._handed_out.clear()
        self.playing = False

    def go_on(self, frame: int, tempo_bpm: float, swing: float) -> None:
        """Play on from the place at which it was stopped, which is now at `frame`."""
        self._frames_per_step = frames_per_step(tempo_bpm, self._rate_hz)
        self._swing = swing
        self._anchor_frame = frame
        self.playing = True

    def retime(self, cut: int, tempo_bpm: float, swing: float) -> None:
        """Change tempo and swing from frame `cut` on; onsets from there on are taken back."""
        if cut > self._anchor_frame:
            self._anchor_place, self._anchor_frame = self._place_at(cut), cut
        self._take_back(cut)
        self._frames_per_step = frames_per_step(tempo_bpm, self._rate_hz)
        self._swing = swing

    def move(self, frame: int, new_frame: int, rate_hz: float) -> None:
        """Go on under another frame counter: what was `frame` is now `new_frame`, at a new rate."""
        place_now = self._place_at(frame)
        self._frames_per_step *= rate_hz / self._rate_hz
        self._rate_hz = rate_hz
        if not self.playing:
            return
        self._anchor_frame, self._anchor_place = new_frame, place_now
        self._handed_out.clear()
        self._next = max(0, int(place_now) - 1)
        while place(self._next, self._swing) < place_now:
            self._next += 1

    def advance(self, until: int) -> list[Onset]:
        """Hand out the onsets before frame `until`."""
        found: list[Onset] = []
        while self.playing and (frame := self._onset_frame(self._next)) < until:
            found.append(Onset(self._next, frame))
            self._next += 1
        self._handed_out.extend(found)
        return found

    def pending(self, cut: int) -> list[Onset]:
        """Return the onsets handed out that lie at frame `cut` or later."""
        late = takewhile(lambda onset: onset.frame >= cut, reversed(self._handed_out))
        return list(late)[::-1]

    def sounding(self, frame: int) -> int | None:
        """Return the column (0 to 15) of the step that began last before `frame`, None before the first."""
        return next((onset.step for onset in self.sounded(frame, 1)), None)

    def sounded(self, frame: int, most: int) -> Iterator[Onset]:
        """Yield the last onsets up to `frame`, the newest first, at most so many."""
        past = (onset for onset in reversed(self._handed_out) if onset.frame <= frame)
        return islice(past, most)

    def _take_back(self, cut: int) -> None:
        while self._handed_out and self._handed_out[-1].frame >= cut:
            self._next = self._handed_out.pop().position

    def _place_at(self, frame: int) -> float:
        return self._anchor_place + (frame - self._anchor_frame) / self._frames_per_step

    def _onset_frame(self, position: int) -> int:
        """Return a step's frame; one that new swing has placed before the anchor sounds at the anchor."""
        distance = (place(position, self._swing) - self._anchor_place) * self._frames_per_step
        return self._anchor_frame + max(0, round(distance))
