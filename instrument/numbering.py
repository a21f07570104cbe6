"""Many names in one: `pad 1-8` is pad 1, pad 2 and so on to pad 8; `cc 3,9,12-15 ch 1` is six controls."""

import re

from instrument.errors import StateError

MOST = 128
_PART = r"\d{1,3}(?:-\d{1,3})?"
_SERIES = re.compile(rf"\d{{1,3}}-\d{{1,3}}(?:,\s*{_PART})*|\d{{1,3}}(?:,\s*{_PART})+")


def expanded(where: str, words: str) -> tuple[str, ...]:
    """Return the names that the first series of numbers in `words` stands for; just `words` without one.

    A range may run down, `8-1`. StateError when there are more than MOST.
    """
    found = _SERIES.search(words)
    if found is None:
        return (words,)
    numbers = [number for part in found[0].split(",") for number in _run(part.strip())]
    if len(numbers) > MOST:
        raise StateError(f"{where} is {words!r}: {len(numbers)} numbers; expected at most {MOST}")
    before, after = words[: found.start()], words[found.end() :]
    return tuple(f"{before}{number}{after}" for number in numbers)


def _run(part: str) -> range:
    first, _, last = part.partition("-")
    low, high = int(first), int(last or first)
    return range(low, high + 1) if low <= high else range(low, high - 1, -1)
