"""Build what is written in C: `python -m instrument.engine.build`, or by setup.py.

The core becomes `instrument.engine._core`, JACK's MIDI client `instrument.drivers._jackmidi`. One header of
each describes its whole interface; cffi reads it too.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

from cffi import FFI

ROOT = Path(__file__).resolve().parents[2]  # the folder that holds setup.py
CFLAGS = [
    "-std=c11",
    "-O3",
    "-ffp-contract=off",  # a fused multiply-add rounds once where two operations round twice
    "-fno-math-errno",
    "-fvisibility=hidden",
    "-Wall",
    "-Wextra",
]


def declarations(header: str) -> str:
    """Return what cffi understands of a C header: no comments, no directives but integer constants."""
    text = re.sub(r"/\*.*?\*/", "", header, flags=re.DOTALL)
    lines = [line.rstrip() for line in text.splitlines()]
    constant = re.compile(r"#define \w+ \d+$")
    return "\n".join(line for line in lines if line and (line[0] != "#" or constant.match(line)))


def builder(root: Path, module: str, header: str) -> FFI:
    """Return a module's builder; `header` is its interface, and all C beside it is compiled.

    `header` counts from the folder that holds setup.py, and the builder's paths begin with `root`.
    """
    folder = Path(header).parent
    ffi = FFI()
    ffi.cdef(declarations((ROOT / header).read_text(encoding="utf-8")))
    ffi.set_source(
        module,
        f'#include "{Path(header).name}"',
        sources=sorted(str(root / folder / file.name) for file in (ROOT / folder).glob("*.c")),
        depends=sorted(str(root / folder / file.name) for file in (ROOT / folder).glob("*.h")),
        include_dirs=[str(root / folder)],
        extra_compile_args=CFLAGS,
        libraries=["m", "pthread", "dl"],
        py_limited_api=False,  # one file name, however it is built: an older one must not come first
    )
    return ffi


def core(root: Path = Path()) -> FFI:
    """Return the builder of the engine's core."""
    return builder(root, "instrument.engine._core", "instrument/engine/core/graindrum.h")


def jackmidi(root: Path = Path()) -> FFI:
    """Return the builder of JACK's MIDI client."""
    return builder(root, "instrument.drivers._jackmidi", "instrument/drivers/jackmidi/jackmidi.h")


def build(ffi: FFI, package: str) -> Path:
    """Compile and put the module into its package, in one step: another process may run the old one."""
    folder = ROOT / package
    with tempfile.TemporaryDirectory(prefix="graindrum-build-") as scratch:
        made = Path(ffi.compile(tmpdir=scratch))
        temporary = folder / f".{made.name}.{os.getpid()}"
        shutil.copy(made, temporary)
        return temporary.replace(folder / made.name)


if __name__ == "__main__":
    print(build(core(ROOT), "instrument/engine"))  # noqa: T201  (a command)
    print(build(jackmidi(ROOT), "instrument/drivers"))  # noqa: T201
