"""Fixtures for tests of the engine."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from instrument import bundle
from instrument.bundle import Bundle


@pytest.fixture(scope="session")
def drums(tiny_bundle: Path) -> Bundle:
    """Give a loaded bundle with random weights; its hits last half a second."""
    return bundle.load(tiny_bundle)


@pytest.fixture(scope="session")
def steady(bundle_parts: Callable[[], Any], tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Give a loaded bundle whose hits stay as loud as they begin, far from silence and the limiter."""
    header, arrays = bundle_parts()
    arrays["spectrum.scale"] = (arrays["spectrum.scale"] * np.float32(0.1)).astype(np.float32)
    arrays["spectrum.bias"][:80] = -4.5
    return bundle.write(tmp_path_factory.mktemp("bundles") / "steady.safetensors", header, arrays)
