"""An app that is connected to an instrument: what it has seen, what it has asked for, where its cursor is."""

from dataclasses import replace
from pathlib import Path

from textual import on
from textual.app import App

from instrument.messages import Message
from instrument.snapshot import Snapshot, TrackView
from instrument.tui import views
from instrument.tui.connection import Connection, ConnectionLost, Refused, SnapshotReceived
from instrument.tui.cursor import KNOB, Cursor, lengths
from instrument.tui.expected import Expected


class Session(App[None]):
    """Keeps the newest snapshot; `show_now` draws it."""

    def __init__(self, socket_path: Path | None = None) -> None:
        super().__init__()
        self.snapshot: Snapshot | None = None
        self.cursor = Cursor()
        self._lost = ""
        self._refusal = ""
        self._stale = True
        self._expected: Expected[object] = Expected()
        self._connection = Connection(socket_path, self.post_message)

    def show_now(self) -> None:
        """Draw what has changed."""

    @on(SnapshotReceived)
    def _take(self, received: SnapshotReceived) -> None:
        self.snapshot, self._lost, self._stale = received.snapshot, "", True
        if self.cursor.place == KNOB:
            self.cursor = replace(self.cursor, track=self._selected())
        self.cursor = self.cursor.fitted(lengths(self.snapshot))

    @on(ConnectionLost)
    def _lose(self, lost: ConnectionLost) -> None:
        self.snapshot, self._lost, self._stale = None, f"{lost.why}; trying again", True

    @on(Refused)
    def _excuse(self, refused: Refused) -> None:
        self._refusal, self._stale = refused.why, True

    def say(self, said: Message) -> None:
        self._refusal = ""
        self._connection.send(said)

    def _selected(self) -> int:
        """Return the track whose knobs are shown, from 0."""
        seen = self.snapshot.selected if self.snapshot is not None else 1
        return self._expected.value("selected", seen) - 1

    @property
    def _track(self) -> TrackView:
        """What was seen last of the cursor's track."""
        return views.tracks(self.snapshot)[self.cursor.track]

    def _put_cursor(self, cursor: Cursor) -> None:
        """Move the cursor and show it at once: a cursor that lags is no cursor."""
        self.cursor, self._stale = cursor, True
        self.show_now()
