"""`graindrum controllers`: the maps there are, what one says and on whose word; whether a device agrees."""

import argparse
import select
import sys
import threading
import time
from typing import TYPE_CHECKING

from instrument.commands.arguments import Parser, Subparsers, command, number
from instrument.commands.shelves import add_group, own_folder
from instrument.commands.terminal import say
from instrument.errors import GraindrumError

if TYPE_CHECKING:
    from instrument.controllers import Controller, Plugged, Row
    from instrument.mapping import Control
    from instrument.messages import Arrival

WIDE = 100
LONGEST_S = 3_600
_WAKE_S = 0.2


def add(commands: "Subparsers[Parser]") -> None:
    """Add this file's commands to the parser."""
    group = add_group(commands, "controllers", "list, show and check the maps of MIDI controllers")
    command(
        group, "list", listed,
        "List the maps, and which controllers are plugged in; * marks your own maps.\n\n"
        "Evidence: F the maker's own document or factory file, O a software vendor's script for the device,\n"
        "C other players only.",
        "graindrum controllers list",
    )  # fmt: skip
    parser = command(
        group, "show", show,
        "Show a map: what each control does, and on whose word.", "graindrum controllers show akai-mpd218",
    )  # fmt: skip
    parser.add_argument("name", metavar="NAME", help="map, as `graindrum controllers list` has it")
    parser = command(
        group, "check", check,
        "Listen to controllers and report which controls of their maps were seen, and what else was.\n\n"
        "Move everything once, then press Enter. It plays nothing; an instrument that runs hears the same.\n"
        "--lamps puts controllers into the mode of their map and lights all their lamps: what a Launchpad\n"
        "or an Atom sends depends on it. Stop the instrument before, it has the lamps otherwise.",
        "graindrum controllers check --lamps --port '*Launchpad*'",
    )  # fmt: skip
    parser.add_argument("--lamps", action="store_true", help="set their mode, light every lamp")
    parser.add_argument("--port", metavar="PATTERN", default="*", help="ports to listen to (default: all)")
    parser.add_argument(
        "--seconds", metavar="S", type=number(0.1, LONGEST_S), help="end after that time (default: on Enter)"
    )


def listed(_options: argparse.Namespace) -> int:
    """List maps and ports."""
    from instrument import controllers
    from instrument.drivers import midi

    maps = _maps()
    for each in sorted(maps, key=lambda each: each.id):
        mark, evidence = "*" if each.own else " ", each.fact.evidence
        say(f"{mark} {each.id:<29}{each.name:<31}{evidence:<5}{', '.join(sorted(each.roles))}")
    ports = midi.listed()
    say("\nMIDI inputs now" if ports else "\nno MIDI inputs now")
    for port in ports:
        found = controllers.match(maps, [port])
        say(f"  {port:<60}{found.id if found is not None else ''}")
    return 0


def show(options: argparse.Namespace) -> int:
    """Print one map."""
    maps = {each.id: each for each in _maps()}
    if options.name not in maps:
        raise GraindrumError(f"no controller named {options.name!r}; known are {', '.join(sorted(maps))}")
    found = maps[options.name]
    roles = ", ".join(sorted(found.roles))
    say(f"{found.name}: {roles}; velocity {found.velocity}")
    say("\n".join(_wrapped(found.about)))
    not_in = f", not {', '.join(found.exclude)}" if found.exclude else ""
    say(f"\nports      {', '.join(found.ports)}{not_in}")
    for row in found.rows:
        say(f"{row.fact.evidence:<4} {row.words}")
    for lamps, fact in zip(found.lights.rows, found.lamp_facts, strict=True):
        shown = dict.fromkeys((lamps.shows[0], lamps.shows[-1]))
        say(f"{fact.evidence:<4} lamps {lamps.numbers[0]} to {lamps.numbers[-1]} ← {' to '.join(shown)}")
    say("\nsources")
    facts = [found.fact, *(row.fact for row in found.rows), *found.lamp_facts]
    for fact in dict.fromkeys(facts):
        say("\n".join(_wrapped(f"{fact.evidence}  {fact.source}")))
    return 0


