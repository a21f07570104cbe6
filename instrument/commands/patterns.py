"""`graindrum pattern`: patterns by name, shown, taken in from YAML or MIDI, written out as either."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from instrument.commands import shelves
from instrument.commands.arguments import Parser, Subparsers, add_seed, command, number, whole
from instrument.commands.terminal import say
from instrument.errors import GraindrumError, StateError

if TYPE_CHECKING:
    from instrument.pattern import Pattern

MOST_BARS = 512
LONGEST_CUT = 16  # bars of an imported pattern
NAMED = "pattern: a name or a YAML file"


def add(commands: "Subparsers[Parser]") -> None:
    """Add this file's commands to the parser."""
    patterns = shelves.add_group(commands, "pattern", "list, show, import and export patterns")
    command(
        patterns, "list", listed,
        "List the patterns: lanes, tempo, what they are like; * marks your own.",
        "graindrum pattern list",
    )  # fmt: skip
    parser = command(
        patterns, "show", show,
        "Show a pattern as a grid, a line a lane.\n\n"
        "Before each line stand the lane's number, its steps, its speed; bars are velocities, and the signs\n"
        "under them are explained below.",
        "graindrum pattern show rolls",
    )  # fmt: skip
    parser.add_argument("pattern", metavar="PATTERN", help=NAMED)
    _add_import(patterns)
    _add_export(patterns)


def _add_import(patterns: "Subparsers[Parser]") -> None:
    parser = command(
        patterns, "import", take_in,
        "Check a pattern and copy it among your own, under the name of its file.\n\n"
        "A Standard MIDI File becomes one: channel 10 is General MIDI drums, notes from 36 on of the other\n"
        "channels are the kit's tracks. Notes go to the nearest step and keep what they are off it as\n"
        "micro-timing; even rolls become repeats, triplets lanes of another speed.",
        "graindrum pattern import groove.mid --from 5 --bars 2",
    )  # fmt: skip
    parser.add_argument("file", metavar="FILE", type=Path, help="pattern to copy: *.yaml, or *.mid")
    parser.add_argument("--force", action="store_true", help="also where there is a pattern of that name")
    parser.add_argument(
        "--from", dest="first_bar", metavar="BAR", type=whole(1, 100_000), default=1,
        help="first bar taken from a MIDI file (default 1)",
    )  # fmt: skip
    parser.add_argument(
        "--bars", metavar="N", type=whole(1, LONGEST_CUT),
        help="bars taken from a MIDI file (default: as many as 64 steps hold, 4 of 4/4)",
    )  # fmt: skip
    parser.add_argument(
        "--swing", metavar="S", type=number(0.5, 0.75), default=0.5,
        help="swing that a MIDI file was played with, 0.5 (default) to 0.75: the pattern's, not micro-timing",
    )  # fmt: skip
    parser.add_argument(
        "--drums", action="store_true", help="read every channel of a MIDI file as General MIDI drums"
    )
    _add_kit(parser)


def _add_export(patterns: "Subparsers[Parser]") -> None:
    parser = command(
        patterns, "export", export,
        "Write a pattern as YAML, or as a Standard MIDI File.\n\n"
        "A MIDI file holds what one playing plays: chances fall by the seed, conditions by their rounds;\n"
        "swing, micro-timing and rolls are in its ticks, 5040 a step. The first track of a drum that is in\n"
        "General MIDI plays it on channel 10, any other a note from 36 on, on a channel of its own. Import\n"
        "reads it back. Of locks only the class is told.",
        "graindrum pattern export weather weather.mid --bars 8 --seed 3",
    )  # fmt: skip
    parser.add_argument("pattern", metavar="PATTERN", help=NAMED)
    parser.add_argument("out", metavar="OUT", type=Path, help="FILE.yaml or FILE.mid to write")
    parser.add_argument(
        "--bars", metavar="N", type=whole(1, MOST_BARS), help="length of a MIDI file (default: the pattern's)"
    )
    add_seed(parser, "of a MIDI file's chances; default: the configured one")
    _add_kit(parser)


def _add_kit(parser: Parser) -> None:
    parser.add_argument(
        "--kit", metavar="K",
        help="kit whose tracks a MIDI file plays (default: the configured one, for ten lanes a kit of ten)",
    )  # fmt: skip


