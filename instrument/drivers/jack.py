"""A MIDI client of the JACK server that runs here: `jackmidi/` with Python's types.

JACK's threads run C alone, and every call below lets go of Python's lock. JACK waits for the answers of all
clients in a process: an answer that needed the lock which the caller holds would never come.
"""

from typing import Any

from instrument.drivers._jackmidi import ffi, lib

CLIENT_NAME = "graindrum-midi"
BRIDGES = ("a2j:", "Midi-Bridge:", "system:midi")  # ALSA's ports as JACK shows them
MOST_TAKEN = 256
WAIT_MS = 1_000
LONGEST_NAME = 1_024


class Client:
    """One client, with numbered ports. One thread may take, one send, one do the rest, all at once."""

    def __init__(self, pointer: Any) -> None:  # cffi's objects have no types
        self._pointer = pointer
        self._name = ffi.new("char[]", LONGEST_NAME)
        self._taken = ffi.new("jm_message[]", MOST_TAKEN)
        self._lost = ffi.new("jm_lost *")
        self.name: str = ffi.string(lib.jm_name(pointer)).decode(errors="replace")

    @classmethod
    def open(cls, name: str = CLIENT_NAME) -> "Client | None":
        """Return a client, or None when no server runs."""
        pointer = lib.jm_open(name.encode())
        return cls(pointer) if pointer != ffi.NULL else None

    @property
    def alive(self) -> bool:
        return not lib.jm_gone(self._pointer)

    def close(self) -> None:
        lib.jm_close(self._pointer)

    def ports(self, *, sending: bool) -> list[str]:
        """Return the names of all MIDI ports that send, or of those that take."""
        found = lib.jm_list(self._pointer, sending)
        if found == ffi.NULL:
            return []
        names: list[str] = []
        while found[len(names)] != ffi.NULL:
            names.append(ffi.string(found[len(names)]).decode(errors="replace"))
        lib.jm_list_free(found)
        return names

    def alias(self, port: str) -> str:
        """Return what else a port is called, empty when nothing; jackd calls its own after their device."""
        found = lib.jm_alias(self._pointer, port.encode(), self._name, LONGEST_NAME)
        return ffi.string(self._name).decode(errors="replace") if found else ""

    def appeared(self) -> set[str]:
        """Return the names of the ports that have come since this was last asked, or come back."""
        names: set[str] = set()
        while lib.jm_appeared(self._pointer, self._name, LONGEST_NAME):
            names.add(ffi.string(self._name).decode(errors="replace"))
        return names

    def changed(self) -> bool:
        """Return whether ports, or the server, have come or gone since this was last asked."""
        return bool(lib.jm_changed(self._pointer))

    def register(self, name: str, *, sends: bool) -> int:
        """Return the number of a new port, 0 when there can be none."""
        return int(lib.jm_register(self._pointer, name.encode(), sends))

    def unregister(self, number: int) -> None:
        lib.jm_unregister(self._pointer, number)

    def connect(self, source: str, sink: str) -> bool:
        """Wire a source to a sink; return whether they are wired now."""
        return bool(lib.jm_connect(self._pointer, source.encode(), sink.encode()))

    def take(self) -> list[tuple[int, bytes, int]]:
        """Wait for messages, a second at most; return port, bytes and time (CLOCK_MONOTONIC, ns) of each."""
        count = lib.jm_take(self._pointer, self._taken, MOST_TAKEN, WAIT_MS)
        taken = (self._taken[at] for at in range(count))
        return [(each.port, bytes(ffi.buffer(each.data, each.size)), each.time_ns) for each in taken]

    def wake(self) -> None:
        """End a `take` that waits."""
        lib.jm_wake(self._pointer)

    def send(self, port: int, data: bytes, at_ns: int) -> bool:
        """Send at a time, at once when it has passed; return whether there was room."""
        return bool(lib.jm_send(self._pointer, port, data, len(data), at_ns))

    def lost(self) -> int:
        """Return how many messages have been lost so far, either way."""
        lib.jm_lost_read(self._pointer, self._lost)
        return int(self._lost.full_in + self._lost.full_out + self._lost.too_long + self._lost.unsent)


def counterpart(source: str) -> str:
    """Return the port that leads back to a source, by the names that JACK's drivers and bridges give them."""
    return source.replace("capture", "playback")
