"""What a person may name: nothing of it hangs, fills the memory or ends in a traceback."""

import os
from pathlib import Path

import pytest

from instrument import lookup, parse
from instrument.errors import StateError

TOO_LONG = Path("a" * 300)


def test_a_name_too_long_is_not_there() -> None:
    assert not lookup.is_file(TOO_LONG)
    assert not lookup.is_folder(TOO_LONG)
    assert not lookup.exists(TOO_LONG)
    assert lookup.stems(TOO_LONG, ".yaml") == set()


def test_a_folder_lists_what_has_the_suffix(tmp_path: Path) -> None:
    for name in ("a.yaml", "b.yaml", "c.txt"):
        (tmp_path / name).touch()

    assert lookup.stems(tmp_path, ".yaml") == {"a", "b"}


def test_a_file_up_to_the_limit_is_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"12345678")

    assert lookup.read(path, 8) == b"12345678"
    with pytest.raises(OSError, match="larger than 7e-06 MB"):
        lookup.read(path, 7)


def test_a_pipe_a_device_and_a_folder_are_no_files(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    for path in (tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="no regular file"):
            lookup.read(path)
    with pytest.raises(OSError, match="directory"):
        lookup.read(tmp_path)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("schema: 1\nname: 2001-13-45\n", "not YAML"),
        ("[" * 100_000, "nested deeper than 20"),
        ("- " * 100_000, "nested deeper than 20"),
        ("a: &a [1, 1]\n" + "b: *a\n" * 101, "more than 100 aliases"),
        ("a: 1\n" * 300_000, "larger than 1 MB"),
    ],
    ids=["no date", "brackets", "lists", "aliases", "large"],
)
def test_yaml_that_would_take_too_much_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text)

    with pytest.raises(StateError, match=says):
        parse.read_yaml(path)
