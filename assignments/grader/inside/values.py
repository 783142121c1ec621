"""All that passes from the student's process to the judge: plain values, networks, and results.

A function or class stays where it is; only that there is one passes.
"""

from __future__ import annotations

import sys
from typing import Any

from . import plain
from .plain import NotPlainError, StaysThere

__all__ = ["NotPlainError", "StaysThere", "decode", "encode", "kept_forms"]

# Of the forms in which a result is displayed, those that feedback keeps, by media type, and the
# most characters of each.
MAX_CHARACTERS = {
    "text/plain": 20_000,
    "text/html": 100_000,
    "text/markdown": 20_000,
    "text/latex": 20_000,
    "image/png": 1_500_000,
}


def encode(value: Any) -> Any:
    """Return a value as what JSON can hold, or the name of its type if it may not pass."""
    return plain.encode(value, _encode_module)


def _encode_module(value: Any) -> Any:
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(value, torch.nn.Module):
        return None
    from . import modules

    return {"module": modules.describe(value)}


def decode(data: Any) -> Any:
    """Return the value that JSON data stand for.

    Raises
    ------
    NotPlainError
        If the data stand for nothing that may pass.
    """
    return plain.decode(data, _decode_module)


def _decode_module(kind: str, content: Any) -> Any:
    if kind != "module":
        raise NotPlainError("what came back is not a value")
    from . import modules

    return modules.build(content)


def kept_forms(displayed: Any) -> dict[str, str]:
    """Return of a displayed result's forms, by media type, those that feedback keeps."""
    if type(displayed) is not dict:
        return {}
    return {
        kind: displayed[kind]
        for kind, max_characters in MAX_CHARACTERS.items()
        if type(displayed.get(kind)) is str and len(displayed[kind]) <= max_characters
    }
