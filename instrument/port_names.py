"""What a MIDI port is called, whoever shows it.

ALSA: `MPD218:MPD218 MIDI 1 20:0`, client and port, with numbers that change. a2jmidid:
`a2j:MPD218 [20] (capture): MPD218 MIDI 1`. PipeWire: `Midi-Bridge:MPD218:(capture_0) MPD218 MIDI 1`, or with
`(capture)` at its end. jackd: `system:midi_capture_1`, alias `alsa_pcm:MPD218/midi_capture_1`.
"""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_NUMBERS = re.compile(r"\s+\d+:\d+$")
_BRIDGE = re.compile(r"^(?:a2j|Midi-Bridge):\s*")
_DIRECTION = re.compile(r"\s*(?:\[\d+\]\s*)?\((?:capture|playback)(?:_\d+)?\)\s*(:)?\s*(?:\[\d+\]\s*)?")
_ALIAS = re.compile(r"^alsa_(?:pcm|midi):(?P<client>.+)/midi_(?:capture|playback)_(?P<number>\d+)$")


def plain(name: str) -> str:
    """Return a port's name as ALSA has it, `client:port`, without numbers, bridges and spaces at its ends."""
    name = _NUMBERS.sub("", name.strip())
    if (alias := _ALIAS.match(name)) is not None:  # jackd counts a device's ports as ALSA names them
        client = alias["client"].strip()
        return f"{client}:{client} MIDI {alias['number']}"
    bare = _BRIDGE.sub("", name)
    if bare == name:
        return name
    bare = _DIRECTION.sub(lambda found: ":" if found[1] else "", bare, count=1)
    return _NUMBERS.sub("", bare.strip())


def forms(names: Iterable[str]) -> tuple[str, ...]:
    """Return, for a port's name and aliases, each as it is and as `plain` makes it, without doubles.

    jackd writes `-` for what is no letter or digit: its alias counts with spaces in their place, too.
    """
    return tuple(dict.fromkeys(form for name in names for form in _forms(name)))


def _forms(name: str) -> list[str]:
    made = [name.strip(), plain(name)]
    return [*made, made[1].replace("-", " ")] if _ALIAS.match(made[0]) else made


def named(names: Iterable[str], pattern: str) -> tuple[str, ...]:
    """Return those of some ports that a name, perhaps with * and ?, means; case does not matter."""
    like = pattern.lower()
    return tuple(name for name in names if any(fnmatchcase(form.lower(), like) for form in forms([name])))
