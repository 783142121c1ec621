"""What autograd would keep of each operation in training, found while a model is measured.

Each operator that can be differentiated keeps what its formula needs: its input, its output, both
of its factors, or nothing. A tensor has a number, so that what several operations keep counts once.
The rules are those of tools/autograd/derivatives.yaml in PyTorch; the tests ask autograd itself.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from convcost._measure.values import storage_key
from convcost.conventions._records import Saved

aten = torch.ops.aten


MASKS, STATISTICS, INDICES = "masks of dropouts", "statistics of norms", "indices of max poolings"

# What an operator puts out -> how it is called.
_OUTPUTS = {
    aten.convolution: "convolutions", aten.native_batch_norm: "batch norms",
    aten.relu: "ReLUs", aten.relu_: "ReLUs", aten.add: "additions", aten.add_: "additions",
    aten.addmm: "linear layers", aten.mm: "linear layers", aten.cat: "concatenations",
    aten.max_pool2d_with_indices: "poolings", aten.avg_pool2d: "poolings",
    aten.mean: "poolings", aten._adaptive_avg_pool2d: "poolings",
}  # fmt: skip
# The gradient of one factor is the incoming one times the other. With the position of the first.
_FACTORS = {
    aten.mm: 0, aten.bmm: 0, aten.mul: 0, aten.mul_: 0, aten.addmm: 1, aten.baddbmm: 1,
}  # fmt: skip
_NORMS = {aten.native_batch_norm, aten.native_layer_norm, aten.native_group_norm}
_KEEP_INPUT = _NORMS | {
    aten.avg_pool2d, aten._adaptive_avg_pool2d, aten.gelu, aten.hardsigmoid, aten.hardswish,
    aten.hardswish_, aten.hardtanh, aten.hardtanh_, aten.leaky_relu, aten.silu, aten.silu_,
    aten.max_pool2d_with_indices,
}  # fmt: skip
_KEEP_OUTPUT = {
    aten.relu, aten.relu_, aten.sigmoid, aten.sigmoid_, aten.tanh, aten.leaky_relu_,
}  # fmt: skip
_KEEP_NOTHING = {
    aten.add, aten.add_, aten.cat, aten.clone, aten.constant_pad_nd, aten.mean, aten.neg,
    aten.sub, aten.sub_, aten.sum,
}  # fmt: skip
_NO_INPUT = _KEEP_OUTPUT | _KEEP_NOTHING

DROPOUTS = {getattr(nn.functional, name) for name in dir(nn.functional) if "dropout" in name}
# Modules that leave something out in training, in a Python of their own.
SKIPPING = {"StochasticDepth", "DropPath", "DropBlock2d", "DropBlock3d"}


class SavedTensors:
    """Follows tensors through a forward pass, and collects in `found` what would be kept.

    The storages of the network's `own` parameters and buffers are left out; `trained` are those
    that need a gradient. The last of `path` is the module that runs; `is_constant` says of a tensor
    and its storage that no image is in it.
    """

    def __init__(
        self,
        own: Iterable[int],
        trained: Iterable[int],
        path: Sequence[tuple[str, str, bool]],
        is_constant: Callable[[Tensor, int], bool],
    ) -> None:
        self._own, self._trained = frozenset(own), set(trained)
        self._path, self._is_constant = path, is_constant
        self._numbers: dict[int, int] = {}
        self._parts: dict[int, str] = {}
        self._latest_number = 0
        self.found: list[Saved] = []

    def refuse(self, operator: str = "") -> None:
        """Note that the running module does something in training that no rule covers."""
        self.found.append(
            Saved(-1, "{} ({}) {}".format(*self._path[-1][:2], operator).strip(), None)
        )

    def write(self, key: int, part: str, *, trained: bool = False, anew: bool = True) -> int:
        """Note what a storage now holds; `trained` says that its gradient is needed."""
        if anew or key not in self._numbers:
            self._numbers[key] = self._new_number()
            self._trained.discard(key)
        if trained:
            self._trained.add(key)
        self._parts[self._numbers[key]] = part
        return self._numbers[key]

    def drop(self, func: Any, args: Any, kwargs: Any, out: Tensor) -> Tensor:
        """Note a dropout, and return what training would go on with: a tensor of its own."""
        given: dict[str, Any] = {"p": 0.5, "training": True, "inplace": False}
        given |= dict(zip(("input", "p", "training", "inplace"), args, strict=False)) | kwargs
        source, per_channel = given["input"], func is nn.functional.dropout2d
        if given["p"] == 0:
            return out
        if given["training"] or not (per_channel or func is nn.functional.dropout):
            self.refuse()
        trained = storage_key(source) in self._trained
        if trained:
            elements = source.shape[:2].numel() if per_channel else source.numel()
            self.found.append(Saved(self._new_number(), MASKS, elements))
        if not given["inplace"]:
            out = torch.empty_like(source)
        self.write(storage_key(out), "outputs of dropouts", trained=trained)
        return out

    def operator(
        self,
        packet: Any,
        args: tuple[Any, ...],
        inputs: list[Tensor],
        outputs: list[Tensor],
        read: Collection[int],
        written: Iterable[int],
    ) -> None:
        """Note one operator that has just run, with the storages of its tensors."""
        written = [key for key in written if key not in self._own]
        in_place = any(key in read for key in written)
        trained = any(key in self._trained for key in read)
        if trained and packet is aten.convolution:  # both, even if one is frozen
            self._save(args[0])
            self._save(args[1])
        elif trained and packet in _FACTORS:
            left, right = args[_FACTORS[packet] :][:2]
            if in_place or not isinstance(left, Tensor) or not isinstance(right, Tensor):
                self.refuse(packet.__name__)
            else:
                for kept, other in ((left, right), (right, left)):
                    if storage_key(other) in self._trained:
                        self._save(kept)
        elif trained and packet in _KEEP_INPUT:
            if in_place:  # the input is overwritten, so autograd keeps a copy
                self.found.append(Saved(self._new_number(), "copies", inputs[0].numel()))
            else:
                self._save(inputs[0])
        elif trained and packet not in _NO_INPUT:
            self.refuse(packet.__name__)
        part = f"outputs of {_OUTPUTS.get(packet, 'other layers')}"
        for key in written:
            self.write(key, part, trained=trained, anew=key not in read)
        if trained and packet in _KEEP_OUTPUT:
            self._save(outputs[0])
        elif trained and packet is aten.max_pool2d_with_indices:
            self._save(outputs[1], INDICES, 8)
        elif trained and packet is aten.native_batch_norm:  # of the batch, not in evaluation
            elements = 2 * inputs[0].shape[1]
            self.found.append(Saved(self._new_number(), STATISTICS, elements, grows=False))
        elif trained and packet in _NORMS:
            self._save(outputs[1], STATISTICS)
            self._save(outputs[2], STATISTICS)

    def _save(self, tensor: Tensor, part: str = "", bytes_each: int | None = None) -> None:
        key = storage_key(tensor)
        if key not in self._own:
            elements = tensor.untyped_storage().nbytes() // tensor.element_size()
            number = self._numbers.get(key) or self.write(key, "others")
            grows = not self._is_constant(tensor, key)
            kept = Saved(number, part or self._parts[number], elements, bytes_each, grows)
            self.found.append(kept)

    def _new_number(self) -> int:
        self._latest_number += 1
        return self._latest_number
