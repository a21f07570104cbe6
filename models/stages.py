"""The stages of training. Each knows its parameters and what one step minimises."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from instrument.analysis import FLOOR, GRAIN, HOP, INPUTS
from instrument.bands import BANDS
from models import losses, synth
from models.batches import Grains, Sampler
from models.grain_vae import divergence, sample
from models.model import Model

Losses = dict[str, Tensor]

OPENING_GRAINS = 12  # of a path, always compared
LATER_GRAINS = 40
ENDING_GRAINS = 4  # always compared too: a hit is to end
SHORT_PATHS, SHARES = (64, 128, 320), (0.4, 0.25, 0.2, 0.15)  # grains; the last share is of whole paths
ATTACK_HITS = 12  # of a batch, whose attack is rendered
STILL = synth.SILENT - 1.0  # ln level of every part of a silent grain: room for int8's rounding
ATTACK_STILL = 10.0  # weight of a silent grain's attack: what silences its levels is no help just above
PLACE = 0.6  # weight of the oscillators' places


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage: `step(progress 0–1)` returns named losses, of which "loss" is minimised."""

    name: str
    share: float
    rate: float
    parameters: Callable[[], Iterable[nn.Parameter]]
    step: Callable[[float], Losses]


def stages(model: Model, sampler: Sampler) -> tuple[Stage, ...]:
    """Return the stages in their order."""
    config = model.config

    def grain() -> list[nn.Parameter]:
        return [*model.grain_encoder.parameters(), *model.grain_decoder.parameters()]

    def hit() -> list[nn.Parameter]:
        return [*model.hit_encoder.parameters(), *model.hit_decoder.parameters()]

    def features(_: float) -> Losses:
        return heard(model, sampler, config.feature_batch)

    paths = Paths(model, sampler)
    rest = 1.0 - config.share_features - config.share_audio
    return (
        Stage("features", config.share_features, config.feature_rate, grain, features),
        Stage("audio", config.share_audio, config.audio_rate, grain, lambda _: sounded(model, sampler)),
        Stage("hits", rest, config.hit_rate, hit, paths.step),
    )


def _conditions(model: Model, batch: Grains) -> Tensor:
    """Return conditions, some of them of no class, so that recordings of no class decode too."""
    keep = (torch.rand(len(batch.labels), 1) >= model.config.no_class).float()
    return model.condition(batch.labels, batch.pitches) * keep


def heard(model: Model, sampler: Sampler, count: int) -> Losses:
    """Single grains: the decoder gives back the features the encoder heard, and how first grains begin."""
    batch = sampler.grains(count)
    onset = model.onsets(batch.openings) * batch.first[:, None]
    mean, spread = model.grain_encoder(batch.inputs, onset, batch.first)
    z, condition = sample(mean, spread), _conditions(model, batch)
    y = model.grain_decoder(z, condition)
    noise, sine, place = _features(model, y, batch)
    early = batch.first > 0
    begun = _opening(model, z[early], condition[early], synth.centres(batch.pitches[early]))
    opening = losses.opening(begun, batch.openings[early])
    kl = divergence(mean, spread).sum(dim=1).mean()
    quiet = still(model)
    total = noise + sine + PLACE * place + 0.3 * opening + model.config.grain_kl * kl
    return {"loss": total + model.config.still * quiet, "noise": noise, "sine": sine, "place": place,
            "opening": opening, "still": quiet, "kl": kl}  # fmt: skip


def still(model: Model) -> Tensor:
    """Return how far digital silence is from being silent: levels of first and later grains, and attacks.

    One example of each tells all there is to learn of it, so every step has them, of every class and of none.
    """
    places = slice(BANDS + 16, BANDS + 32)
    inputs = torch.full((2, INPUTS), FLOOR)
    inputs[:, places] = 0.0
    mean, spread = model.grain_encoder(inputs, torch.zeros(2, model.config.atoms), torch.tensor([1.0, 0.0]))
    classes = model.condition(torch.arange(len(model.classes)))
    condition = torch.cat([classes, torch.zeros_like(classes[:1])])[:, None]
    z = sample(*(of.expand(len(condition), -1, -1) for of in (mean, spread)))
    hidden = model.grain_decoder.hidden(z, condition)
    levels = model.grain_decoder.spectrum(hidden)[..., : BANDS + 16]
    attack = synth.attack(model.grain_decoder.attack(hidden[:, 0]), model.grain_decoder.waves())
    return functional.relu(levels - STILL).mean() + ATTACK_STILL * attack.abs().mean()


