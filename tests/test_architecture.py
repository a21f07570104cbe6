"""The shape of the code, as tables checked against the code itself.

LAYERS says which part may import which, OUTSIDE which part may touch which library. Imports are read from
the syntax tree, so one inside a function or behind TYPE_CHECKING counts as well.
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# layer: (its modules, or packages with all their modules; the layers it may import besides itself)
LAYERS = {
    "errors": ("errors", ""),
    "leaves": (
        "bands units messages snapshot outputs seeds events parse lookup places midi_map "
        "mapping targets takeover curves port_names numbering routes pace clock_in clock_out notes_out "
        "moments following",
        "errors",
    ),
    "maps": ("controllers controller_file leds led_file", "errors leaves"),
    "arrays": ("wav wav_stream midi_file analysis encoder header bundle", "errors leaves"),
    "music": ("pattern program kit sound space library shelf", "errors leaves arrays"),
    "settings": ("config storage", "errors leaves music"),
    "state": (
        "instrument rules prospect player sequencer timeline ledger rolls performance",
        "errors leaves maps arrays music settings",
    ),
    "engine": ("engine", "errors leaves arrays"),
    "drivers": ("drivers", "errors leaves"),
    "client": ("client", "errors leaves"),
    "tui": ("tui", "errors leaves client"),
    "offline": (
        "resynth bench heaviest render sampling recording exports scores",
        "errors leaves arrays music state engine",
    ),
    "daemon": (
        "daemon inbox console conductor supervisor rounds takes revival view lane_view face "
        "lamplighter scene clockwork",
        "errors leaves maps arrays music settings state engine drivers",
    ),
    "commands": (
        "commands cli",
        "errors leaves maps arrays music settings state engine drivers client tui offline daemon",
    ),
}
# library: the modules of `instrument` that may import it; what is not named here is open to all
OUTSIDE = {
    "torch": "",
    "tqdm": "",
    "models": "",
    "matplotlib": "",
    "jack": "",
    "sounddevice": "drivers.audio engine.host",
    "mido": "drivers.midi midi_file",
    "rtmidi": "drivers.midi drivers.alsa",
    "sdnotify": "drivers.systemd",
    "cffi": "engine.build",
    "soundfile": "wav",
    "soxr": "wav",
    "safetensors": "bundle",
    "textual": "tui",
    "rich": "tui",
}
FORBIDDEN = re.compile(r"get|handler?|process|processor|manager|utils?|helpers?|base")
LONGEST_MODULE, LONGEST_FUNCTION, MOST_PARAMETERS = 300, 40, 5

Function = ast.FunctionDef | ast.AsyncFunctionDef


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def dotted(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


PRODUCT = {dotted(path): path for path in files("instrument", "models")}
INSTRUMENT = sorted(name for name in PRODUCT if name.startswith("instrument."))
EVERY_MODULE = {**PRODUCT, **{dotted(path): path for path in files("tests")}}


@cache
def tree(name: str) -> ast.Module:
    return ast.parse(EVERY_MODULE[name].read_text(encoding="utf-8"))


def imports(name: str) -> set[str]:
    """Return the dotted names a module imports; `from package import module` counts as the module."""
    found: set[str] = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} uses a relative import"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            found.update(full if full in PRODUCT else str(node.module) for full in whole)
    return found


def layer_of(name: str) -> list[str]:
    unit = name.split(".")[1]
    return [layer for layer, (members, _) in LAYERS.items() if unit in members.split()]


@pytest.mark.parametrize("name", INSTRUMENT)
def test_every_module_belongs_to_one_layer(name: str) -> None:
    assert len(layer_of(name)) == 1, f"name {name} in one row of LAYERS"


@pytest.mark.parametrize("name", INSTRUMENT)
def test_a_module_imports_only_the_layers_its_own_may_import(name: str) -> None:
    (own,) = layer_of(name)
    allowed = {own, *LAYERS[own][1].split()}
    ours = sorted(target for target in imports(name) if target.startswith("instrument."))
    wrong = [target for target in ours if not set(layer_of(target)) <= allowed]
    assert not wrong, f"layer {own!r} may not import {wrong}"


def test_layers_form_no_circle() -> None:
    below = {layer: allowed.split() for layer, (_, allowed) in LAYERS.items()}
    order = list(LAYERS)
    assert all(order.index(lower) < order.index(layer) for layer in below for lower in below[layer])


@pytest.mark.parametrize("name", ["instrument", *INSTRUMENT])
def test_libraries_are_touched_only_where_the_table_says(name: str) -> None:
    short = name.removeprefix("instrument.")
    for target in imports(name):
        library = target.split(".")[0]
        places = OUTSIDE[library].split() if library in OUTSIDE else [short]
        assert any(short == place or short.startswith(f"{place}.") for place in places), (
            f"{name} imports {target}, open to: {places or 'nobody'}"
        )


@pytest.mark.parametrize("name", sorted(EVERY_MODULE))
def test_a_module_fits_in_the_head(name: str) -> None:
    length = len(EVERY_MODULE[name].read_text(encoding="utf-8").splitlines())
    assert length <= LONGEST_MODULE, f"{length} lines"


def body_lines(function: Function) -> int:
    """Return how many lines a function has, its docstring apart."""
    first = function.body[0]
    has_docstring = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    documentation = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - documentation


def parameters(function: Function) -> list[str]:
    named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return [argument.arg for argument in named if argument.arg not in ("self", "cls")]


@pytest.mark.parametrize("name", sorted(PRODUCT))
def test_functions_are_short_and_take_few_parameters(name: str) -> None:
    functions = [node for node in ast.walk(tree(name)) if isinstance(node, Function)]
    long = [(f.name, body_lines(f)) for f in functions if body_lines(f) > LONGEST_FUNCTION]
    assert not long, f"longer than {LONGEST_FUNCTION} lines: {long}"
    wide = [(f.name, parameters(f)) for f in functions if len(parameters(f)) > MOST_PARAMETERS]
    assert not wide, f"more than {MOST_PARAMETERS} parameters: {wide}"


def words(identifier: str) -> set[str]:
    """Return the words of a snake_case or CamelCase name, in lower case."""
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)}


@pytest.mark.parametrize("name", sorted(PRODUCT))
def test_names_say_what_a_thing_is(name: str) -> None:
    defined = Function | ast.ClassDef
    names = [node.name for node in ast.walk(tree(name)) if isinstance(node, defined)]
    vague = [each for each in [*name.split("."), *names] if any(map(FORBIDDEN.fullmatch, words(each)))]
    assert not vague, f"say what these do or are: {vague}"


def test_the_wheel_holds_every_package() -> None:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    packages = {dotted(path.parent / "__init__.py") for path in files("instrument")}
    missing = sorted(package for package in packages if f'"{package}"' not in declared)
    assert not missing, f"name them in pyproject.toml under [tool.setuptools] packages: {missing}"


def test_the_wheel_holds_every_file_that_is_not_python() -> None:
    declared = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    section = declared.split("[tool.setuptools.package-data]")[1].split("\n[")[0]
    elsewhere = {"instrument.bundles": "models/bundles", "instrument.controller_maps": "hardware/controllers"}
    packed: set[Path] = set()
    for package, patterns in re.findall(r'^"(.+)" = (\[.+\])$', section, re.MULTILINE):
        folder = ROOT / elsewhere.get(package, package.replace(".", "/"))
        packed.update(path for pattern in ast.literal_eval(patterns) for path in folder.glob(pattern))
    made = {".py", ".pyc", ".so", ".o"}
    data = {path for path in (ROOT / "instrument").rglob("*") if path.is_file() and path.suffix not in made}
    shipped = {".safetensors", ".yaml"}
    data.update(path for at in elsewhere.values() for path in (ROOT / at).iterdir() if path.suffix in shipped)
    missing = sorted(str(path.relative_to(ROOT)) for path in data - packed)
    assert not missing, f"name them in pyproject.toml under [tool.setuptools.package-data]: {missing}"


def text_files() -> list[Path]:
    kinds = {".py", ".c", ".h", ".md", ".sh", ".toml", ".yaml", ".service", ".conf", ".tcss", ".svg", ""}
    folders = ["instrument", "models", "tests", "systemd", "hardware", ".ci"]
    paths = [*ROOT.iterdir(), *(path for folder in folders for path in (ROOT / folder).rglob("*"))]
    return [path for path in paths if path.suffix in kinds and path.is_file() and path.name != ".git"]


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    private = re.compile(
        "|".join(["/wor" + "k/", "/roo" + "t/", "/hom" + "e/", "/tm" + "p/w/", r"\.\./share" + "d"])
    )
    found = [
        str(path.relative_to(ROOT))
        for path in text_files()
        if private.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert not found, f"private paths in {found}"
