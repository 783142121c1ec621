"""What tells an operation from others of its kind, for conventions of tools that look at it.

One tool hooks torch's own classes of modules, another watches functions by their names, a third
asks how a map is interpolated. None of it can be read off the shapes.
"""

import dis
import sys
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

__all__ = ["of_call", "of_module"]

_WRITTEN = {
    getattr(place, name): f"{prefix}.{name}"
    for prefix, place in (("Tensor", torch.Tensor), ("torch", torch), ("F", functional))
    for name in dir(place)
    if callable(getattr(place, name)) and not name.startswith("__")
}
_SIGN = dis.opmap["BINARY_OP"]


def of_module(module: nn.Module, class_name: str) -> tuple[str, ...]:
    """Say whether a module's class is torch's own ("nn"), and whether it holds none ("leaf")."""
    own = type(module) is getattr(nn, class_name, None)
    return ("nn",) * own + ("leaf",) * (not module._modules)


def of_call(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> set[str]:
    """Say how a call is written, as "F.relu", "torch.add" or "Tensor.add", and its options.

    Signs such as + and @ say nothing.
    """
    written = _WRITTEN.get(func, "")
    traits = {written} if written and not (written[0] == "T" and _is_sign()) else set()
    if not kwargs and not written.startswith("F.conv"):
        return traits
    if written.startswith("F.conv") and any(isinstance(value, str) for value in args):
        traits.add("padding by name")
    if kwargs.get("weight") is not None:
        traits.add("scaled")
    if func is functional.interpolate:
        smooth = " antialias" * bool(kwargs.get("antialias"))
        traits.add(f"{kwargs['mode']} {args[0].dim() - 2}d{smooth}")
    elif func is functional.softmax:
        traits.add(f"dim {kwargs['dim']}")
    elif func is functional.batch_norm and kwargs.get("training"):
        traits.add("batch statistics")
    return traits


def _is_sign() -> bool:
    """Whether the model's author wrote ``x + y``: torch hands on the same as for ``x.add(y)``."""
    frame = sys._getframe()
    while frame.f_globals.get("__name__", "").startswith(__package__) and frame.f_back:
        frame = frame.f_back
    return frame.f_code.co_code[frame.f_lasti] == _SIGN
