"""What a model does in one forward pass on the meta device, operation by operation.

Two of torch's modes watch, at two levels. What counts is seen at the lower one, where every
convolution and every matrix product arrives as one of a handful of operators, however it was
written. The upper one sees the calls that the model's author wrote; each is one operation here, so
that a linear layer on a sequence is one row with the sequence's shape, not views and a product.
"""

import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from convcost._measure import shapes
from convcost._measure.map_sizes import MapSize, map_size_of
from convcost._measure.meta import OnMeta
from convcost._measure.saved import DROPOUTS, SKIPPING, Saved, SavedTensors, storage_key

aten = torch.ops.aten

# Matrix products, with the position of their first factor; a bias comes before it.
_PRODUCTS = {aten.mm: 0, aten.bmm: 0, aten.addmm: 1, aten.baddbmm: 1, aten.addbmm: 1}
_VECTOR_PRODUCTS = {aten.mv: 0, aten.dot: 0, aten.addmv: 1}
_ADDS = {aten.add, aten.add_}
_POOLS = {
    aten.avg_pool2d, aten.avg_pool3d,
    aten.max_pool2d_with_indices, aten.max_pool3d_with_indices,
}  # fmt: skip

# These look at the same numbers in another way, though their schemas do not say so.
_VIEWS = {
    "_reshape_alias", "_unsafe_view", "as_strided_", "lift_fresh",
    "unsafe_chunk", "unsafe_split", "unsafe_split_with_sizes",
}  # fmt: skip
# These make room, and compute nothing from their input.
_FACTORIES = {
    "arange", "empty", "empty_like", "empty_strided", "full", "full_like", "new_empty",
    "new_empty_strided", "new_full", "new_ones", "new_zeros", "ones", "ones_like",
    "scalar_tensor", "zeros", "zeros_like",
}  # fmt: skip
_COPIES = {"_to_copy", "clone", "copy_"}

# Calls made of several layers: each of their parts is an operation of its own.
_COMPOSITES = {
    nn.functional.multi_head_attention_forward,
    nn.functional.scaled_dot_product_attention,
}

_KINDS = {
    "batch_norm_legit": "batch_norm",
    "cat": "concat",
    "concatenate": "concat",
    "multiply": "mul",
    "safe_softmax": "softmax",
    "setitem": "copy",
}
_POINT = MapSize(1, 1)


@dataclass(slots=True)
class Operation:
    """One executed operation.

    Of the storages of parameters and statistics, `reads` has how many elements it reads.
    """

    name: str
    class_name: str
    kind: str = ""
    input_shape: tuple[int, ...] = ()
    output_shape: tuple[int, ...] = ()
    map_size: MapSize = _POINT
    kernel: tuple[int, ...] = ()
    groups: int = 1
    bias: bool = False
    macs: int = 0
    activations: int = 0
    reads: dict[int, int] = field(default_factory=dict)
    products: list[str] = field(default_factory=list)
    only_copies: bool = True
    saved: list[Saved] = field(default_factory=list)

    def note(self, reads: dict[int, int]) -> None:
        """Add to what is read."""
        for key, elements in reads.items():
            self.reads[key] = self.reads.get(key, 0) + elements


