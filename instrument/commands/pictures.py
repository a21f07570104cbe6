"""Kits and patterns as a terminal shows them."""

from instrument.kit import Kit, Track
from instrument.sound import NEUTRAL_KNOBS

BARS = "▁▂▃▄▅▆▇█"


def kit_lines(kit: Kit) -> list[str]:
    """Return a kit as a table: a row a track; knobs as bars, those in the middle as dots."""
    bundle = f", for {kit.bundle}" if kit.bundle else ""
    wide = max(len(track.name) for track in kit.tracks)
    head = f"    {'name':<{wide}}  {'class':<12}  {'level':>6}  pan   tune  choke  press  {'knobs':<8}  seed"
    rows = (_row(at, track, wide) for at, track in enumerate(kit.tracks, start=1))
    return [f"{kit.name}: {len(kit.tracks)} tracks{bundle}", "", head, *rows]


def _row(number: int, track: Track, wide: int) -> str:
    sound = track.sound
    drawn = str(sound.seed) if sound.embedding is None else "(its own embedding)"
    marks = "".join(f", {word}" for word, on in (("muted", track.mute), ("locked", track.locked)) if on)
    choke = str(track.choke_group) if track.choke_group else "·"
    return (
        f"{number:>2}  {track.name:<{wide}}  {sound.class_name:<12}  {track.level_db:>+6.1f}  "
        f"{_pan(track.pan):<4}  {_tune(track.tune):>4}  {choke:>5}  {track.press:<5}  "
        f"{_knobs(sound.knobs)}  {drawn}{marks}"
    )


def _pan(pan: float) -> str:
    percent = round(100 * pan)
    return f"{'L' if percent < 0 else 'R'}{abs(percent)}" if percent else "·"


def _tune(semitones: float) -> str:
    return f"{semitones:+g}" if semitones else "·"


def _knobs(knobs: tuple[float, ...]) -> str:
    places = zip(knobs, NEUTRAL_KNOBS, strict=True)
    return "".join("·" if knob == neutral else bar(knob) for knob, neutral in places)


def bar(share: float) -> str:
    """Return a bar as high as a share from 0 to 1."""
    return BARS[min(int(share * len(BARS)), len(BARS) - 1)]
