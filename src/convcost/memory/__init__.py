"""What training stores: what autograd keeps, and the memory of a whole step, up to its peak.

`kept_for_backward` adds up a closed form, from the rows of a network's costs; `training_step`
lets torch run a step on tensors that have no values, and watches what is allocated and freed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from torch import nn

    from convcost.cost import LayerCost

__all__ = ["FLOATS", "OPTIMIZER_VALUES", "Moment", "TrainingStep", "kept_for_backward",
           "training_step"]  # fmt: skip

OPTIMIZER_VALUES = {"SGD": 0, "SGD with momentum": 1, "Adam": 2, "AdamW": 2}
"""Optimizer -> numbers that it stores for each parameter, beside the parameter itself."""

FLOATS = ("32-bit", "16-bit", "mixed")
"""Number formats of a training step; what they mean is told at `training_step`."""

# On CUDA these have so many bytes for each number; on the CPU as many as a value.
_ON_CUDA = {"masks of dropouts": 1, "statistics of norms": 4}
_ADVICE = "convcost.memory.training_step(model) lets torch run it and count"


def kept_for_backward(
    layers: Iterable["LayerCost"], *, batch: int = 1, value_bytes: int = 4, device: str = "cpu"
) -> dict[str, int]:
    """Bytes that a forward pass keeps for the backward pass, besides parameters and buffers.

    Parameters
    ----------
    layers : iterable of LayerCost
        The executed operations, as :func:`convcost.measure` finds them for one image.
    batch : int
        Images in a batch.
    value_bytes : int
        Bytes of one value: 4 for 32-bit floats, 2 for 16-bit ones.
    device : {"cpu", "cuda"}
        Where it is trained. Of a dropout's mask each value has a byte on CUDA; of 16-bit floats,
        the statistics of norms have 32 bits there.

    Returns
    -------
    dict of str to int
        What is kept, such as "outputs of ReLUs" -> bytes.

    Raises
    ------
    ValueError
        If there are no rows, or a layer has no rule, or may run in training only: it is named.

    Notes
    -----
    The rules, each tensor counted once, and only where a gradient has to pass:

    - a convolution and a linear layer keep their input, for the gradient of the weights;
    - a batch norm keeps its input, and for each channel the mean and the reciprocal of the standard
      deviation, which do not grow with the batch;
    - a ReLU keeps its output, which has overwritten its input if it works in place;
    - a max pooling keeps its input, and for each value of its output an index of 64 bits;
    - an average pooling keeps its input, unless it averages the whole map: that keeps nothing;
    - dropout keeps its mask, a product both factors, an addition or a concatenation nothing.

    Rows come from evaluation: of what your own code does ``if self.training`` they know nothing.
    """
    rows = list(layers)
    if not rows:
        raise ValueError("got no rows; give the layers of convcost.measure(model)")
    kept: dict[str, int] = {}
    seen: set[int] = set()
    for row in rows:
        if row.kind == "unused" and row.params:
            raise ValueError(
                f"{row.name} ({row.class_name}) has {row.params:,} parameters that evaluation does "
                f"not run, but training may; {_ADVICE}"
            )
        for number, part, elements, bytes_each, grows in row.saved:
            if elements is None:
                raise ValueError(f"there is no rule for what {part} keeps; {_ADVICE}")
            if number in seen:
                continue
            seen.add(number)
            each = bytes_each or value_bytes
            each = _ON_CUDA.get(part, each) if device == "cuda" else each
            kept[part] = kept.get(part, 0) + elements * each * (batch if grows else 1)
    return kept


class Moment(NamedTuple):
    """What is held at one moment of a training step, in bytes.

    `step` is 1 for the first step, which begins without optimizer state, and 2 for one like all
    later ones; `phase` is "forward", "backward", "optimizer" or "zero_grad"; `layer` the dotted
    name of the module that runs; `operator` torch's operator that has just made a tensor, or the
    "start" or "end" of the phase. `weights` are parameters and buffers; `maps` what the forward
    pass makes, with the input; `temporaries` what the optimizer makes and drops.
    """

    step: int
    phase: str
    layer: str
    operator: str
    weights: int
    gradients: int
    optimizer_state: int
    maps: int
    map_gradients: int
    temporaries: int

    @property
    def held(self) -> int:
        """All bytes together."""
        return sum(self[4:])


@dataclass(frozen=True, slots=True, repr=False)
class TrainingStep:
    """The memory of two steps of training: the first one, and one like all that follow.

    Its `moments` are in order, one for each operator that made a tensor: rows for a data frame.
    """

    name: str
    input_size: tuple[int, ...]
    moments: tuple[Moment, ...]

    @property
    def peak(self) -> Moment:
        """The first moment at which most is held."""
        return max(self.moments, key=lambda moment: moment.held)

    def __repr__(self) -> str:
        peak = self.peak
        where = f"{peak.phase} {peak.layer}".strip()
        times = "×".join(map(str, self.input_size))
        needs = f"{self.name} at {times}: {peak.held / 2**20:,.1f} MiB at its peak ({where})"
        return f"{needs}, without the loss, workspace, CUDA's context and the allocator's reserve"


def training_step(
    model_or_name: "nn.Module | str",
    input_size: Iterable[int] = (1, 3, 224, 224),
    *,
    optimizer: str = "SGD with momentum",
    foreach: bool = True,
    floats: str = "32-bit",
    checkpoints: Iterable[str] = (),
    passes: int = 1,
) -> TrainingStep:
    """Find what a step of training holds at every moment, and the peak, without that memory.

    torch itself runs two steps on a copy of the model whose tensors have no values: forward,
    ``loss.backward()``, ``optimizer.step()``, ``optimizer.zero_grad()``. Left out is what a loss
    function keeps (outputs are summed up), and what a graphics card holds besides: workspace of
    the algorithms that cuDNN chooses, CUDA's context and kernels, and the allocator's rounding,
    gaps and reserve.

    Parameters
    ----------
    model_or_name : torch.nn.Module or str
        Any module that takes one tensor and whose forward asks for no values; or a name that
        `convcost.build` takes. It is only read.
    input_size : iterable of int
        Shape of the input: (batch, channels, height, width) for images.
    optimizer : str
        A key of `OPTIMIZER_VALUES`.
    foreach : bool
        Whether the optimizer updates all parameters by one call, as torch does on CUDA where
        nothing else is asked, or one after the other.
    floats : {"32-bit", "16-bit", "mixed"}
        "16-bit": all in bfloat16. "mixed": convolutions and linear layers under `torch.autocast`
        in bfloat16, by its rules for the CPU; weights, gradients and state in 32 bits.
    checkpoints : iterable of str
        Names of modules that keep their input only, and run again in the backward pass.
    passes : int
        Forward and backward passes before each step of the optimizer (gradient accumulation).

    Returns
    -------
    TrainingStep

    Raises
    ------
    ValueError
        If an option is unknown, or the model can't be trained at that size.
    """
    import torch

    from convcost.architectures import build
    from convcost.memory._step import watch

    shape = tuple(input_size)
    for given, known in ((optimizer, [*OPTIMIZER_VALUES]), (floats, FLOATS)):
        if given not in known:
            raise ValueError(f"got {given!r}; give one of {', '.join(map(repr, known))}")
    if passes < 1:
        raise ValueError(f"got passes={passes}; give at least 1")
    if isinstance(model_or_name, str):
        name = model_or_name
        with torch.device("meta"):
            model = build(name)
    else:
        name, model = type(model_or_name).__name__, model_or_name
    again = tuple(checkpoints)
    for missing in set(again) - dict(model.named_modules()).keys():
        raise ValueError(
            f"got {missing!r} among checkpoints, and {name} has no such module; give names that "
            "model.named_modules() lists"
        )
    try:
        seen = watch(
            model, shape, optimizer=optimizer, foreach=foreach, floats=floats,
            checkpoints=again, passes=passes,
        )  # fmt: skip
    except Exception as error:
        raise ValueError(
            f"{name} can't be trained at input_size={shape}: “{error}”; check that "
            "model.train()(torch.zeros(input_size)) runs, and that a parameter requires a gradient"
        ) from error
    return TrainingStep(name=name, input_size=shape, moments=tuple(seen))