class Trace:
    """Watches one forward pass of a model on the meta device.

    Parameters
    ----------
    layout : iterable of (torch.nn.Module, str, str)
        Every module of the model, its dotted name and the name of its class.
    held : iterable of int
        Storages of the model's parameters, and of the buffers whose readers are to be noted too.
    constants : iterable of torch.Tensor
        The model's other buffers.

    Attributes
    ----------
    operations : list of Operation
        What was executed, in order.
    path : list of (str, str)
        Name and class of the modules that are running, outermost first. Where a model fails, it is
        left as it was there.
    """

    def __init__(
        self,
        layout: Iterable[tuple[nn.Module, str, str]],
        held: Iterable[int],
        constants: Iterable[Tensor],
    ) -> None:
        self.operations: list[Operation] = []
        self._layout = list(layout)
        self.path = [next((name, class_name) for _, name, class_name in self._layout)]
        self._held = set(held)
        self._saved = SavedTensors([m for m, *_ in self._layout], self.path, self._is_constant)
        # Tables, masks, normed weights: kept alive, or another tensor could get their address.
        self._constants = {storage_key(tensor): tensor for tensor in constants}
        self._kinds: dict[str, tuple[str, int]] = {}
        self._map_sizes: dict[int, MapSize] = {}
        self._latest: MapSize | None = None
        self._batch = 1
        self._call = ""  # the author's call that is running,
        self._operation: Operation | None = None  # what it has computed so far,
        self._inside = False  # and whether it is a composite one

    def run(self, model: nn.Module, image: Tensor) -> None:
        """Run the model on one input."""
        self._batch = image.shape[0]
        self._saved.write(storage_key(image), "image")
        if image.dim() == 4:
            self._latest = MapSize(image.shape[2], image.shape[3])
            self._map_sizes[storage_key(image)] = self._latest
        handles = []
        for module, name, class_name in self._layout:
            if isinstance(module, torch.jit.ScriptModule):  # takes no hooks
                continue
            entry = (name, class_name)
            handles += [
                # Before all other hooks, so that what torch's own do belongs to the module.
                module.register_forward_pre_hook(partial(self._enter, entry), prepend=True),
                module.register_forward_hook(partial(self._leave, entry)),
            ]
        try:
            # A model may make tensors without saying where: they belong on the meta device too.
            with torch.no_grad(), _Calls(self), _Operators(self):
                model(image)
        finally:
            for handle in handles:
                handle.remove()
        if self.operations:
            self.operations[-1].saved += self._saved.found

    def _enter(self, entry: tuple[str, str], *_: object) -> None:
        self.path.append(entry)
        if entry[1] in SKIPPING:
            self._saved.refuse()

    def _leave(self, entry: tuple[str, str], *_: object) -> None:
        while self.path.pop() is not entry:  # left behind where the model caught an error
            pass

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one call that the model's author wrote; what it computes is one operation."""
        if func in _COMPOSITES:
            self._inside = True
            try:
                return func(*args, **kwargs)
            finally:
                self._inside = False
        self._call = name = getattr(func, "__name__", "")
        try:
            out = func(*args, **kwargs)
        except BaseException:
            self._operation = None  # in case the model goes on
            raise
        finally:
            self._call = ""
        operation = self._computed()
        if operation is None and func in DROPOUTS:  # nothing here, but not so in training
            with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
                dropped = self._saved.drop(func, args, kwargs, out)
            if size := self._map_sizes.get(storage_key(out)):
                self._map_sizes[storage_key(dropped)] = size
            return dropped
        if operation is not None:
            inputs = _tensors((*args, *kwargs.values()) if kwargs else args)
            with torch._C.DisableTorchFunction():
                # A call that returns nothing has written into its first input.
                self._complete(operation, name, inputs, inputs if out is None else out)
        return out

    def operator(self, packet: Any, args: tuple[Any, ...], inputs: list[Tensor], out: Any) -> None:
        """Count one operator that has just run."""
        name = packet.__name__
        keys = [storage_key(tensor) for tensor in inputs]
        depends = name not in _FACTORIES and not all(map(self._is_constant, keys))
        outputs = _tensors(out)
        for tensor in outputs:
            key = storage_key(tensor)
            if depends:
                self._constants.pop(key, None)
            elif key not in self._held:
                self._constants[key] = tensor
        if self._inside and not self._saved.found:  # in training it is an operator of its own
            self._saved.refuse()
        self._saved.operator(packet, args, [] if name in _FACTORIES else inputs, outputs)
        if name in _FACTORIES or not outputs:
            return
        reads = {k: t.numel() for k, t in zip(keys, inputs, strict=True) if k in self._held}
        last = self.operations[-1] if self._inside and self.operations else None
        if last and last.kind == "linear" and reads and packet in _ADDS:
            # A linear layer on numbers that do not lie in one piece adds its bias afterwards.
            last.bias = True
            last.note(reads)
            self._map_sizes[storage_key(out)] = last.map_size
            return
        operation = self._operation or Operation(*self.path[-1])
        operation.note(reads)
        operation.only_copies &= name in _COPIES
        self._count(operation, packet, args, out, depends=depends)
        if self._call:
            self._operation = operation
        else:
            self._complete(operation, name, inputs, out)

    def _count(
        self, operation: Operation, packet: Any, args: tuple[Any, ...], out: Any, *, depends: bool
    ) -> None:
        """Add an operator's multiply-adds, and what else it shows of its layer."""
        if packet is aten.convolution:
            image, weight, bias, transposed, groups = (args[i] for i in (0, 1, 2, 6, 8))
            # Every weight meets every pixel of the output once; transposed, of the input.
            pixels = math.prod((image if transposed else out).shape[2:])
            operation.macs += image.shape[0] * pixels * weight.numel()
            operation.activations += out.numel()
            operation.products.append("transposed_conv" if transposed else "conv")
            operation.kernel = tuple(weight.shape[2:])
            operation.groups = groups
            operation.bias = bias is not None
        elif packet in _PRODUCTS or (packet in _VECTOR_PRODUCTS and depends):
            # A product of constant vectors is no layer: it is how spectral norm makes a weight.
            first = _PRODUCTS[packet] if packet in _PRODUCTS else _VECTOR_PRODUCTS[packet]
            left, right = args[first], args[first + 1]
            operation.macs += left.numel() * (right.shape[-1] if right.dim() > 1 else 1)
            if self._is_constant(storage_key(left)) or self._is_constant(storage_key(right)):
                operation.activations += out.numel()
                operation.products.append("linear")
                operation.bias |= first > 0
            else:
                operation.products.append("attention")
        elif packet in _ADDS and operation.products == ["linear"]:
            operation.bias = True
        elif packet in _POOLS:
            operation.kernel = tuple(args[1])

    def _complete(self, operation: Operation, call: str, inputs: list[Tensor], out: Any) -> None:
        """Give an operation its kind, its shapes and the size of its map."""
        name, dimensions = self._kinds.get(call) or self._kinds.setdefault(call, _kind(call))
        if len(operation.products) == 1:
            kind = operation.products[0]
        else:
            kind = "copy" if operation.only_copies else name
        operation.kind = kind
        sources = [t for t in inputs if not self._is_constant(storage_key(t))]
        if inputs:
            operation.input_shape = tuple((sources or inputs)[0].shape)
        outputs = _tensors(out)
        if outputs:
            operation.output_shape = tuple(outputs[0].shape)
            layer = kind if kind == "attention" else name
            operation.map_size = self._find_map_size(layer, sources, outputs[0], dimensions)
            self._map_sizes[storage_key(outputs[0])] = operation.map_size
        operation.saved, self._saved.found = self._saved.found, []
        self.operations.append(operation)

    def _find_map_size(
        self, layer: str, sources: list[Tensor], out: Tensor, dimensions: int
    ) -> MapSize:
        """Find the height and width of an operation's output."""
        # A map may be scaled by factors for its channels, which are 1 high and 1 wide: prefer the
        # input that has as many elements as the output.
        sources = sorted(sources, key=lambda source: source.numel() != out.numel())
        sizes = [self._map_sizes.get(storage_key(source)) for source in sources]
        source = next(filter(None, sizes), None)
        if sources and not self._inside:
            map_size = map_size_of(layer, tuple(out.shape), source, self._batch, dimensions)
        else:
            # What does not depend on the image, such as a mask, belongs where the work now is.
            map_size = source or self._latest or _POINT
        self._latest = map_size
        return map_size

    def _computed(self) -> Operation | None:
        """Take what the call that has just ended computed, if anything."""
        operation, self._operation = self._operation, None
        return operation

    def _is_constant(self, key: int) -> bool:
        return key in self._held or key in self._constants


