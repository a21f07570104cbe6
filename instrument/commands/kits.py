"""`graindrum kit`: kits by name, shown, taken in, written out as YAML or as one-shots."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from instrument.commands import shelves
from instrument.commands.arguments import Parser, Subparsers, add_bundle, add_seed, command, whole
from instrument.commands.terminal import Progress, say
from instrument.errors import GraindrumError

if TYPE_CHECKING:
    from instrument.bundle import Bundle
    from instrument.kit import Kit

RATES_HZ = (44_100, 48_000, 96_000)
KIT = ("kit", "kit: a name or a YAML file")


def add(commands: "Subparsers[Parser]") -> None:
    """Add this file's commands to the parser."""
    kits = shelves.add_group(commands, "kit", "list, show, import and export kits")
    command(
        kits, "list", listed,
        "List the kits: their bundle, their tracks, what they are like; * marks your own.",
        "graindrum kit list",
    )  # fmt: skip
    parser = command(
        kits, "show", show,
        "Show a kit as a table.\n\n"
        "Knobs 1 to 8 are bars: shape 1 to 4, grain 1 and 2, morph, decay; a dot is a knob in its place.",
        "graindrum kit show skins",
    )  # fmt: skip
    parser.add_argument(KIT[0], metavar="KIT", help=KIT[1])
    add_seed(parser, "of sounds without a seed of their own; default: the configured one")
    _add_import(kits)
    _add_export(kits)


def _add_import(kits: "Subparsers[Parser]") -> None:
    parser = command(
        kits, "import", take_in,
        "Check a kit and copy it among your own, under the name of its file.\n\n"
        "It says how to play it.",
        "graindrum kit import mine.yaml",
    )  # fmt: skip
    parser.add_argument("file", metavar="FILE.yaml", type=Path, help="kit to copy")
    parser.add_argument("--force", action="store_true", help="also where there is a kit of that name")
    add_bundle(parser, "the kit's own")


def _add_export(kits: "Subparsers[Parser]") -> None:
    parser = command(
        kits, "export", export,
        "Write a kit as YAML, or as one-shots: a 24-bit WAV file for each track.\n\n"
        "OUT ends in .yaml, or is a folder (made if need be). In the YAML every sound has its seed, so that\n"
        "it is the same everywhere. A one-shot is a track as it sounds in the mix, but alone: with level,\n"
        "pan and tune of its own.",
        "graindrum kit export iron iron-wavs --velocity 110",
    )  # fmt: skip
    parser.add_argument(KIT[0], metavar="KIT", help=KIT[1])
    parser.add_argument("out", metavar="OUT", type=Path, help="FILE.yaml or a folder to write")
    parser.add_argument(
        "--velocity", metavar="V", type=whole(1, 127), default=127,
        help="how hard each one-shot is struck, 1 to 127 (default 127)",
    )  # fmt: skip
    parser.add_argument(
        "--rate", metavar="HZ", type=int, choices=RATES_HZ, default=48_000,
        help="44100, 48000 (default) or 96000",
    )  # fmt: skip
    add_bundle(parser, "the kit's own")
    add_seed(parser, "of sounds without a seed of their own, and of noise; default: the configured one")


def listed(_options: argparse.Namespace) -> int:
    """List kits."""
    from instrument import library

    def facts(path: str) -> str:
        kit = library.read_kit(path, 0)
        return f"{kit.bundle or 'any':<6}  {len(kit.tracks):>2} tracks"

    say("\n".join(shelves.listed(library.KITS, shelves.own_folder(), facts)))
    return 0


def show(options: argparse.Namespace) -> int:
    """Show a kit."""
    from instrument.commands import pictures

    kit, _ = _read(options)
    say("\n".join(pictures.kit_lines(kit)))
    return 0


def take_in(options: argparse.Namespace) -> int:
    """Copy a kit into the player's folder."""
    from instrument import kit as kits
    from instrument import library, lookup

    if options.file.suffix != library.SUFFIX:
        raise GraindrumError(f"{options.file}: the name of a kit's file ends in {library.SUFFIX}")
    loaded = library.read_kit(str(options.file.resolve()), 0)
    bundle = _bundle(options.bundle, loaded)
    kits.fits(loaded, bundle)
    own = shelves.own_folder()
    place = shelves.place_for(library.KITS, options.file.stem, own, force=options.force)
    shelves.write(place, lookup.read(options.file))
    say(f"{place}: {len(loaded.tracks)} tracks")
    say(f"play it: graindrum run --bundle {bundle.name} --set sound.kit={place.stem}")
    return 0


def export(options: argparse.Namespace) -> int:
    """Write a kit for elsewhere."""
    from instrument import kit as kits
    from instrument import library, parse

    kit, seed = _read(options)
    if options.out.suffix == library.SUFFIX:
        shelves.write(options.out, parse.write_yaml(kits.to_data(kit)).encode())
        say(f"{options.out}: {len(kit.tracks)} tracks")
        return 0
    if options.out.suffix:
        raise GraindrumError(f"{options.out}: OUT ends in {library.SUFFIX}, or is a folder without a dot")
    _write_one_shots(options, kit, seed)
    return 0


def _write_one_shots(options: argparse.Namespace, kit: "Kit", seed: int) -> None:
    from instrument import exports
    from instrument.wav import WavFile

    bundle = _bundle(options.bundle, kit)
    paths = shelves.numbered_wavs(options.out, [track.name for track in kit.tracks])
    sounds = exports.one_shots(bundle, kit, seed, options.velocity, options.rate)
    with Progress("rendering", len(paths)) as progress:
        for path, sound in zip(paths, sounds, strict=True):
            with WavFile(path, options.rate) as out:
                out.append(sound)
            progress.add(1)
    say(f"{options.out}: {len(paths)} one-shots, {paths[0].name} to {paths[-1].name}")


def _read(options: argparse.Namespace) -> "tuple[Kit, int]":
    """Return the kit that is named, and the seed of what has none."""
    from instrument import config, library

    settings = config.load()
    seed = settings.sound.seed if options.seed is None else options.seed
    return library.read_kit(options.kit, seed, config.state_folder(settings)), seed


def _bundle(wanted: str | None, kit: "Kit") -> "Bundle":
    """Return the bundle that is asked for, else the kit's own, else the configured one."""
    from instrument import bundle, config

    return bundle.load(wanted or kit.bundle or config.load().sound.bundle)
