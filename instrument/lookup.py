"""Looking at what a person named, whatever it is: too long a name, a pipe, a device, a folder without access.

`pathlib` raises where a name cannot be looked up at all; here such a name is simply not there.
"""

import errno
import os
import stat
from pathlib import Path

LARGEST_TEXT_BYTES = 1_000_000


def is_file(path: Path) -> bool:
    """Return whether a regular file is there, and may be looked at."""
    return os.path.isfile(path)  # noqa: PTH113  (Path.is_file raises)


def is_folder(path: Path) -> bool:
    """Return whether a folder is there, and may be looked at."""
    return os.path.isdir(path)  # noqa: PTH112  (Path.is_dir raises)


def exists(path: Path) -> bool:
    """Return whether anything is there, and may be looked at."""
    return os.path.exists(path)  # noqa: PTH110  (Path.exists raises)


def stems(folder: Path, suffix: str) -> set[str]:
    """Return the names, without it, of what ends in `suffix` in a folder; none when it cannot be listed."""
    try:
        return {path.stem for path in folder.iterdir() if path.suffix == suffix}
    except OSError:
        return set()


def read(path: Path, most_bytes: int = LARGEST_TEXT_BYTES) -> bytes:
    """Return what a regular file of at most `most_bytes` holds; OSError otherwise, without waiting for it."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no regular file")
        data = file.read(most_bytes + 1)
    if len(data) > most_bytes:
        raise OSError(errno.EFBIG, f"it is larger than {most_bytes / 1e6:g} MB")
    return data
