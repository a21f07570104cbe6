"""Reading the YAML a person may have written: a wrong value is a StateError that says what is allowed."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from instrument import lookup
from instrument.errors import StateError

SCHEMA = 2  # what is written; OLDEST to SCHEMA are read
OLDEST = 1
DEEPEST, MOST_ALIASES = 20, 100  # the C loader has no stack, an error message no room, for more


class Row(list[object]):
    """A list that is written on as few lines as it takes, whatever it holds."""


def read_yaml(path: Path, most_bytes: int = lookup.LARGEST_TEXT_BYTES) -> Mapping[str, object]:
    """Return the mapping a file holds; StateError when it is missing, damaged or of another schema."""
    return checked_schema(str(path), load_yaml(path, most_bytes))


def load_yaml(path: Path, most_bytes: int = lookup.LARGEST_TEXT_BYTES) -> object:
    """Return what a YAML file holds; StateError when it cannot be read as YAML."""
    try:
        text = lookup.read(path, most_bytes).decode()
        _check_depth(path, text)
        return yaml.load(text, Loader=_loader())
    except OSError as error:
        raise StateError(f"{path}: cannot be read ({error.strerror or error})") from None
    except (yaml.YAMLError, ValueError) as error:  # ValueError: no UTF-8, no date, a NUL in the name
        raise StateError(f"{path}: not YAML ({' '.join(str(error).split())[:120]})") from None


def _check_depth(path: Path, text: str) -> None:
    depth = aliases = 0
    for event in yaml.parse(text, Loader=_loader()):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > DEEPEST:
            raise StateError(f"{path}: nested deeper than {DEEPEST} levels")
        if aliases > MOST_ALIASES:
            raise StateError(f"{path}: more than {MOST_ALIASES} aliases")


def checked_schema(where: str, data: object) -> Mapping[str, object]:
    """Return `data` when it is a mapping of a schema this version reads."""
    if not isinstance(data, Mapping):
        raise StateError(f"{where}: expected `key: value` lines, found {type(data).__name__}")
    schema = data.get("schema")
    if isinstance(schema, bool) or schema not in range(OLDEST, SCHEMA + 1):
        raise StateError(f"{where}: schema is {schema!r}; this version reads schema {OLDEST} to {SCHEMA}")
    return data


def write_yaml(data: Mapping[str, object]) -> str:
    """Return the text of a mapping: keys in order, innermost lists on one line."""
    return str(yaml.dump(data, Dumper=_dumper(), sort_keys=False, default_flow_style=None, width=110))


def only(where: str, data: Mapping[str, object], known: Sequence[str]) -> None:
    """Raise StateError when `data` has keys other than `known`."""
    unknown = [str(key) for key in data if key not in known]
    if unknown:
        raise StateError(f"{where}: unknown {', '.join(unknown)}; known are {', '.join(known)}")


def number(where: str, value: object, low: float, high: float) -> float:
    """Return a number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise StateError(f"{where} is {value!r}; expected a number from {low:g} to {high:g}")
    return float(value)


def whole(where: str, value: object, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`."""
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise StateError(f"{where} is {value!r}; expected a whole number from {low} to {high}")
    return value


def text(where: str, value: object) -> str:
    """Return a short printable text."""
    if not isinstance(value, str) or not 1 <= len(value) <= 64 or not value.isprintable():
        raise StateError(f"{where} is {value!r}; expected a text of 1 to 64 characters")
    return value


def numbers(where: str, value: object, low: float, high: float) -> tuple[float, ...]:
    """Return a list of numbers from `low` to `high`."""
    return tuple(number(f"{where}[{at}]", item, low, high) for at, item in enumerate(items(where, value)))


def choice(where: str, value: object, known: Sequence[str]) -> str:
    """Return one of some texts."""
    if value not in known:
        raise StateError(f"{where} is {value!r}; expected {', '.join(known[:-1])} or {known[-1]}")
    return str(value)


def items(where: str, value: object, count: int | None = None) -> Sequence[object]:
    """Return a list, of `count` when given."""
    if not isinstance(value, list) or (count is not None and len(value) != count):
        found = f"{len(value)} of them" if isinstance(value, list) else repr(value)
        raise StateError(f"{where} is {found}; expected a list{f' of {count}' if count is not None else ''}")
    return value


def flag(where: str, value: object) -> bool:
    """Return true or false."""
    if not isinstance(value, bool):
        raise StateError(f"{where} is {value!r}; expected true or false")
    return value


def _loader() -> type:
    """Return the C loader where PyYAML has it: ten times faster."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _dumper() -> type:
    return getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def _one_line(dumper: Any, row: Row) -> yaml.Node:
    node: yaml.Node = dumper.represent_sequence("tag:yaml.org,2002:seq", row, flow_style=True)
    return node


for _each in {_dumper(), yaml.SafeDumper}:
    _each.add_representer(Row, _one_line)  # type: ignore[attr-defined]  # both are dumpers
