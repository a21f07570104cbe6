"""Every hyper-parameter of a training run, stored in each checkpoint and each bundle."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from instrument.bands import MODEL_HOP_FRAMES, MODEL_RATE_HZ


@dataclass(frozen=True, slots=True)
class Config:
    """Sizes, data preparation and weights of the losses. Levels are natural logarithms of amplitude."""

    seed: int = 1
    # sizes
    embedding: int = 32
    latent: int = 32
    hidden: int = 192
    width: int = 256
    atoms: int = 64
    encoder_width: int = 256
    # data
    pitched: bool = False  # conditioned on MIDI pitch, oscillators on its harmonics
    longest_s: float = 1.5
    end_db: float = -60.0
    tail_s: float = 0.05
    silent_grains: int = 24
    per_class: int = 400
    jitter_frames: int = 8
    low_passed: float = 0.25  # share of the variants
    low_pass_hz: float = 5000.0  # lowest cutoff
    softened: float = 0.15  # share of the variants
    hold_out: tuple[str, ...] = ()
    # stages, shares of the whole time
    share_features: float = 0.11
    share_audio: float = 0.5
    rehearsed: float = 0.1  # last share of audio and hits in which the decoders compute in int8
    # grain VAE
    feature_batch: int = 1024
    feature_rate: float = 2e-3
    audio_batch: int = 8
    audio_grains: int = 80
    audio_rate: float = 7e-4
    anchor_batch: int = 256
    grain_kl: float = 3e-4
    anchor: float = 0.5
    main_sine: float = 1.0  # how much more the strongest sines count
    onset_weight: float = 1.0
    attack_weight: float = 0.1  # per dB of 2 ms levels
    quiet_db: float = -24.0
    silent: float = 0.02  # share of digital silence, which is to stay silent
    still: float = 0.3  # weight of all that digital silence decodes to
    no_class: float = 0.1
    # hit VAE
    hit_batch: int = 32
    hit_rate: float = 2e-3
    hit_nats: float = 17.0
    free_nats: float = 0.1
    path_weight: float = 0.1
    hit_attack_weight: float = 0.02  # per dB

    # ablations, to measure what each part is worth; only the whole can be exported
    flat_noise: bool = True
    oscillators: bool = True
    attack: bool = True

    @property
    def span_grains(self) -> int:
        """How many grains of a path the hit encoder hears: all of the longest hit."""
        return round(self.longest_s * MODEL_RATE_HZ / MODEL_HOP_FRAMES) + 10

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Config":
        """Read what `to_json` gave; ValueError when another version wrote it."""
        known: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
        if unknown := sorted(known.keys() - cls.__dataclass_fields__.keys()):
            raise ValueError(f"no hyper-parameter is named {', '.join(unknown)}")
        return cls(**known)

    @classmethod
    def of_provenance(cls, told: Mapping[str, Any]) -> "Config":
        """Read the hyper-parameters that a bundle keeps; ValueError when it keeps none."""
        if not isinstance(kept := told.get("config"), dict):
            raise ValueError("the bundle does not say what it was trained with")
        return cls.from_json(kept)
