"""Build the C core as `instrument.engine._core`: `python -m instrument.engine.build`, or by setup.py.

`core/graindrum.h` is the one description of the interface; cffi reads it too.
"""

import os
import re
import shutil
import tempfile
from pathlib import Path

from cffi import FFI

MODULE = "instrument.engine._core"
CORE = Path("instrument/engine/core")
HEADER = "graindrum.h"
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


def builder(root: Path) -> FFI:
    """Return the module's builder; its paths begin with `root`, the folder that holds setup.py."""
    core = root / CORE
    here = Path(__file__).resolve().parent / "core"
    ffi = FFI()
    ffi.cdef(declarations((here / HEADER).read_text(encoding="utf-8")))
    ffi.set_source(
        MODULE,
        f'#include "{HEADER}"',
        sources=sorted(str(core / file.name) for file in here.glob("*.c")),
        depends=sorted(str(core / file.name) for file in here.glob("*.h")),
        include_dirs=[str(core)],
        extra_compile_args=CFLAGS,
        libraries=["m", "pthread"],
        py_limited_api=False,  # one file name, however it is built: an older one must not come first
    )
    return ffi


def build() -> Path:
    """Compile and put the module beside this file, in one step, since another process may run the old one."""
    folder = Path(__file__).resolve().parent
    with tempfile.TemporaryDirectory(prefix="graindrum-build-") as scratch:
        made = Path(builder(folder.parents[1]).compile(tmpdir=scratch))
        temporary = folder / f".{made.name}.{os.getpid()}"
        shutil.copy(made, temporary)
        return temporary.replace(folder / made.name)


ffibuilder = builder(Path())

if __name__ == "__main__":
    print(build())  # noqa: T201  (a command)
