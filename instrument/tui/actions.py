"""What keys do: each says one message to the instrument, or moves the cursor."""

from collections.abc import Callable
from dataclasses import fields, replace

from instrument.messages import (
    BANKS,
    PRESSES,
    SLOTS,
    Back,
    ClearLane,
    CopyStep,
    Draw,
    Forward,
    LatchFill,
    LearnCancel,
    LearnInOrder,
    LearnStart,
    Message,
    Panic,
    RecordStart,
    RecordStop,
    Redo,
    RotateLane,
    SelectPattern,
    SelectTrack,
    SetLevel,
    SetLocked,
    SetMetronome,
    SetMute,
    SetOverdub,
    SetPress,
    SetSolo,
    SetTempo,
    SetWriting,
    Tap,
    TogglePlay,
    Trigger,
    Undo,
)
from instrument.tui import views
from instrument.tui.cursor import KNOB
from instrument.tui.session import Session

HIT_VELOCITY = 100  # of a key, which has none, and of a step that is switched on


def within(kind: type[SetTempo | SetLevel], name: str, value: float) -> float:
    """Return the nearest value that a message takes in a field, in tenths."""
    limits = next(field.metadata for field in fields(kind) if field.name == name)
    return float(round(min(limits["high"], max(limits["low"], value)), 1))


class Actions(Session):
    """Keys that act on the instrument and on the cursor's track."""

    yanked: tuple[int, int] | None = None  # track and step that a paste copies, from 1

    def _switched(self, key: object, seen: bool) -> bool:
        """Return the contrary of what is, or is about to be."""
        return self._expected.ask(key, not self._expected.value(key, seen))

    @property
    def _number(self) -> int:
        return self.cursor.track + 1

    # The whole machine

    def action_say(self, name: str) -> None:
        said: dict[str, Message] = {
            "play": TogglePlay(), "panic": Panic(), "tap": Tap(), "fill": LatchFill(), "undo": Undo(),
            "redo": Redo(),
        }  # fmt: skip
        self.say(said[name])

    def action_tempo(self, change_bpm: float) -> None:
        if self.snapshot is not None:
            bpm = self._expected.value("tempo", self.snapshot.tempo_bpm) + change_bpm
            self.say(SetTempo(self._expected.ask("tempo", within(SetTempo, "bpm", bpm))))

    def action_switch_on(self, name: str) -> None:
        """Switch writing, overdub or the metronome on or off."""
        if self.snapshot is not None:
            kinds: dict[str, Callable[[bool], Message]]
            kinds = {"writing": SetWriting, "overdub": SetOverdub, "metronome": SetMetronome}
            self.say(kinds[name](self._switched(name, getattr(self.snapshot, name))))

    def action_record(self, stems: bool) -> None:
        if self.snapshot is not None:
            starts = self._switched("recording", bool(self.snapshot.recording))
            self.say(RecordStart(stems) if starts else RecordStop())

    def action_pattern(self, by: int) -> None:
        """Queue the pattern after or before the one that plays or is queued, over all banks."""
        if self.snapshot is not None:
            name = self.snapshot.queued or self.snapshot.address
            seen = "ABCDEFGH".index(name[0]) * SLOTS + int(name[1:]) - 1
            at = self._expected.ask("pattern", (self._expected.value("pattern", seen) + by) % (BANKS * SLOTS))
            self.say(SelectPattern(at % SLOTS + 1, at // SLOTS + 1))

    def action_learn(self, in_order: bool) -> None:
        """Learn pads and knobs in order, or what the cursor is on; say that again to end it."""
        if self.snapshot is not None and self.snapshot.learning:
            self.say(LearnCancel())
        elif in_order:
            self.say(LearnInOrder())
        else:
            on_knob = self.cursor.place == KNOB
            self.say(LearnStart(f"knob {self.cursor.knob + 1}" if on_knob else f"pad {self._number}"))

    # A track

    def action_hit(self, track: int) -> None:
        if track <= len(views.tracks(self.snapshot)):
            self._expected.ask("selected", track)
            self.say(Trigger(track, HIT_VELOCITY))
            self._put_cursor(replace(self.cursor, track=track - 1))

    def action_draw(self, name: str) -> None:
        kinds: dict[str, Callable[[int], Message]] = {"anew": Draw, "back": Back, "forward": Forward}
        self.say(kinds[name](self._number))

    def action_lock(self) -> None:
        self.say(SetLocked(self._number, self._switched(("lock", self.cursor.track), self._track.locked)))

    def action_press(self) -> None:
        key = ("press", self.cursor.track)
        press = self._expected.value(key, self._track.press)
        after = PRESSES[(PRESSES.index(press) + 1) % len(PRESSES)]
        self.say(SetPress(self._number, self._expected.ask(key, after)))

    def action_level(self, change_db: float) -> None:
        key = ("level", self.cursor.track)
        level_db = self._expected.value(key, self._track.level_db) + change_db
        self.say(SetLevel(self._number, self._expected.ask(key, within(SetLevel, "level_db", level_db))))

    def action_mute(self, at_bar: bool) -> None:
        coming = self._track.coming
        seen = coming == "mute" if at_bar and coming in ("mute", "sound") else self._track.mute
        self.say(SetMute(self._number, self._switched(("mute", self.cursor.track), seen), at_bar))

    def action_solo(self, at_bar: bool) -> None:
        coming = self._track.coming
        seen = coming == "solo" if at_bar and coming in ("solo", "no solo") else self._track.solo
        self.say(SetSolo(self._number, self._switched(("solo", self.cursor.track), seen), at_bar))

    def action_rotate(self, by: int) -> None:
        self.say(RotateLane(self._number, by))

    def action_clear(self) -> None:
        self.say(ClearLane(self._number))

    def action_yank(self) -> None:
        self.yanked = (self._number, self.cursor.step + 1)

    def action_paste(self) -> None:
        if self.yanked is not None:
            self.say(CopyStep(*self.yanked, self._number, self.cursor.step + 1))

    def _select(self) -> None:
        self.say(SelectTrack(self._expected.ask("selected", self._number)))
