"""What a training is told on its command line."""

import pytest

from models import settings
from models.config import Config

PLAIN = ["data", "--out", "run"]


def read(*settings_of: str) -> Config:
    """Return the hyper-parameters of `--set` options."""
    parser = settings.parser(None)
    return settings.config(parser.parse_args([*PLAIN, *(f"--set={each}" for each in settings_of)]))


def test_every_default_is_within_its_bounds() -> None:
    assert read() == Config()


def test_values_are_read_by_their_kind() -> None:
    found = read("pitched=true", "per_class=7", "hold_out=a,b", "silent=0")
    assert (found.pitched, found.per_class, found.hold_out, found.silent) == (True, 7, ("a", "b"), 0.0)


@pytest.mark.parametrize(
    ("setting", "told"),
    [
        ("longest_s=-1", "expected 0.05 to 60"),
        ("end_db=nan", "expected -120 to -6"),
        ("hit_batch=0", "expected 1 to"),
        ("feature_batch=4", "expected 8 to"),
        ("silent=1.5", "expected 0 to 1"),
        ("audio_rate=inf", "expected 0 to"),
        ("jitter_frames=-1", "expected 0 to"),
        ("share_audio=0.9", "leave some of the time for hits"),
        ("width=wide", "is no int"),
        ("pitched=perhaps", "is no bool"),
        ("wide=3", "NAME is one of"),
    ],
)
def test_what_makes_no_sense_is_one_line(setting: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as error:
        read(setting)
    assert "\n" not in str(error.value)
