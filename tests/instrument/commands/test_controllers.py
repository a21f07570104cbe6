"""`graindrum controllers`: what is listed and shown, and the report on what was seen."""

from pathlib import Path

import pytest

from instrument import controller_file
from instrument.cli import WRONG_INPUT, main
from instrument.commands.controllers import Seen
from instrument.controllers import Plugged
from instrument.messages import Arrival, ControlChange, Message, Note, Play

MAPS, _ = controller_file.load_all()


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the folder of the player's own maps, in a home of its own."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "home"))
    folder = tmp_path / "home" / "graindrum" / "controllers"
    folder.mkdir(parents=True)
    return folder


def report(*said: tuple[str, Message]) -> list[str]:
    seen = Seen()
    for source, message in said:
        seen.note(Arrival(message, source, 0))
    return seen.report(Plugged(MAPS))


def test_every_map_is_listed_with_its_evidence_and_own_ones_are_marked(
    own: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (own / "mine.yaml").write_text('schema: 1\nname: Mine\nports: ["*mine*"]\nrole: [pads]\n')
    (own / "broken.yaml").write_text("schema: 9\n")

    assert main(["controllers", "list"]) == 0

    out, err = capsys.readouterr()
    assert {each.id for each in MAPS} <= set(out.split())
    assert "* mine" in out
    assert f"{own / 'broken.yaml'}: schema is 9; this version reads schema 1" in err


def test_a_map_is_shown_with_each_row_and_whose_word_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controllers", "show", "korg-nanokontrol2"]) == 0

    out = capsys.readouterr().out
    assert "F    cc 48-55 ch 1 → mute 1-8" in out
    assert "C    lamps 48 to 55 ← mute 1 to mute 8" in out
    assert "zynthian-ui" in out


def test_a_map_that_is_none_is_told_with_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["controllers", "show", "kaossilator"]) == WRONG_INPUT

    err = capsys.readouterr().err
    assert "no controller named 'kaossilator'; known are akai-apc-mini, akai-apc-mini-mk2" in err
    assert err.count("\n") == 1


def test_the_report_says_what_was_seen_what_was_not_and_what_the_map_does_not_know() -> None:
    lines = report(
        *(("LPD8 MIDI 1", Note(1, note, 90)) for note in range(36, 42)),
        ("LPD8 MIDI 1", ControlChange(1, 1, 3)),
        ("LPD8 MIDI 1", ControlChange(1, 1, 120)),
        ("LPD8 MIDI 1", ControlChange(2, 5, 1)),
    )

    assert lines == [
        "LPD8 MIDI 1: Akai LPD8",
        "  6 of 8 seen, 90 to 90: note 36-43 ch 1 → pad 1-8; not seen: note 42 ch 1, note 43 ch 1",
        "  1 of 8 seen, 3 to 120: cc 1-8 ch 1 → knob 1-8; not seen: "
        + ", ".join(f"cc {number} ch 1" for number in range(2, 9)),
        "  not in the map: cc 5 ch 2, 1 to 1",
    ]


def test_several_controllers_are_reported_apart() -> None:
    lines = report(("MPD218", Note(10, 36, 1)), ("LPD8", Note(1, 36, 1)), ("MPD218", Play()))

    assert [line for line in lines if not line.startswith(" ")] == ["LPD8: Akai LPD8", "MPD218: Akai MPD218"]


def test_silence_is_told() -> None:
    assert report() == ["nothing arrived"]
