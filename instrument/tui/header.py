"""The two lines on top: what plays, and how the machine below it is."""

from rich.text import Text

from instrument.snapshot import Snapshot
from instrument.tui.geometry import STEPS, STEPS_PER_BEAT
from instrument.tui.palette import ACCENT, ALARM, BRIGHT, DIM, FAINT, GOOD, INK, PANEL, STOPPED, WARM, style
from instrument.tui.words import Words, bar, cut, spread, words

LOAD_WIDTH = 6
LEAST_NAME = 3  # columns of a pattern's name: less says nothing
LEAST_MIDI, LEAST_AUDIO = 10, 12  # columns, with the gap before
WARM_LOAD, HOT_LOAD = 0.5, 0.8  # of a block's time: beyond the first no headroom is left for a fill


class Transport(Words):
    """Play state, tempo, beat and step; the pattern and the one that comes next; what is switched on."""

    def show(self, snapshot: Snapshot | None, width: int) -> None:
        self.draw(transport(snapshot, width))


class Machine(Words):
    """Load, voices, xruns, the recording, MIDI inputs and audio device."""

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
    left.append(f" {snapshot.tempo_bpm:5.1f}", style(BRIGHT, PANEL, bold=True))
    if snapshot.clock:
        left.append(" ext  ", style(ACCENT, PANEL, bold=True))
    else:
        left.append(" bpm  ", style(DIM, PANEL))
    left.append_text(_beats(snapshot.step))
    switches = _switches(snapshot)
    left.append_text(_program(snapshot, width - left.cell_len - switches.cell_len))
    swing = f"  swing {snapshot.swing:.0%}" if snapshot.swing > 0.5 else ""
    kit = f"  kit {snapshot.kit}"
    for more in (swing, kit):
        if width - left.cell_len - switches.cell_len > len(more) + 1:
            left.append(more, style(DIM, PANEL))
    if width - left.cell_len - switches.cell_len > brand.cell_len:
        switches.append_text(brand)
    return spread(left, switches, width)


def _program(snapshot: Snapshot, room: int) -> Text:
    """Write the pattern, its bar, and what is queued, in as much as there is room for."""
    line = words().append(f"  {snapshot.address}", style(BRIGHT, PANEL, bold=True))
    bars = f" {snapshot.bar + 1}/{snapshot.bars}" if snapshot.bar is not None and snapshot.bars > 1 else ""
    chained = f" chain {snapshot.link + 1}" if snapshot.link is not None else ""
    queued = f" ► {snapshot.queued}" if snapshot.queued else ""
    left = room - line.cell_len - len(bars + chained + queued) - 1
    if left > LEAST_NAME:
        line.append(f" {cut(snapshot.pattern_name, left - 1)}", style(DIM, PANEL))
    line.append(bars + chained, style(INK, PANEL))
    return line.append(queued, style(ACCENT, PANEL, bold=True))


def _switches(snapshot: Snapshot) -> Text:
    """Write what is switched on, the most urgent last, where the eye finds it."""
    line = words()
    if snapshot.metronome:
        line.append(" click ", style(PANEL, DIM))
    if snapshot.fill:
        line.append(" FILL ", style(PANEL, ACCENT, bold=True))
    if snapshot.writing:
        line.append(" WRITE " if snapshot.overdub else " REPLACE ", style(PANEL, ALARM, bold=True))
    return words().append(" ").append_text(line) if line else line


def _beats(step: int | None) -> Text:
    """Write a light for each beat, then beat and step: `● · · ·  1.1`."""
    text = words()
    for beat in range(STEPS // STEPS_PER_BEAT):
        lit = step is not None and step // STEPS_PER_BEAT == beat
        text.append("■ " if lit else "· ", style(ACCENT if lit else FAINT, PANEL, bold=lit))
    where = "-.-" if step is None else f"{step // STEPS_PER_BEAT + 1}.{step % STEPS_PER_BEAT + 1}"
    return text.append(f" {where}", style(DIM if step is None else INK, PANEL))


def machine(snapshot: Snapshot | None, width: int) -> Text:
    """Write the second line; names of ports and the device give way when the terminal is narrow."""
    if snapshot is None:
        return words()
    ink = ALARM if snapshot.load >= HOT_LOAD else WARM if snapshot.load >= WARM_LOAD else GOOD
    lit, unlit = bar(snapshot.load, LOAD_WIDTH)
    left = words().append(" load ", style(DIM, PANEL))
    left.append(lit, style(ink, PANEL)).append(unlit, style(FAINT, PANEL))
    left.append(f"{snapshot.load:4.0%}", style(INK, PANEL))
    _count(left, "voices", f"{snapshot.voices:2d}", INK)
    _count(left, "xruns", str(snapshot.xruns), WARM if snapshot.xruns else INK)
    taking = _recording(snapshot)
    room = width - left.cell_len - taking.cell_len
    return spread(left, _around(snapshot, room).append_text(taking), width)


def _around(snapshot: Snapshot, room: int) -> Text:
    """Write the MIDI inputs and the audio device in what room there is."""
    line, inputs = words(), ", ".join(snapshot.midi_inputs) or "none"
    inputs = f"clock {snapshot.clock}, {inputs}" if snapshot.clock else inputs
    form = f" {snapshot.rate_hz / 1000:g}k/{snapshot.block_frames} " if snapshot.rate_hz else " "
    device = snapshot.audio_device or snapshot.engine
    if room >= LEAST_MIDI:
        share = max(LEAST_MIDI, room - len(f"  audio {device}{form}"), room // 3)
        ink = INK if snapshot.midi_inputs else WARM
        line.append("  midi ", style(DIM, PANEL)).append(cut(inputs, share - 7), style(ink, PANEL))
    room -= line.cell_len
    form = form if room >= LEAST_AUDIO + len(form) else " "
    if room >= LEAST_AUDIO:
        line.append("  audio ", style(DIM, PANEL)).append(
            cut(device, room - len(form) - 8), style(INK, PANEL)
        )
    return line.append(form, style(DIM, PANEL))


def _recording(snapshot: Snapshot) -> Text:
    """Write how long the recording at hand is, and whether the disk keeps up."""
    line = words()
    if not snapshot.recording:
        return line
    minutes, seconds = divmod(int(snapshot.recorded_s), 60)
    lost = " LOSSES" if snapshot.recording_lost_s else ""
    return line.append(f" ■ WAV {minutes}:{seconds:02d}{lost} ", style(PANEL, ALARM, bold=True))


def _count(line: Text, label: str, value: str, ink: str) -> None:
    line.append(f"  {label} ", style(DIM, PANEL)).append(value, style(ink, PANEL))
