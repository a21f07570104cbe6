"""The app: keys in, messages out; snapshots in, widgets shown, at most FRAMES_HZ times a second."""

import os
from dataclasses import fields, replace
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize

from instrument.messages import (
    Draw,
    Message,
    Panic,
    SelectTrack,
    SetKnob,
    SetLevel,
    SetMute,
    SetStep,
    SetTempo,
    TogglePlay,
    Trigger,
)
from instrument.snapshot import Snapshot
from instrument.tui import views
from instrument.tui.banner import Banner
from instrument.tui.connection import Connection, ConnectionLost, Refused, SnapshotReceived
from instrument.tui.cursor import Cursor
from instrument.tui.expected import Expected
from instrument.tui.foot import Keys, News
from instrument.tui.geometry import TRACKS, fit
from instrument.tui.grid import StepGrid
from instrument.tui.header import Machine, Transport
from instrument.tui.help import Help
from instrument.tui.knobs import NEUTRAL, Knobs
from instrument.tui.meters import Meters
from instrument.tui.names import Names
from instrument.tui.output import Output
from instrument.tui.ruler import Ruler

FRAMES_HZ = 15
LOOK_FOR_OPENER_S = 0.5
HIT_VELOCITY = 100  # of a key, which has none, and of a step that is switched on
VELOCITY_STEP = 10
KNOB_STEP = 0.05


def within(kind: type[SetTempo | SetLevel], name: str, value: float) -> float:
    """Return the nearest value that a message takes in a field, in tenths."""
    limits = next(field.metadata for field in fields(kind) if field.name == name)
    return float(round(min(limits["high"], max(limits["low"], value)), 1))


def _keys(keys: str, action: str) -> Binding:
    return Binding(keys, action, show=False)


