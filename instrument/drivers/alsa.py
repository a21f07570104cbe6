"""What of ALSA's sequencer rtmidi does not offer: which subscriptions still stand.

A controller that is pulled out and plugged in again within a moment has its old name and number, but nobody
listens to it any more. The kernel's list of clients tells.
"""

import re
from pathlib import Path

CLIENTS = Path("/proc/asound/seq/clients")
_CLIENT = re.compile(r'Client\s+\d+ : "(.*)" \[')
_HEARD = "    Connected From: "  # for example 20:0[t:0], 24:1


def heard_by(client: str, text: str) -> set[str]:
    """Return the ports, as `client:port` numbers, that clients of a name hear by the kernel's list `text`."""
    heard: set[str] = set()
    name = ""
    for line in text.splitlines():
        if (found := _CLIENT.match(line)) is not None:
            name = found[1]
        elif name == client and line.startswith(_HEARD):
            heard.update(each.split("[")[0] for each in line.removeprefix(_HEARD).split(", "))
    return heard


def heard_now(client: str) -> set[str]:
    """Return what clients of a name hear now; nothing where the kernel does not tell."""
    try:
        return heard_by(client, CLIENTS.read_text(errors="replace"))
    except OSError:
        return set()
