"""Models that hold no values, and so no memory: copied from one given, or built that way."""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import deepcopy
from functools import partial
from operator import is_
from types import CellType, CodeType, FunctionType, MethodType
from typing import Any
from unittest.mock import patch

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


# Torch's own layers whose weights are filled by one method, call after call.
_RESETTING: tuple[Any, ...] = (nn.Linear, nn.modules.batchnorm._NormBase, nn.modules.conv._ConvNd)


def _reset(layer: Any) -> Callable[[Any], None]:
    """Make a `reset_parameters` that passes over weights without values, and those only."""
    fill = layer.reset_parameters

    def reset_parameters(module: Any) -> None:
        if not getattr(module.weight, "is_meta", False):
            fill(module)

    return reset_parameters


@contextmanager
def unfilled() -> Iterator[None]:
    """Let networks be built on the meta device without a run of what fills their tensors.

    There is nothing to fill, and yet it takes half of the time in which a network is built. And
    ``torch.device("meta")`` calls every function of torch that is written in Python twice.
    """
    with ExitStack() as patches, _Unfilled():
        for layer in _RESETTING:
            patches.enter_context(patch.object(layer, "reset_parameters", _reset(layer)))
        yield


class _Unfilled(TorchFunctionMode):
    """Makes tensors on the meta device, and passes over what fills them."""

    def __init__(self) -> None:
        super().__init__()
        self._constructors = _device_constructors()

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in self._constructors:
            if kwargs.get("device") is None:
                kwargs["device"] = "meta"
        elif func in _FILLERS or getattr(func, "__module__", "") == "torch.nn.init":
            tensor = args[0] if args else kwargs["tensor"]
            if tensor.is_meta:
                return tensor
        return func(*args, **kwargs)


_FORWARD_HOOKS = ("_forward_pre_hooks", "_forward_hooks")
_OTHER_HOOKS = tuple(
    name for name in vars(nn.Module()) if name.endswith("_hooks") and name not in _FORWARD_HOOKS
)


def meta_copy(model: nn.Module) -> nn.Module:
    """Copy a model onto the meta device, in evaluation mode; it is only read.

    What was shared stays shared. The hooks of the forward are copied too. A function that remembers
    a part of the model, such as ``lambda module, inputs, output: self.kept.append(output)``,
    remembers that part of the copy.
    """
    memo: dict[int, Any] = {id(value): value for value in _globals_of_hooks(model)}
    for module in model.modules():
        for table in _OTHER_HOOKS:  # of gradients, and of saving
            hooks = vars(module).get(table)
            if hooks:
                memo[id(hooks)] = OrderedDict(
                    (key, hook) for key, hook in hooks.items() if _is_torchs_own(hook)
                )
    for tensor in [*model.parameters(), *model.buffers()]:
        if is_lazy(tensor):
            lazy_type: Any = type(tensor)
            memo[id(tensor)] = lazy_type(device="meta", dtype=tensor.dtype)
    with EmptyCopies("meta"):
        copy = deepcopy(model, memo)
        twins: dict[int, FunctionType] = {}
        for module in model.modules():
            if id(module) not in memo:  # a scripted part, which has no functions
                continue
            for own, other in zip(_tables(module), _tables(memo[id(module)]), strict=True):
                for key, value in own.items():
                    if isinstance(value, (FunctionType, partial)) and key in other:
                        other[key] = _rebind(value, memo, twins)
    return copy.eval()


def _tables(module: nn.Module) -> list[dict[Any, Any]]:
    """Return the dictionaries of a module in which its functions and hooks stand."""
    return [vars(module), *(vars(module).get(table, {}) for table in _FORWARD_HOOKS)]


