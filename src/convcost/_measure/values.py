"""Tensors that have values among others that have none, and devices on which nothing lies.

Whatever depends on the input has a shape and no values. What a forward makes of numbers alone, such
as a mask or positions, keeps its values as long as it is small: the forward may ask for them. Where
both meet, a stand-in without values takes the place of the tensor that has some.
"""

import math
from collections.abc import Iterable
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

LARGEST = 2**20
"""Elements up to which a tensor made of numbers alone keeps its values."""

_META, _CPU = torch.device("meta"), torch.device("cpu")

# What an author hears of a tensor's device: everything lies on one, as in a run of his own.
ANSWERS: dict[Any, object] = {
    Tensor.device.__get__: _CPU,
    Tensor.is_cpu.__get__: True,  # type: ignore[attr-defined]
    Tensor.is_meta.__get__: False,  # type: ignore[attr-defined]
}
MOVES = {Tensor.cpu, Tensor.cuda, Tensor.pin_memory, Tensor.to}


def storage_key(tensor: Tensor) -> int:
    """Identify the storage that a tensor and all its views share."""
    try:
        key: int = tensor.untyped_storage()._cdata
    except NotImplementedError:
        if not torch._C._functorch.is_functorch_wrapped_tensor(tensor):
            raise
        return storage_key(torch._C._functorch.get_unwrapped(tensor))  # vmap, grad and their kin
    return key


def tensors_in(values: Any) -> list[Tensor]:
    """List the tensors among values, nested ones included."""
    if isinstance(values, Tensor):
        return [values]
    if isinstance(values, dict):
        values = values.values()
    elif not isinstance(values, (list, tuple)):
        return []
    found = []
    for value in values:
        if isinstance(value, Tensor):
            found.append(value)
        elif isinstance(value, (list, tuple, dict)):
            found += tensors_in(value)
    return found


def where_it_lies(
    func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, tuple[Any, ...], dict[str, Any]]:
    """Put the device on which a call's tensor lies in place of the one that its author names."""
    own = args[0].device if args and isinstance(args[0], Tensor) else _CPU

    def placed(value: Any) -> Any:
        if isinstance(value, Tensor):
            return value.dtype
        return own if isinstance(value, (str, torch.device)) or type(value) is int else value

    if func is Tensor.to:
        named = {key.replace("other", "dtype"): placed(value) for key, value in kwargs.items()}
        return func, (args[0], *map(placed, args[1:])), named
    if func in MOVES:
        return Tensor.to, (args[0], own), {}
    return func, args, {**kwargs, "device": own}


class StandIns:
    """Decides for each operator whether it runs with values, and finds stand-ins if not.

    It gets what the run makes of numbers alone, by its storage, and adds the stand-ins.
    """

    def __init__(self, constants: dict[int, Tensor]) -> None:
        self._constants = constants
        self._bases: dict[tuple[int, torch.dtype], tuple[Tensor, Tensor]] = {}
        self.met = False  # whether anything had values so far
        # Where something without values was written, so that those that stand there are wrong.
        self.overwritten: set[int] = set()

    def settle(
        self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any], inputs: list[Tensor]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Return an operator's arguments with tensors that all have values, or that all have none.

        Nothing is drawn at random, and nothing is written into a tensor that the run did not make.
        """
        if inputs and kwargs.get("device"):
            kwargs = {**kwargs, "device": None}  # where the inputs lie
        if all(tensor.is_meta for tensor in inputs) and (inputs or kwargs.get("device") == _META):
            return args, kwargs
        self.met = True
        by_chance = torch.Tag.nondeterministic_seeded in func.tags
        if not inputs:
            if not any(slot.name == "device" for slot in func._schema.arguments):
                return args, kwargs
            bare = {**kwargs, "device": _META}
            large = by_chance or func(*args, **bare).numel() > LARGEST
            return args, bare if large else {**kwargs, "device": _CPU}
        written = [
            storage_key(arg)
            for arg, slot in zip(args, func._schema.arguments, strict=False)
            if slot.alias_info and slot.alias_info.is_write
            if isinstance(arg, Tensor) and not arg.is_meta
        ]
        known = not by_chance and self._constants.keys() >= set(written)
        if known and self.have_values(inputs) and _elements(inputs) <= LARGEST:
            return args, kwargs
        self.overwritten.update(written)
        for key in written:
            self._constants.pop(key, None)
        return self.replaced(args), self.replaced(kwargs)

    def have_values(self, tensors: Iterable[Tensor]) -> bool:
        """Say whether all have values, and the right ones."""
        return not any(t.is_meta or storage_key(t) in self.overwritten for t in tensors)

    def replaced(self, arguments: Any) -> Any:
        """Return arguments in which no tensor has values."""
        return tree_map_only(Tensor, self._stand_in, arguments)

    def _stand_in(self, tensor: Tensor) -> Tensor:
        if tensor.is_meta or torch._C._functorch.is_functorch_wrapped_tensor(tensor):
            return tensor
        # One for each storage: a view of it stands for a view.
        key = storage_key(tensor), tensor.dtype
        if key not in self._bases:
            elements = tensor.untyped_storage().nbytes() // tensor.element_size()
            base = torch.empty(elements, dtype=tensor.dtype, device=_META)
            self._bases[key] = tensor, base
            self._constants[storage_key(base)] = base
        base = self._bases[key][1]
        return base.as_strided(tensor.shape, tensor.stride(), tensor.storage_offset())


def _elements(tensors: list[Tensor]) -> int:
    """Bound the elements that an operator makes of tensors."""
    shapes = [tensor.shape for tensor in tensors]
    try:
        return math.prod(torch.broadcast_shapes(*shapes))  # type: ignore[no-untyped-call]  # torch's own gap
    except RuntimeError:  # they are no equals, such as a table and places in it
        return math.prod(map(math.prod, shapes))
