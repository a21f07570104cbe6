"""What leaves the machine: the louder side's peak, and whether the limiter holds it down."""

from rich.text import Text

from instrument.snapshot import Snapshot
from instrument.tui.geometry import METERS_WIDTH
from instrument.tui.meters import METER_FULL_DB, METER_HOT_DB, meter_share
from instrument.tui.palette import ALARM, DIM, FAINT, GOOD, GROUND, WARM, style
from instrument.tui.words import Words, bar, words
from instrument.units import gain_to_db

LIMITING_DB = -0.1


class Output(Words):
    """A small meter above the tracks' meters."""

    def show(self, snapshot: Snapshot | None) -> None:
        self.draw(output(snapshot))


def output(snapshot: Snapshot | None) -> Text:
    text = words(GROUND)
    if snapshot is None:
        return text
    peak_db = gain_to_db(max(snapshot.master_peak, default=0.0))
    limiting = snapshot.limiter_db <= LIMITING_DB
    lit, unlit = bar(meter_share(peak_db), METERS_WIDTH - 6)
    ink = ALARM if peak_db >= METER_FULL_DB else WARM if peak_db >= METER_HOT_DB else GOOD
    text.append(" lim " if limiting else " out ", style(WARM if limiting else DIM))
    return text.append(lit, style(ink)).append(unlit, style(FAINT))
