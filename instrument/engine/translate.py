"""From the instrument's words to the core's structs."""

from instrument.engine import link
from instrument.engine.link import CEvent, Start
from instrument.events import Cancel, Choke, Event, Hit, Mix, Record, Turn


def struct(event: Event) -> CEvent:
    """Return the `gd_event *` of an event."""
    if isinstance(event, Hit):
        return link.hit(event.frame, event.track, _timbre(event), _start(event))
    if isinstance(event, Turn):
        return link.sound(event.frame, event.track, _timbre(event))
    if isinstance(event, Mix):
        return link.track(event.frame, event.track, event.gain, event.pan, event.mute)
    if isinstance(event, Choke):
        return link.choke(event.frame, event.track)
    if isinstance(event, Record):
        return link.record(event.frame, event.take, event.tracks)
    assert isinstance(event, Cancel)
    return link.cancel(event.frame, event.track)


def _timbre(event: Hit | Turn) -> link.Timbre:
    timbre = event.timbre
    return link.Timbre(
        embedding=timbre.embedding,
        latent=timbre.latent,
        condition=timbre.condition,
        tilt=event.tilt,
        decay_s=timbre.decay_s,
        tune=event.tune,
        pitch_hz=timbre.pitch_hz,
    )


def _start(hit: Hit) -> Start:
    return Start(
        seed=hit.seed,
        id=hit.id,
        source=int(hit.source),
        gain=hit.gain,
        pan=hit.pan,
        choke_group=hit.choke_group,
        length_s=hit.length_s,
    )
