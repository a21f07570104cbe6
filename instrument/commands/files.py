"""Commands that write sounds to files, through the same C core that plays: sample, resynth."""

import argparse
import re
import secrets
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from instrument.commands.arguments import (
    Parser,
    Subparsers,
    add_bundle,
    add_pitch,
    add_seed,
    command,
    number,
    whole,
)
from instrument.commands.terminal import Progress, say
from instrument.errors import GraindrumError

if TYPE_CHECKING:
    from instrument.wav import F32

MOST_HITS = 500


def add(commands: "Subparsers[Parser]") -> None:
    """Add this file's commands to the parser."""
    _add_sample(commands)
    _add_resynth(commands)


def _add_sample(commands: "Subparsers[Parser]") -> None:
    parser = command(
        commands, "sample", sample,
        "Draw new hits of a class and write them to WAV files.\n\n"
        "24 bit, stereo, 48 kHz. With %d (or %03d) in its name each hit has its own file, counted from 1;\n"
        "otherwise they follow one another at equal distances. Classes with a pitch take --pitch.",
        "graindrum sample kick kick-%03d.wav --count 16 --temperature 1.2",
    )  # fmt: skip
    parser.add_argument(
        "class_name", metavar="CLASS", help="class of a bundle, as `graindrum bundle` lists them"
    )
    parser.add_argument(
        "out", metavar="OUT.wav", type=Path, help="file to write; %%d stands for the hit's number"
    )
    parser.add_argument("--count", metavar="N", type=whole(1, MOST_HITS), default=1, help="hits (default 1)")
    parser.add_argument(
        "--temperature", metavar="T", type=number(0, 2),
        help="spread of the draw: 0 is always the class's mean, 2 is wild (default: the bundle's, about 1)",
    )  # fmt: skip
    add_pitch(parser)
    parser.add_argument(
        "--velocity", metavar="V", type=whole(1, 127),
        help="how hard each hit is struck, 1 to 127 (default: as drawn, at full level)",
    )  # fmt: skip
    add_bundle(parser, "the one that has CLASS, drums8 first")
    add_seed(parser, "default: another one every time; it is printed")


def _add_resynth(commands: "Subparsers[Parser]") -> None:
    parser = command(
        commands, "resynth", resynth,
        "Play a recording through the model: encode it, decode it.\n\n"
        "IN is WAV, FLAC or OGG, of any rate, mono or stereo, up to 60 s, not silent. The result is\n"
        "24 bit, stereo, 48 kHz, as long as the recording and what rings out after it.",
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
        help="path (default): every grain is encoded, the original's course is kept; embedding: each onset "
        "becomes one embedding and is played as a hit, a new one of its kind",
    )  # fmt: skip
    add_pitch(parser)
    add_bundle(parser)
    add_seed(parser, "of the noise; default 0")


def sample(options: argparse.Namespace) -> int:
    """Write drawn hits."""
    from instrument import bundle, sampling, wav

    paths = numbered(options.out, options.count)
    wav.check_output(paths[0] if paths else options.out)
    loaded = bundle.load(options.bundle) if options.bundle else bundle.holding(options.class_name)
    index = loaded.class_index(options.class_name)
    if options.pitch is not None:
        loaded.check_pitch(index, options.pitch)
    wish = sampling.Wish(temperature=options.temperature, pitch=options.pitch, velocity=options.velocity)
    seed = secrets.randbelow(2**32) if options.seed is None else options.seed
    hits = islice(sampling.hits(loaded, index, seed, wish), options.count)
    counted = _counted(hits, options.count)
    if paths:
        _write_each(paths, counted)
        last = f" to {paths[-1].name}" if options.count > 1 else ""
        say(f"{paths[0]}{last}: {options.count} of {loaded.classes[index]}, seed {seed}")
        return 0
    spacing = sampling.spacing_frames(loaded, index)
    with wav.WavFile(options.out, loaded.header.rate_hz) as out:
        for hit in counted:
            out.append_padded(hit, spacing)
    each = f"one every {spacing / loaded.header.rate_hz:g} s, " if options.count > 1 else ""
    say(f"{out.summary()}; {options.count} of {loaded.classes[index]}, {each}seed {seed}")
    return 0


def _counted(hits: "Iterable[F32]", count: int) -> "Iterator[F32]":
    with Progress("drawing", count) as progress:
        for hit in hits:
            yield hit
            progress.add(1)


def _write_each(paths: list[Path], hits: "Iterable[F32]") -> None:
    """Write a hit to each path; none of them changes before all are written."""
    from instrument.bands import MODEL_RATE_HZ
    from instrument.wav import WavFile

    with ExitStack() as files:
        for path, hit in zip(paths, hits, strict=True):
            out = files.enter_context(WavFile(path, MODEL_RATE_HZ))
            out.append(hit)
            out.close()


def resynth(options: argparse.Namespace) -> int:
    """Write a recording, played by the model."""
    import numpy as np

    from instrument import bundle, wav
    from instrument import resynth as model

    wav.check_output(options.out)
    loaded = bundle.load(options.bundle or bundle.DEFAULT_BUNDLE)
    index = None if options.class_name is None else loaded.class_index(options.class_name)
    audio = wav.read(options.recording, loaded.header.rate_hz)
    keep_path = options.through == "path"
    hits = model.takes(loaded, audio, index, keep_path=keep_path, pitch=options.pitch)
    blocks = []
    with Progress("decoding", len(audio)) as progress:
        for block in model.render(loaded, hits, len(audio), options.seed or 0):
            blocks.append(block)
            progress.add(len(block))
    with wav.WavFile(options.out, loaded.header.rate_hz) as out:
        out.append(model.restored(np.concatenate(blocks), audio, keep_path=keep_path))
    classes = ", ".join(sorted({loaded.classes[hit.class_index] for hit in hits}))
    say(f"{out.summary()}; {len(hits)} {'hit' if len(hits) == 1 else 'hits'} of {classes}")
    return 0


def numbered(out: Path, count: int) -> list[Path] | None:
    """Return one path a hit when the name holds %d or %0Nd, else None."""
    places = re.findall(r"%\d*d", out.name)
    if not places:
        return None
    if len(places) > 1:
        raise GraindrumError(f"{out.name}: %d stands once in a name, for the number of the hit")
    if len(places[0]) > len("%09d"):
        raise GraindrumError(f"{out.name}: {places[0]}: at most %09d is expected")
    return [out.with_name(out.name.replace(places[0], places[0] % hit)) for hit in range(1, count + 1)]
