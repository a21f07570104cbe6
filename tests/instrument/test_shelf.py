"""Kits by name, as they are asked for while the instrument plays."""

from pathlib import Path

import pytest

from instrument import bundle, kit, library, parse
from instrument.bundle import Bundle
from instrument.shelf import Shelf


@pytest.fixture(scope="module")
def tiny(tiny_bundle: Path) -> Bundle:
    return bundle.load(tiny_bundle)


def put(folder: Path, name: str, text: str) -> None:
    (folder / "kits").mkdir(exist_ok=True)
    (folder / "kits" / f"{name}.yaml").write_text(text)


def test_kits_of_the_bundle_are_there_and_no_others(tiny: Bundle) -> None:
    shelf = Shelf(tiny, 1)

    assert "plain" in shelf
    assert "jungle" not in shelf  # made for ten classes that this bundle lacks
    assert shelf["plain"] == library.load_kit("plain", tiny, 1)
    with pytest.raises(KeyError):
        shelf["none"]


def test_a_kit_that_is_put_there_or_changed_is_there_at_once(tiny: Bundle, tmp_path: Path) -> None:
    shelf = Shelf(tiny, 1, tmp_path)
    assert "mine" not in shelf
    made = library.load_kit("plain", tiny, 5)

    put(tmp_path, "mine", parse.write_yaml(kit.to_data(made)))
    assert shelf["mine"] == made
    put(tmp_path, "mine", parse.write_yaml(kit.to_data(library.load_kit("plain", tiny, 6))))
    (tmp_path / "kits" / "mine.yaml").touch()
    assert shelf["mine"] != made
    assert "mine" in list(shelf)


def test_a_damaged_kit_is_passed_over(tiny: Bundle, tmp_path: Path) -> None:
    put(tmp_path, "broken", "schema: 2\ntracks: 7")
    assert "broken" not in Shelf(tiny, 1, tmp_path)


def test_a_path_is_no_name(tiny: Bundle, tmp_path: Path) -> None:
    put(tmp_path, "mine", parse.write_yaml(kit.to_data(library.load_kit("plain", tiny, 5))))
    assert str(tmp_path / "kits" / "mine.yaml") not in Shelf(tiny, 1)