def listed(_options: argparse.Namespace) -> int:
    """List patterns."""
    from instrument import library

    def facts(path: str) -> str:
        pattern = library.load_pattern(path)
        return f"{len(pattern.lanes):>2} lanes  {pattern.tempo_bpm:>5g} bpm"

    say("\n".join(shelves.listed(library.PATTERNS, shelves.own_folder(), facts)))
    return 0


def show(options: argparse.Namespace) -> int:
    """Show a pattern."""
    from instrument import library
    from instrument.commands import pictures

    say("\n".join(pictures.pattern_lines(library.load_pattern(options.pattern, shelves.own_folder()))))
    return 0


def take_in(options: argparse.Namespace) -> int:
    """Copy a pattern into the player's folder."""
    from instrument import library, lookup, midi_file

    own = shelves.own_folder()
    place = shelves.place_for(library.PATTERNS, options.file.stem, own, force=options.force)
    if options.file.suffix.lower() in midi_file.SUFFIXES:
        return _take_in_midi(options, place)
    if options.file.suffix != library.SUFFIX:
        raise GraindrumError(f"{options.file}: the name of a pattern's file ends in .yaml or .mid")
    loaded = library.load_pattern(str(options.file.resolve()))
    shelves.write(place, lookup.read(options.file))
    say(f"{place}: {len(loaded.lanes)} lanes, {loaded.tempo_bpm:g} bpm")
    return 0


def _take_in_midi(options: argparse.Namespace, place: Path) -> int:
    from instrument import midi_file, parse, pattern, scores

    cut = scores.Cut(
        first_bar=options.first_bar, bars=options.bars, all_drums=options.drums, swing=options.swing
    )
    found = scores.pattern_of(midi_file.read(options.file), _classes(options.kit, 0), cut)
    if not found.hits:
        raise StateError(
            f"{options.file}: none of its notes there plays a track: General MIDI drums on channel 10 do, "
            "notes from 36 on on others; --drums reads all channels as drums"
        )
    shelves.write(place, parse.write_yaml(pattern.to_data(found.pattern)).encode())
    say(f"{place}: {found.pattern.bars} of {found.bars} bars, {found.hits} hits")
    if found.strange:
        say(f"{found.strange} notes play no track of the kit and are not in it")
    if found.crowded:
        say(f"{found.crowded} notes fell on a step that was taken and are not in it")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a pattern for elsewhere."""
    from instrument import config, library, midi_file, parse, pattern

    settings = config.load()
    loaded = library.load_pattern(options.pattern, config.state_folder(settings))
    if options.out.suffix == library.SUFFIX:
        shelves.write(options.out, parse.write_yaml(pattern.to_data(loaded)).encode())
        say(f"{options.out}: {len(loaded.lanes)} lanes")
        return 0
    if options.out.suffix.lower() not in midi_file.SUFFIXES:
        raise GraindrumError(f"{options.out}: the name of OUT ends in .yaml or .mid")
    seed = settings.sound.seed if options.seed is None else options.seed
    _write_midi(options, loaded, seed)
    return 0


def _write_midi(options: argparse.Namespace, loaded: "Pattern", seed: int) -> None:
    from instrument import midi_file, scores

    bars = options.bars or loaded.bars
    classes = _classes(options.kit, len(loaded.lanes))
    score = scores.score_of(loaded, classes, scores.first_playing(seed), bars)
    shelves.write(options.out, midi_file.data(score))
    notes = sum(len(part.notes) for part in score.parts)
    say(f"{options.out}: {bars} {'bar' if bars == 1 else 'bars'}, {notes} notes, seed {seed}")


def _classes(kit_name: str | None, lanes: int) -> list[str]:
    """Return the classes of a kit's tracks, by default of one with as many as there are lanes."""
    from instrument import config, library

    settings = config.load()
    own = config.state_folder(settings)
    kit = library.read_kit(kit_name or settings.sound.kit, 0, own)
    if kit_name is None and lanes > len(kit.tracks):
        kit = library.read_kit(library.WIDE_KIT, 0, own)
    return [track.sound.class_name for track in kit.tracks]
