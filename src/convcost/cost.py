"""What a network costs: any `torch.nn.Module` in, one row for each executed operation out.

Over 400 lines: nearly half of them say what the fields of the two records mean.
"""

import gc
import html
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from textwrap import shorten
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from convcost import conventions, units
from convcost._measure.meta import Unfilled, meta_copy
from convcost._measure.saved import Saved, storage_key
from convcost._measure.trace import Operation, Trace
from convcost.architectures import build, label

if TYPE_CHECKING:
    import pandas as pd

    from convcost._measure.summary import Summary

__all__ = ["LayerCost", "ModelCost", "measure", "summary"]

_STATISTICS = ("running_mean", "running_var")
_NO_STAGE = -1

# What is said when a forward can't run here, and what to do about it.
_ADVICE = {
    r"[Mm]eta\b|data.dependent|no data": (
        "the forward asks for the values of a tensor, but a network is measured by shapes alone; "
        "measure the part of it that depends on no value"
    ),
    r"too small|smaller than|can't be greater than|should be less than": (
        "the input is too small for the network's strides; give a larger height and width"
    ),
    r"channel|running_mean": (
        "give an input_size with the channels that the first layer takes, and layers that fit"
    ),
    r"reduction dim|cannot be multiplied|must match|[Ww]rong (image )?(height|width)": (
        "give an input_size with the height and width that the network was made for"
    ),
    r"[Ee]xpected.* \dD": "give an input_size of (batch, channels, height, width)",
    r"": "see that model(torch.zeros(input_size)) runs: it gets this one tensor and nothing else",
}
# What a layer says about the input that it takes.
_TAKES = {"in_channels": "channels", "num_features": "channels", "in_features": "features"}


@dataclass(frozen=True, slots=True)
class LayerCost:
    """What one executed operation costs, for the whole batch.

    Attributes
    ----------
    name : str
        Dotted name of the module in whose forward it ran, as `get_submodule` takes it; "" is the
        model itself. An addition in a residual block bears the block's name.
    class_name : str
        Class of that module, such as "Conv2d" or, for the addition, "BasicBlock".
    kind : str
        What was done: "conv", "transposed_conv", "linear", "attention" (a product of two
        activations, such as queries by keys), "batch_norm", "relu", "max_pool",
        "adaptive_avg_pool", "add", "concat", "copy", … in general the name of torch's function.
        "unused" stands for the parameters of a module that no operation read.
    stage : int
        Number of the run of rows with one output height and width, from 0; -1 for "unused".
    input_shape, output_shape : tuple of int
        Of the first tensor that depends on the image, and of the result, batch included.
    out_height, out_width : int
        Of the map that it outputs. Tokens have those of the map that they were cut from, a
        sequence of n steps is 1 by n, a vector 1 by 1.
    kernel : tuple of int
        Of a convolution or pooling, such as (3, 3); else empty.
    groups : int
        Of a convolution; else 1.
    bias : bool
        Whether a convolution or linear layer adds one: an addition for each of its activations.
    params : int
        Parameters that this operation is the first to read: so shared ones are in one row only.
    params_read : int
        All parameters that it reads, its weights, biases, tokens: shared ones in every row.
    buffers : int
        Elements of running means and variances that it is the first to read.
    macs : int
        Multiply-adds of convolution, linear and attention products, no bias.
    activations : int
        Elements that a convolution or linear layer outputs; 0 for others.
    saved : tuple of Saved
        Tensors that autograd would keep of it in training; see `convcost.memory`. Not in frames.
    """

    name: str
    class_name: str
    kind: str
    stage: int
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    out_height: int
    out_width: int
    kernel: tuple[int, ...]
    groups: int
    bias: bool
    params: int
    params_read: int
    buffers: int
    macs: int
    activations: int
    saved: tuple[Saved, ...] = field(default=(), repr=False, compare=False)

    def operations(self, convention: conventions.Convention | str) -> int:
        """Price this operation; see `ModelCost.operations`."""
        return sum(conventions.price(self, conventions.find(convention)).values())


