"""The TUI beside the daemon: a child process that has the terminal while the daemon's log goes to a file."""

import logging
import os
import subprocess
import sys
import tempfile
from enum import Enum
from pathlib import Path

from instrument.places import OPENED_BY

log = logging.getLogger(__name__)

STOP_S = 2.0


class Face(Enum):
    """What the terminal shows."""

    NONE = "none"  # log lines
    CONSOLE = "console"  # a status line, a few keys
    TUI = "tui"


class TuiChild:
    """`graindrum tui` on our socket. Quitting it is the player's wish to end; a lost terminal is not."""

    def __init__(self, log_path: Path) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        opened = _open_log(log_path)
        self._terminal = os.dup(2)
        os.dup2(opened, 2)  # ours and the engine's; the child has the terminal
        os.close(opened)

    def start(self, socket_path: Path) -> None:
        """Open the TUI; the daemon listens at `socket_path` already."""
        root = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._child = subprocess.Popen(
            [sys.executable, "-m", "instrument.cli", "tui", "--socket", str(socket_path)],
            stderr=self._terminal,
            env=os.environ | {"PYTHONPATH": path, OPENED_BY: str(os.getpid())},
        )

    def ended(self) -> int | None:
        """Return the TUI's exit status once it has ended."""
        return self._child.poll() if self._child is not None else None

    def close(self) -> None:
        """End the TUI and give the terminal back to the log."""
        if self._child is not None and self._child.poll() is None:
            self._child.terminate()
            try:
                self._child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._child.kill()
                self._child.wait()
        os.dup2(self._terminal, 2)
        os.close(self._terminal)


def _open_log(path: Path) -> int:
    """Open the log at `path`, or elsewhere: music needs none."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NONBLOCK | os.O_CLOEXEC, 0o644)
    except OSError as error:
        reason = error.strerror or error
    try:
        opened, elsewhere = tempfile.mkstemp(".log", "graindrum-")
    except OSError:
        opened, elsewhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC), "nowhere"
    log.warning("the log cannot be kept in %s (%s); it goes to %s", path, reason, elsewhere)
    return opened
