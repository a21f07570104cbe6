"""The app: keys in, messages out; snapshots in, widgets shown, at most FRAMES_HZ times a second."""

import os
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize

from instrument.messages import MOST_TRACKS
from instrument.snapshot import Snapshot
from instrument.tui import views
from instrument.tui.banner import Banner
from instrument.tui.cursor import PATTERN, STEP
from instrument.tui.editor import Editor, EditorView
from instrument.tui.foot import Keys, News, step_in_words
from instrument.tui.geometry import Geometry, fit
from instrument.tui.grid import StepGrid
from instrument.tui.header import Machine, Transport
from instrument.tui.help import Help
from instrument.tui.knobs import Knobs
from instrument.tui.meters import Meters
from instrument.tui.names import Names
from instrument.tui.output import Output
from instrument.tui.palette import hue
from instrument.tui.ruler import Ruler
from instrument.tui.turning import Turning

FRAMES_HZ = 15
LOOK_FOR_OPENER_S = 0.5


def _keys(keys: str, action: str) -> Binding:
    return Binding(keys, action, show=False)


class GraindrumApp(Turning):
    """The face of one instrument. Leaving it leaves the music playing."""

    CSS_PATH = "graindrum.tcss"
    ENABLE_COMMAND_PALETTE = False
    AUTO_FOCUS = None
    BINDINGS: ClassVar[list[BindingType]] = [
        _keys("space", "say('play')"),
        _keys("left", "move(0, -1)"),
        _keys("right", "move(0, 1)"),
        _keys("up", "move(-1, 0)"),
        _keys("down", "move(1, 0)"),
        _keys("h", "walk(0, -1)"),
        _keys("l", "walk(0, 1)"),
        _keys("k", "walk(-1, 0)"),
        _keys("j", "walk(1, 0)"),
        _keys("x,enter", "switch"),
        _keys("exclamation_mark", "negate"),
        Binding("tab", "go_on(1)", show=False, priority=True),
        Binding("shift+tab", "go_on(-1)", show=False, priority=True),
        _keys("e", "go('step')"),
        _keys("escape", "go('grid')"),
        _keys("plus,equals_sign,right_square_bracket", "turn(1)"),
        _keys("minus,left_square_bracket", "turn(-1)"),
        _keys("greater_than_sign", "tempo(1.0)"),
        _keys("less_than_sign", "tempo(-1.0)"),
        _keys("full_stop", "tempo(0.1)"),
        _keys("comma", "tempo(-0.1)"),
        _keys("t", "say('tap')"),
        _keys("c", "switch_on('metronome')"),
        *(_keys(str(track % 10), f"hit({track})") for track in range(1, MOST_TRACKS + 1)),
        _keys("right_parenthesis", "level(1.0)"),
        _keys("left_parenthesis", "level(-1.0)"),
        _keys("d", "draw('anew')"),
        _keys("b", "draw('back')"),
        _keys("f", "draw('forward')"),
        _keys("L", "lock"),
        _keys("p", "press"),
        _keys("m", "mute(False)"),
        _keys("M", "mute(True)"),
        _keys("s", "solo(False)"),
        _keys("S", "solo(True)"),
        _keys("F", "say('fill')"),
        _keys("w", "switch_on('writing')"),
        _keys("W", "switch_on('overdub')"),
        _keys("u", "say('undo')"),
        _keys("r", "say('redo')"),
        _keys("y", "yank"),
        _keys("v", "paste"),
        _keys("right_curly_bracket", "rotate(1)"),
        _keys("left_curly_bracket", "rotate(-1)"),
        _keys("delete", "clear"),
        _keys("pagedown", "pattern(1)"),
        _keys("pageup", "pattern(-1)"),
        _keys("R", "record(False)"),
        _keys("ctrl+r", "record(True)"),
        _keys("a", "learn(False)"),
        _keys("n", "learn(True)"),
        _keys("ctrl+k", "say('panic')"),
        _keys("question_mark", "help"),
        _keys("q,ctrl+c", "quit"),
    ]

    def __init__(self, socket_path: Path | None = None, opened_by: int | None = None) -> None:
        super().__init__(socket_path)
        self._opened_by = opened_by
        self._geometry: Geometry | None = None
        self.animation_level = "none"

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
        yield Editor(id="editor")
        yield News(id="news")
        yield Keys(id="keys")
        yield Banner(id="banner")

    def on_mount(self) -> None:
        self._connection.open()
        self.set_interval(1 / FRAMES_HZ, self.show_now)
        if self._opened_by is not None:
            self.set_interval(LOOK_FOR_OPENER_S, self._leave_if_alone)

    def _leave_if_alone(self) -> None:
        """End with the process that opened this face, however that ended: the terminal is somebody else's."""
        if os.getppid() != self._opened_by:
            self.exit(return_code=1, message="graindrum: the instrument has ended")

    def on_unmount(self) -> None:
        self._connection.close()

    def on_resize(self, event: Resize) -> None:
        self._fit(event.size.width, event.size.height)

    def _fit(self, width: int, height: int) -> None:
        """Give everything its size, for the terminal and as many tracks as there are."""
        geometry = fit(width, height, len(views.tracks(self.snapshot)))
        if geometry != self._geometry:
            self._geometry = geometry
            screen = self.screen_stack[0]
            screen.query_one(Ruler).resize(geometry)
            screen.query_one(Names).resize(geometry)
            screen.query_one(StepGrid).resize(geometry)
            screen.query_one(Meters).resize(geometry)
        self._stale = True

    def show_now(self) -> None:
        """Show everything once a frame; each widget redraws only what differs."""
        if not self._stale or not self.is_running:  # as it ends, widgets go before timers do
            return
        self._fit(*self.size)
        self._stale = False
        snapshot, screen, width = self.snapshot, self.screen_stack[0], self.size.width
        screen.query_one(Transport).show(snapshot, width)
        screen.query_one(Machine).show(snapshot, width)
        screen.query_one(Ruler).show(
            views.running(self._track, self.cursor.page), self.cursor.page, views.pages(snapshot)
        )
        screen.query_one(Output).show(snapshot)
        screen.query_one(Names).show(views.name_views(snapshot))
        screen.query_one(StepGrid).show(views.grid_view(snapshot, self.cursor))
        screen.query_one(Meters).show(views.meter_views(snapshot))
        self._show_deck(snapshot, width)
        screen.query_one(News).show(snapshot, width, cursor=self._cursor_in_words(), refusal=self._refusal)
        banner = screen.query_one(Banner)
        banner.show(width, lost=self._lost, warning=snapshot.warning if snapshot else "")
        screen.query_one(Keys).show(snapshot, width, self.cursor.place)
        screen.query_one(Keys).display = not banner.display

    def _show_deck(self, snapshot: Snapshot | None, width: int) -> None:
        """Show the knobs, or in their place the step or the pattern that is edited."""
        editing = snapshot is not None and self.cursor.place in (STEP, PATTERN)
        knobs, editor = self.screen_stack[0].query_one(Knobs), self.screen_stack[0].query_one(Editor)
        knobs.display, editor.display = snapshot is not None and not editing, editing
        knobs.show(views.knobs_view(snapshot, self.cursor), width)
        if snapshot is not None and editing:
            editor.show(self._editor_view(snapshot), width)

    def _editor_view(self, snapshot: Snapshot) -> EditorView:
        cursor, focus = self.cursor, self._focus(snapshot)
        title, ink = f"{cursor.track + 1} step {cursor.step + 1}", hue(cursor.track)
        if cursor.place == PATTERN:
            title, ink = f"{snapshot.address} {snapshot.pattern_name}"[:24], hue(2)
        values = tuple(field.reads(focus) for field in self._fields)
        return EditorView(title, ink, self._fields, values, cursor.field)

    def _cursor_in_words(self) -> str:
        track, step = self.cursor.track, self.cursor.step
        has = views.step_details(self.snapshot, track, step)
        said = step_in_words(views.velocity(self.snapshot, track, step), has)
        return f"track {track + 1} step {step + 1} {said}"

    def action_help(self) -> None:
        self.push_screen(Help())


def run(socket_path: Path | None = None, opened_by: int | None = None) -> int:
    """Show the instrument at `socket_path` (by default the user's own) until q; return the exit status.

    When `opened_by`, the process that is our parent, ends, so does the TUI.
    """
    app = GraindrumApp(socket_path, opened_by)
    app.run(mouse=False)  # nothing to click; the terminal's own selection goes on working
    return app.return_code or 0
