"""Which audio output to play on: the choice, made on a list of what there is."""

import re
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from instrument.errors import DeviceError

CHANNELS = 2
JACK = "JACK"
ALSA = "ALSA"


@dataclass(frozen=True, slots=True)
class Output:
    """An output with at least two channels."""

    index: int  # PortAudio's
    name: str
    api: str  # what it is reached through: ALSA, JACK, …
    rate_hz: float  # what it runs at if nobody asks for another rate; JACK's cannot be changed
    default: bool = False  # of its API
    usb: bool = False

    @property
    def label(self) -> str:
        return f"{self.name} ({self.api})"


NULL = Output(-1, "null", "clock", 48_000.0)


def usb_cards(asound: Path = Path("/proc/asound")) -> frozenset[int]:
    """Return the numbers of ALSA's cards on USB."""
    return frozenset(int(path.parent.name.removeprefix("card")) for path in asound.glob("card[0-9]*/usbid"))


def from_portaudio(
    apis: Sequence[Mapping[str, Any]], devices: Iterable[Mapping[str, Any]], usb: Set[int]
) -> tuple[Output, ...]:
    """Return the outputs among what PortAudio reports; `usb` are the numbers of ALSA's cards on USB."""
    found = []
    for index, device in enumerate(devices):
        if device["max_output_channels"] < CHANNELS:
            continue
        api = apis[device["hostapi"]]
        card = re.search(r"\(hw:(\d+)", device["name"])
        found.append(
            Output(
                index=index,
                name=device["name"],
                api=JACK if api["name"].startswith(JACK) else api["name"],
                rate_hz=float(device["default_samplerate"]),
                default=api["default_output_device"] == index,
                usb=card is not None and int(card[1]) in usb,
            )
        )
    return tuple(found)


def candidates(outputs: Sequence[Output], wanted: str) -> tuple[Output, ...]:
    """Return the outputs that `wanted` means, best first; one that fails to open leaves the turn to the next.

    `auto`: USB, then JACK, then ALSA's default, then null. `null`, `jack`; or part of a name, or a pattern.
    """
    if wanted == "null":
        return (NULL,)
    jack = sorted((each for each in outputs if each.api == JACK), key=lambda each: not each.default)[:1]
    if wanted == "auto":
        usb = [each for each in outputs if each.usb]
        alsa = [each for each in outputs if each.api == ALSA and each.default and not each.usb]
        return (*usb, *jack, *alsa, NULL)
    if wanted == "jack":
        if not jack:
            raise DeviceError(f"no JACK server is running; start one, or choose {_choices(outputs)}")
        return tuple(jack)
    matching = tuple(each for each in outputs if _matches(each.label, wanted))
    if not matching:
        raise DeviceError(f"no audio output matches {wanted!r}; choose {_choices(outputs)}")
    return matching


def _choices(outputs: Sequence[Output]) -> str:
    labels = [repr(each.label) for each in outputs]
    return ", ".join(["auto", "null", *labels])


def _matches(label: str, wanted: str) -> bool:
    if wanted.casefold() in label.casefold():
        return True
    try:
        return re.search(wanted, label, re.IGNORECASE) is not None
    except re.error:
        return False
