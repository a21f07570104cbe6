"""The two lines on top: what plays, and how the machine below it is."""

from rich.text import Text

from instrument.snapshot import Snapshot
from instrument.tui.geometry import STEPS, STEPS_PER_BEAT
from instrument.tui.palette import ACCENT, ALARM, BRIGHT, DIM, FAINT, GOOD, INK, PANEL, STOPPED, WARM, style
from instrument.tui.words import Words, bar, cut, spread, words

LOAD_WIDTH = 8
LEAST_MIDI, LEAST_AUDIO = 11, 12  # columns, with the gap before: less says nothing
WARM_LOAD, HOT_LOAD = 0.5, 0.8  # of a block's time: beyond the first no headroom is left for a fill


class Transport(Words):
    """Play state, tempo, beat and step; what is loaded; MIDI inputs."""

    def show(self, snapshot: Snapshot | None, width: int) -> None:
        self.draw(transport(snapshot, width))


class Machine(Words):
    """Load, voices, xruns and audio device."""

    def show(self, snapshot: Snapshot | None, width: int) -> None:
        self.draw(machine(snapshot, width))


def transport(snapshot: Snapshot | None, width: int) -> Text:
    """Write the first line; without a snapshot there is no instrument to speak of."""
    left = words()
    brand = words().append("  GRAINDRUM ", style(ACCENT, PANEL, bold=True))
    if snapshot is None:
        left.append(" ■ NOT CONNECTED", style(ALARM, PANEL, bold=True))
        return spread(left, brand, width)
    if snapshot.playing:
        left.append(" ► PLAYING ", style(PANEL, GOOD, bold=True))
    else:
        left.append(" ■ STOPPED ", style(INK, STOPPED, bold=True))
    left.append(f"  {snapshot.tempo_bpm:5.1f}", style(BRIGHT, PANEL, bold=True))
    left.append(" bpm  ", style(DIM, PANEL))
    left.append_text(_beats(snapshot.step))
    swing = f"  swing {snapshot.swing:.0%}" if snapshot.swing > 0.5 else ""
    if width - left.cell_len - len(swing) > LEAST_MIDI:
        left.append(swing, style(DIM, PANEL))
    room = width - left.cell_len
    right = brand if room >= LEAST_MIDI + brand.cell_len else words().append(" ")
    return spread(left, _around(snapshot, room - right.cell_len).append_text(right), width)


def _around(snapshot: Snapshot, room: int) -> Text:
    """Write what is loaded, where there is room for it, and the MIDI inputs in what is left."""
    line = words()
    if room < LEAST_MIDI:
        return line
    line.append("  ")
    inputs = ", ".join(snapshot.midi_inputs) or "none"
    for label, name in (("kit", snapshot.kit), ("pattern", snapshot.pattern_name)):
        if name and room - line.cell_len - len(label) - len(name) - 3 >= len(inputs) + 5:
            line.append(f"{label} ", style(FAINT, PANEL)).append(f"{name}  ", style(DIM, PANEL))
    line.append("midi ", style(DIM, PANEL))
    ink = INK if snapshot.midi_inputs else WARM
    return line.append(cut(inputs, room - line.cell_len), style(ink, PANEL))


def _beats(step: int | None) -> Text:
    """Write a light for each beat, then beat and step: `● · · ·  1.1`."""
    text = words()
    for beat in range(STEPS // STEPS_PER_BEAT):
        lit = step is not None and step // STEPS_PER_BEAT == beat
        text.append("■ " if lit else "· ", style(ACCENT if lit else FAINT, PANEL, bold=lit))
    where = "-.-" if step is None else f"{step // STEPS_PER_BEAT + 1}.{step % STEPS_PER_BEAT + 1}"
    return text.append(f" {where}", style(DIM if step is None else INK, PANEL))


def machine(snapshot: Snapshot | None, width: int) -> Text:
    """Write the second line; the name of the device gives way when the terminal is narrow."""
    if snapshot is None:
        return words()
    ink = ALARM if snapshot.load >= HOT_LOAD else WARM if snapshot.load >= WARM_LOAD else GOOD
    lit, unlit = bar(snapshot.load, LOAD_WIDTH)
    left = words().append(" load ", style(DIM, PANEL))
    left.append(lit, style(ink, PANEL)).append(unlit, style(FAINT, PANEL))
    left.append(f"{snapshot.load:4.0%}", style(INK, PANEL))
    _count(left, "voices", f"{snapshot.voices:2d}", INK)
    _count(left, "xruns", str(snapshot.xruns), WARM if snapshot.xruns else INK)
    room = width - left.cell_len
    form = f" {snapshot.rate_hz / 1000:g}k/{snapshot.block_frames} " if snapshot.rate_hz else " "
    form = form if room >= LEAST_AUDIO + len(form) else " "
    right = words()
    if room >= LEAST_AUDIO:
        device = cut(snapshot.audio_device or snapshot.engine, room - len(form) - 8)
        right.append("  audio ", style(DIM, PANEL)).append(device, style(INK, PANEL))
    return spread(left, right.append(form, style(DIM, PANEL)), width)


def _count(line: Text, label: str, value: str, ink: str) -> None:
    line.append(f"  {label} ", style(DIM, PANEL)).append(value, style(ink, PANEL))
