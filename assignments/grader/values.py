"""What passes from the student's process to the judge: plain values, written as JSON.

`encode` runs in the student's process and may be patched there, so `decode` trusts nothing: it
builds exact types from data, never runs anything, and refuses the rest.
"""

from __future__ import annotations

import base64
import math
from typing import Any

# Elements of one array: what a lesson passes is far below.
MAX_ELEMENTS = 4_000_000
MAX_DEPTH = 50
_DTYPES = ("bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64")


# Of the forms that a result shows itself in, those that feedback keeps, and how much of each.
_SHOWN = {
    "text/plain": 20_000,
    "text/html": 100_000,
    "text/markdown": 20_000,
    "text/latex": 20_000,
    "image/png": 1_500_000,
}


class NotPlainError(TypeError):
    """A value is not of the plain kinds that may leave the student's process."""


class StaysThere:
    """Stands for a function or class that stays in the student's process."""


def encode(value: Any, depth: int = 0) -> Any:
    """Return a value as what JSON can hold, or the name of its type if it is not plain.

    Parameters
    ----------
    value
        Anything.
    depth
        How many containers are around it.
    """
    kind = type(value)
    if value is None or kind in {bool, int, float, str}:
        return value
    if depth > MAX_DEPTH:
        return {"foreign": "nest of too many containers"}
    if kind in {list, tuple, set, frozenset}:
        return {kind.__name__: [encode(item, depth + 1) for item in value]}
    if kind is dict:
        pairs = [[encode(key, depth + 1), encode(item, depth + 1)] for key, item in value.items()]
        return {"dict": pairs}

    import numpy as np
    import torch

    if isinstance(value, np.generic):
        return encode(value.item(), depth + 1)
    if kind is torch.Size:
        return {"tuple": [int(side) for side in value]}
    if isinstance(value, torch.Tensor):
        if value.device.type == "meta":
            return {"meta": [str(value.dtype).removeprefix("torch."), list(value.shape)]}
        value = value.detach().cpu()
        if value.dim() == 0:
            return encode(value.item(), depth + 1)
        return {"tensor": _array(value.contiguous().numpy())}
    if kind is np.ndarray:
        return {"array": _array(value)} if value.ndim else encode(value.item(), depth + 1)
    if isinstance(value, torch.nn.Module):
        from assignments.grader import modules

        return {"module": modules.describe(value)}
    if callable(value):
        return {"callable": getattr(value, "__name__", kind.__name__)}
    return {"foreign": kind.__name__}


def _array(array: Any) -> list[Any]:
    data = base64.b64encode(array.tobytes()).decode("ascii")
    return [array.dtype.name, list(array.shape), data]


def decode(data: Any, depth: int = 0) -> Any:
    """Return the value that JSON data stand for.

    Raises
    ------
    NotPlainError
        If the data stand for nothing plain.
    """
    if data is None or type(data) in {bool, int, float, str}:
        return data
    if type(data) is not dict or len(data) != 1 or depth > MAX_DEPTH + 1:
        raise NotPlainError("what came back is not a value")
    [(kind, inner)] = data.items()
    if kind in {"list", "tuple", "set", "frozenset"} and type(inner) is list:
        items = [decode(item, depth + 1) for item in inner]
        return {"list": list, "tuple": tuple, "set": set, "frozenset": frozenset}[kind](items)
    if kind == "dict" and type(inner) is list and all(len(pair) == 2 for pair in inner):
        return {decode(key, depth + 1): decode(item, depth + 1) for key, item in inner}
    if kind in {"tensor", "array"}:
        return _decode_array(kind, inner)
    if kind == "meta":
        import torch

        dtype, shape = _checked(*inner)
        return torch.empty(shape, dtype=getattr(torch, dtype), device="meta")
    if kind == "module":
        from assignments.grader import modules

        return modules.build(inner)
    if kind == "callable":
        return StaysThere()
    name = str(inner)[:80]
    raise NotPlainError(
        f"the value is a {name}; expected plain data: numbers, text, lists, dicts, tensors"
    )


def _checked(dtype: Any, shape: Any) -> tuple[str, list[int]]:
    sides = type(shape) is list and all(type(side) is int and side >= 0 for side in shape)
    if dtype not in _DTYPES or not sides or math.prod(shape) > MAX_ELEMENTS:
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


def shown(data: Any) -> dict[str, str]:
    """Return of a result's forms, by media type, those that feedback keeps."""
    if type(data) is not dict:
        return {}
    return {
        kind: data[kind]
        for kind, most in _SHOWN.items()
        if type(data.get(kind)) is str and len(data[kind]) <= most
    }
