"""What tells an operation from others of its kind, for conventions of tools that look at it.

One tool hooks torch's own classes of modules, another watches functions by their names, a third
asks how a map is interpolated. None of it can be read off the shapes.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torch.nn import functional

__all__ = ["of_call", "of_module"]

_WRITTEN = {
    function: f"{place}.{name}"
    for place, module in (("torch", torch), ("F", functional))
    for name, function in vars(module).items()
    if callable(function) and not isinstance(function, type)
}


def of_module(module: nn.Module, class_name: str) -> tuple[str, ...]:
    """Say whether a module's class is torch's own ("nn"), and whether it holds none ("leaf")."""
    own = type(module) is getattr(nn, class_name, None)
    return ("nn",) * own + ("leaf",) * (not any(True for _ in module.children()))


def of_call(func: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> set[str]:
    """Say how a call is written, as "F.relu" or "torch.add", and with which options.

    Methods and operators can't be told apart, and say nothing.
    """
    traits = {_WRITTEN[func]} if func in _WRITTEN else set()
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
