"""What the sequencer has handed out: which hits, for which frames; who may still be taken back."""

from dataclasses import dataclass
from typing import TypeAlias

from instrument.sequencer import Played

KEPT_HITS = 4096  # of each track
Key: TypeAlias = tuple[float, ...]  # which repeat of which step in which playing of a pattern


@dataclass(frozen=True, slots=True)
class Sent:
    """One hit that was handed out."""

    frame: int
    velocity: int
    step: Played | None = None  # None: played by hand and written


class Ledger:
    """The hits of each track, in the order of their steps."""

    def __init__(self, tracks: int) -> None:
        self._sent: tuple[dict[Key, Sent], ...] = tuple({} for _ in range(tracks))

    def clear(self) -> None:
        for sent in self._sent:
            sent.clear()

    def note(self, track: int, key: Key, sent: Sent) -> None:
        """Keep a hit that is handed out; the oldest is forgotten."""
        kept = self._sent[track]
        kept[key] = sent
        if len(kept) > KEPT_HITS:
            del kept[next(iter(kept))]

    def has(self, track: int, key: Key) -> bool:
        return key in self._sent[track]

    def take_back(self, track: int, cut: int, reach: int) -> None:
        """Forget a track's hits from a frame on; hits stand at most `reach` frames out of order."""
        kept = self._sent[track]
        late: list[Key] = []
        for key in reversed(kept):
            if kept[key].frame >= cut:
                late.append(key)
            elif kept[key].frame < cut - reach:
                break
        for key in late:
            del kept[key]

    def last(self, track: int, frame: int) -> Sent | None:
        """Return the hit of a track that began last, up to a frame."""
        kept = self._sent[track]
        return next((kept[key] for key in reversed(kept) if kept[key].frame <= frame), None)