class _Calls(OnMeta):
    """The upper level: hands every call of torch's interface to a trace."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()
        self._trace = trace

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        self.set_device(func, kwargs)
        return self._trace.call(func, args, kwargs)


class _Operators(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch's own gap
    """The lower level: shows every operator that computes something to a trace."""

    def __init__(self, trace: Trace) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own gap
        self._trace = trace
        self._roles: dict[Any, str] = {}

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False  # a wrapper around each call, for torch.compile, which does not come here

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        kwargs = kwargs or {}
        role = self._roles.get(func) or self._roles.setdefault(func, _role(func))
        if role == "view":
            return func(*args, **kwargs)
        if role == "composite":
            with self:
                return func.decompose(*args, **kwargs)
        # What torch itself calls to find the shape of the result is no call of the author's.
        with torch._C.DisableTorchFunction():
            out = shapes.result(func, args, kwargs)
            if out is None:
                out = func(*args, **kwargs)
            inputs = _tensors((*args, *kwargs.values()) if kwargs else args)
            self._trace.operator(func.overloadpacket, args, inputs, out)
        return out


def _role(func: Any) -> str:
    """Say whether an operator only looks at its input, is made of others, or does work."""
    if (
        func.is_view
        or torch.Tag.inplace_view in func.tags
        or func.overloadpacket.__name__ in _VIEWS
    ):
        return "view"
    # In inference mode such operators, linear for one, arrive whole.
    if torch._C._dispatch_has_kernel_for_dispatch_key(func.name(), "CompositeImplicitAutograd"):
        return "composite"
    return "work"


def _tensors(values: Any) -> list[Tensor]:
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
            found += _tensors(value)
    return found


def _kind(call: str) -> tuple[str, int]:
    """Derive from a function's name the kind of operation, and what it slides over.

    ``"max_pool2d"`` is a max_pool over 2 dimensions, ``"relu_"`` a relu, ``"__iadd__"`` an add.
    """
    name = re.sub(r"^native_|_with_indices$", "", call.strip("_"))
    name = re.sub(r"^i(?=(add|sub|mul|truediv)$)", "", name)
    match = re.fullmatch(r"(.+?)_?([123])d", name)
    name, dimensions = (match[1], int(match[2])) if match else (name, 0)
    return _KINDS.get(name, name), dimensions
