"""The app: keys in, messages out; snapshots in, widgets shown, at most FRAMES_HZ times a second."""

from dataclasses import fields
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
from instrument.tui.expected import Expected
from instrument.tui.foot import Keys, News
from instrument.tui.geometry import STEPS, TRACKS, fit
from instrument.tui.grid import Ruler, StepGrid
from instrument.tui.header import Machine, Transport
from instrument.tui.help import Help
from instrument.tui.knobs import Knobs
from instrument.tui.meters import Meters
from instrument.tui.names import Names

FRAMES_HZ = 15
HIT_VELOCITY = 100  # of a key, which has none, and of a step that is switched on
VELOCITY_STEP = 10


def within_tempo(bpm: float) -> float:
    """Return the nearest tempo that the instrument takes, in tenths."""
    limits = fields(SetTempo)[0].metadata
    return float(round(min(limits["high"], max(limits["low"], bpm)), 1))


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
        _keys("x,enter", "toggle_step"),
        _keys("plus,equals_sign,right_square_bracket", "velocity(1)"),
        _keys("minus,left_square_bracket", "velocity(-1)"),
        _keys("greater_than_sign,T", "tempo(1.0)"),
        _keys("less_than_sign,t", "tempo(-1.0)"),
        _keys("full_stop", "tempo(0.1)"),
        _keys("comma", "tempo(-0.1)"),
        *(_keys(str(track), f"hit({track})") for track in range(1, TRACKS + 1)),
        _keys("d", "draw"),
        _keys("m", "mute"),
        _keys("ctrl+k", "panic"),
        _keys("question_mark", "help"),
        _keys("q,ctrl+c", "quit"),
    ]

    def __init__(self, socket_path: Path | None = None) -> None:
        super().__init__()
        self.animation_level = "none"
        self.snapshot: Snapshot | None = None
        self.cursor = (0, 0)  # track, step, from 0
        self._lost = ""
        self._refusal = ""
        self._stale = True
        self._expected: Expected[object] = Expected()
        self._connection = Connection(socket_path, self.post_message)

    def compose(self) -> ComposeResult:
        yield Transport(id="transport")
        yield Machine(id="machine")
        with Vertical(id="stage"), Vertical(id="deck"):
            yield Ruler(id="ruler")
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

    @on(ConnectionLost)
    def _lose(self, lost: ConnectionLost) -> None:
        self.snapshot, self._lost, self._stale = None, f"{lost.why}; trying again", True

    @on(Refused)
    def _excuse(self, refused: Refused) -> None:
        self._refusal, self._stale = refused.why, True

    def _show_if_stale(self) -> None:
        """Show everything once a frame; each widget redraws only what differs."""
        if not self._stale:
            return
        self._stale = False
        snapshot, screen, width = self.snapshot, self.screen_stack[0], self.size.width
        screen.query_one(Transport).show(snapshot, width)
        screen.query_one(Machine).show(snapshot, width)
        grid = views.grid_view(snapshot, self.cursor)
        screen.query_one(Ruler).show(grid.running)
        screen.query_one(Names).show(views.name_views(snapshot))
        screen.query_one(StepGrid).show(grid)
        screen.query_one(Meters).show(views.meter_views(snapshot))
        screen.query_one(Knobs).show(views.knobs_view(snapshot), width)
        screen.query_one(News).show(snapshot, width, cursor=self._cursor_in_words(), refusal=self._refusal)
        screen.query_one(Banner).show(width, lost=self._lost, warning=snapshot.warning if snapshot else "")
        screen.query_one(Keys).display = not screen.query_one(Banner).display

    def _cursor_in_words(self) -> str:
        track, step = self.cursor
        velocity = views.velocity(self.snapshot, track, step)
        return f"track {track + 1} step {step + 1} {f'velocity {velocity}' if velocity else 'off'}"

    # What keys do

    def _say(self, said: Message) -> None:
        self._refusal = ""
        self._connection.send(said)

    def action_toggle_play(self) -> None:
        self._say(TogglePlay())

    def action_move(self, tracks: int, steps: int) -> None:
        track, step = self.cursor
        self.cursor = ((track + tracks) % TRACKS, (step + steps) % STEPS)
        self._stale = True
        self._show_if_stale()
        if tracks:
            self._say(SelectTrack(self.cursor[0] + 1))

    def action_toggle_step(self) -> None:
        self._set_step(0 if self._velocity() else HIT_VELOCITY)

    def action_velocity(self, direction: int) -> None:
        """Make the step louder or softer; a step that is off comes on when made louder."""
        velocity = self._velocity()
        if velocity:
            self._set_step(min(127, max(1, velocity + direction * VELOCITY_STEP)))
        elif direction > 0:
            self._set_step(HIT_VELOCITY)

    def _velocity(self) -> int:
        return int(self._expected.value(self.cursor, views.velocity(self.snapshot, *self.cursor)))

    def _set_step(self, velocity: int) -> None:
        self._expected.ask(self.cursor, velocity)
        self._say(SetStep(self.cursor[0] + 1, self.cursor[1] + 1, velocity))

    def action_tempo(self, change_bpm: float) -> None:
        if self.snapshot is not None:
            bpm = self._expected.value("tempo", self.snapshot.tempo_bpm) + change_bpm
            self._say(SetTempo(self._expected.ask("tempo", within_tempo(bpm))))

    def action_hit(self, track: int) -> None:
        self.cursor = (track - 1, self.cursor[1])
        self._stale = True
        self._say(Trigger(track, HIT_VELOCITY))

    def action_draw(self) -> None:
        self._say(Draw(self.cursor[0] + 1))

    def action_mute(self) -> None:
        track = self.cursor[0]
        muted = self._expected.value(("mute", track), views.tracks(self.snapshot)[track].mute)
        self._say(SetMute(track + 1, bool(self._expected.ask(("mute", track), not muted))))

    def action_panic(self) -> None:
        self._say(Panic())

    def action_help(self) -> None:
        self.push_screen(Help())


def run(socket_path: Path | None = None) -> int:
    """Show the instrument that listens at `socket_path` (the user's own by default) until q; return 0."""
    GraindrumApp(socket_path).run()
    return 0