def _features(model: Model, y: Tensor, batch: Grains) -> tuple[Tensor, Tensor, Tensor]:
    """Return distances of noise, sine levels and sine places; without oscillators, all is noise."""
    if not model.config.oscillators:
        nothing = torch.zeros(())
        return losses.levels(y[..., :BANDS], batch.inputs[..., :BANDS]).mean(), nothing, nothing
    noise, sine, place = losses.features(y, batch.noise, batch.sines, model.config.main_sine)
    return noise.mean(), sine.mean(), place.mean()


def _opening(model: Model, z: Tensor, condition: Tensor, centre_hz: Tensor) -> Tensor:
    """Return attack and sines of first grains, (B, GRAIN), the sines as if they went on."""
    hidden = model.grain_decoder.hidden(z, condition)
    made = synth.parts(model.grain_decoder.spectrum(hidden)[:, None].expand(-1, 2, -1), centre_hz)
    sines = synth.sines(made.amplitudes, made.hz, torch.zeros(len(z), 16))
    return synth.attack(model.grain_decoder.attack(hidden), model.grain_decoder.waves()) + sines


def sounded(model: Model, sampler: Sampler) -> Losses:
    """Stretches of grains: the sound is like the recording, while single grains stay what was heard."""
    config = model.config
    batch, target = sampler.stretches(config.audio_batch, config.audio_grains)
    onset = torch.zeros(*batch.first.shape, config.atoms)
    onset[:, 0] = model.onsets(batch.openings) * batch.first[:, :1]
    mean, spread = model.grain_encoder(batch.inputs, onset, batch.first)
    z, condition = sample(mean, spread), _conditions(model, batch)[:, None]
    hidden = model.grain_decoder.hidden(z, condition)
    sound = _sound(model, batch, model.grain_decoder.spectrum(hidden), hidden[:, 0])
    begins = batch.first[:, 0]
    keep = 1.0 - (1.0 - begins)[:, None] * (torch.arange(target.shape[1]) < HOP)
    spectral = losses.spectral(sound * keep, target * keep, begins)
    attack = (losses.attack_db(sound, target) * begins).sum() / begins.sum().clamp(min=1.0)
    kl = divergence(mean, spread).sum(dim=-1).mean()
    single = heard(model, sampler, config.anchor_batch)
    features = 0.3 * single["noise"] + 4.0 * single["sine"] + 5.0 * PLACE * single["place"]
    total = spectral + config.onset_weight * single["opening"] + config.anchor * features
    total = total + config.attack_weight * attack + config.grain_kl * kl + config.still * single["still"]
    return single | {"loss": total, "spectral": spectral, "attack_db": attack, "kl": kl}


def _sound(model: Model, batch: Grains, y: Tensor, hidden: Tensor) -> Tensor:
    """Return the sound of stretches, (B, T * HOP)."""
    made = synth.parts(y, synth.centres(batch.pitches))
    begins = batch.first[:, 0] > 0
    turns = torch.rand(len(y), 16) * (~begins)[:, None]
    weights = model.grain_decoder.attack(hidden) * begins[:, None] * synth.begun(y[:, 0])
    attack = synth.attack(weights, model.grain_decoder.waves())
    noise = synth.noise(made.gains, begins, synth.Turns.random(*y.shape[:2]), flat=model.config.flat_noise)
    sound = noise + synth.sines(made.amplitudes, made.hz, turns)
    return torch.cat([sound[:, :GRAIN] + attack, sound[:, GRAIN:]], dim=1)