class GraindrumApp(App[None]):
    """The face of one instrument. Leaving it leaves the music playing."""

    CSS_PATH = "graindrum.tcss"
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        _keys("space", "toggle_play"),
        _keys("left,h", "move(0, -1)"),
        _keys("right,l", "move(0, 1)"),
        _keys("up,k", "move(-1, 0)"),
        _keys("down,j", "move(1, 0)"),
        _keys("x,enter", "switch"),
        Binding("tab", "change_place", show=False, priority=True),
        _keys("plus,equals_sign,right_square_bracket", "turn(1)"),
        _keys("minus,left_square_bracket", "turn(-1)"),
        _keys("greater_than_sign,T", "tempo(1.0)"),
        _keys("less_than_sign,t", "tempo(-1.0)"),
        _keys("full_stop", "tempo(0.1)"),
        _keys("comma", "tempo(-0.1)"),
        *(_keys(str(track), f"hit({track})") for track in range(1, TRACKS + 1)),
        _keys("0", "level(1.0)"),
        _keys("9", "level(-1.0)"),
        _keys("d", "draw"),
        _keys("m", "mute"),
        _keys("ctrl+k", "panic"),
        _keys("question_mark", "help"),
        _keys("q,ctrl+c", "quit"),
    ]

    def __init__(self, socket_path: Path | None = None, opened_by: int | None = None) -> None:
        super().__init__()
        self._opened_by = opened_by
        self.animation_level = "none"
        self.snapshot: Snapshot | None = None
        self.cursor = Cursor()
        self._lost = ""
        self._refusal = ""
        self._stale = True
        self._expected: Expected[object] = Expected()
        self._connection = Connection(socket_path, self.post_message)

    def compose(self) -> ComposeResult:
        yield Transport(id="transport")
        yield Machine(id="machine")
        with Vertical(id="stage"), Vertical(id="deck"):
            with Horizontal(id="top"):
                yield Ruler(id="ruler")
                yield Output(id="output")
            with Horizontal(id="rows"):
                yield Names(id="names")
                yield StepGrid(id="grid")
                yield Meters(id="meters")
        yield Knobs(id="knobs")
        yield News(id="news")
        yield Keys(id="keys")
        yield Banner(id="banner")

    def on_mount(self) -> None:
        self._connection.open()
        self.set_interval(1 / FRAMES_HZ, self._show_if_stale)
        if self._opened_by is not None:
            self.set_interval(LOOK_FOR_OPENER_S, self._leave_if_alone)

    def _leave_if_alone(self) -> None:
        """End with the process that opened this face, however that ended: the terminal is somebody else's."""
        if os.getppid() != self._opened_by:
            self.exit(return_code=1, message="graindrum: the instrument has ended")

    def on_unmount(self) -> None:
        self._connection.close()

    def on_resize(self, event: Resize) -> None:
        geometry = fit(event.size.width, event.size.height)
        screen = self.screen_stack[0]
        screen.query_one(Ruler).resize(geometry)
        screen.query_one(Names).resize(geometry)
        screen.query_one(StepGrid).resize(geometry)
        screen.query_one(Meters).resize(geometry)
        self._stale = True

    # What the connection tells

    @on(SnapshotReceived)
    def _take(self, received: SnapshotReceived) -> None:
        self.snapshot, self._lost, self._stale = received.snapshot, "", True
        if self.cursor.on_knobs:
            self.cursor = replace(self.cursor, track=self._selected())

    @on(ConnectionLost)
    def _lose(self, lost: ConnectionLost) -> None:
        self.snapshot, self._lost, self._stale = None, f"{lost.why}; trying again", True

    @on(Refused)
    def _excuse(self, refused: Refused) -> None:
        self._refusal, self._stale = refused.why, True

    def _show_if_stale(self) -> None:
        """Show everything once a frame; each widget redraws only what differs."""
        if not self._stale or not self.is_running:  # as it ends, widgets go before timers do
            return
        self._stale = False
        snapshot, screen, width = self.snapshot, self.screen_stack[0], self.size.width
        screen.query_one(Transport).show(snapshot, width)
        screen.query_one(Machine).show(snapshot, width)
        grid = views.grid_view(snapshot, self.cursor)
        screen.query_one(Ruler).show(grid.running)
        screen.query_one(Output).show(snapshot)
        screen.query_one(Names).show(views.name_views(snapshot))
        screen.query_one(StepGrid).show(grid)
        screen.query_one(Meters).show(views.meter_views(snapshot))
        screen.query_one(Knobs).show(views.knobs_view(snapshot, self.cursor), width)
        screen.query_one(Knobs).display = snapshot is not None
        screen.query_one(News).show(snapshot, width, cursor=self._cursor_in_words(), refusal=self._refusal)
        screen.query_one(Banner).show(width, lost=self._lost, warning=snapshot.warning if snapshot else "")
        screen.query_one(Keys).show(width)
        screen.query_one(Keys).display = not screen.query_one(Banner).display

    def _cursor_in_words(self) -> str:
        track, step = self.cursor.track, self.cursor.step
        velocity = views.velocity(self.snapshot, track, step)
        return f"track {track + 1} step {step + 1} {f'velocity {velocity}' if velocity else 'off'}"

    # What keys do

    def _say(self, said: Message) -> None:
        self._refusal = ""
        self._connection.send(said)

    def action_toggle_play(self) -> None:
        self._say(TogglePlay())

    def action_move(self, rows: int, columns: int) -> None:
        self._put_cursor(self.cursor.moved(rows, columns))
        if rows:
            self._say(SelectTrack(int(self._expected.ask("selected", self.cursor.track + 1))))

    def action_change_place(self) -> None:
        """Go to the knobs of the selected track, or back to the grid."""
        if self.cursor.on_knobs:
            self._put_cursor(replace(self.cursor, on_knobs=False))
        else:
            self._put_cursor(replace(self.cursor, on_knobs=True, track=self._selected()))

    def _selected(self) -> int:
        """Return the track whose knobs are shown, from 0."""
        seen = self.snapshot.selected if self.snapshot is not None else 1
        return int(self._expected.value("selected", seen)) - 1

    def _put_cursor(self, cursor: Cursor) -> None:
        """Move the cursor and show it at once: a cursor that lags is no cursor."""
        self.cursor, self._stale = cursor, True
        self._show_if_stale()

    def action_switch(self) -> None:
        """Switch a step on or off; put a knob where it changes nothing."""
        if self.cursor.on_knobs:
            self._set_knob(NEUTRAL[self.cursor.knob])
        else:
            self._set_step(0 if self._velocity() else HIT_VELOCITY)

    def action_turn(self, direction: int) -> None:
        """Make a step louder or softer, one that is off only louder; turn a knob."""
        if self.cursor.on_knobs:
            self._set_knob(self._knob() + direction * KNOB_STEP)
        elif velocity := self._velocity():
            self._set_step(min(127, max(1, velocity + direction * VELOCITY_STEP)))
        elif direction > 0:
            self._set_step(HIT_VELOCITY)

    def _velocity(self) -> int:
        seen = views.velocity(self.snapshot, self.cursor.track, self.cursor.step)
        return int(self._expected.value((self.cursor.track, self.cursor.step), seen))

    def _set_step(self, velocity: int) -> None:
        track, step = self.cursor.track, self.cursor.step
        self._expected.ask((track, step), velocity)
        self._say(SetStep(track + 1, step + 1, velocity))

    def _knob(self) -> float:
        track, knob = self.cursor.track, self.cursor.knob
        seen = views.tracks(self.snapshot)[track].knobs or NEUTRAL
        return self._expected.value(("knob", track, knob), seen[knob])

    def _set_knob(self, value: float) -> None:
        track, knob = self.cursor.track, self.cursor.knob
        value = self._expected.ask(("knob", track, knob), round(min(1.0, max(0.0, value)), 3))
        self._say(SetKnob(track + 1, knob + 1, value))

    def action_tempo(self, change_bpm: float) -> None:
        if self.snapshot is not None:
            bpm = self._expected.value("tempo", self.snapshot.tempo_bpm) + change_bpm
            self._say(SetTempo(self._expected.ask("tempo", within(SetTempo, "bpm", bpm))))

    def action_level(self, change_db: float) -> None:
        track = self.cursor.track
        level_db = self._expected.value(("level", track), views.tracks(self.snapshot)[track].level_db)
        level_db = within(SetLevel, "level_db", level_db + change_db)
        self._say(SetLevel(track + 1, self._expected.ask(("level", track), level_db)))

    def action_hit(self, track: int) -> None:
        self._expected.ask("selected", track)
        self._say(Trigger(track, HIT_VELOCITY))
        self._put_cursor(replace(self.cursor, track=track - 1))

    def action_draw(self) -> None:
        self._say(Draw(self.cursor.track + 1))

    def action_mute(self) -> None:
        track = self.cursor.track
        muted = self._expected.value(("mute", track), views.tracks(self.snapshot)[track].mute)
        self._say(SetMute(track + 1, bool(self._expected.ask(("mute", track), not muted))))

    def action_panic(self) -> None:
        self._say(Panic())

    def action_help(self) -> None:
        self.push_screen(Help())


def run(socket_path: Path | None = None, opened_by: int | None = None) -> int:
    """Show the instrument at `socket_path` (by default the user's own) until q; return the exit status.

    When `opened_by`, the process that is our parent, ends, so does the TUI.
    """
    app = GraindrumApp(socket_path, opened_by)
    app.run(mouse=False)  # nothing to click; the terminal's own selection goes on working
    return app.return_code or 0
