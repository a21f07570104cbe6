"""What each message does: functions (context, state, message, frame) -> (state, events), a module a topic."""

from instrument.rules import knobs, mixing, pads, patterns, transport
from instrument.rules.state import Rules

RULES: Rules = {
    **pads.RULES,
    **knobs.RULES,
    **mixing.RULES,
    **patterns.RULES,
    **transport.RULES,
}