@dataclass(slots=True)
class Paths:
    """The hit VAE's stage: paths are encoded once, when it begins; the grain VAE stays as it is."""

    model: Model
    sampler: Sampler
    pull: float = 2e-3  # weight of the KL, moved so that a hit keeps `hit_nats`
    paths: list[Tensor] = field(default_factory=list)
    heard: Tensor = field(default_factory=lambda: torch.zeros(0))

    def begin(self) -> None:
        """Encode every training hit."""
        with torch.no_grad():
            self.paths = [self.model.encode(hit) for hit in self.sampler.hits]
            self.heard = torch.stack([self.model.hear(path) for path in self.paths])

    def step(self, progress: float) -> Losses:
        if not self.paths:
            self.begin()
        config, model = self.model.config, self.model
        chosen = self.sampler.draw(config.hit_batch)
        picked = torch.from_numpy(chosen)
        condition = model.condition(self.sampler.labels[picked], self.sampler.pitches[picked])
        z = self._targets(chosen)
        mean, spread = model.hit_encoder(self.heard[picked], condition)
        made = model.hit_decoder(sample(mean, spread), condition, z.shape[1])
        near, path = compare(model, made, z, condition)
        attack = self._begun(made[:ATTACK_HITS, :OPENING_GRAINS], condition, picked[:ATTACK_HITS])
        each = divergence(mean, spread).mean(dim=0)
        kl = each.sum()
        self.pull = float(
            np.clip(self.pull * np.exp(0.02 * np.sign(float(kl.detach()) - config.hit_nats)), 1e-5, 0.1)
        )
        floored = torch.clamp(each, min=config.free_nats).sum()
        pull = self.pull * min(1.0, progress / 0.15)
        total = near + config.path_weight * path + config.hit_attack_weight * attack + pull * floored
        return {"loss": total, "decoded": near, "path": path, "attack_db": attack, "kl": kl,
                "pull": torch.tensor(pull)}  # fmt: skip

    def _begun(self, made: Tensor, condition: Tensor, picked: Tensor) -> Tensor:
        """Return how far the sound of paths' first grains is from the recordings' attacks, in dB."""
        model, count = self.model, len(made)
        hidden = model.grain_decoder.hidden(made, condition[:count, None])
        pitches = self.sampler.pitches[picked]
        sound = model.sound(model.grain_decoder.spectrum(hidden), hidden[:, 0], pitches)
        return losses.attack_db(sound, self.sampler.beginnings(picked, sound.shape[1])).mean()

    def _targets(self, chosen: np.ndarray) -> Tensor:
        """Return paths of one length, often cut short, since their starts matter most and cost least."""
        longest = max(len(self.paths[i]) for i in chosen)
        lengths = (*SHORT_PATHS, longest)
        grains = min(longest, int(self.sampler.rng.choice(lengths, p=SHARES)))
        rows = []
        for i in chosen:
            path = self.paths[i][:grains]
            rows.append(torch.cat([path, path[-1:].expand(grains - len(path), -1)]))
        return torch.stack(rows)


def compare(model: Model, made: Tensor, z: Tensor, condition: Tensor) -> tuple[Tensor, Tensor]:
    """Return how far paths are from their targets: what they decode to, and z; loud grains count more.

    What they decode to is compared in the first grains, the last, and some of the others, anew each time.
    """
    grains = z.shape[1]
    opening = min(OPENING_GRAINS, grains)
    ending = max(opening, grains - ENDING_GRAINS)
    later = opening + torch.randperm(ending - opening)[:LATER_GRAINS]
    chosen = torch.cat([torch.arange(opening), later, torch.arange(ending, grains)])
    with torch.no_grad():
        target_hidden = model.grain_decoder.hidden(z[:, chosen], condition[:, None])
        target = model.grain_decoder.spectrum(target_hidden)
        level = torch.logsumexp(2.0 * target[..., : BANDS + 16], dim=-1) / 2
        weight = torch.clamp(1.0 + (level - level.amax(dim=1, keepdim=True)) / 7.0, min=0.1)
        weight = weight / weight.sum(dim=1, keepdim=True)
    hidden = model.grain_decoder.hidden(made[:, chosen], condition[:, None])
    y = model.grain_decoder.spectrum(hidden)
    near = losses.levels(y[..., : BANDS + 16], target[..., : BANDS + 16])
    over = target[..., BANDS : BANDS + 16] - level[..., None]
    share = torch.clamp(1.0 + over / 5.0, min=0.0) + 2.0 * torch.exp(torch.clamp(over, max=0.0))
    near = near + 5.0 * PLACE * losses.places_apart(
        y[..., BANDS + 16 :], torch.tanh(target[..., BANDS + 16 :]), share
    )
    total = (near * weight).sum(dim=1).mean()
    attack = _attacks(model, hidden[:, 0], target_hidden[:, 0])
    path = (((made - z)[:, chosen] ** 2).mean(dim=-1) * weight).sum(dim=1).mean()
    return total + 0.1 * attack, path


def _attacks(model: Model, made: Tensor, target: Tensor) -> Tensor:
    waves = model.grain_decoder.waves()
    a = synth.attack(model.grain_decoder.attack(made), waves)
    b = synth.attack(model.grain_decoder.attack(target), waves)
    return (functional.mse_loss(a, b, reduction="none").sum(dim=1) / (b**2).sum(dim=1).clamp(min=0.05)).mean()
