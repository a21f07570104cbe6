"""What of JACK rtmidi does not offer: is a server there, which MIDI sources has it, wire one to our port.

A port that goes and comes back within a moment has the same name, and may have the same number: only the
server's own word tells, so every registration is noted.

Calls the server's own libjack; without that library there is no JACK. One long-lived client without ports.
"""

import ctypes
from collections import deque
from functools import cache
from typing import Any

_CLIENT_NAME = b"graindrum-watch"
_MIDI_TYPE = b"8 bit raw midi"
_NO_START_SERVER = 1
_IS_OUTPUT = 2
_Say = ctypes.CFUNCTYPE(None, ctypes.c_char_p)
_Shutdown = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
_Registration = ctypes.CFUNCTYPE(None, ctypes.c_uint32, ctypes.c_int, ctypes.c_void_p)

_silent = _Say(lambda _text: None)  # that there is no server is no error here; libjack would print it


@cache
def _library() -> Any:  # ctypes libraries have no types
    """Return libjack with its signatures, or None where there is none."""
    try:
        jack = ctypes.CDLL("libjack.so.0")
    except OSError:
        return None
    pointer, text, number = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int
    signatures: dict[str, tuple[Any, list[Any]]] = {
        "jack_set_error_function": (None, [_Say]),
        "jack_set_info_function": (None, [_Say]),
        "jack_client_open": (pointer, [text, number, ctypes.POINTER(number)]),
        "jack_client_close": (number, [pointer]),
        "jack_on_shutdown": (None, [pointer, _Shutdown, pointer]),
        "jack_set_port_registration_callback": (number, [pointer, _Registration, pointer]),
        "jack_port_by_id": (pointer, [pointer, ctypes.c_uint32]),
        "jack_port_name": (text, [pointer]),
        "jack_activate": (number, [pointer]),
        "jack_get_ports": (ctypes.POINTER(text), [pointer, text, text, ctypes.c_ulong]),
        "jack_connect": (number, [pointer, text, text]),
        "jack_free": (None, [pointer]),
    }
    for name, (result, arguments) in signatures.items():
        function = getattr(jack, name)
        function.restype, function.argtypes = result, arguments
    jack.jack_set_error_function(_silent)
    jack.jack_set_info_function(_silent)
    return jack


class Jack:
    """A connection to the JACK server that runs here."""

    def __init__(self, library: Any, client: int) -> None:
        self._library = library
        self._client = client
        self.alive = True
        self._registered: deque[int] = deque()  # numbers of ports, as they come
        self._on_shutdown = _Shutdown(self._shut_down)  # kept: libjack holds only the pointers
        self._on_registration = _Registration(self._port_registered)
        library.jack_on_shutdown(client, self._on_shutdown, None)
        library.jack_set_port_registration_callback(client, self._on_registration, None)
        library.jack_activate(client)

    @classmethod
    def open(cls) -> "Jack | None":
        """Return a connection, or None when no server runs."""
        library = _library()
        if library is None:
            return None
        status = ctypes.c_int()
        client = library.jack_client_open(_CLIENT_NAME, _NO_START_SERVER, ctypes.byref(status))
        return cls(library, client) if client else None

    def sources(self) -> list[str]:
        """Return the names of all MIDI ports that send."""
        found = self._library.jack_get_ports(self._client, None, _MIDI_TYPE, _IS_OUTPUT)
        if not found:
            return []
        names: list[str] = []
        while found[len(names)] is not None:
            names.append(found[len(names)].decode(errors="replace"))
        self._library.jack_free(ctypes.cast(found, ctypes.c_void_p))
        return names

    def appeared(self) -> set[str]:
        """Return the names of the ports that have come since this was last asked, or come back."""
        names: set[str] = set()
        while self._registered:
            port = self._library.jack_port_by_id(self._client, self._registered.popleft())
            name = self._library.jack_port_name(port) if port else None  # it may have gone again
            if name is not None:
                names.add(name.decode(errors="replace"))
        return names

    def connect(self, source: str, sink: str) -> None:
        """Wire a source to a sink; it is no matter when they are wired already."""
        self._library.jack_connect(self._client, source.encode(), sink.encode())

    def close(self) -> None:
        self._library.jack_client_close(self._client)

    def _port_registered(self, number: int, registered: int, _argument: object) -> None:
        if registered:
            self._registered.append(number)

    def _shut_down(self, _argument: object) -> None:
        self.alive = False
