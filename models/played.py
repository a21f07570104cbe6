"""Hits of a bundle, each alone, as the C core plays them: what loudness and spread are measured on."""

import numpy as np
from numpy.typing import NDArray

from instrument.bands import MODEL_HOP_FRAMES, MODEL_RATE_HZ
from instrument.bundle import Bundle
from instrument.engine import link
from instrument.engine.offline import Offline
from instrument.space import Space

F32 = NDArray[np.float32]
GAIN = 0.125  # taken back afterwards: keeps the limiter out


class Player:
    """Plays embeddings of one bundle; `space` draws them."""

    def __init__(self, bundle: Bundle) -> None:
        self.bundle, self.space = bundle, Space(bundle)
        self._engine = Offline(bundle, MODEL_RATE_HZ)

    def timbre(
        self, label: int, embedding: F32, latent: F32 | None = None, pitch: float | None = None
    ) -> link.Timbre:
        """Return an embedding (E,), its latents offset by `latent` (Z,), as the core takes it."""
        return link.Timbre(
            embedding=embedding,
            latent=latent,
            condition=self.bundle.condition(label, pitch),
            pitch_hz=self.bundle.pitch_hz(label, pitch),
        )

    def play(self, timbre: link.Timbre, seed: int, seconds: float) -> F32:
        """Return the first `seconds` of a hit, mono at 48 kHz, at gain 1."""
        self._engine.push(link.reset())
        self._engine.render(MODEL_HOP_FRAMES)
        start = link.Start(seed=seed, gain=GAIN, length_s=seconds + 1.0)
        self._engine.push(link.hit(self._engine.telemetry().frame, 0, timbre, start))
        return np.asarray(self._engine.render(round(seconds * MODEL_RATE_HZ))[:, 0] / GAIN, np.float32)
