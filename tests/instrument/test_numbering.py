"""Many names in one line."""

import pytest

from instrument import numbering
from instrument.errors import StateError


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("pad 1-3", ("pad 1", "pad 2", "pad 3")),
        ("pad 3-1", ("pad 3", "pad 2", "pad 1")),
        ("cc 3,9, 12-14 ch 1", ("cc 3 ch 1", "cc 9 ch 1", "cc 12 ch 1", "cc 13 ch 1", "cc 14 ch 1")),
        ("track 1-2 knob 7", ("track 1 knob 7", "track 2 knob 7")),
        ("note 36 ch 10", ("note 36 ch 10",)),
        ("play", ("play",)),
        ("5-5", ("5",)),
    ],
)
def test_a_series_of_numbers_stands_for_many_names(words: str, names: tuple[str, ...]) -> None:
    assert numbering.expanded("here", words) == names


def test_a_series_has_an_end() -> None:
    with pytest.raises(StateError, match="here is 'cc 0-999': 1000 numbers; expected at most 128"):
        numbering.expanded("here", "cc 0-999")
