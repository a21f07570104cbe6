"""How a control takes a value over without a jump, and what relative and 14-bit controls send.

Positions run from 0 to 1. All of it depends on the control's last position, its new one and the value as it
is, and on nothing else; so a value that something else has changed needs no notice.
"""

STEP = 1.0 / 127.0  # one detent of a relative control
FINE_TOP, COARSE_TOP = 16_383, 127
SAME = 1e-6  # a value through a curve and back


def moved(mode: str, last: float | None, now: float, value: float, slack: float = SAME) -> float:
    """Return a value's new position after a control went from `last` (None: not known) to `now`.

    jump: that of the control. pickup: the same once the control has met or crossed the value between the two
    (not near it: a fast turn passes by), until then unchanged. scale: as large a share of the way left.
    """
    last = now if last is None else last
    if mode == "jump":
        return now
    if mode == "scale":
        return _scaled(last, now, value)
    return now if min(last, now) - slack <= value <= max(last, now) + slack else value


def _scaled(last: float, now: float, value: float) -> float:
    if now == last:
        return value
    if now > last:
        return value + (1.0 - value) * (now - last) / (1.0 - last)
    return value - value * (last - now) / last


def distance(now: float, value: float) -> float:
    """Return how far the control has to go to meet the value, up if positive; 0 when it has it."""
    return 0.0 if abs(value - now) <= SAME else value - now


def steps(encoding: str, sent: int) -> int:
    """Return how many detents a relative control went, from the 7 bits it sent."""
    if encoding == "twos":
        return sent - 128 if sent >= 64 else sent
    if encoding == "offset":
        return sent - 64
    return -(sent & 0x3F) if sent & 0x40 else sent  # sign: in bit 6


def coarse(before: int | None, sent: int) -> int:
    """Return the 14 bits after the upper seven came: of their range what is nearest to `before`.

    The lower seven follow and say exactly; so a slow turn across two ranges never steps back.
    """
    low = sent << 7
    return low if before is None else min(max(before, low), low | 0x7F)


def fine(before: int | None, sent: int) -> int:
    """Return the 14 bits after the lower seven came."""
    return (before or 0) & ~0x7F | sent
