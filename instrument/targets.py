"""Everything a control can be bound to: one table of targets with their ranges.

A `#` stands for a number, a `*` for a name; a target without a track's number acts on the selected track.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from instrument.errors import MessageError
from instrument.messages import BANKS, CORNERS, KNOBS, MOST_STEPS, MOST_TRACKS, SLOTS, SONGS

PROGRAMS = 128
VALUE, PRESS, HOLD = "value", "press", "hold"


@dataclass(frozen=True, slots=True)
class Target:
    """What can be moved (`value`), pressed (`press`), or pressed and let go (`hold`)."""

    words: str
    kind: str
    meaning: str
    most: tuple[int, ...] = ()  # the highest number for each #
    low: float = 0.0
    high: float = 1.0
    whole: bool = False  # takes whole numbers only


def _each(words: str, kind: str, meaning: str, low: float = 0.0, high: float = 1.0) -> tuple[Target, Target]:
    """Return the target of any one track, and that of the selected track."""
    numbered = f"track # {words}" if kind == VALUE else f"{words} #"
    return (
        Target(numbered, kind, f"a track: {meaning}", (MOST_TRACKS,), low, high),
        Target(words, kind, f"the selected track: {meaning}", (), low, high),
    )


TARGETS: tuple[Target, ...] = (
    Target("pad #", PRESS, "play a track at the velocity of the press", (MOST_TRACKS,)),
    Target("class *", PRESS, "play the first track of a class, as in `class hihat_open`"),
    Target("track # knob #", VALUE, "a knob of a track", (MOST_TRACKS, KNOBS)),
    Target("knob #", VALUE, "a knob of the selected track", (KNOBS,)),
    *_each("morph", VALUE, "place between sound A and sound B"),
    *_each("level_db", VALUE, "level", -60.0, 12.0),
    *_each("pan", VALUE, "place between left (-1) and right (1)", -1.0, 1.0),
    *_each("tune", VALUE, "tune in semitones", -24.0, 24.0),
    Target("master level_db", VALUE, "level of everything", (), -60.0, 12.0),
    *_each("draw", PRESS, "a new sound, not played"),
    *_each("back", PRESS, "the sound drawn before"),
    *_each("forward", PRESS, "the sound drawn after"),
    *_each("lock", PRESS, "keep the sound or let it be drawn again, in turn"),
    *_each("press", PRESS, "the next press mode (fresh, hold, walk)"),
    *_each("mute", PRESS, "muted or not, in turn"),
    *_each("solo", PRESS, "soloed or not, in turn"),
    Target("mute at bar #", PRESS, "a track: muted or not from the next bar on", (MOST_TRACKS,)),
    Target("solo at bar #", PRESS, "a track: soloed or not from the next bar on", (MOST_TRACKS,)),
    *_each("erase", HOLD, "while held, steps go as they pass"),
    Target("step #", PRESS, "a step of the selected track: on, as hard as the press, or off", (MOST_STEPS,)),
    Target("select #", PRESS, "turn the knobs towards a track", (MOST_TRACKS,)),
    *_each("morph here", PRESS, "its morph leads to the sound that it has now"),
    Target("corner #", PRESS, "keep the kit as it is for a corner of the kit morph: 1 A to 4 D", (CORNERS,)),
    Target("kit morph", VALUE, "place between kit A and kit B"),
    Target("xy x", VALUE, "place between four kits, from left (A, C) to right (B, D)"),
    Target("xy y", VALUE, "place between four kits, from below (A, B) to above (C, D)"),
    Target("hat pedal", VALUE, "open (0) to closed (1) hi-hat; closing it chokes the open hat"),
    Target("roll rate", VALUE, "repeats a beat of a pad held with force; 0 none", (), 0.0, 12.0, whole=True),
    Target("play", PRESS, "play or stop, in turn"),
    Target("start", PRESS, "play from the first step"),
    Target("continue", PRESS, "play from where it was stopped"),
    Target("stop", PRESS, "stop"),
    Target("panic", PRESS, "stop, and fade everything that sounds"),
    Target("tempo", VALUE, "tempo in beats a minute", (), 20.0, 300.0),
    Target("tap", PRESS, "tap the tempo"),
    Target("swing", VALUE, "swing of the pattern", (), 0.5, 0.75),
    Target("fill", HOLD, "fill while held"),
    Target("fill latch", PRESS, "fill until pressed again"),
    Target("record", PRESS, "write what is played into the pattern, or no longer"),
    Target("overdub", PRESS, "what is written comes beside what is there, or in its place, in turn"),
    Target("quantise", VALUE, "how far what is written moves towards its step"),
    Target("recording", PRESS, "record what is heard to a file, or end that"),
    Target("metronome", PRESS, "metronome on or off, in turn"),
    Target("undo", PRESS, "take the last edit back"),
    Target("redo", PRESS, "make the edit taken back again"),
    Target("pattern #", PRESS, "a pattern of the bank, at the bar", (SLOTS,)),
    Target("pattern", VALUE, "a pattern of any bank, at the bar", (), 1, PROGRAMS, whole=True),
    Target("bank #", PRESS, "a bank of patterns", (BANKS,)),
    Target("chain", PRESS, "play the chain, or stay with the pattern that plays"),
    Target("song #", PRESS, "play a song", (SONGS,)),
    Target("kit", VALUE, "a kit by its number, at the bar", (), 1, PROGRAMS, whole=True),
    Target("learn", HOLD, "held for a second: learn pads and knobs in order; pressed while learning: end it"),
)


@dataclass(frozen=True, slots=True)
class Aim:
    """A target with its numbers or name filled in."""

    target: Target
    numbers: tuple[int, ...] = ()  # from 1
    name: str = ""

    @property
    def on_track(self) -> bool:
        """Whether the first number is that of a track."""
        return self.target.most[:1] == (MOST_TRACKS,)

    @property
    def kind(self) -> str:
        return self.target.kind

    @property
    def low(self) -> float:
        return self.target.low

    @property
    def high(self) -> float:
        return self.target.high

    @property
    def whole(self) -> bool:
        return self.target.whole


def of_track(words: str, track: int) -> str:
    """Return the target that the words mean for the selected track, given its number."""
    numbered = f"{words} #"
    return f"{words} {track}" if any(each.words == numbered for each in TARGETS) else words


_SHAPES = tuple(
    (re.compile(re.escape(each.words).replace(r"\#", r"(\d{1,3})").replace(r"\*", r"(\w{1,40})")), each)
    for each in TARGETS
)


@lru_cache(512)
def aim(words: str) -> Aim:
    """Return what `track 4 level_db` or `class kick` means; MessageError when it means nothing."""
    for shape, target in _SHAPES:
        if (found := shape.fullmatch(words)) is None:
            continue
        if "*" in target.words:
            return Aim(target, name=found[1])
        numbers = tuple(int(part) for part in found.groups())
        for number, most in zip(numbers, target.most, strict=True):
            if not 1 <= number <= most:
                raise MessageError(f"{target.words!r} is numbered 1 to {most}, not {number}")
        return Aim(target, numbers)
    raise MessageError(f"no target {words!r}; known are {', '.join(each.words for each in TARGETS)}")
