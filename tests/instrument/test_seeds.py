"""Seeds mixed from places."""

from instrument.seeds import mixed


def test_the_same_numbers_give_the_same_bits_for_ever() -> None:
    assert mixed(1, 2, 3) == 0xD0734750FDE362B3
    assert mixed(1, 2, 3) != mixed(1, 3, 2)


def test_neighbours_differ_in_about_half_their_bits() -> None:
    flipped = [(mixed(1, step) ^ mixed(1, step + 1)).bit_count() for step in range(1000)]

    assert 30 < sum(flipped) / len(flipped) < 34
    assert len({mixed(7, step, track) for step in range(1000) for track in range(8)}) == 8000
