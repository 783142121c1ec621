"""One step of training, run by torch itself on tensors without values, and watched.

torch's fake tensors have shapes and types, and take no memory: forward, backward and optimizer run
as ever. What is watched is the storages, from the operator that makes one to its end.
"""

import copy
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves
from torch.utils.checkpoint import checkpoint

from convcost._measure.meta import EmptyCopies
from convcost.memory import Moment

OPTIMIZERS: dict[str, Callable[..., torch.optim.Optimizer]] = {
    "SGD": partial(torch.optim.SGD, lr=0.1),
    "SGD with momentum": partial(torch.optim.SGD, lr=0.1, momentum=0.9),
    "Adam": torch.optim.Adam,
    "AdamW": torch.optim.AdamW,
}

# The parts of a moment, in its order.
_WEIGHTS, _GRADIENTS, _STATE, _MAPS, _MAP_GRADIENTS, _TEMPORARIES = PARTS = range(6)
_BORN_IN = {"forward": _MAPS, "backward": _MAP_GRADIENTS, "optimizer": _TEMPORARIES}


class _Watch(TorchDispatchMode):
    """Notes when storages come and go; what each one was is only known at the end."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's own gap
        self.step, self.phase = 0, "start"
        self.layers = [""]
        self._changes: list[tuple[int, int]] = []  # which storage, and bytes more or less
        self._parts: list[int] = []  # of each storage
        self._alive: dict[int, int] = {}  # address of a living storage -> which
        self._marks: list[tuple[int, int, str, str, str]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        before = len(self._parts)
        # What a checkpoint computes again, it computes as the forward pass did: with gradients.
        again = self.phase == "backward" and torch.is_grad_enabled()
        for tensor in filter(torch.is_tensor, tree_leaves(out)):
            self.note(tensor, _MAPS if again else _BORN_IN[self.phase])
        if len(self._parts) > before:
            self.mark(func.overloadpacket.__name__)
        return out

    def note(self, tensor: Tensor, part: int) -> None:
        """Note a storage, if it is new."""
        storage = tensor.untyped_storage()
        address: int = storage._cdata
        if address not in self._alive:
            number, size = len(self._parts), storage.nbytes()
            self._parts.append(part)
            self._alive[address] = number
            self._changes.append((number, size))
            weakref.finalize(storage, self._end, address, number, size).atexit = False

    def _end(self, address: int, number: int, size: int) -> None:
        del self._alive[address]
        self._changes.append((number, -size))

    def call(self, tensor: Tensor, part: int) -> None:
        """Say what a noted storage has turned out to be."""
        self._parts[self._alive[tensor.untyped_storage()._cdata]] = part

    def mark(self, operator: str) -> None:
        """Note that this is a moment to look at."""
        self._marks.append((len(self._changes), self.step, self.phase, self.layers[-1], operator))

    def seen(self) -> Iterator[Moment]:
        """Go through all moments."""
        held, done = [0] * len(PARTS), 0
        for position, step, phase, layer, operator in self._marks:
            for number, size in self._changes[done:position]:
                held[self._parts[number]] += size
            done = position
            yield Moment(step, phase, layer, operator, *held)

    def enter(self, name: str, *_: object) -> None:
        """Note a module that begins its forward."""
        self.layers.append(name)

    def leave(self, name: str, _module: object, _args: object, out: Any) -> None:
        """Note the end of a module's forward, and be told when its backward begins."""
        self.layers.pop()
        for tensor in filter(torch.is_tensor, tree_leaves(out)):
            node = tensor.grad_fn
            if node is not None and "layer" not in node.metadata:
                node.metadata["layer"] = name
                node.register_prehook(partial(self.back_in, name))

    def back_in(self, name: str, _gradients: object = None) -> None:
        """Note whose backward runs now; a checkpoint may have stopped amid a forward."""
        self.layers[:] = [name]


def watch(
    model: nn.Module,
    input_size: tuple[int, ...],
    *,
    optimizer: str,
    foreach: bool,
    floats: str,
    checkpoints: Iterable[str],
    passes: int,
) -> Iterator[Moment]:
    """Run two steps of training on a copy of a model; the options are `training_step`'s."""
    kind = torch.bfloat16 if floats == "16-bit" else None
    mixed = torch.autocast("cpu", torch.bfloat16) if floats == "mixed" else nullcontext()
    with FakeTensorMode(allow_non_fake_inputs=True):
        with EmptyCopies("cpu", kind):
            model = copy.deepcopy(model)
        model.train()
        params = list(model.parameters())
        trained: list[Any] = [param for param in params if param.requires_grad]
        for name in checkpoints:
            module: Any = model.get_submodule(name)
            module.forward = partial(checkpoint, module.forward, use_reentrant=False)
        dtype = next((p.dtype for p in params if p.is_floating_point()), None)
        image = torch.empty(input_size, dtype=dtype)
        watched = _Watch()
        for tensor in (*params, *model.buffers()):
            watched.note(tensor, _WEIGHTS)
        watched.note(image, _MAPS)
        for name, module in model.named_modules():
            module.register_forward_pre_hook(partial(watched.enter, name))
            module.register_forward_hook(partial(watched.leave, name))
        for param in trained:
            param.register_post_accumulate_grad_hook(
                lambda param: watched.call(param.grad, _GRADIENTS)
            )
        update = OPTIMIZERS[optimizer](trained, foreach=foreach)
        with watched:
            for step in (1, 2):
                watched.step = step
                for _ in range(passes):
                    watched.phase = "forward"
                    watched.mark("start")
                    with mixed:
                        out = model(image)
                        tensors = filter(torch.is_tensor, tree_leaves(out))
                        loss = sum(tensor.sum() for tensor in tensors if tensor.requires_grad)
                    watched.mark("end")
                    watched.phase = "backward"
                    loss.backward()
                    watched.back_in("")
                    watched.mark("end")
                watched.phase = "optimizer"
                update.step()
                for tensor in filter(torch.is_tensor, tree_leaves([*update.state.values()])):
                    watched.call(tensor, _STATE)
                watched.mark("end")
                watched.phase = "zero_grad"
                update.zero_grad()
                watched.mark("end")
    return watched.seen()
