"""The torch synthesiser makes what the geometry says, and what the core's tables make."""

import numpy as np
import torch

from instrument import bands
from models import synth


def test_flat_gains_make_noise_of_unit_level() -> None:
    gains = torch.ones(2, 40, bands.BANDS)
    sound = synth.noise(gains, torch.tensor([True, True]), synth.Turns.of_seed(7, 40))
    inside = sound[:, 512:-512]
    share = bands.band_shapes(48_000, 512).sum() / 256  # of the spectrum that the bands cover
    assert abs(float(inside.pow(2).mean()) / share - 1.0) < 0.05


def test_noise_is_a_turn_of_a_table_segment() -> None:
    rng = np.random.default_rng(1)
    gains = torch.from_numpy(rng.random((1, 1, bands.BANDS)).astype(np.float32))
    sound = synth.noise(gains, torch.tensor([True]), synth.Turns.of_seed(3, 1)).numpy()[0]
    mixed = np.einsum("b,sbn->sn", gains.numpy()[0, 0], bands.noise_tables(48_000))  # (segments, grain)
    turns = np.stack([np.roll(mixed, -k, axis=1)[:, :256] for k in range(512)])
    assert min(np.abs(turns - sound).max(axis=2).min(), np.abs(turns + sound).max(axis=2).min()) < 1e-4


def test_a_steady_oscillator_is_a_sine_from_zero() -> None:
    amplitudes, hz = torch.zeros(1, 20, 16), torch.full((1, 20, 16), 1000.0)
    amplitudes[..., 9] = 0.5
    sound = synth.sines(amplitudes, hz, torch.zeros(1, 16)).numpy()[0]
    expected = 0.5 * np.sin(2 * np.pi * 1000.0 * np.arange(len(sound)) / 48_000)
    np.testing.assert_allclose(sound, expected, atol=2e-4)


def test_a_glide_has_no_step() -> None:
    amplitudes = torch.ones(1, 30, 16) * torch.tensor([1.0] + [0.0] * 15)
    hz = torch.linspace(200.0, 50.0, 30)[None, :, None].expand(1, 30, 16)
    sound = synth.sines(amplitudes, hz, torch.zeros(1, 16))[0]
    assert float(sound.diff().abs().max()) < 2 * np.pi * 200.0 / 48_000 * 1.01


def test_levels_at_the_floor_are_silent() -> None:
    y = torch.full((1, 4, 96), -11.5)
    sound = synth.render(y, torch.zeros(1, 512), synth.Turns.of_seed(1, 4))
    assert float(sound.abs().max()) == 0.0


def test_a_partial_that_glides_from_slot_to_slot_has_no_seam() -> None:
    grains, k = 12, torch.arange(16)
    glide = 70.0 * 2 ** (-torch.arange(grains) / 24)  # out of slot 2 into slot 1
    hz = torch.from_numpy(bands.slot_centres_hz()).expand(1, grains, 16).clone()
    hz[0, 6:, 1], hz[0, :, 2] = glide[6:], glide
    slot = torch.where(torch.arange(grains) < 6, 2, 1)
    handed_on = (k == slot[:, None]).float()[None]
    by_one = (k == 2).float().expand(1, grains, 16)
    sound, whole = (synth.sines(a, hz, torch.zeros(1, 16))[0] for a in (handed_on, by_one))
    assert float((sound - whole).abs().max()) < 1e-3


def test_what_begins_beside_a_steady_partial_is_its_own() -> None:
    hz = torch.from_numpy(bands.slot_centres_hz()).expand(1, 8, 16).clone()
    hz[..., 3], hz[..., 4] = 150.0, 160.0
    amplitudes = torch.zeros(1, 8, 16)
    amplitudes[..., 3] = 1.0
    amplitudes[:, 4:, 4] = 1.0
    alone = amplitudes.clone()
    alone[..., 3] = 0.0
    added = synth.sines(amplitudes, hz, torch.zeros(1, 16)) - synth.sines(alone, hz, torch.zeros(1, 16))
    steady = torch.zeros(1, 8, 16)
    steady[..., 3] = 1.0
    assert float((added - synth.sines(steady, hz, torch.zeros(1, 16))).abs().max()) < 1e-4


def test_an_attack_is_as_silent_as_the_rest_of_its_grain() -> None:
    y = torch.full((3, 2, 96), -11.5)
    y[1, 0, 7], y[2, 0, 70] = -9.0, -8.0
    share = synth.begun(y[:, 0])
    assert share[0] == 0.0
    assert 0.0 < float(share[1]) < 1.0
    assert share[2] == 1.0
    sound = synth.render(y[:1], torch.ones(1, 512), synth.Turns.of_seed(1, 2))
    assert not sound.any()
