"""Velocity curves: what a controller sends to what is played, each a pure function of 1 to 127."""

import math
from collections.abc import Callable
from types import MappingProxyType

from instrument.errors import MessageError

LOUDEST = 127
FIXED_VELOCITY = 100  # as bright as the model has it
DEFAULT = "linear"
_SOFT, _HARD = 0.6, 1.7  # exponents: half a stroke plays as two thirds of one, and as a third
_LOG_STEEPNESS = 15.0


def linear(velocity: int) -> int:
    """As it was struck."""
    return velocity


def soft(velocity: int) -> int:
    """For pads that want force: a light stroke plays louder."""
    return _scaled((velocity / LOUDEST) ** _SOFT)


def hard(velocity: int) -> int:
    """For pads that jump to full: a light stroke plays softer."""
    return _scaled((velocity / LOUDEST) ** _HARD)


def log(velocity: int) -> int:
    """For pads that hardly answer: most of the range within the first third of the force."""
    return _scaled(math.log1p(_LOG_STEEPNESS * velocity / LOUDEST) / math.log1p(_LOG_STEEPNESS))


def fixed(_velocity: int) -> int:
    """For pads that do not feel force: every stroke the same."""
    return FIXED_VELOCITY


def _scaled(share: float) -> int:
    return min(max(round(share * LOUDEST), 1), LOUDEST)


CURVES: MappingProxyType[str, Callable[[int], int]] = MappingProxyType(
    {"linear": linear, "soft": soft, "hard": hard, "log": log, "fixed": fixed}
)


def shaped(curve: str, velocity: int) -> int:
    """Return the velocity that is played, 1 to 127; 0, a release, stays 0. MessageError for no such curve."""
    if curve not in CURVES:
        raise MessageError(f"no velocity curve {curve!r}; known are {', '.join(CURVES)}")
    return CURVES[curve](velocity) if velocity > 0 else 0
