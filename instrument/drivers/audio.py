"""The audio outputs of this machine, for people to choose from; the engine process opens them."""

import os

from instrument.outputs import NULL, Output, from_portaudio, usb_cards


def outputs() -> tuple[Output, ...]:
    """Return all outputs, the null device last; without PortAudio that alone.

    A list is as old as the first call in a process: PortAudio never looks again.
    """
    os.environ.setdefault("JACK_NO_START_SERVER", "1")
    try:
        import sounddevice
    except OSError:  # its library is not installed
        return (NULL,)
    listed = from_portaudio(sounddevice.query_hostapis(), sounddevice.query_devices(), usb_cards())
    return (*listed, NULL)
