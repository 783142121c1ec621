"""What a model does in one forward pass on the meta device, operation by operation.

What counts is seen at the lower of two levels, where every convolution and every matrix product
arrives as one of a handful of operators, however it was written. The upper one has the calls that
the model's author wrote; each is one operation here, so that a linear layer on a sequence is one
row with the sequence's shape, not views and a product.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from convcost._measure import traits
from convcost._measure.map_sizes import MapSize, map_size_of
from convcost._measure.products import Rule
from convcost._measure.saved import DROPOUTS, SKIPPING, SavedTensors
from convcost._measure.values import StandIns, storage_key, tensors_in
from convcost.conventions._records import Saved

_ADDS = {"aten::add", "aten::add_"}
_POOLS = {
    "aten::avg_pool2d", "aten::avg_pool3d",
    "aten::max_pool2d_with_indices", "aten::max_pool3d_with_indices",
}  # fmt: skip

# These make room, and compute nothing from their input.
_FACTORIES = {
    "arange", "empty", "empty_like", "empty_strided", "full", "full_like", "lift_fresh",
    "new_empty", "new_empty_strided", "new_full", "new_ones", "new_zeros", "ones", "ones_like",
    "scalar_tensor", "zeros", "zeros_like",
}  # fmt: skip
_LAYERS = {"bilinear", "conv", "linear", "transposed_conv"}
_COPIES = {"_to_copy", "clone", "copy_"}

# Calls made of several layers: each of their parts is an operation of its own.
_COMPOSITES = {
    nn.functional.multi_head_attention_forward,
    nn.functional.scaled_dot_product_attention,
}

# What such calls write into is left to the operators. The others look at devices first.
_WRITES = re.compile(r"[a-z]_$|^__i|setitem")
_COMPARE_DEVICES = {"gru", "gru_cell", "lstm", "lstm_cell", "rnn_relu", "rnn_tanh"}

_KINDS = {
    "batch_norm_legit": "batch_norm",
    "cat": "concat",
    "concatenate": "concat",
    "multiply": "mul",
    "safe_softmax": "softmax",
    "setitem": "copy",
}


_POINT = MapSize(1, 1)

Layout = list[tuple[nn.Module, str, str]]
Entry = tuple[str, str, bool]


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
    traits: set[str] = field(default_factory=set)
    only_copies: bool = True
    saved: list[Saved] = field(default_factory=list)

    def note(self, reads: dict[int, int]) -> None:
        """Add to what is read."""
        for key, elements in reads.items():
            self.reads[key] = self.reads.get(key, 0) + elements


class Role(NamedTuple):
    """What is to be done with an operator, and what it is called."""

    does: str  # "view": looks at its input in another way, "parts": is made of others, or "work"
    name: str  # such as "aten::mm"
    short: str  # and without the library
    packet: Any  # torch's own object of that name
    rule: Rule | None  # counts it,
    multiplies: bool  # if it is a product


class Trace:
    """Notes what one forward pass does.

    It gets every module of the model with its dotted name and the name of its class, the storages
    whose readers are to be noted, the model's other buffers, and of the storages those that
    training changes.
    """

    def __init__(
        self,
        layout: Layout,
        held: Iterable[int],
        constants: Iterable[Tensor],
        trained: Iterable[int] = (),
    ) -> None:
        self.layout = layout
        self.operations: list[Operation] = []  # in order
        # Operator and module -> how often it ran there, multiplied and was not counted.
        self.uncounted: dict[tuple[str, str], int] = {}
        # Name and class of the modules that are running, outermost first, and whether they are
        # still at making their weights. Where a model fails, it is left as it was there,
        self.path = [next((name, class_name, False) for _, name, class_name in self.layout)]
        self.failure = ""  # with what the operator said.
        self._traits = {name: traits.of_module(m, cls) for m, name, cls in self.layout}
        self._held = set(held)
        # Tables, masks, normed weights: kept alive, or another tensor could get their address.
        self._constants = {storage_key(tensor): tensor for tensor in constants}
        own = self._held | self._constants.keys()
        self._saved = SavedTensors(own, trained, self.path, self._is_constant)
        self.stand_ins = StandIns(self._constants)
        self._kinds: dict[str, tuple[str, int]] = {}
        self._map_sizes: dict[int, MapSize] = {}
        self._latest: MapSize | None = None
        self._batch = 1
        self._call = ""  # the author's call that is running,
        self._operation: Operation | None = None  # what it has computed so far,
        self._inside = False  # and whether it is a composite one

    def starts_with(self, image: Tensor) -> None:
        """Take note of the input."""
        self._batch = image.shape[0]
        self._saved.write(storage_key(image), "image")
        if image.dim() == 4:
            self._latest = MapSize(image.shape[2], image.shape[3])
            self._map_sizes[storage_key(image)] = self._latest

    def ends(self) -> None:
        """Take note that the forward has come to its end."""
        if self.operations:
            self.operations[-1].saved += self._saved.found

    def enter(self, entry: Entry, *_: object) -> None:
        """Begin with a module."""
        self.path.append(entry)
        if entry[1] in SKIPPING:
            self._saved.refuse()

    def ready(self, entry: Entry, *_: object) -> None:
        """Begin with the forward of the module itself."""
        self.path[-1] = entry

    def leave(self, entry: Entry, *_: object) -> None:
        """Come back from a module."""
        while self.path.pop() is not entry:  # left behind where the model caught an error
            pass

    def call(self, func: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Run one call that the model's author wrote; what it computes is one operation."""
        name = getattr(func, "__name__", "")
        if (self.stand_ins.met and not _WRITES.search(name)) or name in _COMPARE_DEVICES:
            inputs = tensors_in((*args, *kwargs.values()))
            if not all(t.is_meta for t in inputs) and not self.stand_ins.have_values(inputs):
                args, kwargs = self.stand_ins.replaced((args, kwargs))
        if func in _COMPOSITES:
            self._inside = True
            try:
                return func(*args, **kwargs)
            finally:
                self._inside = False
        self._call = name
        try:
            out = func(*args, **kwargs)
        except BaseException:
            self._operation = None  # in case the model goes on
            raise
        finally:
            self._call = ""
        operation, self._operation = self._operation, None
        if operation is None and func in DROPOUTS:  # nothing here, but not so in training
            with torch._C.DisableTorchFunction(), torch._C._DisableTorchDispatch():
                dropped = self._saved.drop(func, args, kwargs, out)
            if size := self._map_sizes.get(storage_key(out)):
                self._map_sizes[storage_key(dropped)] = size
            return dropped
        if operation is not None:
            inputs = tensors_in((*args, *kwargs.values()) if kwargs else args)
            operation.traits |= traits.of_call(func, args, kwargs)
            with torch._C.DisableTorchFunction():
                # A call that returns nothing has written into its first input.
                self._complete(operation, name, inputs, inputs if out is None else out)
        return out

    def operator(self, role: Role, args: tuple[Any, ...], inputs: list[Tensor], out: Any) -> None:
        """Count one operator that has just run."""
        name = role.short
        keys = [storage_key(tensor) for tensor in inputs]
        depends = name not in _FACTORIES and not all(map(self._is_constant, inputs, keys))
        outputs = tensors_in(out)
        made = [storage_key(tensor) for tensor in outputs]
        for tensor, key in zip(outputs, made, strict=True):
            if depends:
                self._constants.pop(key, None)
            elif key not in self._held:
                self._constants[key] = tensor
        if self._inside and not self._saved.found:  # in training it is an operator of its own
            self._saved.refuse()
        read = () if name in _FACTORIES else keys
        self._saved.operator(role.packet, args, inputs, outputs, read, made)
        if name in _FACTORIES or not outputs:
            return
        reads = {k: t.numel() for k, t in zip(keys, inputs, strict=True) if k in self._held}
        last = self.operations[-1] if self._inside and self.operations else None
        if last and last.kind == "linear" and reads and role.name in _ADDS:
            # A linear layer on numbers that do not lie in one piece adds its bias afterwards.
            last.bias = True
            last.note(reads)
            self._map_sizes[storage_key(out)] = last.map_size
            return
        operation = self._operation or Operation(*self.path[-1][:2])
        operation.note(reads)
        operation.only_copies &= name in _COPIES
        if role.multiplies and (depends or not any(making for *_, making in self.path)):
            self._count(operation, role, args, out)
        elif role.name in _ADDS and operation.products in (["linear"], ["bilinear"]):
            operation.bias = True
        elif role.name in _POOLS:
            operation.kernel = tuple(args[1])
        if self._call:
            self._operation = operation
        else:
            self._complete(operation, name, inputs, out)

    def _count(self, operation: Operation, role: Role, args: tuple[Any, ...], out: Any) -> None:
        """Add an operator's multiply-adds, and what else it shows of its layer."""
        if role.rule is None:
            key = role.name.replace("::", "."), operation.name
            self.uncounted[key] = self.uncounted.get(key, 0) + 1
            return
        product = role.rule(args, out)
        operation.macs += product.macs
        operation.kernel = product.kernel or operation.kernel
        operation.groups = product.groups
        fixed = any(self._is_constant(t, storage_key(t)) for t in product.factors)
        kind = product.kind or ("linear" if fixed else "attention")
        operation.products.append(kind)
        if kind in _LAYERS:
            operation.activations += out.numel()
            operation.bias |= product.bias

    def _complete(self, operation: Operation, call: str, inputs: list[Tensor], out: Any) -> None:
        """Give an operation its kind, its shapes and the size of its map."""
        name, dimensions = self._kinds.get(call) or self._kinds.setdefault(call, _kind(call))
        if len(operation.products) == 1:
            kind = operation.products[0]
        else:
            kind = "copy" if operation.only_copies else name
        operation.kind = kind
        operation.traits.update(self._traits[operation.name])
        sources = [t for t in inputs if not self._is_constant(t, storage_key(t))]
        if inputs:
            operation.input_shape = tuple((sources or inputs)[0].shape)
        outputs = tensors_in(out)
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

    def _is_constant(self, tensor: Tensor, key: int) -> bool:
        if key in self._held or key in self._constants:
            return True
        return not tensor.is_meta and key not in self.stand_ins.overwritten


def _kind(call: str) -> tuple[str, int]:
    """Derive from a function's name the kind of operation, and what it slides over.

    ``"max_pool2d"`` is a max_pool over 2 dimensions, ``"relu_"`` a relu, ``"__iadd__"`` an add.
    """
    name = re.sub(r"^native_|_with_indices$", "", call.strip("_"))
    name = re.sub(r"^i(?=(add|sub|mul|truediv)$)", "", name)
    match = re.fullmatch(r"(.+?)_?([123])d", name)
    name, dimensions = (match[1], int(match[2])) if match else (name, 0)
    return _KINDS.get(name, name), dimensions
