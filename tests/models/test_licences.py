"""Credit lines say whom, under which licence, where and what was changed; nobody who asks is left out."""

from pathlib import Path

import pytest

from models.licences import CHANGES, credit_lines

LISTING = """# Sources

## own

- Repository: a/b
- Licence: CC-BY-4.0
- Attribution: Ann

## free

- Licence: CC0-1.0
- Attribution: none required

## thanked

- Repository: c/d
- Licence: Public Domain (README)
- Attribution: none required; Bea (per-file author in manifest.csv)

## mixed

- Repository: e/f
- Licence: per file: CC0-1.0 or CC-BY
- Attribution: per file in manifest.csv: bob and others

## layered

- Repository: (made here)
- Licence: CC-BY-4.0 where own is used
- Attribution: as above

## unused

- Licence: CC-BY-4.0
- Attribution: Carl
"""
MANIFEST = """path,set,source_repo,licence,author
d/kick/own__1.flac,d,a/b,CC-BY-4.0,Ann
d/kick/mixed__1.flac,d,e/f,CC-BY,freesound bob https://freesound.org/s/2/
d/kick/mixed__2.flac,d,e/f,CC-BY,freesound bob https://freesound.org/s/1/
d/kick/mixed__3.flac,d,e/f,CC0-1.0,freesound eve https://freesound.org/s/3/
other/kick/mixed__4.flac,other,e/f,CC0-1.0,freesound eve https://freesound.org/s/3/
other/kick/layered__1.flac,other,(derived) a/b; c/d,CC-BY-4.0,here
"""


@pytest.fixture
def listing(tmp_path: Path) -> Path:
    """Give the folder of a data set's lists."""
    (tmp_path / "LICENSES.md").write_text(LISTING, encoding="utf-8")
    (tmp_path / "manifest.csv").write_text(MANIFEST, encoding="utf-8")
    return tmp_path


def test_credit_names_author_licence_link_place_and_changes(listing: Path) -> None:
    link = "https://creativecommons.org/licenses/by/4.0/"
    assert credit_lines(listing / "d", {"own"}) == [f"Ann — CC-BY-4.0 ({link}) — a/b. {CHANGES}"]


def test_who_asks_for_nothing_is_thanked_and_no_changes_are_told(listing: Path) -> None:
    assert credit_lines(listing / "d", {"free", "thanked"}) == [
        "free, no credit required — CC0-1.0 — free.",
        "Bea — Public Domain (README) — c/d.",
    ]


def test_authors_of_single_files_are_named_where_their_licence_asks_for_it(listing: Path) -> None:
    assert credit_lines(listing / "d", {"mixed"}) == [
        f"mixed: authors named one by one — CC-BY, CC0-1.0 — e/f. {CHANGES}",
        f"freesound bob (CC-BY): https://freesound.org/s/1/ https://freesound.org/s/2/ {CHANGES}",
    ]
    assert credit_lines(listing / "other", {"mixed"}) == ["mixed, no credit required — CC0-1.0 — e/f."]


def test_what_was_put_together_brings_in_what_it_was_made_of(listing: Path) -> None:
    lines = credit_lines(listing / "other", {"layered"})
    assert [line.split(" — ")[0] for line in lines] == ["Ann", "Bea", "layered: put together from a/b, c/d"]


def test_unlisted_sources_are_still_named(tmp_path: Path) -> None:
    assert credit_lines(tmp_path / "d", {"mine"}) == ["mine: recordings without a licence list"]
