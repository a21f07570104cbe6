"""What keys do at the cursor: they move it, and turn what it is on."""

from dataclasses import replace

from instrument.messages import SetKnob, SetStep
from instrument.snapshot import Snapshot
from instrument.tui import views
from instrument.tui.actions import HIT_VELOCITY, Actions
from instrument.tui.cursor import GRID, KNOB, PATTERN, PLACES, STEP, Cursor, lengths
from instrument.tui.field import Field, Focus, Value, above_or_below, contrary
from instrument.tui.fields import CONDITION, PATTERN_FIELDS, STEP_FIELDS
from instrument.tui.knobs import NEUTRAL

VELOCITY_STEP = 10
KNOB_STEP = 0.05


class Turning(Actions):
    """Keys that act on a step, a knob or a field."""

    def action_move(self, rows: int, columns: int) -> None:
        """Move among steps or knobs, or among the fields that are edited."""
        if self.cursor.place not in (STEP, PATTERN):
            self.action_walk(rows, columns)
            return
        at = (self.cursor.field + columns) % len(self._fields)
        self._put_cursor(self.cursor.with_field(above_or_below(self._fields, at, rows) if rows else at))

    def action_walk(self, rows: int, columns: int) -> None:
        self._put_cursor(self.cursor.moved(rows, columns, lengths(self.snapshot)))
        if rows:
            self._select()

    def action_go_on(self, by: int) -> None:
        """Go from the grid to the knobs, the step, the pattern, and to the grid again."""
        self.action_go(PLACES[(PLACES.index(self.cursor.place) + by) % len(PLACES)])

    def action_go(self, place: str) -> None:
        there: Cursor = replace(self.cursor, place=place)
        self._put_cursor(replace(there, track=self._selected()) if place == KNOB else there)

    # What is turned there

    def action_switch(self) -> None:
        """Switch a step on or off; put a knob or a field where it changes nothing."""
        if self.cursor.place == KNOB:
            self._set_knob(NEUTRAL[self.cursor.knob])
        elif self.cursor.place == GRID:
            self._set_step(0 if self._velocity() else HIT_VELOCITY)
        else:
            self._set_field(self._field.neutral)

    def action_turn(self, direction: int) -> None:
        """Make a step louder or softer, one that is off only louder; turn a knob or a field."""
        if self.cursor.place == KNOB:
            self._set_knob(self._knob() + direction * KNOB_STEP)
        elif self.cursor.place != GRID:
            self._turn_field(direction)
        elif velocity := self._velocity():
            self._set_step(min(127, max(1, velocity + direction * VELOCITY_STEP)))
        elif direction > 0:
            self._set_step(HIT_VELOCITY)

    def action_negate(self) -> None:
        """Let the cursor's step sound exactly when its condition does not hold."""
        if self.snapshot is not None:
            field, focus = STEP_FIELDS[CONDITION], self._focus(self.snapshot)
            self.say(field.says(focus, contrary(field.reads(focus))))

    def _velocity(self) -> int:
        seen = views.velocity(self.snapshot, self.cursor.track, self.cursor.step)
        return self._expected.value((self.cursor.track, self.cursor.step), seen)

    def _set_step(self, velocity: int) -> None:
        track, step = self.cursor.track, self.cursor.step
        self._expected.ask((track, step), velocity)
        self.say(SetStep(track + 1, step + 1, velocity))

    def _knob(self) -> float:
        track, knob = self.cursor.track, self.cursor.knob
        return self._expected.value(("knob", track, knob), (self._track.knobs or NEUTRAL)[knob])

    def _set_knob(self, value: float) -> None:
        track, knob = self.cursor.track, self.cursor.knob
        value = self._expected.ask(("knob", track, knob), round(min(1.0, max(0.0, value)), 3))
        self.say(SetKnob(track + 1, knob + 1, value))

    @property
    def _fields(self) -> tuple[Field, ...]:
        return PATTERN_FIELDS if self.cursor.place == PATTERN else STEP_FIELDS

    @property
    def _field(self) -> Field:
        return self._fields[self.cursor.field]

    def _focus(self, snapshot: Snapshot) -> Focus:
        return Focus(snapshot, self.cursor.track, self.cursor.step)

    def _turn_field(self, detents: int) -> None:
        if self.snapshot is not None:
            focus = self._focus(self.snapshot)
            value = self._expected.value(self._asked, self._field.reads(focus))
            self._set_field(self._field.turned(focus, value, detents))

    def _set_field(self, value: Value) -> None:
        if self.snapshot is not None:
            self._expected.ask(self._asked, value)
            self.say(self._field.says(self._focus(self.snapshot), value))

    @property
    def _asked(self) -> tuple[object, ...]:
        return (self.cursor.place, self.cursor.track, self.cursor.step, self._field.name)
