"""Plain values as JSON: numbers, text, containers of them, arrays and tensors.

`encode` runs in the student's process and may be patched there, so `decode` trusts nothing: it
builds exact types from data, never runs anything, and refuses the rest. Neither imports numpy or
torch before a value needs it, so that a process which has no use for them starts quickly.
"""

from __future__ import annotations

import base64
import math
import sys
from collections.abc import Callable
from typing import Any

# Elements of one array: what a lesson passes is far below.
MAX_ELEMENTS = 4_000_000
# Members of one set, or keys of one dict. Numbers can be chosen so that all are looked for in the
# same place, and then the time to build one grows with the square of their count.
MAX_KEYS = 10_000
MAX_DEPTH = 50
DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")


class NotPlainError(TypeError):
    """A value is not of the plain kinds that may leave the student's process."""


class StaysThere:
    """Stands for a function or class that stays in the student's process."""


def encode(value: Any, encode_other: Callable[[Any], Any] | None = None, depth: int = 0) -> Any:
    """Return a value as what JSON can hold, or the name of its type if it is not plain.

    Parameters
    ----------
    value
        Anything.
    encode_other
        Encodes what is not plain, or returns None for what it does not know either.
    depth
        How many containers are around it.
    """
    kind = type(value)
    if value is None or kind in {bool, int, float, str}:
        return value
    if depth > MAX_DEPTH:
        return {"foreign": "nest of too many containers"}

    def inner(item: Any) -> Any:
        return encode(item, encode_other, depth + 1)

    if kind in {list, tuple, set, frozenset}:
        return {kind.__name__: [inner(item) for item in value]}
    if kind is dict:
        return {"dict": [[inner(key), inner(item)] for key, item in value.items()]}
    # Where they were never imported, nothing can be of their types.
    np, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if np is not None and isinstance(value, np.generic):
        return encode(value.item(), encode_other, depth)
    if np is not None and kind is np.ndarray:
        return {"array": _array(value)} if value.ndim else inner(value.item())
    if torch is not None and kind is torch.Size:
        return {"tuple": [int(side) for side in value]}
    if torch is not None and isinstance(value, torch.Tensor):
        return _encode_tensor(value)
    if encode_other is not None and (encoded := encode_other(value)) is not None:
        return encoded
    if callable(value):
        return {"callable": getattr(value, "__name__", kind.__name__)}
    return {"foreign": kind.__name__}


def _encode_tensor(tensor: Any) -> Any:
    if tensor.device.type == "meta":
        return {"meta": [str(tensor.dtype).removeprefix("torch."), list(tensor.shape)]}
    tensor = tensor.detach().cpu()
    if tensor.dim() == 0:
        return encode(tensor.item())
    return {"tensor": _array(tensor.contiguous().numpy())}


def _array(array: Any) -> list[Any]:
    data = base64.b64encode(array.tobytes()).decode("ascii")
    return [array.dtype.name, list(array.shape), data]


def decode(data: Any, decode_other: Callable[[str, Any], Any] | None = None, depth: int = 0) -> Any:
    """Return the value that JSON data stand for.

    Parameters
    ----------
    data
        What came, whatever it is.
    decode_other
        Decodes what is not plain, given its kind and its content; None refuses it.
    depth
        How many containers are around it.

    Raises
    ------
    NotPlainError
        If the data stand for nothing plain.
    """
    if data is None or type(data) in {bool, int, float, str}:
        return data
    if type(data) is not dict or len(data) != 1 or depth > MAX_DEPTH + 1:
        raise NotPlainError("what came back is not a value")

    def inside(item: Any) -> Any:
        return decode(item, decode_other, depth + 1)

    [(kind, inner)] = data.items()
    if kind in {"set", "frozenset", "dict"} and type(inner) is list and len(inner) > MAX_KEYS:
        raise NotPlainError(
            f"the {kind} holds {len(inner):,} entries; at most {MAX_KEYS:,} are accepted"
        )
    if kind in {"list", "tuple", "set", "frozenset"} and type(inner) is list:
        items = [inside(item) for item in inner]
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)
    if kind == "dict" and type(inner) is list and all(len(pair) == 2 for pair in inner):
        return {inside(key): inside(item) for key, item in inner}
    if kind in {"tensor", "array"}:
        return _decode_array(kind, inner)
    if kind == "meta":
        import torch

        dtype, shape = _checked(*inner)
        return torch.empty(shape, dtype=getattr(torch, dtype), device="meta")
    if kind == "callable":
        return StaysThere()
    if decode_other is not None and kind != "foreign":
        return decode_other(kind, inner)
    raise NotPlainError(
        f"the value is a {str(inner)[:80]}; expected plain data: numbers, text, lists, dicts, "
        "tensors"
    )


def _checked(dtype: Any, shape: Any) -> tuple[str, list[int]]:
    sides = type(shape) is list and all(type(side) is int and side >= 0 for side in shape)
    if dtype not in DTYPES or not sides or math.prod(shape) > MAX_ELEMENTS:
        raise NotPlainError(f"an array of {str(dtype)[:20]} {str(shape)[:80]} is not accepted")
    return dtype, shape


def _decode_array(kind: str, inner: Any) -> Any:
    import numpy as np
    import torch

    if type(inner) is not list or len(inner) != 3 or type(inner[2]) is not str:
        raise NotPlainError("what came back is not an array")
    dtype, shape = _checked(*inner[:2])
    raw = base64.b64decode(inner[2])
    if len(raw) != math.prod(shape) * np.dtype(dtype).itemsize:
        raise NotPlainError("an array does not hold what its shape says")
    array = np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
    return torch.from_numpy(array) if kind == "tensor" else array