@dataclass(frozen=True, slots=True, repr=False)
class ModelCost:
    """What a network costs at one input size; the rows of `layers` sum to the totals.

    Attributes
    ----------
    name : str
        The network's name, and whether its auxiliary heads are in, if it has any.
    input_size : tuple of int
        (batch, channels, height, width).
    params : int
        Distinct parameters, shared ones once.
    buffers : int
        Elements of batch-norm running means and variances.
    macs : int
        Multiply-adds of convolution, linear and attention products for the whole batch, no bias.
    activations : int
        Elements that convolution and linear layers output, every call counted.
    layers : tuple of LayerCost
        One row for each executed operation, in order, then the "unused" ones.
    """

    name: str
    input_size: tuple[int, ...]
    params: int
    buffers: int
    macs: int
    activations: int
    layers: tuple[LayerCost, ...]

    def operations(self, convention: conventions.Convention | str) -> int:
        """Count operations as somebody else does, or as you choose.

        Parameters
        ----------
        convention : Convention or str
            What counts; or the name of one in `convcost.conventions.CONVENTIONS`, such as "thop".

        Returns
        -------
        int
            Operations for the whole batch, in the convention's unit: the sum over `layers` of
            `LayerCost.operations`, rounded if the convention rounds.

        Raises
        ------
        ValueError
            If there is no convention of that name; the message has the nearest.
        """
        return conventions.total(self.layers, conventions.find(convention))

    def to_frame(self) -> "pd.DataFrame":
        """Return the layers as a data frame.

        Returns
        -------
        pandas.DataFrame
            A row for each of `layers`, a column for each attribute of `LayerCost` but `saved`.
        """
        import pandas as pd

        columns = [column.name for column in fields(LayerCost) if column.repr]
        rows = [[getattr(layer, column) for column in columns] for layer in self.layers]
        return pd.DataFrame(rows, columns=columns)

    def __repr__(self) -> str:
        return (
            f"{self.name} at {_times(self.input_size)}: {units.count(self.params)} parameters, "
            f"{units.macs(self.macs)}, {units.count(self.activations)} activations, "
            f"{len(self.layers)} rows"
        )

    def _repr_html_(self) -> str:
        table = self.to_frame().to_html(max_rows=60)
        return f"<p>{html.escape(repr(self))}</p>{table}"


def measure(
    model_or_name: nn.Module | str, input_size: Iterable[int] = (1, 3, 224, 224)
) -> ModelCost:
    """Count what a network costs, without memory for its weights or activations.

    Parameters
    ----------
    model_or_name : torch.nn.Module or str
        Any module that takes one tensor and whose forward depends on shapes, not on values; or a
        name that `build` takes. The module is only read: a copy without values is run, in
        evaluation mode, without the hooks that you registered.
    input_size : iterable of int
        Shape of the input: (batch, channels, height, width) for images.

    Returns
    -------
    ModelCost
        Totals, and a row for each executed operation.

    Raises
    ------
    TypeError
        If the model is neither a module nor a name, or the size is no sequence of integers.
    ValueError
        If there is no network of that name (the message has the nearest), the model can't be
        copied, or its forward fails on that size or asks for values.

    Examples
    --------
    >>> measure("resnet50")
    resnet50 at 1×3×224×224: 25.6 M parameters, 4.1 GMACs, 11.1 M activations, 174 rows
    """
    shape = _checked_size(input_size)
    if not isinstance(model_or_name, (str, nn.Module)):
        raise TypeError(_not_a_model(model_or_name))
    with _without_collection():
        if isinstance(model_or_name, str):
            name = label(model_or_name)
            with Unfilled():
                model = build(model_or_name).eval()
        else:
            name = _own_name(model_or_name)
            model = _copied(model_or_name)
        return _measure(model, name, shape)


