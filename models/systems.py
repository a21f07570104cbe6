"""What is measured: anything that encodes recordings, draws hits and makes them sound, in one protocol.

Sounds are mono float32 at 48 kHz, classes are indices, pitches MIDI numbers (0: none).
"""

from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray

from instrument import encoder
from instrument.bands import MODEL_HOP_FRAMES, MODEL_RATE_HZ
from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.offline import Offline
from instrument.sound import Sound
from instrument.space import Space
from instrument.units import db_to_gain, midi_to_hz
from models import synth
from models.data import Hit
from models.train import CHECKPOINT, load_model

F32 = NDArray[np.float32]
GAIN = 0.25  # of everything the core renders, taken back afterwards: keeps the limiter out of the measures
VELOCITY = 100
PATH_GRAINS = 1024
MEAN_OF = 24  # recordings a class for its mean path


class System(Protocol):
    """Anything with a row in the table."""

    name: str
    classes: tuple[str, ...]

    def reconstruct(self, hit: Hit, seed: int) -> F32:
        """Return a recording through the grain path, as long as it."""

    def embed(self, hit: Hit) -> F32:
        """Return the embedding of a recording, (E,)."""

    def draw(self, label: int, seed: int, pitch: float = 0.0) -> F32:
        """Return the embedding of a new hit, (E,)."""

    def sound(self, label: int, embedding: F32, seed: int, pitch: float = 0.0) -> F32:
        """Return the hit of an embedding, as long as its class."""


@runtime_checkable
class Posterior(Protocol):
    """A system that knows how sure it is of an embedding."""

    def posterior(self, hit: Hit) -> tuple[F32, F32]:
        """Return mean and log variance of a recording's embedding, both (E,)."""


class Core:
    """A bundle as it plays: encoded in numpy, decoded by the int8 C core."""

    def __init__(self, bundle: Bundle, name: str = "core") -> None:
        self.name, self.classes, self.bundle = name, bundle.classes, bundle
        self.space = Space(bundle)
        self.engine = Offline(bundle, MODEL_RATE_HZ, path_grains=PATH_GRAINS)

    def reconstruct(self, hit: Hit, seed: int) -> F32:
        played = self.play(self.path(hit), hit.label, seed, hit.pitch)
        return _as_long(played, len(hit.audio))

    def path(self, hit: Hit) -> F32:
        """Return the latent path of a recording, (N, Z)."""
        return encoder.encode_path(self.bundle, hit.audio)

    def embed(self, hit: Hit) -> F32:
        pitch = hit.pitch if self.bundle.header.pitched else 0.0
        return encoder.encode_embedding(self.bundle, self.path(hit), hit.label, pitch)

    def draw(self, label: int, seed: int, pitch: float = 0.0) -> F32:  # noqa: ARG002  (one prior for all)
        return self.space.draw(label, seed)

    def sound(self, label: int, embedding: F32, seed: int, pitch: float = 0.0) -> F32:
        start = link.Start(seed=seed, gain=GAIN)
        return self._render(self._timbre(label, pitch, embedding), start, self.seconds(label))

    def play(self, path: F32, label: int, seed: int, pitch: float = 0.0) -> F32:
        """Return a latent path (N, Z) played with a class, N hops long."""
        self.engine.push(link.reset())
        self.engine.render(MODEL_HOP_FRAMES)
        self.engine.set_path(0, path[:PATH_GRAINS])
        start = link.Start(seed=seed, gain=GAIN, path=0, length_s=60.0)
        seconds = len(path) * MODEL_HOP_FRAMES / MODEL_RATE_HZ
        return self._render(self._timbre(label, pitch), start, seconds)

    def seconds(self, label: int) -> float:
        """Return how long a hit of a class is at most."""
        return self.bundle.header.class_length_s[label]

    def played(self, label: int, seed: int, pitch: float = 0.0) -> F32:
        """Return a draw as the instrument plays it at VELOCITY, gain included, but for its limiter."""
        embedding = tuple(map(float, self.draw(label, seed)))
        asked = Sound(class_name=self.classes[label], seed=0, embedding=embedding, pitch=pitch or None)
        stroke = self.space.strike(asked, VELOCITY)
        gain = np.float32(db_to_gain(self.bundle.header.class_gain_db[label] + stroke.gain_db))
        struck = stroke.timbre
        timbre = link.Timbre(
            embedding=struck.embedding,
            condition=struck.condition,
            tilt=stroke.tilt,
            pitch_hz=struck.pitch_hz,
        )
        return gain * self._render(timbre, link.Start(seed=seed, gain=GAIN), self.seconds(label))

    def _timbre(self, label: int, pitch: float, embedding: F32 | None = None) -> link.Timbre:
        """Return a class at a pitch as it is: a recording may lie beyond the range the class is played in."""
        hz = self.bundle.pitch_hz(label, pitch or None)
        condition = self.bundle.condition(label, pitch or None)
        if pitch and self.bundle.header.pitched:
            hz = midi_to_hz(pitch)
            condition[-1] = (pitch - encoder.PITCH_CENTRE) / encoder.PITCH_SPAN
        return link.Timbre(embedding=embedding, condition=condition, pitch_hz=hz)

    def _render(self, timbre: link.Timbre, start: link.Start, seconds: float) -> F32:
        self.engine.push(link.reset())
        self.engine.render(MODEL_HOP_FRAMES)
        self.engine.push(link.hit(self.engine.telemetry().frame, 0, timbre, start))
        return np.asarray(self.engine.render(int(seconds * MODEL_RATE_HZ))[:, 0] / GAIN, np.float32)


