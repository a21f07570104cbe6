"""Commands that play: run, tui."""

import argparse
import os
import sys
from pathlib import Path

from instrument.commands.arguments import Parser, Subparsers, add_bundle, add_seed, command
from instrument.errors import GraindrumError


def add(commands: "Subparsers[Parser]") -> None:
    """Add this file's commands to the parser."""
    parser = command(
        commands, "run", run,
        "Play: MIDI in, sound out, until interrupted.\n\n"
        "Opens every MIDI input and the best audio output; without a sound card a silent clocked device\n"
        "keeps time. In a terminal the TUI opens, and quitting it ends what this command started.",
        "graindrum run --audio 'USB Audio' --set sequencer.play=true",
    )  # fmt: skip
    add_settings(parser)
    parser.add_argument(
        "--audio", metavar="DEVICE",
        help="auto (default: USB, JACK, the system's, else null), null, jack, a name or a part of it",
    )  # fmt: skip
    parser.add_argument(
        "--no-tui", action="store_true", help="log to the terminal instead of opening the TUI"
    )
    add_bundle(parser)
    add_seed(parser, "of the instrument's draws and noise")
    parser = command(
        commands,
        "tui",
        tui,
        "Watch and play an instrument that is running here, in the terminal.",
        "graindrum tui",
    )
    parser.add_argument(
        "--socket", metavar="PATH", type=Path, help="its control socket (default: this user's)"
    )


def add_settings(parser: Parser) -> None:
    """Add the options that say where settings come from."""
    parser.add_argument(
        "--config", metavar="FILE", type=Path, help="YAML file, read after the system's and the user's"
    )
    parser.add_argument(
        "--set", dest="overrides", metavar="KEY=VALUE", nargs="+", action="extend", default=[],
        help="override settings; `graindrum config show` lists them",
    )  # fmt: skip


def run(options: argparse.Namespace) -> int:
    """Play until interrupted, or until the TUI that was opened is closed."""
    from instrument import config

    settings = config.load(options.config, assignments(options))
    from instrument.daemon import run
    from instrument.face import Face

    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    face = Face.TUI if terminal and not options.no_tui else Face.CONSOLE if terminal else Face.NONE
    return run(settings, face)


def assignments(options: argparse.Namespace) -> list[str]:
    """Return --set and the options that are short for it."""
    short = {"audio.device": options.audio, "sound.bundle": options.bundle, "sound.seed": options.seed}
    return [*options.overrides, *(f"{key}={value}" for key, value in short.items() if value is not None)]


def tui(options: argparse.Namespace) -> int:
    """Open the TUI on a running instrument."""
    from instrument.client import Client
    from instrument.places import OPENED_BY

    Client.connect(options.socket).close()  # nobody there: say so before the screen is taken
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise GraindrumError("the TUI needs a terminal; over SSH that is: ssh -t HOST graindrum tui")
    if os.getpriority(os.PRIO_PROCESS, 0) < 0:  # from the daemon, which goes first; a screen does not
        os.setpriority(os.PRIO_PROCESS, 0, 0)
    from instrument.tui import app

    opened_by = os.environ.get(OPENED_BY, "")
    return app.run(options.socket, int(opened_by) if opened_by.isdecimal() else None)
