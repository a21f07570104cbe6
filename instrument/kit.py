"""A kit: for each of 8 or 10 tracks a sound, its level, place, tune, choke group, and what a press does."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from instrument import parse, sound
from instrument.bundle import Bundle
from instrument.errors import BundleError, StateError
from instrument.messages import MOST_TRACKS, PRESSES, TRACKS
from instrument.seeds import mixed
from instrument.sound import Place, Sound

COUNTS = (TRACKS, MOST_TRACKS)  # tracks of a kit
HATS = 1  # choke group: an open hi-hat ends when the closed one is hit
MOST_GROUPS = 8
LOWEST_DB, HIGHEST_DB = -60.0, 12.0
MOST_TUNE = 24.0  # semitones, up or down
_KEYS = ("schema", "name", "tracks")
_TRACK_KEYS = ("name", "class", "seed", "embedding", "knobs", "pitch", "level_db", "pan", "mute", "choke")
_LATER_KEYS = ("tune", "press", "locked", "towards")
_LAYOUT = {  # class: level in dB, pan, choke group, for a kit made from a bundle
    "kick": (0.0, 0.0, 0),
    "snare": (-1.0, 0.0, 0),
    "clap": (-4.0, 0.1, 0),
    "hihat_closed": (-7.0, 0.2, HATS),
    "hihat_open": (-8.0, 0.2, HATS),
    "tom": (-3.0, -0.25, 0),
    "crash": (-8.0, -0.3, 0),
    "ride": (-9.0, 0.35, 0),
    "bass": (-2.0, 0.0, 0),
    "break": (-3.0, 0.0, 0),
    "cymbal": (-8.0, -0.3, 0),
    "fx": (-6.0, 0.3, 0),
    "hat": (-7.0, 0.2, 0),
    "lead": (-7.0, -0.15, 0),
    "pad": (-7.0, 0.15, 0),
    "perc": (-4.0, -0.35, 0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """One row of the instrument."""

    name: str
    sound: Sound
    level_db: float = 0.0
    pan: float = 0.0  # -1 left, 1 right
    mute: bool = False
    choke_group: int = 0  # 0: none
    tune: float = 0.0  # semitones
    press: str = PRESSES[0]  # what a pad press does to the sound
    locked: bool = False  # nothing draws it anew


@dataclass(frozen=True, slots=True)
class Kit:
    """An immutable kit."""

    name: str
    tracks: tuple[Track, ...]  # 8 or 10
    bundle: str | None = None  # name of the bundle it was made for

    def with_track(self, index: int, track: Track) -> "Kit":
        return replace(self, tracks=(*self.tracks[:index], track, *self.tracks[index + 1 :]))


def drawn(bundle: Bundle, seed: int) -> Kit:
    """Return a kit of the bundle's own track order, sounds drawn from `seed`; ten tracks for ten classes."""
    first = bundle.header.tracks
    order = [*first, *(index for index in range(len(bundle.classes)) if index not in first)]
    count = MOST_TRACKS if len(bundle.classes) >= MOST_TRACKS else TRACKS
    names = [bundle.classes[order[at % len(order)]] for at in range(count)]
    laid_out = tuple(_laid_out(name, track_seed(seed, at)) for at, name in enumerate(names))
    return Kit("drawn", laid_out, bundle.name)


def track_seed(seed: int, track: int) -> int:
    """Return the seed of the first sound of a track whose kit names none."""
    return mixed(seed, track) % sound.DRAWN_SEEDS


def _laid_out(class_name: str, seed: int) -> Track:
    level_db, pan, group = _LAYOUT.get(class_name, (-3.0, 0.0, 0))
    made = Sound(class_name=class_name, seed=seed)
    return Track(name=class_name, sound=made, level_db=level_db, pan=pan, choke_group=group)


def has_classes(kit: Kit, bundle: Bundle) -> bool:
    """Return whether a bundle has every class of a kit."""
    return all(track.sound.class_name in bundle.classes for track in kit.tracks)


