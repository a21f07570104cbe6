"""Random numbers that depend on where something stands, never on when it happens."""

_MASK = 2**64 - 1
DRAWS, LIVE, PATTERN, ROLLS = 1, 2, 3, 4  # what a seed is mixed for, after the instrument's own


def mixed(*parts: int) -> int:
    """Return 64 well-mixed bits of some whole numbers: the same for the same numbers, always.

    SplitMix64's finaliser over each part in turn.
    """
    state = 0
    for part in parts:
        state = (state ^ (part & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state
