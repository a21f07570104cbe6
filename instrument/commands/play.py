"""Commands that play: run, tui."""

import argparse
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from instrument.commands.arguments import Parser, Subparsers, add_bundle, add_seed, command

if TYPE_CHECKING:
    from instrument.config import Config

START_S, STOP_S, POLL_S = 20.0, 5.0, 0.02


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
    parser.add_argument("--while-stdin", action="store_true", help=argparse.SUPPRESS)
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
    if sys.stdin.isatty() and sys.stdout.isatty() and not options.no_tui:
        return _with_tui(options, settings)
    if options.while_stdin:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    from instrument import daemon

    return daemon.run(settings)


def assignments(options: argparse.Namespace) -> list[str]:
    """Return --set and the options that are short for it."""
    short = {"audio.device": options.audio, "sound.bundle": options.bundle, "sound.seed": options.seed}
    return [*options.overrides, *(f"{key}={value}" for key, value in short.items() if value is not None)]


def tui(options: argparse.Namespace) -> int:
    """Open the TUI on a running instrument."""
    from instrument.client import Client

    Client.connect(options.socket).close()  # nobody there: say so before the screen is taken
    from instrument.tui import app

    return app.run(options.socket)


def _with_tui(options: argparse.Namespace, settings: "Config") -> int:
    """Start the instrument as a process of its own, watch it in this terminal, end it."""
    from instrument import config
    from instrument.tui import app

    log_path = config.state_folder(settings) / "run.log"
    log_path.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "instrument.cli", "run", "--no-tui", "--while-stdin"]
    command += ["--config", str(options.config)] if options.config else []
    command += ["--set", *assignments(options)] if assignments(options) else []
    root = str(Path(__file__).resolve().parents[2])
    env = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))}
    with log_path.open("wb") as log:
        child = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
        )
    try:
        socket_path = _socket_of(settings)
        if not _listening(child, socket_path):
            sys.stderr.write(log_path.read_text(errors="replace"))
            return child.wait()
        return app.run(socket_path)
    finally:
        _end(child)


def _socket_of(settings: "Config") -> Path:
    from instrument.places import user_socket_path

    return Path(settings.control.socket) if settings.control.socket else user_socket_path()


def _listening(child: "subprocess.Popen[bytes]", socket_path: Path) -> bool:
    """Wait until the instrument answers; False when it has ended or does not in START_S."""
    from instrument.client import Client
    from instrument.errors import DeviceError

    deadline = time.monotonic() + START_S
    while child.poll() is None and time.monotonic() < deadline:
        try:
            Client.connect(socket_path).close()
        except DeviceError:
            time.sleep(POLL_S)
            continue
        return True
    return False


def _end(child: "subprocess.Popen[bytes]") -> None:
    """Let go of the child's stdin, which ends it, and wait."""
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(STOP_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _end_with_stdin() -> None:
    """End this process, as a service manager would, when whoever holds the other end of stdin has gone."""
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
