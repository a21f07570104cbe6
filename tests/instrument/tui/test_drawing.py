"""Steps, meters and colours as they are drawn, without a terminal."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem

from instrument.messages import TRACKS
from instrument.tui.cursor import Cursor
from instrument.tui.expected import PATIENCE_S, Expected
from instrument.tui.foot import keys
from instrument.tui.geometry import METERS_WIDTH, NAMES_WIDTH, STEPS, Geometry, fit
from instrument.tui.grid import Beat, GridView, RowView, marks
from instrument.tui.header import machine, transport
from instrument.tui.knobs import knobs
from instrument.tui.meters import BAR_WIDTH, meter_view
from instrument.tui.palette import PAD, lit, shade
from instrument.tui.views import knobs_view, tracks, velocity
from instrument.tui.words import bar, cut
from tests.instrument.tui.made import PATTERN, playing

CONSOLE_GLYPHS = set(" ▌▐▀")  # in the fonts of the Linux console


def drawn(view: GridView, geometry: Geometry, first: int = 0) -> Beat:
    beat = Beat(first)
    beat.view, beat.geometry = view, geometry
    return beat


def lit_half_lines(beat: Beat, track: int, step: int, unlit: set[str]) -> int:
    halves = range(2 * beat.geometry.row_lines)
    return sum(beat.colour(track, step, half) not in unlit for half in halves) - 1  # the gap below


@given(width=st.integers(80, 300), height=st.integers(24, 120))
def test_the_machine_fits_any_terminal_from_80_by_24(width: int, height: int) -> None:
    geometry = fit(width, height)

    assert NAMES_WIDTH + geometry.grid_width + METERS_WIDTH <= width
    assert geometry.grid_lines + 8 <= height
    assert geometry.pad_width >= 2
    assert geometry.row_lines >= 2


@pytest.mark.parametrize("geometry", [Geometry(), Geometry(4, 3), Geometry(6, 1)])
def test_four_beats_make_the_grid(geometry: Geometry) -> None:
    view = GridView(rows=tuple(map(RowView, PATTERN)), running=(5,) * TRACKS, cursor=(3, 4))
    beats = [drawn(view, geometry, first) for first in range(0, STEPS, 4)]

    lines = [[beat.render_line(y) for beat in beats] for y in range(geometry.grid_lines)]

    assert {sum(strip.cell_length for strip in line) for line in lines} == {geometry.grid_width}
    text = "".join(strip.text for line in lines for strip in line)
    assert set(text) <= CONSOLE_GLYPHS
    assert text.count("▐") == text.count("▌") == geometry.row_lines  # the cursor, once


def test_the_louder_a_step_the_higher_it_is_lit() -> None:
    row = (0, 1, 42, 43, 84, 85, 127) + (0,) * 9
    grid = drawn(GridView(rows=(RowView(row),) * TRACKS, cursor=(7, 15)), Geometry())

    heights = [lit_half_lines(grid, 0, step, {shade(0, 0), PAD}) for step in range(1, 7)]

    assert heights == [1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
@pytest.mark.parametrize("track", range(TRACKS))
def test_shades_of_velocity_differ_in_256_colours(track: int, system: ColorSystem) -> None:
    colours = [PAD, *(shade(track, index) for index in range(4)), lit(track)]

    shown = {Color.parse(colour).downgrade(system) for colour in colours}

    assert len(shown) == len(colours)


def test_tracks_differ_in_256_colours() -> None:
    loudest = [Color.parse(shade(track, 3)) for track in range(TRACKS)]

    assert len({colour.downgrade(ColorSystem.EIGHT_BIT) for colour in loudest}) == TRACKS


@pytest.mark.parametrize(
    ("rms", "bar_halves"),
    [(0.0, 0), (0.004, 0), (0.0631, BAR_WIDTH), (1.0, 2 * BAR_WIDTH), (4.0, 2 * BAR_WIDTH)],
)
def test_a_meter_goes_from_minus_48_to_0_db(rms: float, bar_halves: int) -> None:
    assert meter_view(peak=rms, rms=rms, level_db=0.0, muted=False).bar == pytest.approx(bar_halves, abs=1)


@given(share=st.floats(-1.0, 2.0), width=st.integers(1, 40))
def test_a_bar_keeps_its_width(share: float, width: int) -> None:
    assert len("".join(bar(share, width))) == width


@given(text=st.text(max_size=30), width=st.integers(1, 30))
def test_cut_text_fits(text: str, width: int) -> None:
    assert len(cut(text, width)) <= width


@given(width=st.integers(50, 200), swing=st.sampled_from([0.5, 0.56]), xruns=st.integers(0, 99_999))
def test_lines_keep_their_parts_apart_from_50_columns_on(width: int, swing: float, xruns: int) -> None:
    seen = playing(swing=swing, xruns=xruns)
    view = knobs_view(seen, Cursor())
    assert view is not None

    for line in (
        transport(seen, width),
        machine(seen, width),
        *knobs(view, width).split(),
        keys(3, 1, width),
    ):
        assert line.cell_len <= width
    for word in ("A1", "swing", "GRAINDRUM"):
        before, found, _ = transport(seen, width).plain.partition(word)
        assert not found or before.endswith("  ")
    before, found, _ = machine(seen, width).plain.partition("audio")
    assert not found or before.endswith("  ")


def test_what_was_asked_for_counts_until_its_answer_is_overdue() -> None:
    now = 0.0
    expected: Expected[str] = Expected(clock=lambda: now)

    assert expected.value("tempo", 120.0) == 120.0
    expected.ask("tempo", 121.0)
    assert expected.value("tempo", 120.0) == 121.0
    now = PATIENCE_S
    assert expected.value("tempo", 120.0) == 120.0


def test_a_snapshot_that_lacks_tracks_and_steps_reads_as_empty() -> None:
    short = playing(tracks=playing().tracks[:3], pattern=((5,) * STEPS,))

    assert len(tracks(short)) == 3
    assert len(tracks(None)) == TRACKS
    assert velocity(short, 0, 15) == 5
    assert velocity(short, 1, 0) == velocity(None, 0, 0) == 0


def test_marks_of_a_step_say_what_it_has() -> None:
    has = {"velocity": 9, "repeats": 4, "chance": 0.2, "if": "fill", "shift": -0.1, "lock": {"tune": 1.0}}

    assert marks(has) == "4%?*<"
    assert marks({"velocity": 9, "shift": 0.2}) == ">"
