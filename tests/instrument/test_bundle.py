"""A bundle is checked in full before anything of it is used; a damaged one gives one clear line."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from instrument import bundle
from instrument.errors import BundleError

Parts = tuple[dict[str, Any], dict[str, np.ndarray]]


def _save_unchecked(path: Path, header: object, arrays: dict[str, np.ndarray]) -> None:
    save_file(
        {name: np.ascontiguousarray(array) for name, array in arrays.items()},
        path,
        metadata={"graindrum": json.dumps(header)},
    )


def test_a_written_bundle_loads_with_the_same_header_and_arrays(tmp_path: Path, bundle_parts):
    header, arrays = bundle_parts()
    bundle.write(tmp_path / "a.safetensors", header, arrays)
    loaded = bundle.load(tmp_path / "a.safetensors")
    assert loaded.classes == tuple(header["classes"])
    assert loaded.header.tracks == tuple(header["tracks"])
    assert set(loaded.arrays) == set(arrays)
    for name, array in arrays.items():
        np.testing.assert_array_equal(loaded.arrays[name], array)


def test_loaded_arrays_cannot_be_changed(tiny_bundle: Path):
    loaded = bundle.load(tiny_bundle)
    with pytest.raises(ValueError, match="read-only"):
        loaded.arrays["gates.weight"][0, 0] = 1.0


def test_a_class_is_found_by_id_in_any_case(tiny_bundle: Path):
    loaded = bundle.load(tiny_bundle)
    assert loaded.class_index("hihat_closed") == loaded.class_index("Hihat-Closed") == 2
    assert loaded.condition(2).tolist() == [0, 0, 1, 0, 0, 0, 0, 0]
    with pytest.raises(BundleError, match="no class 'gong'; its classes are: clap, crash"):
        loaded.class_index("gong")


def _drop(name: str) -> Callable[[Parts], None]:
    return lambda parts: parts[1].__delitem__(name)


def _array(name: str, change: Callable[[Any], Any]) -> Callable[[Parts], None]:
    return lambda parts: parts[1].__setitem__(name, change(parts[1][name]))


def _new(name: str) -> Callable[[Parts], None]:
    return lambda parts: parts[1].__setitem__(name, np.zeros(3))


def _put(index: Any, value: float) -> Callable[[np.ndarray], np.ndarray]:
    def change(array: np.ndarray) -> np.ndarray:
        array[index] = value
        return array

    return change


def _key(key: str, value: object) -> Callable[[Parts], None]:
    return lambda parts: parts[0].__setitem__(key, value)


def _pitched(ranges: object) -> Callable[[Parts], None]:
    return lambda parts: parts[0].update(class_pitch=ranges, condition=9)


def _extra(
    name: str, shape: tuple[int, ...], dtype: type = np.float32, value: float = 0.0
) -> Callable[[Parts], None]:
    return lambda parts: parts[1].__setitem__(name, np.full(shape, value, dtype))


DAMAGE = {
    "a missing tensor": (_drop("recurrent.scale"), "recurrent.scale is missing; expected float32 (576)"),
    "a transposed tensor": (_array("path.weight", np.transpose), "int8 (192, 32); expected int8 (32, 192)"),
    "a wrong dtype": (_array("outer.weight", np.int16), "outer.weight is int16 (256, 256); expected int8"),
    "a float64 bias": (_array("inner.bias", np.float64), "expected float32 (256)"),
    "a NaN": (_array("gates.weight", _put((3, 4), np.nan)), "gates.weight is not finite"),
    "an infinity": (_array("atoms.wave", _put((0, 0), np.inf)), "atoms.wave is not finite"),
    "a value that overflows": (_array("lens.weight", _put((0, 0), 1e30)), "not finite or beyond ±10000"),
    "a scale of zero": (_array("outer.scale", _put(7, 0.0)), "outer.scale holds a scale that is not"),
    "a negative scale": (_array("attack.scale", _put(7, -1.0)), "attack.scale holds a scale that is"),
    "a prior that is no factor": (_array("prior.factor", _put((0, 0, 1), 1.0)), "no Cholesky factor"),
    "a prior without width": (_array("prior.factor", _put((0, 5, 5), 0.0)), "no Cholesky factor"),
    "an unknown tensor": (_new("extra"), "tensor extra is unknown"),
    "another schema": (_key("schema", 2), "header schema is 2; this version reads schema 1"),
    "a header key missing": (lambda parts: parts[0].__delitem__("tracks"), "header lacks tracks"),
    "a size too large": (_key("hidden", 1024), "header hidden is 1024; expected 1 to 512"),
    "a size that is no number": (_key("latent", "32"), "header latent is '32'; expected 1 to 32"),
    "a size that is true": (_key("atoms", True), "header atoms is True"),
    "another rate": (_key("rate_hz", 44_100), "header rate_hz is 44100; expected 48000"),
    "too small a condition": (_key("condition", 3), "header condition is 3"),
    "classes that repeat": (_key("classes", ["kick"] * 8), "header classes is"),
    "classes that are no list": (_key("classes", "kick"), "header classes is 'kick'"),
    "a track without a class": (_key("tracks", [0, 8]), "header tracks is (0, 8)"),
    "no tracks": (_key("tracks", []), "header tracks is ()"),
    "a gain that is no number": (_key("class_gain_db", [float("nan")] * 8), "header class_gain_db"),
    "a length too few": (_key("class_length_s", [1.0] * 7), "header class_length_s"),
    "a label that is no text": (_key("class_labels", [1] * 8), "header class_labels"),
    "a temperature below zero": (_key("temperature", -1), "header temperature is -1; expected a number"),
    "a name with a slash": (_key("name", "a/b"), "header name is 'a/b'"),
    "provenance that is no object": (_key("provenance", "me"), "header provenance is 'me'"),
    "a checksum that is none": (_key("checksum", "?"), "header checksum is '?'; expected eight hex digits"),
    "another checksum": (_key("checksum", "00000000"), "is damaged: its arrays have the checksum"),
    "pitches too few": (_key("class_pitch", [[30, 40]] * 7), "header class_pitch is ((30, 40),"),
    "a pitch range upside down": (_pitched([[50, 40]] + [[40, 50]] * 7), "header class_pitch is"),
    "a pitch beyond MIDI": (_pitched([[40, 128]] + [[40, 50]] * 7), "header class_pitch is"),
    "a pitch range of one": (_pitched([[40]] * 8), "header class_pitch is"),
    "pitches that are no ranges": (_pitched([40] * 8), "header class_pitch is"),
    "pitches and no room for them": (_key("class_pitch", [[40, 50]] * 8), "and one for the pitch"),
    "temperatures too few": (_key("class_temperature", [1.0]), "header class_temperature is (1.0,)"),
    "too hot a class": (_key("class_temperature", [2.5] * 8), "header class_temperature is"),
    "a temperature that is none": (_key("class_temperature", None), "header class_temperature is None"),
    "a loudness too narrow": (_extra("loudness.linear", (8, 31)), "expected float32 (8, 32)"),
    "a loudness too flat": (_extra("loudness.quadratic", (8, 32)), "expected float32 (8, 32, 32)"),
    "a velocity in another type": (_extra("velocity.embedding", (8, 32), np.float64), "is float64"),
    "a velocity that is no number": (
        _extra("velocity.embedding", (8, 32), value=np.nan),
        "velocity.embedding is not finite",
    ),
    "licences that are no lines": (_key("licences", "CC0"), "header licences is 'CC0'"),
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_named_in_one_line(damage: str, tmp_path: Path, bundle_parts):
    change, expected = DAMAGE[damage]
    parts = bundle_parts()
    change(parts)
    path = tmp_path / "damaged.safetensors"
    _save_unchecked(path, *parts)
    with pytest.raises(BundleError) as caught:
        bundle.load(path)
    message = str(caught.value)
    assert expected in message
    assert message.startswith(str(path))
    assert "\n" not in message


def test_nothing_is_written_when_the_arrays_are_wrong(tmp_path: Path, bundle_parts):
    header, arrays = bundle_parts()
    path = tmp_path / "kept.safetensors"
    bundle.write(path, header, arrays)
    before = path.read_bytes()
    with pytest.raises(BundleError):
        bundle.write(path, header, arrays | {"gates.bias": arrays["gates.bias"][:-1]})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_one_flipped_bit_in_any_array_is_found(tiny_bundle: Path, tmp_path: Path):
    data = tiny_bundle.read_bytes()
    path = tmp_path / "flipped.safetensors"
    arrays_begin = 8 + int.from_bytes(data[:8], "little")
    for position in np.linspace(arrays_begin, len(data) - 1, 20).astype(int):
        changed = bytearray(data)
        changed[position] ^= 1
        path.write_bytes(changed)
        with pytest.raises(BundleError, match="is damaged: "):
            bundle.load(path)


def test_a_bundle_without_a_checksum_still_loads(tmp_path: Path, bundle_parts):
    _save_unchecked(tmp_path / "older.safetensors", *bundle_parts())
    assert bundle.load(tmp_path / "older.safetensors").header.checksum is None


def test_a_bundle_without_the_newer_keys_has_no_pitch_and_one_temperature(tiny_bundle: Path):
    loaded = bundle.load(tiny_bundle)
    assert not loaded.header.pitched
    assert not loaded.header.class_temperature
    assert loaded.sounding_pitch(4) is None
    assert loaded.pitch_hz(4, 60.0) == 0.0
    assert loaded.condition(4, 60.0).tolist() == [0, 0, 0, 0, 1, 0, 0, 0]
    with pytest.raises(BundleError, match="kick of bundle tiny has no pitch; leave the pitch out"):
        loaded.check_pitch(4, 60.0)


def test_the_newer_keys_and_tensors_come_back(tmp_path: Path, bundle_parts):
    header, arrays = bundle_parts(pitched=True)
    extra = {
        "loudness.linear": np.ones((8, 32), np.float32),
        "loudness.quadratic": np.ones((8, 32, 32), np.float32),
        "velocity.embedding": np.ones((8, 32), np.float32),
    }
    loaded = bundle.write(
        tmp_path / "a.safetensors", header | {"class_temperature": [1.25] * 8}, arrays | extra
    )
    loaded = bundle.load(loaded.path)
    assert list(loaded.header.class_pitch[4]) == [40, 76]
    assert list(loaded.header.class_temperature) == [1.25] * 8
    assert set(extra) <= set(loaded.arrays)


@pytest.mark.parametrize(
    ("asked", "sounds"), [(None, 58.0), (60.0, 60.0), (60.5, 60.5), (3.0, 40.0), (127.0, 76.0)]
)
def test_a_pitched_condition_ends_with_the_pitch_within_its_range(
    asked: float | None, sounds: float, pitched_bundle: Path
):
    loaded = bundle.load(pitched_bundle)
    condition = loaded.condition(4, asked)
    assert condition[:8].tolist() == [0, 0, 0, 0, 1, 0, 0, 0]
    assert condition[8] == pytest.approx((sounds - 60) / 24)
    assert loaded.sounding_pitch(4, asked) == sounds
    assert loaded.pitch_hz(4, asked) == pytest.approx(440 * 2 ** ((sounds - 69) / 12))


def test_a_pitch_outside_its_range_is_refused_with_the_range(pitched_bundle: Path):
    with pytest.raises(BundleError, match=r"kick has no pitch 30; its range is 40 to 76 \(E2 to E5\)"):
        bundle.load(pitched_bundle).check_pitch(4, 30)


def test_a_class_is_looked_for_in_every_installed_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bundle_parts
):
    header, arrays = bundle_parts()
    bundle.write(tmp_path / "drums8.safetensors", header | {"name": "drums8"}, arrays)
    names = [f"{name}_two" for name in header["classes"][:7]] + ["kick"]
    bundle.write(tmp_path / "more.safetensors", header | {"name": "more", "classes": names}, arrays)
    monkeypatch.setattr(bundle, "folders", lambda: [tmp_path])
    assert bundle.holding("Kick").name == "drums8"
    assert bundle.holding("crash-two").name == "more"
    with pytest.raises(
        BundleError, match=r"no installed bundle has a class 'gong'; drums8 has clap.*; more has"
    ):
        bundle.holding("gong")


def test_a_file_far_too_large_is_not_read(tmp_path: Path):
    path = tmp_path / "large.safetensors"
    with path.open("wb") as file:
        file.truncate(bundle.LARGEST_BYTES + 1)
    with pytest.raises(BundleError, match="larger than 100 MB"):
        bundle.load(path)


@pytest.mark.parametrize("length", [0, 1, 7, 8, 100, 20_000, -1])
def test_a_truncated_file_is_refused(length: int, tiny_bundle: Path, tmp_path: Path):
    path = tmp_path / "short.safetensors"
    path.write_bytes(tiny_bundle.read_bytes()[:length])
    with pytest.raises(BundleError, match="not a whole safetensors file"):
        bundle.load(path)


def test_random_bytes_are_refused(tmp_path: Path):
    path = tmp_path / "noise.safetensors"
    for seed in range(20):
        path.write_bytes(np.random.default_rng(seed).bytes(4_000))
        with pytest.raises(BundleError):
            bundle.load(path)


def test_a_changed_byte_in_the_header_never_escapes_as_another_error(tiny_bundle: Path, tmp_path: Path):
    data = bytearray(tiny_bundle.read_bytes())
    path = tmp_path / "flipped.safetensors"
    rng = np.random.default_rng(0)
    for position in rng.integers(0, 5_000, 60):
        changed = data.copy()
        changed[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(changed)
        with contextlib.suppress(BundleError):
            bundle.load(path)


def test_a_safetensors_file_of_another_program_is_refused(tmp_path: Path):
    path = tmp_path / "other.safetensors"
    save_file({"x": np.zeros(3, np.float32)}, path)
    with pytest.raises(BundleError, match="not a Graindrum bundle"):
        bundle.load(path)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(BundleError, match="no bundle named 'nothing'; known are:"):
        bundle.find("nothing")


def test_a_missing_path_says_what_is_expected_there(tmp_path: Path):
    with pytest.raises(BundleError, match=r"no bundle at .*: a .*file is expected there"):
        bundle.find(tmp_path / "none.safetensors")
