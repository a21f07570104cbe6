"""Program changes: nothing, a pattern or a kit, as it is configured; at the bar while a pattern plays."""

from pathlib import Path

import pytest

from instrument import bundle, library
from instrument.bundle import Bundle
from instrument.mapping import Table, bound, control_of
from instrument.messages import Play, ProgramChange
from instrument.performance import Performance

BAR = 110_769  # frames, at 104 bpm


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def performance(tiny: Bundle, program: str, maps: dict[str, Table] | None = None) -> Performance:
    kits = {name: library.load_kit(name, tiny, 1) for name in ("plain", "tin")}
    made = Performance(tiny, kits["plain"], library.load_pattern("steady"), 1, 48_000.0)
    made.plug(maps or {}, kits, program)
    return made


def test_a_program_change_does_nothing_unless_it_is_configured(tiny: Bundle) -> None:
    made = performance(tiny, "")
    made.apply(ProgramChange(1, 1), 0)
    assert (made.state.kit.name, made.state.program.address) == ("plain", (0, 0))
    assert made.state.last_midi != ""


def test_a_program_is_a_pattern_of_all_banks(tiny: Bundle) -> None:
    made = performance(tiny, "pattern")
    made.apply(ProgramChange(1, 17), 0)
    assert made.state.program.address == (1, 1)


def test_a_program_is_a_kit_and_comes_at_the_bar(tiny: Bundle) -> None:
    made = performance(tiny, "kit")
    made.apply(Play(), 0)
    made.advance(24_000)
    made.apply(ProgramChange(5, 1), 24_000)

    made.settle(BAR - 100)
    assert made.state.kit.name == "plain"
    made.settle(BAR + 100)
    assert made.state.kit.name == "tin"


def test_what_a_controllers_own_map_says_comes_first(tiny: Bundle) -> None:
    table = Table([bound(control_of("program ch 1"), "play")])
    made = performance(tiny, "kit", {"pads": table})
    made.apply(ProgramChange(1, 1, "pads"), 0)
    assert made.state.playing
    assert made.state.kit.name == "plain"