def summary(
    model: nn.Module | str,
    input_size: Iterable[Any] = (1, 3, 224, 224),
    *,
    batch_dim: int | None = None,
    col_names: Iterable[str] | None = None,
    col_width: int = 25,
    depth: int = 3,
    row_settings: Iterable[str] | None = None,
    verbose: int | None = None,
    **others: Any,
) -> "Summary":
    """Print torchinfo's tree of a model, with the numbers right where torchinfo's are not.

    Without memory for weights or activations. A number that torchinfo gives otherwise is marked
    with ``*``, and lines below the tree say what torchinfo does there; where it counts rightly,
    the output is torchinfo's to the letter. Parameters and multiply-adds are those of `measure`;
    the shapes and the size of the forward and backward pass are torchinfo's own.

    Parameters
    ----------
    model : torch.nn.Module or str
        What `measure` takes; the module is only read, and not kept.
    input_size : iterable of int
        Shape of the input, with the batch, or without it if `batch_dim` is given.
    batch_dim, col_names, col_width, depth, row_settings, verbose
        As in ``torchinfo.summary``: for instance ``depth=1``, ``row_settings=("var_names",)`` and
        ``col_names=("output_size", "num_params", "mult_adds")``. With ``verbose=0`` nothing is
        printed.
    **others
        torchinfo's other options are refused, unless they have the value that changes nothing.

    Returns
    -------
    Summary
        A ``torchinfo.ModelStatistics``; its text is the tree.

    Raises
    ------
    TypeError, ValueError
        As `measure` does, for an option that does not apply, and if torchinfo can't describe the
        model.

    Examples
    --------
    >>> from torch import nn
    >>> tree = summary(nn.Conv2d(3, 8, 3), (1, 3, 9, 9), verbose=0)
    >>> tree.total_mult_adds, tree.corrections
    (10584, {'each bias counts as a multiply-add for each output': (392, 'multiply-adds')})
    """
    from convcost._measure.summary import check_others, summarize

    check_others(others)
    sizes = list(input_size)
    shape = tuple(sizes[0] if len(sizes) == 1 and isinstance(sizes[0], (list, tuple)) else sizes)
    if batch_dim is not None:  # as torchinfo does
        shape = (*shape[:batch_dim], 1, *shape[batch_dim:])
    cost = measure(model, shape)
    if isinstance(model, str):
        with torch.device("meta"):
            model = build(model).eval()
    else:
        model = _copied(model)
    return summarize(
        model, cost.input_size, cost.layers, batch_dim=batch_dim, col_names=col_names,
        col_width=col_width, depth=depth, row_settings=row_settings, verbose=verbose,
    )  # fmt: skip


