"""A machine in full swing, as a daemon would describe it."""

from instrument.snapshot import Snapshot, TrackView

CLASSES = ("kick", "snare", "clap", "hihat_closed", "hihat_open", "tom", "crash", "ride")
PATTERN = (
    (120, 0, 0, 0, 0, 0, 50, 0, 0, 0, 110, 0, 0, 0, 0, 0),
    (0, 0, 0, 0, 115, 0, 0, 30, 0, 0, 0, 0, 112, 0, 0, 40),
    (0, 0, 0, 0, 90, 0, 0, 0, 0, 0, 0, 0, 90, 0, 0, 0),
    (100, 40, 80, 40, 100, 40, 80, 40, 100, 40, 80, 40, 100, 40, 80, 40),
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 95, 0),
    (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 70, 0, 90, 0, 0),
    (105, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
    (60, 0, 60, 0, 60, 0, 60, 0, 60, 0, 60, 0, 60, 0, 60, 0),
)
LEVELS_DB = (0.0, -1.0, -4.0, -7.0, -8.0, -3.0, -8.0, -9.0)
RMS = (0.3, 0.12, 0.02, 0.08, 0.001, 0.0, 0.05, 0.03)


def playing(**changes: object) -> Snapshot:
    """A snapshot of a playing machine, with `changes` to its fields."""
    tracks = tuple(
        TrackView(
            name=name, class_name=name, level_db=LEVELS_DB[at], pan=0.1 * at - 0.3, mute=at == 7,
            meter_peak=min(1.0, RMS[at] * 2.6), meter_rms=RMS[at], seed=0x1F3A * (at + 3) ** 3,
            knobs=(0.5, 0.62, 0.31, 0.5, 0.85, 0.5, 0.25, 1.0),
        )
        for at, name in enumerate(CLASSES)
    )  # fmt: skip
    fields: dict[str, object] = {
        "version": "0.1.0", "bundle": "drums8", "kit": "drums8", "pattern_name": "first",
        "playing": True, "undos": 3,
        "tempo_bpm": 124.0, "step": 4,
        "pattern": PATTERN, "tracks": tracks, "selected": 2, "engine": "sounding",
        "audio_device": "Scarlett 2i2 USB",
        "rate_hz": 48_000, "block_frames": 128, "load": 0.13, "peak_load": 0.31,
        "voices": 7, "master_peak": (0.4, 0.42), "hits": 421, "midi_inputs": ("MPD218", "LPD8"),
        "last_midi": "MPD218: note 38 ch 10 vel 112 → track 2 snare",
    }  # fmt: skip
    return Snapshot(**(fields | changes))  # type: ignore[arg-type]
