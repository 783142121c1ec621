"""What watches a forward for a trace: two of torch's modes, and hooks that say where it is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook
from torch.nn.utils.parametrize import ParametrizationList
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.hooks import RemovableHandle

from convcost._measure import shapes
from convcost._measure.products import is_uncounted, rule_of
from convcost._measure.trace import Entry, Role, Trace
from convcost._measure.values import ANSWERS, MOVES, tensors_in, where_it_lies

# These look at the same numbers in another way, though their schemas do not say so.
_VIEWS = {
    "_reshape_alias", "_unsafe_view", "as_strided_",
    "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes",
}  # fmt: skip


def watch(trace: Trace, model: nn.Module, image: Tensor) -> None:
    """Run a model on one input, under the eyes of a trace."""
    trace.starts_with(image)
    entries: dict[int, Entry] = {}
    leaving: dict[int, Entry] = {}
    handles: list[RemovableHandle] = []
    for module, name, class_name in trace.layout:
        if isinstance(module, torch.jit.ScriptModule):  # takes no hooks
            continue
        entry = (name, class_name, isinstance(module, ParametrizationList))
        entries[id(module)] = leaving[id(module)] = entry
        if module._forward_pre_hooks:  # what runs first makes weights, perhaps
            entries[id(module)] = (name, class_name, True)
            handles.append(module.register_forward_pre_hook(partial(trace.ready, entry)))
        if module._forward_hooks:  # what they do belongs to the module
            handles.append(module.register_forward_hook(partial(trace.leave, entry)))
            del leaving[id(module)]
    # Hooks of all modules, which come before a module's own, cost less than hooks of each.
    handles += [
        register_module_forward_pre_hook(partial(_if_known, entries, trace.enter)),
        register_module_forward_hook(partial(_if_known, leaving, trace.leave)),
    ]
    try:
        with eyes_of(trace):
            model(image)
        trace.ends()
    finally:
        for handle in handles:
            handle.remove()


def _if_known(
    entries: dict[int, Entry], tell: Callable[[Entry], None], module: nn.Module, *_: object
) -> None:
    """Tell a trace about a module; another thread may run one that is none of the model's."""
    if entry := entries.get(id(module)):
        tell(entry)


@contextmanager
def eyes_of(trace: Trace) -> Iterator[None]:
    """Let a trace see what runs, without gradients and without values."""
    fast_path = torch.backends.mha.get_fastpath_enabled()
    try:
        # Torch's encoder would take all of a layer together, in one operator.
        torch.backends.mha.set_fastpath_enabled(False)
        with torch.no_grad(), _Calls(trace), _Operators(trace):
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast_path)


class _Calls(TorchFunctionMode):
    """The upper level: hands every call of torch's interface to a trace."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self._trace = trace

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        if func in ANSWERS:
            return ANSWERS[func]
        if func in MOVES or kwargs.get("device") is not None:
            func, args, kwargs = where_it_lies(func, args, kwargs)
        return self._trace.call(func, args, kwargs)


class _Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own gap
    """The lower level: shows every operator that computes something to a trace."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own gap
        self._trace = trace
        self._roles: dict[Any, Role] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # a wrapper around each call, for torch.compile, which does not come here

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        role = self._roles.get(func) or self._roles.setdefault(func, _role(func))
        if role.does == "view":
            return func(*args, **kwargs)
        if role.does == "parts":
            with self:
                return func.decompose(*args, **kwargs)
        # What torch itself calls to find the shape of the result is no call of the author's.
        with torch._C.DisableTorchFunction():
            given = [args[place] for place in role.takes if place < len(args)]
            inputs = tensors_in([*given, *kwargs.values()] if kwargs else given)
            out = shapes.result(func, args, kwargs)
            if out is None:
                args, kwargs = self._trace.stand_ins.settle(func, args, kwargs, inputs)
                try:
                    out = func(*args, **kwargs)
                except Exception as error:
                    self._trace.failure = str(error)
                    raise
            self._trace.operator(role, args, inputs, out)
        return out


def _role(func: Any) -> Role:
    """Find out what is to be done with an operator."""
    name = func._schema.name
    short = func.overloadpacket.__name__
    rule = rule_of(name)
    does = "work"
    if func.is_view or torch.Tag.inplace_view in func.tags or short in _VIEWS:
        does = "view"
    # In inference mode such operators, linear for one, arrive whole.
    elif torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"):
        does = "parts"
    multiplies = rule is not None or is_uncounted(name)
    slots = enumerate(func._schema.arguments)
    takes = tuple(place for place, slot in slots if "Tensor" in str(slot.type))
    return Role(does, name, short, takes, func.overloadpacket, rule, multiplies)
