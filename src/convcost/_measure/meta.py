"""A copy of a model that holds no values, and so no memory, to be run in the model's place."""

from collections import OrderedDict
from copy import deepcopy
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy
from torch.overrides import TorchFunctionMode

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


def has_lazy_tensors(model: nn.Module) -> bool:
    """Say whether some parameters or buffers wait for a first forward to get their shapes."""
    return any(map(is_lazy, [*model.parameters(), *model.buffers()]))
