"""The configuration: default.yaml, the machine's, the user's, --config and --set, in layers.

A setting is a field of a section's dataclass; its metadata says what is allowed. All problems of all layers
are reported at once, and every value keeps its origin.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import yaml

from instrument import lookup, parse, routes
from instrument.clock_out import ALWAYS, NEVER, PLAYING
from instrument.errors import ConfigError, StateError
from instrument.places import user_socket_path

DEFAULTS = Path(__file__).resolve().parent / "default.yaml"
SYSTEM = Path("/etc/graindrum/config.yaml")
RATES_HZ = (44_100, 48_000, 96_000)


def number(low: float, high: float, *, whole: bool = False) -> Any:  # typed as the field it declares
    """Declare a number from `low` to `high`."""

    def fits(value: object) -> bool:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return False
        return low <= value <= high and (isinstance(value, int) or not whole)

    allowed = f"a {'whole number' if whole else 'number'} from {low:g} to {high:g}"
    return field(metadata={"fits": fits, "allowed": allowed})


def one_of(*choices: object) -> Any:
    """Declare a choice."""

    def fits(value: object) -> bool:
        return not isinstance(value, bool) and value in choices

    return field(metadata={"fits": fits, "allowed": ", ".join(map(str, choices[:-1])) + f" or {choices[-1]}"})


def words(*, may_be_empty: bool = False) -> Any:
    """Declare a text."""

    def fits(value: object) -> bool:
        return isinstance(value, str) and (may_be_empty or value != "") and "\0" not in value

    return field(metadata={"fits": fits, "allowed": "a text" + (", may be empty" if may_be_empty else "")})


def flag() -> Any:
    """Declare true or false."""
    return field(metadata={"fits": lambda value: isinstance(value, bool), "allowed": "true or false"})


def many_words() -> Any:
    """Declare a list of texts."""

    def fits(value: object) -> bool:
        return isinstance(value, list | tuple) and all(isinstance(item, str) and item for item in value)

    return field(metadata={"fits": fits, "allowed": 'a list of texts like ["*"]'})


def route_lines() -> Any:
    """Declare a list of lines, each of which sends tracks out as notes."""

    def fits(value: object) -> bool:
        try:
            return isinstance(value, list | tuple) and len(routes.read(map(str, value))) >= 0
        except StateError:
            return False

    return field(metadata={"fits": fits, "allowed": f"a list of {routes.ALLOWED}"})


@dataclass(frozen=True, slots=True)
class SoundConfig:
    """What plays."""

    bundle: str = words()
    kit: str = words()
    pattern: str = words()
    seed: int = number(0, 2**53 - 1, whole=True)
    level_db: float = number(-60, 12)


@dataclass(frozen=True, slots=True)
class AudioConfig:
    """Where it sounds."""

    device: str = words()
    rate_hz: int = one_of(*RATES_HZ)
    block_frames: int = number(16, 4096, whole=True)


@dataclass(frozen=True, slots=True)
class MidiConfig:
    """What it listens to, and what it says."""

    backend: str = one_of("auto", "alsa", "jack", "none")
    inputs: tuple[str, ...] = many_words()
    clock: str = words()
    clock_out: str = one_of(NEVER, PLAYING, ALWAYS)
    clock_ports: tuple[str, ...] = many_words()
    program: str = one_of("none", "kit", "pattern")
    notes_out: tuple[str, ...] = route_lines()


@dataclass(frozen=True, slots=True)
class SequencerConfig:
    """How it keeps time."""

    look_ahead_ms: float = number(10, 500)
    play: bool = flag()


@dataclass(frozen=True, slots=True)
class ControlConfig:
    """Where its socket and its state lie."""

    socket: str = words(may_be_empty=True)
    state: str = words(may_be_empty=True)


@dataclass(frozen=True, slots=True)
class Config:
    """All settings, checked, and where each came from."""

    sound: SoundConfig
    audio: AudioConfig
    midi: MidiConfig
    sequencer: SequencerConfig
    control: ControlConfig
    origins: Mapping[str, str] = field(default_factory=dict)  # "audio.device": "--set"


SECTIONS: dict[str, type] = {
    spec.name: spec.type for spec in fields(Config) if isinstance(spec.type, type) and spec.name != "origins"
}
SETTINGS = {f"{name}.{spec.name}": spec for name, kind in SECTIONS.items() for spec in fields(kind)}


@dataclass(frozen=True, slots=True)
class _Value:
    """One value and the file, or option, that set it."""

    value: object
    origin: str


def load(file: Path | None = None, assignments: Sequence[str] = ()) -> Config:
    """Return the layered configuration; ConfigError, naming every problem, when anything is wrong.

    `file` is that of --config and must exist; `assignments` are those of --set, "audio.device=jack".
    """
    problems: list[str] = []
    values: dict[str, _Value] = {}
    for path in (DEFAULTS, SYSTEM, user_file(), file):
        if path is not None and (lookup.exists(path) or path is file):
            values |= _from_file(path, problems)
    for assignment in assignments:
        values |= _from_assignment(assignment, problems)
    if problems:
        raise ConfigError("; ".join(problems))
    return _built(values)


def user_file() -> Path:
    """Return where the user's own configuration lies."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder) / "graindrum" / "config.yaml"


