"""`graindrum render`: a pattern into a WAV file, and its tracks into others."""

import argparse
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from instrument.commands import shelves
from instrument.commands.arguments import Parser, Subparsers, add_bundle, add_seed, command, number, whole
from instrument.commands.terminal import Progress, say
from instrument.errors import GraindrumError

if TYPE_CHECKING:
    from instrument.performance import Performance
    from instrument.wav import F32

MOST_BARS = 4_000
LONGEST_S = 3_600
RATES_HZ = (44_100, 48_000, 96_000)


def add(commands: "Subparsers[Parser]") -> None:
    """Add this file's command to the parser."""
    parser = command(
        commands, "render", render,
        "Write a pattern to a WAV file, sample for sample as `run` plays it.\n\n"
        "24 bit, stereo; the last hits ring out after the last bar. What the options leave open is as the\n"
        "configuration has it (`graindrum config show`).",
        "graindrum render jungle.wav --kit jungle --pattern amen --bars 8 --stems jungle-stems",
    )  # fmt: skip
    parser.add_argument("out", metavar="OUT.wav", type=Path, help="file to write")
    parser.add_argument("--bars", metavar="N", type=whole(1, MOST_BARS), default=4, help="length (default 4)")
    parser.add_argument(
        "--bpm", metavar="B", type=number(20, 300), help="beats a minute (default: the pattern's)"
    )
    parser.add_argument("--kit", metavar="K", help="kit: a name or a YAML file (default: the configured one)")
    parser.add_argument(
        "--pattern", metavar="P", help="pattern: a name or a YAML file (default: the configured one)"
    )
    parser.add_argument(
        "--rate",
        metavar="HZ",
        type=int,
        choices=RATES_HZ,
        default=48_000,
        help="44100, 48000 (default) or 96000",
    )
    parser.add_argument(
        "--block", metavar="FRAMES", type=whole(16, 4_096), default=128,
        help="frames rendered at a time, 16 to 4096 (default 128); the result does not depend on it",
    )  # fmt: skip
    parser.add_argument(
        "--stems", metavar="FOLDER", type=Path,
        help="also write each track alone, 32-bit float: their sum is the master before its limiter",
    )  # fmt: skip
    add_bundle(parser, "the configured one, or the kit's own where that has its classes")
    add_seed(parser, "default: the configured one")


def render(options: argparse.Namespace) -> int:
    """Write a pattern."""
    from instrument import wav

    wav.check_output(options.out)
    performance = _performance(options)
    tempo_bpm = performance.state.pattern.tempo_bpm
    seconds = options.bars * 4 * 60 / tempo_bpm
    if seconds > LONGEST_S:
        raise GraindrumError(
            f"{options.bars} bars at {tempo_bpm:g} bpm last {seconds:.0f} s; at most {LONGEST_S} s"
        )
    frames = seconds * options.rate
    with wav.WavFile(options.out, options.rate) as out, Progress("rendering", frames) as progress:
        for block in _played(options, performance):
            out.append(block)
            progress.add(len(block))
    say(out.summary())
    if options.stems:
        say(f"{options.stems}: {len(performance.state.kit.tracks)} stems")
    return 0


def _played(options: argparse.Namespace, performance: "Performance") -> "Iterator[F32]":
    """Yield the master's blocks; with --stems write the tracks' on the way."""
    from instrument import exports
    from instrument import render as offline
    from instrument.wav import WavFile

    bundle = performance.space.bundle
    if options.stems is None:
        yield from offline.blocks(bundle, performance, options.bars, options.block)
        return
    names = [track.name for track in performance.state.kit.tracks]
    with ExitStack() as files:
        outs: list[WavFile] = [
            files.enter_context(WavFile(path, options.rate, floating=True))
            for path in shelves.numbered_wavs(options.stems, names)
        ]
        for block, stems in exports.stems(bundle, performance, options.bars, options.block):
            for out, stem in zip(outs, stems, strict=True):
                out.append(stem)
            yield block


def _performance(options: argparse.Namespace) -> "Performance":
    """Build what `run` would play: what the options leave open is as the configuration has it."""
    from instrument import bundle, config, library
    from instrument import kit as kits
    from instrument.performance import Performance

    settings = config.load()
    own = config.state_folder(settings)
    seed = settings.sound.seed if options.seed is None else options.seed
    loaded = bundle.load(options.bundle or settings.sound.bundle)
    if options.kit and not options.bundle:
        wanted = library.read_kit(options.kit, seed, own)
        if wanted.bundle and not kits.has_classes(wanted, loaded):
            loaded = bundle.load(wanted.bundle)
    kit = library.load_kit(options.kit or settings.sound.kit, loaded, seed, own)
    pattern = library.load_pattern(options.pattern or settings.sound.pattern, own)
    if options.bpm is not None:
        pattern = replace(pattern, tempo_bpm=options.bpm)
    performance = Performance(loaded, kit, pattern, seed, options.rate)
    performance.level_db = settings.sound.level_db
    return performance
