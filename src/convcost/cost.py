"""What a network costs: any `torch.nn.Module` in, one row for each executed operation out."""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from operator import attrgetter
from typing import TYPE_CHECKING, Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from convcost._measure.meta import globals_left_alone, meta_copy, same, state, unfilled
from convcost._measure.refusals import Stopped, other_inputs, run
from convcost._measure.trace import Layout, Trace
from convcost._measure.values import storage_key
from convcost.architectures import build, label
from convcost.conventions._records import LayerCost, ModelCost, Uncounted

if TYPE_CHECKING:
    from convcost._measure.summary import Summary

__all__ = ["LayerCost", "ModelCost", "measure", "summary"]

_STATISTICS = ("running_mean", "running_var")
_NO_STAGE = -1
_RUNS = 4
# What a row has from the trace as it is.
_SEEN = (
    "name", "class_name", "kind", "input_shape", "output_shape", "kernel", "groups", "bias", "macs",
    "activations",
)  # fmt: skip
_seen = attrgetter(*_SEEN)


def measure(
    model_or_name: nn.Module | str, input_size: Iterable[int] = (1, 3, 224, 224)
) -> ModelCost:
    """Count what a network costs, without memory for its weights or activations.

    Parameters
    ----------
    model_or_name : torch.nn.Module or str
        Any module that takes one tensor and whose work depends on shapes, not on values; or a name
        that `build` takes. The module is only read: a copy without values is run, in evaluation
        mode, with the hooks of its forward. What a forward leaves in the module counts as left
        there before: such a module is run until two runs do the same.
    input_size : iterable of int
        Shape of the input: (batch, channels, height, width) for images.

    Returns
    -------
    ModelCost
        Totals, a row for each executed operation, and what was not counted.

    Raises
    ------
    TypeError
        If the model is neither a module nor a name, or the size is no sequence of integers.
    ValueError
        If there is no network of that name (the message has the nearest), the model can't be
        copied, or its forward fails on that size, asks for values, or works differently each time.

    Examples
    --------
    >>> measure("resnet50")
    resnet50 at 1×3×224×224: 25.6 M parameters, 4.1 GMACs, 11.1 M activations, 174 rows
    """
    shape = _checked_size(input_size)
    if not isinstance(model_or_name, (str, nn.Module)):
        raise TypeError(_not_a_model(model_or_name))
    name = label(model_or_name) if isinstance(model_or_name, str) else _own_name(model_or_name)
    with _without_collection():
        try:
            return _measure(model_or_name, name, shape)
        except Stopped as stopped:
            advice = _advice(model_or_name, shape, stopped)
            raise ValueError(
                f"{name} can't be measured at input_size={shape}: {stopped}; {advice}"
            ) from stopped.__cause__


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
    shape = _checked_size(input_size)
    if batch_dim is not None:  # as torchinfo does
        shape = (*shape[:batch_dim], 1, *shape[batch_dim:])
    cost = measure(model, shape)
    if isinstance(model, str):
        with torch.device("meta"):
            model = build(model).eval()
    else:
        model = _copied(model)
    with globals_left_alone(model):
        return summarize(
            model, cost.input_size, cost.layers, cost.not_counted, batch_dim=batch_dim,
            col_names=col_names, col_width=col_width, depth=depth, row_settings=row_settings,
            verbose=verbose,
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


def _measure(
    given: nn.Module | str, name: str, shape: tuple[int, ...], dtype: torch.dtype | None = None
) -> ModelCost:
    """Measure a copy of a model on an input of its own type, or of another."""
    if isinstance(given, str):  # a network of the catalogue: none keeps anything between two runs
        with unfilled():
            model = build(given).eval()
        return _run(model, _layout(model), name, shape, dtype)
    model = _copied(given)
    costs: list[ModelCost] = []
    with globals_left_alone(model):
        while len(costs) < _RUNS:
            layout = _layout(model)
            before = state(module for module, *_ in layout)
            costs.append(_run(model, layout, name, shape, dtype))
            alike = costs[:-1] and costs[-2].layers == costs[-1].layers
            if alike or same(before, state(module for module, *_ in layout)):
                return costs[-1]
            model = _copied(model)  # layers that the forward has made have values
    raise Stopped(
        "each run does different work, because the model keeps something between them",
        "measure the part that keeps nothing",
    )


def _layout(model: nn.Module) -> Layout:
    return [(one, path, type(one).__name__) for path, one in model.named_modules()]


def _run(
    model: nn.Module, layout: Layout, name: str, shape: tuple[int, ...], dtype: torch.dtype | None
) -> ModelCost:
    """Measure one run of a model that is ours, on the meta device and in evaluation mode."""
    # A lazy layer gets its shapes in the first run.
    held = [p for p in model.parameters() if not is_lazy(p)]  # type: ignore[redundant-expr]  # no word of lazy ones
    every = [(path.rpartition(".")[2], b) for path, b in model.named_buffers()]
    buffers = [named for named in every if not is_lazy(named[1])]
    dtypes = (parameter.dtype for parameter in held if parameter.is_floating_point())
    image = torch.empty(shape, dtype=dtype or next(dtypes, None), device="meta")
    params: dict[int, int] = {}
    trained = set()
    for parameter in held:
        key = storage_key(parameter)
        params[key] = parameter.numel()
        if parameter.requires_grad:
            trained.add(key)
    statistics = {storage_key(b): b.numel() for own_name, b in buffers if own_name in _STATISTICS}
    constants = [buffer for own_name, buffer in buffers if own_name not in _STATISTICS]
    trace = Trace(layout, [*params, *statistics], constants, trained)
    run(trace, model, image)
    layers = tuple(_rows(trace, params, statistics))
    return ModelCost(
        name=name,
        input_size=shape,
        params=sum(params.values()),
        buffers=sum(statistics.values()),
        macs=sum(layer.macs for layer in layers),
        activations=sum(layer.activations for layer in layers),
        layers=layers,
        uncounted=tuple(Uncounted(*where, times) for where, times in trace.uncounted.items()),
    )


def _advice(given: nn.Module | str, shape: tuple[int, ...], stopped: Stopped) -> str:
    """Say what to do about a forward that stopped: another input, if one works, or a rule."""
    others = other_inputs(shape, stopped.__cause__) if stopped.by_input else ()
    for other, dtype, advice in others:
        with suppress(Stopped):
            _measure(given, "", other, dtype)
            return advice
    return stopped.advice


def _rows(trace: Trace, params: dict[int, int], statistics: dict[int, int]) -> Iterator[LayerCost]:
    """Turn operations into rows: give each its stage, and each parameter to its first reader."""
    unread = params | statistics
    stage = 0
    for number, operation in enumerate(trace.operations):
        map_size = operation.map_size
        stage += number > 0 and not map_size.spans(trace.operations[number - 1].map_size)
        reads = operation.reads
        first = [key for key in reads if unread.pop(key, None) is not None]
        yield LayerCost(
            **dict(zip(_SEEN, _seen(operation), strict=True)),
            stage=stage,
            out_height=map_size.height,
            out_width=map_size.width,
            params=sum([params.get(key, 0) for key in first]),
            params_read=sum([min(params.get(key, 0), read) for key, read in reads.items()]),
            buffers=sum([statistics.get(key, 0) for key in first]),
            traits=tuple(sorted(operation.traits)),
            saved=tuple(operation.saved),
        )
    for module, path, class_name in trace.layout if unread else ():
        own = [*module.parameters(recurse=False), *module.buffers(recurse=False)]
        left = {storage_key(tensor) for tensor in own} & unread.keys()
        if any(unread[key] for key in left):
            yield LayerCost(
                path, class_name, "unused", _NO_STAGE,
                params=sum(params.get(key, 0) for key in left),
                buffers=sum(statistics.get(key, 0) for key in left),
            )  # fmt: skip
        for key in left:
            del unread[key]


def _copied(model: nn.Module) -> nn.Module:
    for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
        if tensor.layout is not torch.strided:
            raise Stopped(
                f"{name} is a sparse tensor, the work on which depends on its values",
                "make it dense with .to_dense(), and every entry is counted",
            )
    try:
        return meta_copy(model)
    except Exception as error:
        raise ValueError(
            f"{type(model).__name__} can't be measured: copy.deepcopy stops with “{error}”; "
            "give measure a module that can be copied, hooks included: no files, locks, generators"
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
    if isinstance(input_size, torch.Tensor):
        expected = f"give the tensor's shape: input_size={tuple(input_size.shape)}"
        raise TypeError(f"got a tensor for input_size; {expected}")
    try:
        shape = tuple(input_size)
        if len(shape) == 1 and not hasattr(shape[0], "__index__"):  # a list of one input
            shape = tuple(shape[0])
    except TypeError as error:
        raise TypeError(f"got input_size={input_size!r}; {expected}") from error
    if any(isinstance(n, (list, tuple)) for n in shape):
        raise TypeError(
            f"got input_size={input_size!r}, but a model gets one tensor; give measure a module "
            "whose forward takes one and makes the others from it"
        )
    if any(isinstance(n, bool) or not hasattr(n, "__index__") for n in shape):
        raise TypeError(f"got input_size={input_size!r}; {expected}")
    if not shape or min(shape) < 1:
        raise ValueError(f"got input_size={input_size!r}; {expected}, each at least 1")
    return tuple(int(n) for n in shape)
