"""Commands that write sound to files, through the same C core that plays: render, sample, resynth."""

import argparse
import re
from pathlib import Path

from instrument.commands.arguments import (
    Parser,
    Subparsers,
    add_bundle,
    add_seed,
    command,
    number,
    whole,
)

MOST_BARS = 4_000
MOST_HITS = 500
RATES_HZ = (44_100, 48_000, 96_000)


def add(commands: "Subparsers[Parser]") -> None:
    """Add this file's commands to the parser."""
    _add_render(commands)
    _add_sample(commands)
    _add_resynth(commands)


def _add_render(commands: "Subparsers[Parser]") -> None:
    parser = command(
        commands, "render", render,
        "Write a pattern to a WAV file, sample for sample as `run` plays it.\n\n"
        "24 bit, stereo; the last hits ring out after the last bar.",
        "graindrum render beat.wav --bars 8 --bpm 96 --seed 3",
    )  # fmt: skip
    parser.add_argument("out", metavar="OUT.wav", type=Path, help="file to write")
    parser.add_argument("--bars", metavar="N", type=whole(1, MOST_BARS), default=4, help="length (default 4)")
    parser.add_argument(
        "--bpm", metavar="B", type=number(20, 300), help="beats a minute (default: the pattern's)"
    )
    parser.add_argument("--kit", metavar="K", default="default", help="kit: a name or a YAML file")
    parser.add_argument("--pattern", metavar="P", default="default", help="pattern: a name or a YAML file")
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
    add_bundle(parser)
    add_seed(parser, "default 0")


def _add_sample(commands: "Subparsers[Parser]") -> None:
    parser = command(
        commands, "sample", sample,
        "Draw new hits of a class and write them to WAV files.\n\n"
        "24 bit, stereo, 48 kHz. With %d (or %03d) in its name each hit has its own file, counted from 1;\n"
        "otherwise they follow one another at equal distances.",
        "graindrum sample kick kick-%03d.wav --count 16 --temperature 1.2",
    )  # fmt: skip
    parser.add_argument(
        "class_name", metavar="CLASS", help="class of the bundle, as `graindrum bundle` lists them"
    )
    parser.add_argument(
        "out", metavar="OUT.wav", type=Path, help="file to write; %%d stands for the hit's number"
    )
    parser.add_argument("--count", metavar="N", type=whole(1, MOST_HITS), default=1, help="hits (default 1)")
    parser.add_argument(
        "--temperature", metavar="T", type=number(0, 2),
        help="spread of the draw: 0 is always the class's mean, 2 is wild (default: the bundle's, 1)",
    )  # fmt: skip
    add_bundle(parser)
    add_seed(parser, "default: another one every time; it is printed")


def _add_resynth(commands: "Subparsers[Parser]") -> None:
    parser = command(
        commands, "resynth", resynth,
        "Play a recording through the model: encode it, decode it.\n\n"
        "IN is WAV, FLAC or OGG, of any rate, mono or stereo, up to 60 s, not silent. The result is 24 bit,\n"
        "stereo, 48 kHz, and as long as the recording.",
        "graindrum resynth rain.flac drumrain.wav --class snare",
    )  # fmt: skip
    parser.add_argument("recording", metavar="IN", type=Path, help="recording to encode")
    parser.add_argument("out", metavar="OUT.wav", type=Path, help="file to write")
    parser.add_argument(
        "--class",
        dest="class_name",
        metavar="C",
        help="class it is played as (default: the one it is closest to)",
    )
    parser.add_argument(
        "--through", choices=["path", "embedding"], default="path",
        help="path (default): every grain is encoded, the original's course is kept; embedding: each onset is "
        "reduced to one embedding and played as a hit, a new one of its kind",
    )  # fmt: skip
    add_bundle(parser)
    add_seed(parser, "of the noise; default 0")


def render(options: argparse.Namespace) -> int:
    """Write a pattern."""
    raise NotImplementedError(options)


def sample(options: argparse.Namespace) -> int:
    """Write drawn hits."""
    raise NotImplementedError(options)


def resynth(options: argparse.Namespace) -> int:
    """Write a recording, played by the model."""
    raise NotImplementedError(options)


def numbered(out: Path, count: int) -> list[Path] | None:
    """Return one path a hit when the name holds %d or %0Nd, else None."""
    places = re.findall(r"%0?\d*d", out.name)
    if not places:
        return None
    return [out.with_name(out.name.replace(places[0], places[0] % hit, 1)) for hit in range(1, count + 1)]
