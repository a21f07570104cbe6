"""The command `graindrum`: parsing, and how errors reach a person."""

import argparse
import os
import sys
from collections.abc import Sequence

from instrument.commands import about, controllers, files, kits, patterns, play, rendering
from instrument.commands.arguments import Parser
from instrument.errors import GraindrumError

WRONG_INPUT, INTERRUPTED = 2, 130
DESCRIPTION = """\
A neural granular drum machine that boots.

Every hit is drawn from a neural model and decoded grain by grain while it sounds."""
EPILOG = """\
`graindrum COMMAND --help` tells units, defaults and an example of each command.
Wrong input gives one line on stderr and exit status 2; nothing is written or lost."""


class _Version(argparse.Action):
    """Print the installed version; the package's metadata is read only when asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import PackageNotFoundError, version

        try:
            number = version("graindrum")
        except PackageNotFoundError:
            number = "(not installed)"
        sys.stdout.write(f"graindrum {number}\n")
        parser.exit(0)


def parser() -> Parser:
    """Return the parser of the whole command line."""
    top = Parser(
        prog="graindrum",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    top.add_argument("--version", action=_Version, nargs=0, help="show the version")
    commands = top.add_subparsers(metavar="COMMAND", dest="command", required=True, parser_class=Parser)
    play.add(commands)
    rendering.add(commands)
    files.add(commands)
    kits.add(commands)
    patterns.add(commands)
    controllers.add(commands)
    about.add(commands)
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status is 0, 2 for wrong input, 130 when interrupted."""
    try:
        options = parser().parse_args(argv)
        status: int = options.call(options)
        sys.stdout.flush()
        return status
    except GraindrumError as error:
        sys.stderr.write(f"graindrum: {' '.join(str(error).split())}\n")
        return WRONG_INPUT
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of stdout has gone, as `| head` does; not worth a word
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


if __name__ == "__main__":
    sys.exit(main())
