"""What was asked for and not yet seen, so that quick presses of a key add up.

The screen shows only what the instrument says; but a second “louder” pressed before its answer to the first
must start from the first one's value.
"""

import time
from collections.abc import Callable
from typing import Generic, TypeVar, cast

PATIENCE_S = 0.4  # an answer takes one snapshot, 50 ms; what was refused is forgotten after this

Key = TypeVar("Key")
Value = TypeVar("Value")


class Expected(Generic[Key]):
    """Remembers each value asked for, for as long as its answer may take."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._asked: dict[Key, tuple[object, float]] = {}  # value, and until when to believe in it

    def ask(self, key: Key, value: Value) -> Value:
        self._asked[key] = (value, self._clock() + PATIENCE_S)
        return value

    def value(self, key: Key, seen: Value) -> Value:
        """Return what was asked for lately, which is of the same kind, else what is `seen`."""
        value, until = self._asked.get(key, (seen, 0.0))
        return cast(Value, value) if self._clock() < until else seen
