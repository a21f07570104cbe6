"""What each message does: functions (context, state, message, frame) -> (state, events), a module a topic."""

from instrument.rules import (
    clock,
    editing,
    kits,
    knobs,
    learning,
    mixing,
    morphing,
    pads,
    patterns,
    programs,
    recording,
    staging,
    steps,
    transport,
)
from instrument.rules.state import Rules

RULES: Rules = {
    **pads.RULES,
    **knobs.RULES,
    **learning.RULES,
    **morphing.RULES,
    **kits.RULES,
    **mixing.RULES,
    **patterns.RULES,
    **steps.RULES,
    **editing.RULES,
    **programs.RULES,
    **staging.RULES,
    **recording.RULES,
    **transport.RULES,
    **clock.RULES,
}
