"""What a controller's file says about its lamps, checked.

    {lamps: 11-18, shows: pad 1-8, message: "90 {lamp} {colour}", colours: {dark: 0, idle: 1, lit: 21}}

A colour is a number, 0 to 127, or a text of bytes in hexadecimal; a list has one for each lamp. `{red}`,
`{green}` and `{blue}` are its first three bytes. `{colours}` stands for those of all lamps, in one message.
"""

import re
from collections.abc import Mapping

from instrument import numbering, parse
from instrument.errors import StateError
from instrument.leds import CONDITIONS, DARK, LIT, TOKENS, Lamps, Template, filled

_KEYS = ("lamps", "shows", "message", "colours", "source", "evidence")
_NUMBER = re.compile(r"\d+")
_BYTE = re.compile(r"[0-9A-Fa-f]{2}")
SYSEX, SYSEX_END = 0xF0, b"\xf7"


def rows(where: str, data: object) -> tuple[Lamps, ...]:
    """Return the lamps that a list of rows describes; StateError names the first that is wrong."""
    listed = parse.items(where, data)
    return tuple(_row(f"{where}: row {at}", row) for at, row in enumerate(listed, start=1))


def messages(where: str, data: object) -> tuple[bytes, ...]:
    """Return MIDI messages written in hexadecimal."""
    texts = parse.items(where, data)
    return tuple(_whole(f"{where}[{at}]", _bytes(f"{where}[{at}]", text)) for at, text in enumerate(texts))


def _row(where: str, row: object) -> Lamps:
    if not isinstance(row, Mapping):
        raise StateError(f"{where} is {row!r}; expected lamps, shows, message and colours")
    parse.only(where, row, _KEYS)
    numbers = _lamps(f"{where} lamps", row.get("lamps"))
    shows = _shows(f"{where} shows", row.get("shows"), len(numbers))
    given = row.get("message")
    made = Lamps(
        numbers=numbers,
        shows=shows,
        messages=tuple(
            _template(f"{where} message", text) for text in (given if isinstance(given, list) else [given])
        ),
        colours=_colours(f"{where} colours", row.get("colours"), shows),
    )
    for condition in made.colours:
        for told in made.lit(dict.fromkeys(shows, condition)):
            for message in told:
                _whole(f"{where} message", message)
    return made


def _lamps(where: str, given: object) -> tuple[int, ...]:
    names = numbering.expanded(where, str(given))
    return tuple(parse.whole(where, int(name) if name.isdecimal() else name, 0, 127) for name in names)


def _shows(where: str, given: object, count: int) -> tuple[str, ...]:
    shows = numbering.expanded(where, parse.text(where, given))
    if len(shows) == 1:
        shows *= count
    if len(shows) != count:
        raise StateError(f"{where} is {given!r}: {len(shows)} for {count} lamps; expected as many")
    for shown in shows:
        if _NUMBER.sub("#", shown) not in CONDITIONS:
            raise StateError(f"{where} is {shown!r}; expected one of {', '.join(CONDITIONS)}")
    return shows


def _colours(where: str, given: object, shows: tuple[str, ...]) -> dict[str, tuple[bytes, ...]]:
    known = tuple(dict.fromkeys((*CONDITIONS[_NUMBER.sub("#", shows[0])], LIT)))
    if not isinstance(given, Mapping) or DARK not in given:
        raise StateError(f"{where} is {given!r}; expected a colour for {DARK} and some of {', '.join(known)}")
    parse.only(where, given, known)
    return {each: _one_a_lamp(f"{where} {each}", colour, len(shows)) for each, colour in given.items()}


def _one_a_lamp(where: str, given: object, count: int) -> tuple[bytes, ...]:
    if not isinstance(given, list):
        return (_colour(where, given),) * count
    listed = parse.items(where, given, count)
    return tuple(_colour(f"{where}[{at}]", item) for at, item in enumerate(listed))


def _colour(where: str, given: object) -> bytes:
    return _bytes(where, given) if isinstance(given, str) else bytes([parse.whole(where, given, 0, 127)])


def _bytes(where: str, given: object) -> bytes:
    """Return bytes written in hexadecimal, without tokens."""
    made = _template(where, given)
    if any(isinstance(part, str) for part in made):
        raise StateError(f"{where} is {given!r}; expected bytes in hexadecimal only")
    return filled(made, 0)


def _template(where: str, given: object) -> Template:
    parts = given.split() if isinstance(given, str) else []
    wrong = [part for part in parts if part not in TOKENS and _BYTE.fullmatch(part) is None]
    if wrong or not parts:
        allowed = f"bytes of two hexadecimal digits and {', '.join(TOKENS)}"
        raise StateError(f"{where} is {given!r}; expected {allowed}, as in 90 {{lamp}} {{colour}}")
    return tuple(part if part in TOKENS else bytes.fromhex(part) for part in parts)


def _whole(where: str, message: bytes) -> bytes:
    """Return a MIDI message that is whole: a note, a controller or a system exclusive."""
    status, data = (message[0] if message else 0), message[1:]
    exclusive = status == SYSEX and data[-1:] == SYSEX_END
    short = 0x80 <= status < SYSEX and len(data) == (1 if 0xC0 <= status < 0xE0 else 2)
    if not (exclusive or short) or any(byte > 0x7F for byte in (data[:-1] if exclusive else data)):
        shown = message.hex(" ").upper()
        raise StateError(f"{where} gives {shown}; expected a whole message, as 90 24 7F or F0 … F7")
    return message
