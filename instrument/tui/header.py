"""The two lines on top: what plays, and how the machine below it is."""

from rich.text import Text

from instrument.snapshot import Snapshot
from instrument.tui.geometry import STEPS, STEPS_PER_BEAT
from instrument.tui.palette import ACCENT, ALARM, BRIGHT, DIM, FAINT, GOOD, INK, PANEL, STOPPED, WARM, style
from instrument.tui.words import Words, bar, cut, spread, words

LOAD_WIDTH = 8
WARM_LOAD, HOT_LOAD = 0.5, 0.8  # of a block's time: beyond the first no headroom is left for a fill


class Transport(Words):
    """Play state, tempo, beat and step; what is loaded."""

    def show(self, snapshot: Snapshot | None) -> None:
        self.draw(transport(snapshot, self.size.width))


class Machine(Words):
    """Load, voices, xruns, audio device and MIDI inputs."""

    def show(self, snapshot: Snapshot | None) -> None:
        self.draw(machine(snapshot, self.size.width))


def transport(snapshot: Snapshot | None, width: int) -> Text:
    """Write the first line; without a snapshot there is no instrument to speak of."""
    left, right = words(), words()
    right.append("GRAINDRUM ", style(ACCENT, PANEL, bold=True))
    if snapshot is None:
        left.append(" ■ NOT CONNECTED", style(ALARM, PANEL, bold=True))
        return spread(left, right, width)
    if snapshot.playing:
        left.append(" ► PLAYING ", style(PANEL, GOOD, bold=True))
    else:
        left.append(" ■ STOPPED ", style(INK, STOPPED, bold=True))
    left.append(f"  {snapshot.tempo_bpm:5.1f}", style(BRIGHT, PANEL, bold=True))
    left.append(" bpm  ", style(DIM, PANEL))
    left.append_text(_beats(snapshot.step))
    if snapshot.swing > 0.5:
        left.append(f"  swing {snapshot.swing:.0%}", style(DIM, PANEL))
    loaded = " ".join(part for part in (snapshot.kit, snapshot.pattern_name) if part)
    right = words().append(f"{loaded}  ", style(DIM, PANEL)).append_text(right)
    return spread(left, right, width)


def _beats(step: int | None) -> Text:
    """Write a light for each beat, then beat and step: `● · · ·  1.1`."""
    text = words()
    for beat in range(STEPS // STEPS_PER_BEAT):
        lit = step is not None and step // STEPS_PER_BEAT == beat
        text.append("■ " if lit else "· ", style(ACCENT if lit else FAINT, PANEL, bold=lit))
    where = "-.-" if step is None else f"{step // STEPS_PER_BEAT + 1}.{step % STEPS_PER_BEAT + 1}"
    return text.append(f" {where}", style(DIM if step is None else INK, PANEL))


def machine(snapshot: Snapshot | None, width: int) -> Text:
    """Write the second line; the names of devices give way when the terminal is narrow."""
    if snapshot is None:
        return words()
    ink = ALARM if snapshot.load >= HOT_LOAD else WARM if snapshot.load >= WARM_LOAD else GOOD
    lit, unlit = bar(snapshot.load, LOAD_WIDTH)
    left = words().append(" load ", style(DIM, PANEL))
    left.append(lit, style(ink, PANEL)).append(unlit, style(FAINT, PANEL))
    left.append(f"{snapshot.load:4.0%}", style(INK, PANEL))
    _count(left, "voices", f"{snapshot.voices:2d}", INK)
    _count(left, "xruns", str(snapshot.xruns), ALARM if snapshot.xruns else INK)
    return spread(left, _devices(snapshot, width - left.cell_len - 2), width)


def _count(line: Text, label: str, value: str, ink: str) -> None:
    line.append(f"  {label} ", style(DIM, PANEL)).append(value, style(ink, PANEL))


def _devices(snapshot: Snapshot, room: int) -> Text:
    """Write audio device and MIDI inputs in `room` columns; MIDI gets what the audio device leaves."""
    form = f" {snapshot.rate_hz / 1000:g}k/{snapshot.block_frames}" if snapshot.rate_hz else ""
    device = snapshot.audio_device or snapshot.engine
    inputs = ", ".join(snapshot.midi_inputs) or "none"
    for_midi = min(len(inputs), max(room // 3, room - len(device) - len(form) - 12))
    line = words().append("audio ", style(DIM, PANEL))
    line.append(cut(device, room - len(form) - for_midi - 13), style(INK, PANEL))
    line.append(f"{form}  midi ", style(DIM, PANEL))
    return line.append(cut(inputs, for_midi) + " ", style(INK if snapshot.midi_inputs else WARM, PANEL))
