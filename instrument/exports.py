"""Kits and performances as audio for other programs: one-shots, and stems."""

import math
from collections.abc import Iterator
from dataclasses import replace

from instrument.bundle import Bundle
from instrument.engine.offline import F32, Offline
from instrument.engine.translate import struct
from instrument.events import Source
from instrument.kit import Kit, fits
from instrument.rules.context import Context, Strike, mix
from instrument.sampling import alone
from instrument.seeds import mixed
from instrument.space import Space

REST_S = 1.0  # after a hit, until the limiter has let go


def one_shots(bundle: Bundle, kit: Kit, seed: int, velocity: int, rate_hz: int) -> Iterator[F32]:
    """Yield each track's hit alone, (N, 2), as it sounds in the mix: level, pan and tune as the kit has them.

    Muted tracks are heard too. `seed` is of the noise. StateError when the kit does not fit the bundle.
    """
    fits(kit, bundle)
    context = Context(Space(bundle))
    with Offline(bundle, rate_hz) as engine:
        for index, track in enumerate(kit.tracks):
            frame = engine.telemetry().frame
            heard = replace(track, mute=False)
            strike = Strike(index, velocity, frame, Source.LIVE, mixed(seed, index), index)
            hit = context.hit(heard, strike)
            engine.push(struct(mix(heard, index, frame)))
            engine.push(struct(hit))
            yield alone(engine, math.ceil((hit.length_s + REST_S) * rate_hz))
            engine.render(round(REST_S * rate_hz))
