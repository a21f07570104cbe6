"""Checkpoints: the state of a run in one file, which is whole or not there."""

from pathlib import Path
from typing import Any

import torch


def read(path: Path, *parts: str) -> dict[str, Any]:
    """Return what a checkpoint holds, on the CPU.

    ValueError, in one line, when it is missing, damaged, or without these parts and so of another program.
    """
    if not path.exists():
        raise ValueError(f"{path.parent}: no {path.name} there; expected the folder of a run")
    try:
        state: dict[str, Any] = torch.load(path, weights_only=False, map_location="cpu")
        missing = [part for part in parts if part not in state]
    except Exception as error:  # noqa: BLE001 - a damaged pickle can raise anything
        why = next(iter(str(error).splitlines()), "").partition(". ")[0] or type(error).__name__
        raise ValueError(f"{path} cannot be read ({why})") from None
    if missing:
        raise ValueError(f"{path} is not of such a run: it has no {missing[0]}")
    return state


def write(path: Path, state: dict[str, Any]) -> None:
    """Write a checkpoint; what was there stays until the new one is whole. OSError where it cannot be."""
    part = path.with_name(path.name + ".part")
    try:
        torch.save(state, part)
    except RuntimeError as error:  # what torch makes of a full disk
        raise OSError(f"{part} cannot be written ({str(error).splitlines()[0]})") from None
    part.replace(path)
