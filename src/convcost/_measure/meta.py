"""Models that hold no values, and so no memory: copied from one given, or built that way."""

from collections import OrderedDict
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode
from torch.utils._device import _device_constructors

# What a builder fills tensors with, or computes with them, once they have their shapes.
_FILLERS = {
    getattr(torch.Tensor, name)
    for name in (
        "add_", "clamp_", "copy_", "div_", "erfinv_", "exponential_", "fill_", "mul_", "normal_",
        "sub_", "uniform_", "zero_",
    )
}  # fmt: skip


class OnMeta(TorchFunctionMode):
    """Makes tensors on the meta device where no device is given, as ``torch.device("meta")`` does.

    That one calls every function of torch that is written in Python a second time.
    """

    def __init__(self) -> None:
        super().__init__()
        self._constructors = _device_constructors()

    def set_device(self, func: Any, kwargs: dict[str, Any]) -> bool:
        """Add the device to the arguments of a function that makes a tensor; say if it is one."""
        makes = func in self._constructors
        if makes and kwargs.get("device") is None:
            kwargs["device"] = "meta"
        return makes


class Unfilled(OnMeta):
    """Lets networks be built on the meta device without a run of what fills their tensors.

    There is nothing to fill, and yet it takes half of the time in which a network is built.
    """

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if not self.set_device(func, kwargs) and (
            func in _FILLERS or getattr(func, "__module__", "") == "torch.nn.init"
        ):
            tensor = args[0] if args else kwargs["tensor"]
            if tensor.is_meta:
                return tensor
        return func(*args, **kwargs)


_HOOK_TABLES = tuple(name for name in vars(nn.Module()) if name.endswith("_hooks"))


def meta_copy(model: nn.Module) -> nn.Module:
    """Copy a model onto the meta device, in evaluation mode.

    Parameters
    ----------
    model : torch.nn.Module
        On any device; it is only read.

    Returns
    -------
    torch.nn.Module
        The same modules with tensors of the same shapes and types; what was shared stays shared.
        Of hooks it has only those of torch itself, which make a layer's weight: weight norm,
        pruning, lazy layers. The caller's own would run on tensors without values, and would bring
        into the copy whatever they hold.
    """
    memo: dict[int, Any] = {}
    for module in model.modules():
        for table in _HOOK_TABLES:
            hooks = vars(module).get(table)
            if hooks:
                memo[id(hooks)] = OrderedDict(
                    (key, hook) for key, hook in hooks.items() if _is_torchs_own(hook)
                )
    for tensor in [*model.parameters(), *model.buffers()]:
        if is_lazy(tensor):
            lazy_type: Any = type(tensor)
            memo[id(tensor)] = lazy_type(device="meta", dtype=tensor.dtype)
    with _WithoutValues():
        copy = deepcopy(model, memo)
    return copy.eval()


class _WithoutValues(TorchFunctionMode):
    """Lets `deepcopy` make every tensor on the meta device, wherever in the model it hides."""

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        # A parameter copies itself by clone, any other tensor by __deepcopy__.
        if func in (torch.Tensor.__deepcopy__, torch.Tensor.clone):
            return torch.empty_like(args[0].detach(), device="meta")
        return func(*args, **(kwargs or {}))


def _is_torchs_own(hook: object) -> bool:
    return str(getattr(hook, "__module__", "")).startswith("torch.nn.")