@contextmanager
def _without_collection() -> Iterator[None]:
    """Put off Python's search for garbage.

    Of all that a deep network takes to measure, nothing is garbage until the end, and to look
    through it again and again takes up to half of the time.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _measure(model: nn.Module, name: str, shape: tuple[int, ...]) -> ModelCost:
    """Measure a model that is ours, on the meta device and in evaluation mode."""
    layout = [(module, path, type(module).__name__) for path, module in model.named_modules()]
    held = [parameter for module, *_ in layout for parameter in module.parameters(recurse=False)]
    buffers = [named for module, *_ in layout for named in module.named_buffers(recurse=False)]
    dtypes = (parameter.dtype for parameter in held if parameter.is_floating_point())
    image = torch.empty(shape, dtype=next(dtypes, None), device="meta")
    if any(map(is_lazy, [*held, *(buffer for _, buffer in buffers)])):
        _run(Trace(layout, [], []), model, image, name)  # the first forward gives them shapes
    params = {storage_key(parameter): parameter.numel() for parameter in held}
    statistics = {storage_key(b): b.numel() for own_name, b in buffers if own_name in _STATISTICS}
    constants = [buffer for own_name, buffer in buffers if own_name not in _STATISTICS]
    trace = Trace(layout, [*params, *statistics], constants)
    _run(trace, model, image, name)
    layers = tuple(_rows(trace.operations, layout, params, statistics))
    return ModelCost(
        name=name,
        input_size=shape,
        params=sum(params.values()),
        buffers=sum(statistics.values()),
        macs=sum(layer.macs for layer in layers),
        activations=sum(layer.activations for layer in layers),
        layers=layers,
    )


def _run(trace: Trace, model: nn.Module, image: torch.Tensor, name: str) -> None:
    """Run the model; if it fails, say where, why and what to do."""
    try:
        trace.run(model, image)
    except Exception as error:
        path, class_name = trace.path[-1]
        layer = model.get_submodule(path)
        where = f"{path} ({class_name})" if path else f"the forward of {class_name}"
        takes = [f"{getattr(layer, key)} {_TAKES[key]}" for key in _TAKES if hasattr(layer, key)]
        where += f", which takes {takes[0]}," if takes else ""
        reason = shorten(str(error), 160, placeholder="…").rstrip(".") or type(error).__name__
        advice = next(text for pattern, text in _ADVICE.items() if re.search(pattern, str(error)))
        raise ValueError(
            f"{name} can't be measured at input_size={tuple(image.shape)}: {where} stops with "
            f"“{reason}”; {advice}"
        ) from error


def _rows(
    operations: list[Operation],
    layout: list[tuple[nn.Module, str, str]],
    params: dict[int, int],
    statistics: dict[int, int],
) -> Iterator[LayerCost]:
    """Turn operations into rows: give each its stage, and each parameter to its first reader."""
    unread = params | statistics
    stage = 0
    for number, operation in enumerate(operations):
        map_size = operation.map_size
        stage += number > 0 and not map_size.spans(operations[number - 1].map_size)
        first = operation.reads.keys() & unread.keys()
        for key in first:
            del unread[key]
        yield LayerCost(
            name=operation.name,
            class_name=operation.class_name,
            kind=operation.kind,
            stage=stage,
            input_shape=operation.input_shape,
            output_shape=operation.output_shape,
            out_height=map_size.height,
            out_width=map_size.width,
            kernel=operation.kernel,
            groups=operation.groups,
            bias=operation.bias,
            params=sum(params.get(key, 0) for key in first),
            params_read=sum(
                min(params.get(key, 0), elements) for key, elements in operation.reads.items()
            ),
            buffers=sum(statistics.get(key, 0) for key in first),
            macs=operation.macs,
            activations=operation.activations,
            saved=tuple(operation.saved),
        )
    for module, path, class_name in layout if unread else ():
        own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        left = {storage_key(tensor) for tensor in own} & unread.keys()
        if any(unread[key] for key in left):
            yield _unused(
                path,
                class_name,
                params=sum(params.get(key, 0) for key in left),
                buffers=sum(statistics.get(key, 0) for key in left),
            )
        for key in left:
            del unread[key]


def _unused(name: str, class_name: str, params: int, buffers: int) -> LayerCost:
    """Make the row of what a module holds and no operation read: an auxiliary head, say."""
    return LayerCost(
        name=name,
        class_name=class_name,
        kind="unused",
        stage=_NO_STAGE,
        input_shape=(),
        output_shape=(),
        out_height=0,
        out_width=0,
        kernel=(),
        groups=1,
        bias=False,
        params=params,
        params_read=0,
        buffers=buffers,
        macs=0,
        activations=0,
    )


def _copied(model: nn.Module) -> nn.Module:
    try:
        return meta_copy(model)
    except Exception as error:
        raise ValueError(
            f"{type(model).__name__} can't be measured: copy.deepcopy stops with “{error}”; "
            "give measure a module that can be copied, without files, locks or generators"
        ) from error


def _not_a_model(given: object) -> str:
    if isinstance(given, type) and issubclass(given, nn.Module):
        return f"measure got the class {given.__name__}; give an instance, {given.__name__}(…)"
    return (
        f"measure got {given!r} of type {type(given).__name__}; give a torch.nn.Module, or the "
        "name of a network, such as 'resnet50'"
    )


def _own_name(model: nn.Module) -> str:
    name = type(model).__name__
    heads = getattr(model, "aux_logits", None)
    if not isinstance(heads, bool):
        return name
    return f"{name} ({'with' if heads else 'without'} auxiliary heads)"


def _checked_size(input_size: Any) -> tuple[int, ...]:
    expected = "give the input's shape as integers: (batch, channels, height, width)"
    try:
        shape = tuple(input_size)
    except TypeError as error:
        raise TypeError(f"got input_size={input_size!r}; {expected}") from error
    if any(isinstance(n, bool) or not hasattr(n, "__index__") for n in shape):
        raise TypeError(f"got input_size={input_size!r}; {expected}")
    if not shape or min(shape) < 1:
        raise ValueError(f"got input_size={input_size!r}; {expected}, each at least 1")
    return tuple(int(n) for n in shape)


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
