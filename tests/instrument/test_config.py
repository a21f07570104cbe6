"""Configuration: layers, origins, and every problem at once."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from instrument import config
from instrument.config import SETTINGS
from instrument.errors import ConfigError


@pytest.fixture(autouse=True)
def own_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "SYSTEM", tmp_path / "etc.yaml")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "user"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))
    for name in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY"):
        monkeypatch.delenv(name, raising=False)


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_every_setting_has_a_default_and_a_comment_in_the_file() -> None:
    loaded = config.load()

    assert set(loaded.origins) == set(SETTINGS)
    assert set(loaded.origins.values()) == {"default"}
    for line in config.DEFAULTS.read_text().splitlines():
        assert not line.startswith("  ") or "#" in line


def test_later_layers_win_and_keep_their_origin(tmp_path: Path) -> None:
    block = "audio: {{block_frames: {}, rate_hz: {}}}"
    write(tmp_path / "etc.yaml", block.format(16, 44100) + "\nsound: {seed: 5}")
    write(tmp_path / "user" / "graindrum" / "config.yaml", block.format(32, 96000))
    named = write(tmp_path / "mine.yaml", "audio: {block_frames: 64}")

    loaded = config.load(named, ["audio.device=jack"])

    assert (loaded.audio.block_frames, loaded.audio.rate_hz, loaded.sound.seed) == (64, 96_000, 5)
    assert loaded.audio.device == "jack"
    assert loaded.origins["audio.block_frames"] == str(named)
    assert loaded.origins["audio.rate_hz"] == str(config.user_file())
    assert loaded.origins["sound.seed"] == str(config.SYSTEM)
    assert loaded.origins["audio.device"] == "--set"
    assert loaded.origins["midi.backend"] == "default"


def test_all_problems_are_reported_at_once_with_file_key_value_and_what_is_allowed(tmp_path: Path) -> None:
    write(tmp_path / "etc.yaml", "audio: {block_frames: 7, colour: red}\nlights: {}")
    named = write(tmp_path / "mine.yaml", "audio: loud")

    with pytest.raises(ConfigError) as error:
        config.load(named, ["midi.backend=oss", "sequencer.play=1", "nonsense"])

    said = str(error.value)
    assert f"{config.SYSTEM}: audio.block_frames is 7; allowed is a whole number from 16 to 4096" in said
    assert f"{config.SYSTEM}: no setting 'audio.colour'; known are audio.device" in said
    assert f"{config.SYSTEM}: no section 'lights'; sections are sound, audio" in said
    assert f"{named}: audio is 'loud'; expected settings below it" in said
    assert "--set: midi.backend is 'oss'; allowed is auto, alsa, jack or none" in said
    assert "--set: sequencer.play is 1; allowed is true or false" in said
    assert "--set nonsense: expected key=value" in said


@pytest.mark.parametrize("text", ["a: [", "- 1", "\x00", "audio: {block_frames: 1e3}", "5"])
def test_a_file_that_is_no_configuration_is_a_config_error(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError):
        config.load(write(tmp_path / "mine.yaml", text))


def test_a_named_file_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        config.load(tmp_path / "nowhere.yaml")


def test_an_empty_file_and_an_empty_section_change_nothing(tmp_path: Path) -> None:
    assert config.load(write(tmp_path / "mine.yaml", "")) == config.load()
    assert config.load(write(tmp_path / "mine.yaml", "audio:\n")) == config.load()


@pytest.mark.parametrize(
    ("assignment", "section", "name", "value"),
    [
        ("audio.device=hw:1,0", "audio", "device", "hw:1,0"),
        ("audio.device=12", "audio", "device", "12"),
        ("sound.level_db=-6", "sound", "level_db", -6),
        ('midi.inputs=["MPD*", x]', "midi", "inputs", ("MPD*", "x")),
        ("sequencer.play=true", "sequencer", "play", True),
        ("control.socket=", "control", "socket", ""),
    ],
)
def test_assignments_are_yaml_but_texts_stay_texts(
    assignment: str, section: str, name: str, value: object
) -> None:
    assert getattr(getattr(config.load(None, [assignment]), section), name) == value


def test_what_is_shown_reads_back_as_the_same_configuration() -> None:
    loaded = config.load(None, ["audio.block_frames=256"])

    lines = [line.split("  # ") for line in config.lines(loaded)]
    again = config.load(None, [line.replace(": ", "=", 1) for line, _ in lines])

    assert (again.audio, again.sound, again.midi, again.control) == (
        loaded.audio, loaded.sound, loaded.midi, loaded.control,
    )  # fmt: skip
    assert dict(line[::-1] for line in lines)["--set"] == "audio.block_frames: 256"


@given(st.dictionaries(st.sampled_from([*SETTINGS, "x.y"]), st.text(max_size=12), max_size=4))
def test_any_assignment_is_taken_or_refused(values: dict[str, str]) -> None:
    try:
        loaded = config.load(None, [f"{key}={value}" for key, value in values.items()])
    except ConfigError as error:
        said = str(error)
        assert any(key in said for key in values)
    else:
        assert {key for key, origin in loaded.origins.items() if origin == "--set"} == set(values)


def test_places_follow_the_settings_then_the_service_manager_then_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = config.load()
    assert config.state_folder(plain) == tmp_path / "state" / "graindrum"
    assert config.socket_path(plain) == tmp_path / "run" / "graindrum" / "control.sock"

    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/graindrum")
    monkeypatch.setenv("RUNTIME_DIRECTORY", "/run/graindrum")
    assert config.state_folder(plain) == Path("/var/lib/graindrum")
    assert config.socket_path(plain) == Path("/run/graindrum/control.sock")

    chosen = config.load(None, ["control.socket=/a/b", "control.state=/c"])
    assert (config.socket_path(chosen), config.state_folder(chosen)) == (Path("/a/b"), Path("/c"))


def test_the_defaults_are_plain_yaml() -> None:
    data = yaml.safe_load(config.DEFAULTS.read_text())

    assert {f"{section}.{key}" for section, inner in data.items() for key in inner} == set(SETTINGS)
