"""Where the parts of a running instrument find each other."""

import os
from pathlib import Path

OPENED_BY = "GRAINDRUM_OPENED_BY"  # environment: the process that opened this TUI, and without which it ends
SERVICE_SOCKET = Path("/run/graindrum/control.sock")


def user_socket_path() -> Path:
    """Return where the daemon of this user listens."""
    runtime = os.environ.get("XDG_RUNTIME_DIR") or f"/tmp/graindrum-{os.getuid()}"
    return Path(runtime) / "graindrum" / "control.sock"


def socket_path() -> Path:
    """Return where an instrument listens: the user's own when there is one, else the service's."""
    own = user_socket_path()
    return SERVICE_SOCKET if os.path.exists(SERVICE_SOCKET) and not os.path.exists(own) else own  # noqa: PTH110  (Path.exists raises where it may not look)