def check(options: argparse.Namespace) -> int:
    """Listen, then report."""
    from instrument.controllers import Plugged
    from instrument.drivers.midi import Midi
    from instrument.lamplighter import Lamplighter
    from instrument.leds import LIT

    maps = _maps()
    seen = Seen()
    midi = Midi("auto", [options.port], seen.note)
    plugged = Plugged(maps, midi.alias)
    lamplighter = Lamplighter(plugged, midi.send)
    all_lit = {name: LIT for each in maps for row in each.lights.rows for name in row.shows}
    midi.start()
    say("move every control once" + ("" if options.seconds else ", then press Enter"))
    until = time.monotonic() + (options.seconds or LONGEST_S)
    try:
        while not _ended(until, watch_keys=not options.seconds):
            if options.lamps:
                lamplighter.follow(midi.comings)
                lamplighter.show(all_lit, time.monotonic_ns())
    except KeyboardInterrupt:
        pass  # as Enter
    lamplighter.finish()
    report = seen.report(plugged)  # while ports have their aliases
    midi.stop()
    say("\n".join(report))
    return 0


class Seen:
    """What has arrived, by source. Any thread notes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[str, dict[Control, list[int]]] = {}  # source, control: lowest and highest

    def note(self, arrival: "Arrival") -> None:
        from instrument.midi_map import Raw
        from instrument.rules.moves import sent

        if not isinstance(arrival.message, Raw):
            return
        control, value = sent(arrival.message)
        with self._lock:
            ends = self._sent.setdefault(arrival.source, {}).setdefault(control, [value, value])
            ends[:] = min(ends[0], value), max(ends[1], value)

    def report(self, plugged: "Plugged") -> list[str]:
        """Return a block of lines for each source."""
        with self._lock:
            return [
                line for source in sorted(self._sent) for line in self._block(source, plugged.of(source))
            ] or ["nothing arrived"]

    def _block(self, source: str, found: "Controller | None") -> list[str]:
        sent = self._sent[source]
        rows: tuple[Row, ...] = found.rows if found is not None else ()
        lines = [f"{source}: {found.name if found is not None else 'no map'}"]
        lines += [_row_line(row, sent) for row in rows]
        bound = [binding.control for row in rows for binding in row.bindings]
        others = [control for control in sent if not any(each.covers(control) for each in bound)]
        lines += [
            f"  not in the map: {control}, {sent[control][0]} to {sent[control][1]}" for control in others
        ]
        return lines


def _row_line(row: "Row", sent: "dict[Control, list[int]]") -> str:
    """Return which controls of a row were seen, and from where to where."""
    seen = {b.control: [sent[c] for c in sent if b.control.covers(c)] for b in row.bindings}
    missing = [str(control) for control, ends in seen.items() if not ends]
    ends = [each for found in seen.values() for each in found]
    span = f", {min(low for low, _ in ends)} to {max(high for _, high in ends)}" if ends else ""
    told = f"; not seen: {', '.join(missing)}" if ends and missing else ""
    return f"  {len(seen) - len(missing)} of {len(seen)} seen{span}: {row.words}{told}"


def _ended(until: float, *, watch_keys: bool) -> bool:
    """Wait a little; return whether Enter was pressed or the time is up."""
    left = until - time.monotonic()
    pressed = select.select([sys.stdin] if watch_keys else [], [], [], max(0.0, min(left, _WAKE_S)))[0]
    return bool(pressed) or left <= 0


def _maps() -> "tuple[Controller, ...]":
    from instrument import controller_file

    maps, warnings = controller_file.load_all(own_folder())
    for warning in warnings:
        sys.stderr.write(f"graindrum: {warning}\n")
    return maps


def _wrapped(text: str) -> list[str]:
    import textwrap

    return textwrap.wrap(text, WIDE, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)
