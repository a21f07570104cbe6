"""The instrument as it was left, or as it is configured for the first time."""

from dataclasses import replace
from pathlib import Path

from instrument import library, storage
from instrument.bundle import Bundle
from instrument.config import Config
from instrument.errors import StateError
from instrument.instrument import State
from instrument.kit import Kit, fits
from instrument.messages import BANKS, CORNERS, SLOTS
from instrument.pattern import Pattern
from instrument.performance import Performance
from instrument.program import NO_PROGRAM, Program
from instrument.storage import Saved

COMMAND_LINE = "--set"  # what is said there counts now; files count at the first start


def revive(config: Config, bundle: Bundle, folder: Path) -> tuple[Performance, list[str]]:
    """Return the performance to go on with, and warnings about states that could not be used."""
    saved, warnings = storage.load(folder)
    sound = config.sound
    seed = sound.seed
    if saved is not None and config.origins["sound.seed"] != COMMAND_LINE:
        seed = saved.seed
    pattern, program = _pattern(config, saved, folder)
    kit = _saved_kit(config, bundle, saved, warnings) if saved is not None and saved.seed == seed else None
    performance = Performance(
        bundle, kit or library.load_kit(sound.kit, bundle, seed, folder), pattern, seed, config.audio.rate_hz
    )
    performance.level_db = sound.level_db
    performance.state = replace(performance.state, program=program)
    if saved is not None:
        corners = saved.corners if saved.bundle == bundle.name else (None,) * CORNERS
        performance.state = replace(performance.state, bindings=saved.bindings, corners=corners)
    if saved is not None and saved.seed == seed:
        performance.state = replace(
            performance.state, selected=saved.selected, draws=saved.draws, live_hits=saved.live_hits
        )
    return performance, warnings


def _pattern(config: Config, saved: Saved | None, folder: Path) -> tuple[Pattern, Program]:
    """Return the pattern to go on with, and the banks around it.

    One that the command line names is put in an empty place of the banks, so that what was left stays.
    """
    stocked = NO_PROGRAM if saved is None else saved.program
    if stocked is NO_PROGRAM:  # a first start, or a state from before there were banks
        stocked = _stocked()
    if saved is not None and config.origins["sound.pattern"] != COMMAND_LINE:
        return saved.pattern, stocked
    named = library.load_pattern(config.sound.pattern, folder)
    if saved is None:
        return named, stocked
    program = stocked.stored(stocked.address, saved.pattern)
    empty = program.empty()
    return named, program if empty is None else replace(program, address=empty, bank=empty[0])


def _stocked() -> Program:
    """Return banks as they are at first: the patterns that came with the instrument are in the last one."""
    program = NO_PROGRAM
    for slot, name in enumerate(library.names("patterns")[:SLOTS]):
        program = program.stored((BANKS - 1, slot), library.load_pattern(name))
    return program


def _saved_kit(config: Config, bundle: Bundle, saved: Saved, warnings: list[str]) -> Kit | None:
    """Return the saved kit where it is wanted and the bundle can play it."""
    if config.origins["sound.kit"] == COMMAND_LINE or saved.bundle != bundle.name:
        return None
    try:
        fits(saved.kit, bundle)
    except StateError as error:
        warnings.append(f"{error}; starting with kit {config.sound.kit}")
        return None
    return saved.kit


def kept(state: State, bundle: Bundle) -> Saved:
    """Return what is saved of a state."""
    return Saved(
        bundle=bundle.name,
        seed=state.seed,
        kit=state.kit,
        pattern=state.pattern,
        selected=state.selected,
        draws=state.draws,
        live_hits=state.live_hits,
        program=state.program.kept(),
        bindings=state.bindings,
        corners=state.corners,
    )
