"""Ctrl-C and SIGTERM end a training after its step, so that what is saved is whole."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

STOPPED = 128 + signal.SIGINT  # exit status


@contextmanager
def stoppable(stop: Callable[[], object], *, second_ends: bool = True) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM call `stop` while the context lasts; the second one ends all at once.

    Args:
        stop: asks what runs to end after its step.
        second_ends: False where other processes would wait for this one for ever.
    """
    before = {int(number): signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def asked(number: int, _: FrameType | None) -> None:
        stop()
        if second_ends:
            signal.signal(number, before[number])

    for number in before:
        signal.signal(number, asked)
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
