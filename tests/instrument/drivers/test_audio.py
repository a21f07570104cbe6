"""The outputs of whatever machine this is."""

from instrument.drivers.audio import outputs
from instrument.outputs import NULL, candidates


def test_there_is_always_something_to_play_on() -> None:
    found = outputs()
    assert found[-1] == NULL
    assert len({each.label for each in found}) == len(found)
    assert candidates(found[:-1], "auto")[-1] == NULL
