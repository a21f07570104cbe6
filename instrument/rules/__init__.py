"""What each message does: functions (context, state, message, frame) -> (state, events), a module a topic."""

from instrument.rules import knobs, learning, mixing, morphing, pads, patterns, recording, transport
from instrument.rules.state import Rules

RULES: Rules = {
    **pads.RULES,
    **knobs.RULES,
    **learning.RULES,
    **morphing.RULES,
    **mixing.RULES,
    **patterns.RULES,
    **recording.RULES,
    **transport.RULES,
}
