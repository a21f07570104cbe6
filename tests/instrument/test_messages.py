"""Messages: what is allowed, and their way through JSON."""

import json
from contextlib import suppress
from dataclasses import Field, fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from instrument import messages
from instrument.errors import MessageError
from instrument.messages import MESSAGES, Message, SetMute, SetTempo, Trigger


def values_of(spec: "Field[Any]") -> st.SearchStrategy[Any]:
    """Return what a field allows."""
    allows = spec.metadata
    if spec.type is str:
        words = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=allows.get("longest", 0))
        return st.sampled_from(allows["known"]) if "known" in allows else words
    if spec.type is bool:
        return st.booleans()
    whole = spec.type is int
    return (st.integers if whole else st.floats)(allows["low"], allows["high"])


@st.composite
def any_message(draw: st.DrawFn) -> Message:
    kind = draw(st.sampled_from(sorted(MESSAGES.values(), key=lambda kind: kind.__name__)))
    values: dict[str, Any] = {}
    for spec in fields(kind):
        values[spec.name] = draw(values_of(spec))
    return kind(**values)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(any_message())
def test_every_message_survives_json(said: Message) -> None:
    assert messages.from_json(json.loads(json.dumps(messages.to_json(said)))) == said


@given(anything)
def test_anything_else_is_a_message_error(data: object) -> None:
    with pytest.raises(MessageError):
        messages.from_json(data)


@given(
    st.sampled_from(sorted(MESSAGES)),
    st.dictionaries(st.sampled_from(["track", "velocity", "bpm"]), anything),
)
def test_a_known_type_with_any_fields_is_a_message_or_a_message_error(
    name: str, values: dict[str, object]
) -> None:
    with suppress(MessageError):
        said = messages.from_json({"type": name, **values})
        assert messages.to_json(said).items() >= {"type": name, **values}.items()


@pytest.mark.parametrize(
    ("data", "names"),
    [
        ({"type": "trigger", "track": 11, "velocity": 1}, "track must be 1 to 10"),
        ({"type": "trigger", "track": 1, "velocity": 0}, "velocity must be 1 to 127"),
        ({"type": "trigger", "track": True, "velocity": 1}, "track must be a whole number"),
        ({"type": "trigger", "track": 1.0, "velocity": 1}, "track must be a whole number"),
        ({"type": "set_tempo", "bpm": float("nan")}, "bpm must be 20 to 300"),
        ({"type": "set_mute", "track": 1, "mute": 1}, "mute must be true or false"),
        ({"type": "trigger", "track": 1}, "missing or unknown: velocity"),
        ({"type": "play", "loud": 1}, "missing or unknown: loud"),
        ({"type": "trigge"}, "known: trigger"),
        ([], "a message is an object"),
    ],
)
def test_an_error_says_what_would_be_right(data: object, names: str) -> None:
    with pytest.raises(MessageError, match=names):
        messages.from_json(data)


def test_messages_are_checked_when_made_in_python_as_well() -> None:
    with pytest.raises(MessageError):
        Trigger(0, 100)
    with pytest.raises(MessageError):
        SetTempo(10.0)
    assert SetMute(1, True).mute
