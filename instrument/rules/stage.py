"""What is done to a performance while it runs, and forgotten when the machine is switched off."""

from dataclasses import dataclass

from instrument.kit import Kit
from instrument.messages import MOST_TRACKS

Flags = tuple[bool, ...]  # (MOST_TRACKS,)
NONE: Flags = (False,) * MOST_TRACKS


@dataclass(frozen=True, slots=True)
class Due:
    """A track that is to be muted or to sound, or a kit that is to be played, from a place on."""

    place: float
    track: int = -1  # index
    mute: bool | None = None  # None: as it is
    solo: bool | None = None
    kit: Kit | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Immutable, as all of the state."""

    solos: Flags = NONE  # while there are any, the other tracks are silent
    due: tuple[Due, ...] = ()  # at bars to come
    fill_held: bool = False
    fill_latched: bool = False
    writing: bool = False  # what is played by hand goes into the pattern
    overdub: bool = True  # beside what is there, not in its place
    quantise: float = 1.0  # how far what is written moves towards its step, 0 to 1
    written: Flags = NONE  # tracks that this take has written into
    erasing: Flags = NONE  # tracks whose steps go as they pass
    metronome: bool = False
    count_in: int = 0  # bars before playing begins
    taps: tuple[int, ...] = ()  # frames of the tempo's last taps

    @property
    def fill(self) -> bool:
        return self.fill_held or self.fill_latched


REST = Stage()


def with_flag(flags: Flags, index: int, value: bool) -> Flags:
    """Return `flags` with one of them changed."""
    return (*flags[:index], value, *flags[index + 1 :])