def _rebind(value: Any, memo: dict[int, Any], twins: dict[int, FunctionType]) -> Any:
    """Make a function that remembers something remember what a memo of `deepcopy` has for it.

    `deepcopy` itself takes a function as it is, and so for one that acts on the original.
    """
    again = partial(_rebind, memo=memo, twins=twins)
    if isinstance(value, partial):
        named = {key: again(one) for key, one in value.keywords.items()}
        return partial(again(value.func), *map(again, value.args), **named)
    if not isinstance(value, FunctionType):
        try:
            return deepcopy(value, memo)
        except Exception:  # a file, a lock: the function shares it
            return value
    if value.__closure__ and id(value) not in twins:
        cells = tuple(CellType() for _ in value.__closure__)
        twins[id(value)] = twin = FunctionType(
            value.__code__, value.__globals__, value.__name__, value.__defaults__, cells
        )
        twin.__kwdefaults__ = value.__kwdefaults__
        for cell, original in zip(cells, value.__closure__, strict=True):
            with suppress(ValueError):  # a name that has no value yet
                cell.cell_contents = again(original.cell_contents)
    return twins.get(id(value), value)


@contextmanager
def globals_left_alone(model: nn.Module) -> Iterator[None]:
    """Take back what a model's hooks do to the lists and dictionaries of their module files."""
    kept = [(value, value.copy()) for value in _globals_of_hooks(model)]
    try:
        yield
    finally:
        for value, before in kept:
            value.clear()
            (value.extend if isinstance(value, list) else value.update)(before)


def _globals_of_hooks(model: nn.Module) -> list[Any]:
    found: dict[int, Any] = {}
    codes = [(hook.__code__, hook.__globals__) for hook in forward_hooks(model).values()]
    for code, names in codes:
        values = (names.get(name) for name in code.co_names)
        found |= {id(value): value for value in values if isinstance(value, (dict, list, set))}
        codes += [(const, names) for const in code.co_consts if isinstance(const, CodeType)]
    return list(found.values())


def state(modules: Iterable[nn.Module]) -> list[Any]:
    """List what a forward could change in modules: what they hold, but for torch's own layers."""
    modules = list(modules)
    found: list[Any] = [type(module) for module in modules]  # that of a lazy layer changes
    own = (one for one in modules if not type(one).__module__.startswith("torch.nn.modules."))
    inside: list[Any] = [vars(module) for module in own]
    seen = set()
    for value in inside:  # which grows
        if id(value) not in seen:
            seen.add(id(value))
            within = value if isinstance(value, (dict, list)) else vars(value)
            held = list(within.values() if isinstance(within, dict) else within)
            found += held
            inside += [
                one for one in held if (one if isinstance(one, (dict, list)) else _holds(one))
            ]
    return found


def _holds(value: object) -> bool:
    """Say whether it is an object of somebody's own class, such as a cache."""
    known = (nn.Module, torch.Tensor, type, FunctionType, MethodType, partial)
    return hasattr(value, "__dict__") and not isinstance(value, known)


def same(before: list[Any], after: list[Any]) -> bool:
    """Say whether two states hold the very same things."""
    return len(before) == len(after) and all(map(is_, before, after))


def forward_hooks(model: nn.Module) -> dict[str, FunctionType]:
    """Return the functions that run with a model's forward, by "name of the module: their name"."""
    found = {}
    for path, module in model.named_modules():
        hooks = [hook for table in _tables(module)[1:] for hook in table.values()]
        for hook in hooks:
            call = hook.func if isinstance(hook, partial) else hook
            if not isinstance(call, (FunctionType, MethodType)):
                call = type(call).__call__
            function = getattr(call, "__func__", call)
            if isinstance(function, FunctionType) and not _is_torchs_own(function):
                found[f"{path}: {function.__qualname__}"] = function
    return found


class EmptyCopies(TorchFunctionMode):
    """Lets `deepcopy` make tensors of the same shapes on a device, wherever in a model they hide.

    Those of floating-point numbers get another type, if one is given.
    """

    def __init__(self, device: str, float_type: torch.dtype | None = None) -> None:
        super().__init__()
        self._device, self._float_type = device, float_type

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        # A parameter copies itself by clone, any other tensor by __deepcopy__.
        if func in (torch.Tensor.__deepcopy__, torch.Tensor.clone):
            tensor = args[0].detach()
            dtype = self._float_type if tensor.is_floating_point() else None
            return torch.empty_like(tensor, device=self._device, dtype=dtype)
        return func(*args, **(kwargs or {}))


def _is_torchs_own(hook: object) -> bool:
    return str(getattr(hook, "__module__", "")).startswith("torch.nn.")
