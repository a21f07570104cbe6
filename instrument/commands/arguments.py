"""Parsing shared by the commands: checked numbers, common options, errors in one line."""

import argparse
import math
from collections.abc import Callable
from typing import NoReturn

from instrument.errors import GraindrumError

Call = Callable[[argparse.Namespace], int]
Subparsers = argparse._SubParsersAction  # argparse has no public name for it


class Parser(argparse.ArgumentParser):
    """A parser whose errors are ours: one line, and where to read on."""

    def error(self, message: str) -> NoReturn:
        raise GraindrumError(f"{message.removeprefix('argument ')} (see {self.prog} --help)")


def whole(low: int, high: int) -> Callable[[str], int]:
    """Return a reader of whole numbers from `low` to `high`."""

    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = low - 1
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {low} to {high}")
        return value

    return read


def number(low: float, high: float) -> Callable[[str], float]:
    """Return a reader of numbers from `low` to `high`."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is no number from {low:g} to {high:g}")
        return value

    return read


def command(subparsers: "Subparsers[Parser]", name: str, call: Call, about: str, example: str) -> Parser:
    """Add a command: `about` in one line (more after a blank line), `example` as it would be typed."""
    summary = about.partition("\n")[0]
    parser = subparsers.add_parser(
        name,
        help=summary[0].lower() + summary[1:].rstrip("."),
        description=about,
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(call=call)
    return parser


def add_bundle(parser: Parser, otherwise: str = "drums8") -> None:
    parser.add_argument(
        "--bundle",
        metavar="NAME|PATH",
        help=f"model bundle: a name or a *.safetensors file (default {otherwise})",
    )


def add_pitch(parser: Parser) -> None:
    parser.add_argument(
        "--pitch", metavar="MIDI", type=number(0, 127),
        help="pitch in a bundle that has pitches, 0 to 127, fractions too; 60 is middle C "
        "(default: the middle of the class's range)",
    )  # fmt: skip


def add_seed(parser: Parser, otherwise: str) -> None:
    parser.add_argument(
        "--seed",
        metavar="N",
        type=whole(0, 2**53 - 1),
        help=f"seed of everything that is drawn; the same seed gives the same bits ({otherwise})",
    )
