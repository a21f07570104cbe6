"""Maps of controllers as YAML files, checked.

Those that came with the instrument lie in `hardware/controllers`, a player's own in the folder `controllers`
beside the kits; an own map of the same file name takes the place of ours. `hardware/README.md` has the form.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from instrument import curves, led_file, lookup, mapping, numbering, parse
from instrument.controllers import EVIDENCE, ROLES, Controller, Fact, Row
from instrument.errors import StateError
from instrument.leds import Lights
from instrument.mapping import Binding

FOLDER, SUFFIX = "controllers", ".yaml"
SCHEMA = 1
LONGEST_TEXT, LONGEST_GAP_MS = 2_000, 100.0
_KEYS = (
    "schema", "name", "about", "source", "evidence", "ports", "exclude", "role", "velocity", "bindings",
    "leds", "gap_ms", "on_connect", "on_exit",
)  # fmt: skip
_FACT_KEYS = ("source", "evidence")


def folders(own: Path | None = None) -> list[Path]:
    """Return where maps lie, a player's own last: in the installed package, or in a checkout."""
    package = Path(__file__).resolve().parent
    ours = (package / "controller_maps", package.parent / "hardware" / "controllers")
    return [next((folder for folder in ours if folder.is_dir()), ours[0]), *([own / FOLDER] if own else [])]


def load_all(own: Path | None = None) -> tuple[tuple[Controller, ...], tuple[str, ...]]:
    """Return all maps, and a warning for each file that cannot be used."""
    found: dict[str, Controller] = {}
    warnings: list[str] = []
    for at, folder in enumerate(folders(own)):
        for stem in sorted(lookup.stems(folder, SUFFIX)):
            made = _load_or_warn(folder / f"{stem}{SUFFIX}", warnings, own=at > 0)
            found |= {stem: made} if made is not None else {}
    return tuple(found.values()), tuple(warnings)


def _load_or_warn(path: Path, warnings: list[str], *, own: bool) -> Controller | None:
    try:
        return load(path, own=own)
    except StateError as error:
        warnings.append(str(error))
        return None


def load(path: Path, *, own: bool = True) -> Controller:
    """Return the map that a file holds; StateError, with file, key, value and what is allowed, when wrong."""
    where, data = str(path), _mapping(path)
    parse.only(where, data, _KEYS)
    fact = _fact(where, data, Fact("", "own") if own else None)
    roles = _names(f"{where}: role", data.get("role", []))
    return Controller(
        id=path.stem,
        name=parse.text(f"{where}: name", data.get("name")),
        about=_prose(f"{where}: about", data.get("about", "")),
        fact=fact,
        ports=_names(f"{where}: ports", data.get("ports")),
        exclude=_names(f"{where}: exclude", data.get("exclude", [])),
        roles=frozenset(_chosen(f"{where}: role", each, ROLES) for each in roles),
        velocity=_chosen(f"{where}: velocity", data.get("velocity", curves.DEFAULT), tuple(curves.CURVES)),
        rows=_rows(f"{where}: bindings", data.get("bindings", []), fact),
        lights=_lights(where, data),
        lamp_facts=_lamp_facts(f"{where}: leds", data.get("leds", []), fact),
        own=own,
    )


def _mapping(path: Path) -> Mapping[str, object]:
    data = parse.load_yaml(path)
    if not isinstance(data, Mapping):
        raise StateError(f"{path}: expected `key: value` lines, found {type(data).__name__}")
    if data.get("schema") != SCHEMA:
        raise StateError(f"{path}: schema is {data.get('schema')!r}; this version reads schema {SCHEMA}")
    return data


def _lights(where: str, data: Mapping[str, object]) -> Lights:
    return Lights(
        rows=led_file.rows(f"{where}: leds", data.get("leds", [])),
        on_connect=led_file.messages(f"{where}: on_connect", data.get("on_connect", [])),
        on_exit=led_file.messages(f"{where}: on_exit", data.get("on_exit", [])),
        gap_ms=parse.number(f"{where}: gap_ms", data.get("gap_ms", 0), 0, LONGEST_GAP_MS),
    )


def _lamp_facts(where: str, data: object, fact: Fact) -> tuple[Fact, ...]:
    rows = enumerate(parse.items(where, data), start=1)
    return tuple(_fact(f"{where}: row {at}", row, fact) for at, row in rows if isinstance(row, Mapping))


def _rows(where: str, data: object, fact: Fact) -> tuple[Row, ...]:
    listed = parse.items(where, data)
    rows = tuple(_row(f"{where}: row {at}", row, fact) for at, row in enumerate(listed, start=1))
    seen: set[object] = set()
    for binding in (each for row in rows for each in row.bindings):
        if binding.control in seen:
            raise StateError(f"{where}: {binding.control} is bound twice; expected each control once")
        seen.add(binding.control)
    return rows


def _row(where: str, row: object, fact: Fact) -> Row:
    if not isinstance(row, Mapping):
        raise StateError(f"{where} is {row!r}; expected {{control: note 36-43 ch 10, target: pad 1-8}}")
    shape = {key: value for key, value in row.items() if key not in _FACT_KEYS}
    control = parse.text(f"{where} control", row.get("control"))
    target = parse.text(f"{where} target", row.get("target"))
    return Row(
        words=f"{control} → {target}",
        bindings=_bindings(where, shape, numbering.expanded(f"{where} control", control), target),
        fact=_fact(where, row, fact),
    )


def _bindings(
    where: str, shape: Mapping[str, object], controls: Sequence[str], target: str
) -> tuple[Binding, ...]:
    """Return a binding for each control: all to one target, or each to its own."""
    targets = numbering.expanded(f"{where} target", target)
    if len(targets) == 1:
        targets *= len(controls)
    if len(targets) != len(controls):
        raise StateError(
            f"{where}: {len(controls)} controls and {len(targets)} targets; expected as many, or one target"
        )
    pairs = zip(controls, targets, strict=True)
    return mapping.from_data(where, [{**shape, "control": control, "target": to} for control, to in pairs])


def _fact(where: str, data: Mapping[str, object], usual: Fact | None) -> Fact:
    """Return where values come from: what `data` says of it, for the rest as usual."""
    source = data.get("source", usual.source if usual else None)
    evidence = data.get("evidence", usual.evidence if usual else None)
    return Fact(_prose(f"{where}: source", source), _chosen(f"{where}: evidence", evidence, tuple(EVIDENCE)))


def _prose(where: str, value: object) -> str:
    """Return a text of some lines as one line."""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise StateError(f"{where} is {value!r}; expected a text of at most {LONGEST_TEXT} characters")
    return " ".join(value.split())


def _names(where: str, value: object) -> tuple[str, ...]:
    return tuple(parse.text(f"{where}[{at}]", item) for at, item in enumerate(parse.items(where, value)))


def _chosen(where: str, value: object, choices: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise StateError(f"{where} is {value!r}; expected one of {', '.join(choices)}")
    return value