class Float:
    """A run's checkpoint in float32 torch; what it draws comes from a bundle's priors."""

    def __init__(self, run_dir: Path, space: Space, name: str = "float") -> None:
        self.name, self.space = name, space
        self.model, _ = load_model(run_dir / CHECKPOINT)
        self.classes = self.model.classes

    @torch.no_grad()
    def reconstruct(self, hit: Hit, seed: int) -> F32:
        played = self._decoded(self.model.encode(hit)[None], hit.label, seed, hit.pitch)
        return _as_long(played, len(hit.audio))

    def embed(self, hit: Hit) -> F32:
        return self.posterior(hit)[0]

    @torch.no_grad()
    def posterior(self, hit: Hit) -> tuple[F32, F32]:
        heard = self.model.hear(self.model.encode(hit))[None]
        mean, spread = self.model.hit_encoder(heard, self._condition(hit.label, hit.pitch))
        return np.asarray(mean[0].numpy(), np.float32), np.asarray(spread[0].numpy(), np.float32)

    def draw(self, label: int, seed: int, pitch: float = 0.0) -> F32:  # noqa: ARG002  (one prior for all)
        return self.space.draw(label, seed)

    @torch.no_grad()
    def sound(self, label: int, embedding: F32, seed: int, pitch: float = 0.0) -> F32:
        frames = int(self.space.bundle.header.class_length_s[label] * MODEL_RATE_HZ)
        grains = -(-frames // MODEL_HOP_FRAMES)
        condition = self._condition(label, pitch)
        z = self.model.hit_decoder(torch.from_numpy(embedding)[None], condition, grains)
        return self._decoded(z, label, seed, pitch)[:frames]

    def _condition(self, label: int, pitch: float) -> torch.Tensor:
        return self.model.condition(torch.tensor([label]), torch.tensor([pitch]))

    def _decoded(self, z: torch.Tensor, label: int, seed: int, pitch: float) -> F32:
        grain, condition = self.model.grain_decoder, self._condition(label, pitch)
        hidden = grain.hidden(z, condition[:, None])
        turns = synth.Turns.of_seed(seed, z.shape[1])
        made = self.model.sound(grain.spectrum(hidden), hidden[:, 0], torch.tensor([pitch]), turns)
        return np.asarray(made[0].numpy(), np.float32)


class MeanPath:
    """The least a model may do: every hit of a class is the mean of its training hits' paths."""

    name = "mean path"

    def __init__(self, core: Core, training: list[Hit]) -> None:
        self.core, self.classes = core, core.classes
        self.paths = [self._mean(training, label) for label in range(len(self.classes))]

    def reconstruct(self, hit: Hit, seed: int) -> F32:
        return _as_long(self._played(hit.label, seed, hit.pitch), len(hit.audio))

    def embed(self, hit: Hit) -> F32:
        return self.draw(hit.label, 0)

    def draw(self, label: int, seed: int, pitch: float = 0.0) -> F32:  # noqa: ARG002  (there is but one)
        return np.asarray(self.core.bundle.arrays["prior.mean"][label], np.float32)

    def sound(self, label: int, embedding: F32, seed: int, pitch: float = 0.0) -> F32:  # noqa: ARG002
        return _as_long(self._played(label, seed, pitch), int(self.core.seconds(label) * MODEL_RATE_HZ))

    def _played(self, label: int, seed: int, pitch: float) -> F32:
        return self.core.play(self.paths[label], label, seed, pitch)

    def _mean(self, training: list[Hit], label: int) -> F32:
        """Return the mean path of a class's recordings, which go on with their last, silent latent."""
        own = [h for h in training if h.label == label and h.original]
        chosen = np.random.default_rng(label).permutation(len(own))[:MEAN_OF]
        paths = [self.core.path(own[i]) for i in chosen]
        longest = max(len(path) for path in paths)
        longer = [np.pad(path, ((0, longest - len(path)), (0, 0)), mode="edge") for path in paths]
        return np.asarray(np.mean(longer, axis=0), np.float32)


def _as_long(audio: F32, frames: int) -> F32:
    return np.pad(audio, (0, max(0, frames - len(audio))))[:frames]