def fits(kit: Kit, bundle: Bundle) -> None:
    """Raise StateError unless the bundle has the kit's classes, embeddings of that size, and its pitches."""
    for at, track in enumerate(kit.tracks, start=1):
        if track.sound.class_name not in bundle.classes:
            known = ", ".join(bundle.classes)
            other = f"; it is for bundle {kit.bundle}" if kit.bundle not in (None, bundle.name) else ""
            raise StateError(
                f"kit {kit.name}: track {at} is of class {track.sound.class_name!r}, not among {known}{other}"
            )
        for given in (track.sound.place, track.sound.towards):
            _check_size(f"kit {kit.name}: track {at}", given, bundle.header.embedding)
        _check_pitch(f"kit {kit.name}: track {at}", track.sound, bundle)


def _check_size(where: str, given: Place | None, size: int) -> None:
    if given is not None and given.embedding is not None and len(given.embedding) != size:
        raise StateError(f"{where} embedding has {len(given.embedding)} values; expected {size}")


def _check_pitch(where: str, given: Sound, bundle: Bundle) -> None:
    if given.pitch is None:
        return
    try:
        bundle.check_pitch(bundle.class_index(given.class_name), given.pitch)
    except BundleError as error:
        raise StateError(f"{where}: {error}") from None


def to_data(kit: Kit) -> dict[str, object]:
    """Return what a YAML file of the kit holds."""
    data: dict[str, object] = {"schema": parse.SCHEMA, "name": kit.name}
    data |= {} if kit.bundle is None else {"bundle": kit.bundle}
    return data | {"tracks": [_track_data(track) for track in kit.tracks]}


def _track_data(track: Track) -> dict[str, object]:
    data: dict[str, object] = {"name": track.name, **sound.to_data(track.sound)}
    data |= {"level_db": track.level_db, "pan": track.pan}
    unusual = {
        "mute": (track.mute, False),
        "choke": (track.choke_group, 0),
        "tune": (track.tune, 0.0),
        "press": (track.press, PRESSES[0]),
        "locked": (track.locked, False),
    }
    return data | {key: value for key, (value, usual) in unusual.items() if value != usual}


def from_data(where: str, data: Mapping[str, object], seed: int) -> Kit:
    """Check what a YAML file holds and build the kit; sounds without a seed are drawn from `seed`.

    Schema 1 has eight tracks, and neither tune, press nor bundle.
    """
    oldest = parse.checked_schema(where, data)["schema"] == parse.OLDEST
    parse.only(where, data, _KEYS if oldest else (*_KEYS, "bundle"))
    keys = _TRACK_KEYS if oldest else (*_TRACK_KEYS, *_LATER_KEYS)
    rows = parse.items(f"{where}: tracks", data.get("tracks"), TRACKS if oldest else None)
    if len(rows) not in COUNTS:
        raise StateError(f"{where}: tracks is {len(rows)} of them; expected a list of 8 or 10")
    checked = [_row(f"{where}: track {at}", row, keys) for at, row in enumerate(rows, start=1)]
    made = (_track(f"{where}: track {at + 1}", row, track_seed(seed, at)) for at, row in enumerate(checked))
    bundle = data.get("bundle")
    return Kit(
        name=parse.text(f"{where}: name", data.get("name")),
        tracks=tuple(made),
        bundle=None if bundle is None else parse.text(f"{where}: bundle", bundle),
    )


def _row(where: str, row: object, keys: tuple[str, ...]) -> Mapping[str, object]:
    if not isinstance(row, Mapping):
        raise StateError(f"{where} is {row!r}; expected at least `class: kick`")
    parse.only(where, row, keys)
    return row


def _track(where: str, row: Mapping[str, object], seed: int) -> Track:
    made = sound.from_data(where, row, seed)
    return Track(
        name=parse.text(f"{where} name", row.get("name", made.class_name)),
        sound=made,
        level_db=parse.number(f"{where} level_db", row.get("level_db", 0.0), LOWEST_DB, HIGHEST_DB),
        pan=parse.number(f"{where} pan", row.get("pan", 0.0), -1.0, 1.0),
        mute=parse.flag(f"{where} mute", row.get("mute", False)),
        choke_group=parse.whole(f"{where} choke", row.get("choke", 0), 0, MOST_GROUPS),
        tune=parse.number(f"{where} tune", row.get("tune", 0.0), -MOST_TUNE, MOST_TUNE),
        press=parse.choice(f"{where} press", row.get("press", PRESSES[0]), PRESSES),
        locked=parse.flag(f"{where} locked", row.get("locked", False)),
    )