def state_folder(config: Config) -> Path:
    """Return the folder of kits, patterns and the journal."""
    if config.control.state:
        return Path(config.control.state)
    if made := os.environ.get("STATE_DIRECTORY"):  # by systemd, for the service
        return Path(made.split(":")[0])
    folder = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(folder) / "graindrum"


def socket_path(config: Config) -> Path:
    """Return where the daemon listens."""
    if config.control.socket:
        return Path(config.control.socket)
    if made := os.environ.get("RUNTIME_DIRECTORY"):  # by systemd, for the service
        return Path(made.split(":")[0]) / "control.sock"
    return user_socket_path()


def lines(config: Config) -> list[str]:
    """Return a line a setting: key, value, origin."""
    shown = {key: getattr(getattr(config, key.split(".")[0]), spec.name) for key, spec in SETTINGS.items()}
    return [f"{key}: {_shown(value)}  # {config.origins[key]}" for key, value in shown.items()]


def _from_file(path: Path, problems: list[str]) -> dict[str, _Value]:
    try:
        data = parse.load_yaml(path)
    except StateError as error:
        problems.append(str(error))
        return {}
    if not isinstance(data, Mapping | None):
        problems.append(f"{path}: expected sections like `audio:`, found {type(data).__name__}")
        return {}
    return _checked(str(path), _flat(str(path), data or {}, problems), problems)


def _from_assignment(assignment: str, problems: list[str]) -> dict[str, _Value]:
    key, equals, text = assignment.partition("=")
    try:
        value = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        value = text
    if not equals:
        problems.append(f"--set {assignment}: expected key=value, like audio.device=jack")
        return {}
    if key in SETTINGS and SETTINGS[key].type is str and not isinstance(value, str):
        value = text  # a device called 12 is a name
    return _checked("--set", {key: value}, problems)


def _flat(where: str, data: Mapping[object, object], problems: list[str]) -> dict[str, object]:
    flat: dict[str, object] = {}
    for section, inner in data.items():
        if section not in SECTIONS:
            problems.append(f"{where}: no section {section!r}; sections are {', '.join(SECTIONS)}")
        elif not isinstance(inner, Mapping | None):
            problems.append(f"{where}: {section} is {inner!r}; expected settings below it")
        else:
            flat |= {f"{section}.{key}": value for key, value in (inner or {}).items()}
    return flat


def _checked(where: str, flat: Mapping[str, object], problems: list[str]) -> dict[str, _Value]:
    good: dict[str, _Value] = {}
    for key, value in flat.items():
        spec = SETTINGS.get(key)
        if spec is None:
            near = [known for known in SETTINGS if known.split(".")[0] == key.split(".")[0]] or list(SETTINGS)
            problems.append(f"{where}: no setting {key!r}; known are {', '.join(near)}")
        elif not spec.metadata["fits"](value):
            problems.append(f"{where}: {key} is {value!r}; allowed is {spec.metadata['allowed']}")
        else:
            good[key] = _Value(value, where if where != str(DEFAULTS) else "default")
    return good


def _built(values: Mapping[str, _Value]) -> Config:
    sections: dict[str, Any] = {}
    for name, kind in SECTIONS.items():
        own = {spec.name: values[f"{name}.{spec.name}"].value for spec in fields(kind)}
        sections[name] = kind(**{key: tuple(v) if isinstance(v, list) else v for key, v in own.items()})
    return Config(**sections, origins={key: value.origin for key, value in values.items()})


def _shown(value: object) -> str:
    """Return a value as YAML reads it back."""
    return value if isinstance(value, str) and value else json.dumps(value)
