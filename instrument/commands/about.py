"""Commands that tell something: devices, bundle, config show, bench."""

import argparse
import json
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from instrument.commands.arguments import Parser, Subparsers, add_bundle, command
from instrument.commands.play import add_settings
from instrument.commands.terminal import Progress, say
from instrument.errors import GraindrumError
from instrument.units import note_name

if TYPE_CHECKING:
    from instrument.bundle import Bundle


def add(commands: "Subparsers[Parser]") -> None:
    """Add this file's commands to the parser."""
    command(commands, "devices", devices, "List audio outputs and MIDI inputs.", "graindrum devices")
    parser = command(
        commands, "bundle", bundle,
        "Show a model bundle: classes, sizes, provenance, licence credits.", "graindrum bundle drums8",
    )  # fmt: skip
    parser.add_argument("name", metavar="NAME", nargs="?", help="name or *.safetensors file (default drums8)")
    add_bundle(parser)
    _add_config(commands)
    parser = command(
        commands, "bench", bench,
        "Measure what the C core costs here.\n\n"
        "Every kernel this machine has, in one run: µs for each batch of grains, CPU time for a second of\n"
        "one voice, eight voices' share of a 128-frame period. Wants a quiet machine; takes some 10 s.",
        "graindrum bench --json > bench.json",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    add_bundle(parser)


def _add_config(commands: "Subparsers[Parser]") -> None:
    parser = command(
        commands, "config", config_show,
        "Show every setting: its value, unit and where it comes from.",
        "graindrum config show --set audio.device=jack",
    )  # fmt: skip
    parser.add_argument("action", choices=["show"], help="show: print the settings `run` would use")
    add_settings(parser)


def devices(_options: argparse.Namespace) -> int:
    """List outputs and inputs, and mark what `run` would choose."""
    from instrument import outputs
    from instrument.drivers import audio, midi

    found = audio.outputs()
    chosen = outputs.candidates(found, "auto")[0]
    say("audio outputs (* is what `run` tries first; --audio takes a name, a part of one or a pattern)")
    for each in found:
        mark = "*" if each is chosen else " "
        say(f"{mark} {each.label:<50}{each.rate_hz:>8.0f} Hz{'  USB' if each.usb else ''}")
    inputs = midi.listed()
    say("\nMIDI inputs (`run` opens them all, and those that appear later)")
    for name in inputs or ["none now"]:
        say(f"  {name}")
    return 0


def config_show(options: argparse.Namespace) -> int:
    """List settings."""
    from instrument import config

    say("\n".join(config.lines(config.load(options.config, options.overrides))))
    return 0


def bench(options: argparse.Namespace) -> int:
    """Measure the core and print the figures."""
    from instrument import bench as measuring
    from instrument.bundle import DEFAULT_BUNDLE

    rounds = measuring.ROUNDS
    with Progress("measuring", rounds) as progress:
        report = measuring.measure(options.bundle or DEFAULT_BUNDLE, rounds, lambda: progress.add(1))
    say(json.dumps(measuring.to_data(report), indent=2) if options.json else measuring.to_text(report))
    return 0


def bundle(options: argparse.Namespace) -> int:
    """Print what a bundle holds."""
    from instrument import bundle as bundles

    if options.name and options.bundle:
        raise GraindrumError("the bundle is named twice; give NAME or --bundle")
    name = options.name or options.bundle or bundles.DEFAULT_BUNDLE
    loaded = bundles.load(name)
    say("\n".join(_bundle_lines(loaded)))
    if others := [other for other in bundles.available() if other != loaded.name]:
        say(f"\nother bundles: {', '.join(others)}")
    return 0


def _bundle_lines(loaded: "Bundle") -> list[str]:
    header = loaded.header
    weights = sum(array.size for name, array in loaded.arrays.items() if array.dtype.kind == "i")
    encoder = "with an encoder for recordings" if loaded.has_encoder else "without an encoder"
    lines = [
        f"{loaded.name}: {len(loaded.classes)} classes, {loaded.path.stat().st_size / 1e6:.2f} MB, {encoder}",
        f"file        {loaded.path}",
        f"grain       {2 * header.hop} frames every {header.hop} at {header.rate_hz} Hz",
        f"sizes       embedding {header.embedding}, latent {header.latent}, GRU {header.hidden}, "
        f"grain network 2 x {header.width}, {header.atoms} atoms; {weights:,} int8 weights",
        "",
        f"{'class':<16}{'label':<20}{'tracks':<10}{'gain dB':>8}{'at most s':>11}{'temperature':>13}"
        + (f"  {'pitch':<10}" if header.pitched else ""),
    ]
    for index, name in enumerate(loaded.classes):
        tracks = ", ".join(str(track + 1) for track, used in enumerate(header.tracks) if used == index)
        gain_db, length_s = header.class_gain_db[index], header.class_length_s[index]
        temperature = header.class_temperature[index] if header.class_temperature else header.temperature
        lines.append(
            f"{name:<16}{header.class_labels[index]:<20}{tracks:<10}{gain_db:>+8.1f}{length_s:>11.2f}"
            f"{temperature:>13g}{_pitch_range(loaded, index)}"
        )
    lines += ["", "provenance", *_paragraphs(header.provenance), "", "licence credits"]
    return lines + [part for line in header.licences for part in _wrapped(line)]


def _pitch_range(loaded: "Bundle", index: int) -> str:
    if not loaded.header.pitched:
        return ""
    low, high = loaded.header.class_pitch[index]
    return f"  {low:g} to {high:g} ({note_name(low)} to {note_name(high)})"


def _paragraphs(provenance: Mapping[str, object]) -> list[str]:
    """Return a paragraph a key; an object within becomes its keys and values in a row."""
    lines: list[str] = []
    for key, value in provenance.items():
        inner = value.items() if isinstance(value, dict) else []
        text = ", ".join(f"{name} {_plain(item)}" for name, item in inner) if inner else _plain(value)
        lines += _wrapped(f"{key}: {text}")
    return lines


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 98, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
