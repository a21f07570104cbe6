"""Time of a playing pattern: places in sixteenths since it began, and the frames they lie at.

A place knows nothing of swing and tempo. Swing leads it to a straight place, of which tempo makes frames:
exact, never a sum of rounded parts, so nothing drifts. Each change of either begins a new piece.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from math import ceil, floor

from instrument.units import frames_per_step

KEPT_PIECES = 256
# What lies there has been sounded at a frame, for certain; a place can lie exactly between two frames.
_SOUNDED = 0.500001


@dataclass(frozen=True, slots=True)
class Tempo:
    """How places go by."""

    bpm: float
    swing: float  # share of a pair of sixteenths that its first one takes

    def straight(self, place: float) -> float:
        """Return where swing leads a place: from the middle of a pair away, towards its end."""
        pair, rest = divmod(place, 2.0)
        share = self.swing
        return 2.0 * (pair + (rest * share if rest < 1.0 else share + (rest - 1.0) * (1.0 - share)))

    def place(self, straight: float) -> float:
        """Return the place that swing leads to a straight one."""
        pair, rest = divmod(straight / 2.0, 1.0)
        share = self.swing
        return 2.0 * pair + (rest / share if rest < share else 1.0 + (rest - share) / (1.0 - share))


@dataclass(frozen=True, slots=True)
class _Piece:
    """A stretch of unchanging tempo; what lies in it never sounds before it begins."""

    place: float  # of the first that lies in it
    frame: float  # it begins at
    straight: float  # place at that frame
    tempo: Tempo
    frames_per_step: float

    def frame_of(self, place: float) -> int:
        distance = (self.tempo.straight(place) - self.straight) * self.frames_per_step
        return floor(self.frame + max(0.0, distance) + 0.5)

    def straight_at(self, frame: float) -> float:
        return self.straight + (frame - self.frame) / self.frames_per_step

    def place_at(self, frame: float) -> float:
        return max(self.place, self.tempo.place(self.straight_at(frame)))

    def unsounded(self, frame: int) -> float:
        """Return a place before which everything lies at earlier frames than this one."""
        heard = frame - _SOUNDED
        return self.place if heard < self.frame else self.place_at(heard)


class Timeline:
    """Maps places to frames, those to come included, and back."""

    def __init__(self, rate_hz: float) -> None:
        self._rate_hz = rate_hz
        self._pieces: list[_Piece] = []  # by place, and by frame
        self._paused = False

    def start(self, frame: int, place: float, tempo: Tempo) -> None:
        """Have a place lie at a frame, and nothing before it."""
        self._paused = False
        self._pieces = [_Piece(place, frame, tempo.straight(place), tempo, self._step(tempo))]

    def anchor(self, frame: int, straight: float, tempo: Tempo) -> None:
        """Have a straight place lie at a frame, and nothing before it that had sounded by then."""
        self._paused = False
        step = self._step(tempo)
        self._pieces = [_Piece(tempo.place(straight - _SOUNDED / step), frame, straight, tempo, step)]

    def retime(self, frame: int, tempo: Tempo) -> None:
        """Change the tempo from a frame on, or from the beginning after it; later changes are forgotten."""
        self.forget(frame)
        before = self._pieces[-1]
        frame = max(frame, ceil(before.frame))
        piece = self._piece(before, frame, tempo)
        self._pieces = [old for old in self._pieces if old.frame < frame]
        self._append(piece)

    def pause(self, frame: int) -> None:
        """Keep the place that is reached at a frame, to go on from."""
        before, self._paused = self._at(frame), True
        self._pieces = [self._piece(before, max(frame, ceil(before.frame)), before.tempo)]

    def go_on(self, frame: int, tempo: Tempo) -> None:
        """Have the place at which it was paused lie at a frame; the beginning, where there was none."""
        if not self._pieces:
            self.start(frame, 0.0, tempo)
        paused, self._paused = self._pieces[0], False
        self._pieces = [replace(paused, frame=frame, tempo=tempo, frames_per_step=self._step(tempo))]

    @property
    def tempo(self) -> Tempo:
        """The last tempo that is known."""
        return self._pieces[-1].tempo

    @property
    def beginning(self) -> tuple[float, float]:
        """The frame at which what is known of it begins, and the straight place there."""
        return (self._pieces[0].frame, self._pieces[0].straight) if self._pieces else (0.0, 0.0)

    def forget(self, frame: int) -> None:
        """Forget the changes of tempo that come after a frame."""
        self._pieces = [piece for piece in self._pieces if piece.frame < frame + 0.5] or self._pieces[:1]

    def turn(self, place: float, tempo: Tempo) -> None:
        """Change the tempo at a place, the beginning of a pair of sixteenths; later changes are forgotten."""
        self._pieces = [piece for piece in self._pieces if piece.place < place] or self._pieces[:1]
        last = self._pieces[-1]
        if tempo != last.tempo:
            distance = (last.tempo.straight(place) - last.straight) * last.frames_per_step
            frame = last.frame + max(0.0, distance)
            self._append(_Piece(place, frame, tempo.straight(place), tempo, self._step(tempo)))

    def turn_swing(self, place: float, swing: float) -> None:
        """Change the swing at a place, the beginning of a pair of sixteenths; tempi stay as they are."""
        at = max(1, bisect_right(self._pieces, place, key=lambda piece: piece.place))
        last, later = self._pieces[at - 1], self._pieces[at:]
        if all(piece.tempo.swing == swing for piece in (last, *later)):
            return
        distance = (last.tempo.straight(place) - last.straight) * last.frames_per_step
        turned = replace(
            last,
            place=place,
            frame=last.frame + max(0.0, distance),
            straight=place,
            tempo=replace(last.tempo, swing=swing),
        )
        again = (replace(piece, tempo=replace(piece.tempo, swing=swing)) for piece in later)
        moved = (replace(each, place=each.place_at(each.frame - _SOUNDED)) for each in again)
        self._pieces = [*self._pieces[:at], turned, *moved]

    def move(self, frame: int, new_frame: int, rate_hz: float) -> None:
        """Go on under another frame counter: what was `frame` is now `new_frame`, at a new rate."""
        self._rate_hz = rate_hz
        if self._paused or not self._pieces:
            return
        piece = self._piece(self._at(frame), frame, self._at(frame).tempo)
        self._pieces = [replace(piece, frame=new_frame)]

    def frame_of(self, place: float) -> int:
        """Return the frame that a place lies at, the nearest one."""
        at = bisect_right(self._pieces, place, key=lambda piece: piece.place)
        return self._pieces[max(0, at - 1)].frame_of(place)

    def place_at(self, frame: float) -> float:
        """Return the place at a frame, that of the beginning before it."""
        return self._at(frame).place_at(frame)

    def straight_at(self, frame: float) -> float:
        """Return the straight place at a frame, before the beginning too; while paused, the pause's."""
        if self._paused or not self._pieces:
            return self._pieces[0].straight if self._pieces else 0.0
        return self._at(frame).straight_at(frame)

    def unsounded(self, frame: int) -> float:
        """Return a place before which everything lies at earlier frames than this one."""
        return self._at(frame).unsounded(frame)

    def _step(self, tempo: Tempo) -> float:
        return frames_per_step(tempo.bpm, self._rate_hz)

    def _at(self, frame: float) -> _Piece:
        at = bisect_right(self._pieces, frame, key=lambda piece: piece.frame)
        return self._pieces[max(0, at - 1)]

    def _piece(self, before: _Piece, frame: int, tempo: Tempo) -> _Piece:
        """Return what follows another piece at a frame."""
        place, straight = before.unsounded(frame), before.straight_at(frame)
        return _Piece(place, frame, straight, tempo, self._step(tempo))

    def _append(self, piece: _Piece) -> None:
        self._pieces = [*self._pieces[-KEPT_PIECES:], piece]
