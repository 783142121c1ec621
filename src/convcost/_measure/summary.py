"""torchinfo's familiar tree of a model, with the numbers right where torchinfo's are not.

torchinfo runs the model on the meta device and makes its own records, and its own formatter prints
them. `measure` has counted the same model; where a cell of torchinfo's says something else, the
number of `measure` takes its place, with a mark. Below stands what torchinfo did there.
"""

import io
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from textwrap import wrap
from typing import Any, Protocol

import torch
import torchinfo
from torch import nn
from torchinfo.layer_info import LayerInfo, get_children_layers

from convcost._measure.trace import Trace
from convcost._measure.values import storage_key
from convcost._measure.watch import eyes_of
from convcost.conventions import Row, find, price

__all__ = ["Layer", "NamedRow", "Summary", "check_others", "summarize"]

MARK = "*"

# What torchinfo does, in words for the lines below the tree.
_ITEMS = {
    "biases": "each bias counts as a multiply-add for each output",
    "normalization": (
        "a normalization counts its parameters as multiply-adds, once for each image"
    ),
}
_BY_NAMES = "{} is counted by the names of its class and parameters, which say something else"
_SHARED = "parameters that layers share count again in each of them"
_SCATTERED = "a module whose parts do not run in one go loses parameters of its own"
_IN_PIECES = "a module whose parts do not run in one go is listed anew, with wrong sums"
_NO_BYTES = "parameters of modules that hold others, and of modules that do not run, have no bytes"
_OTHERS = {
    "input_data": (None, "give input_size=tuple(input_data.shape): no values are read"),
    "device": ("meta", "the summary runs on the meta device, which takes no memory: leave it out"),
    "dtypes": (None, "the input has the type of the model's parameters: leave it out"),
    "mode": ("eval", "the summary runs in evaluation mode, as measure does: leave it out"),
    "cache_forward_pass": (False, "no run is kept: leave it out and call summary again"),
}
"""torchinfo's options that do not apply -> the value that changes nothing, what to do."""


class NamedRow(Row, Protocol):
    """What a summary asks of an executed operation: `convcost.LayerCost` has it all."""

    @property
    def name(self) -> str:
        """Dotted name of the module in whose forward it ran."""


class Layer(LayerInfo):
    """torchinfo's record of one call of a module, with the right numbers beside its own.

    Attributes
    ----------
    found : torchinfo.layer_info.LayerInfo
        As torchinfo made it.
    macs : int
        Multiply-adds that the module's own forward does, without those of modules inside.
    all_macs : int
        With those of the modules inside.
    new_params : int
        Parameters that no row above has, without those of modules inside.
    all_new_params : int
        With those of the modules inside.
    """

    def __init__(self, found: LayerInfo, found_params: int) -> None:
        super().__init__(found.var_name, found.module, found.depth, found.parent_info)
        vars(self).update(vars(found))
        self.found = found
        self._found_params = found_params  # torchinfo's total, of which it takes percents
        self.macs = self.all_macs = 0
        self.new_params = self.all_new_params = 0

    def macs_to_str(self, reached_max_depth: bool) -> str:
        """Return the cell of multiply-adds."""
        macs = self.all_macs if reached_max_depth else self.macs
        return _cell(self.found.macs_to_str(reached_max_depth), macs)

    def num_params_to_str(self, reached_max_depth: bool) -> str:
        """Return the cell of parameters."""
        return _cell(
            self.found.num_params_to_str(reached_max_depth),
            self.all_new_params if reached_max_depth else self.new_params,
        )

    def params_percent(self, total_params: int, reached_max_depth: bool, precision: int = 2) -> str:
        """Return the cell of the share in all parameters."""
        theirs = self.found.params_percent(self._found_params, reached_max_depth, precision)
        if self.is_recursive:
            return str(theirs)
        params = self.all_new_params if reached_max_depth else self.new_params
        ours = f"{params / total_params:>{precision + 5}.{precision}%}" if params else "     --"
        return ours if ours == theirs else ours + MARK


class Summary(torchinfo.ModelStatistics):
    """torchinfo's statistics of a model, corrected; printed, they are torchinfo's tree.

    Attributes
    ----------
    summary_list : list of Layer
        torchinfo's records, one for each call of a module.
    total_mult_adds, total_params, trainable_params, total_param_bytes : int
        As torchinfo calls them, with the numbers of `convcost.measure`.
    corrections : dict of str to (int, str)
        What torchinfo does -> how many that is too many (too few if negative), and of what: for
        instance 392, "multiply-adds". Empty where torchinfo is right.
    """

    def __init__(
        self,
        found: torchinfo.ModelStatistics,
        layers: list[Layer],
        totals: Mapping[str, int],
        corrections: Mapping[str, tuple[int, str]],
        not_counted: str,
    ) -> None:
        super().__init__([*layers], found.input_size, found.total_input, found.formatting)
        vars(self).update(totals)
        self.corrections = {what: gap for what, gap in corrections.items() if gap[0]}
        self._found = found
        self._not_counted = not_counted

    def __repr__(self) -> str:
        lines = super().__repr__().split("\n")
        # The cells of the tree have their marks; the totals below it get theirs here.
        first = next(n for n, line in enumerate(lines) if line.startswith("Total params"))
        theirs = repr(self._found).split("\n")[first - len(lines) :]
        lines[first:] = [
            line if line == found else line + MARK
            for line, found in zip(lines[first:], theirs, strict=True)
        ]
        if self.corrections:
            lines.append(
                f"{MARK} corrected. torchinfo {torchinfo.__version__} gives other numbers:"
            )
        for what, (gap, unit) in self.corrections.items():
            amount = f"{abs(gap):,} {unit} too {'many' if gap > 0 else 'few'}"
            width = self.formatting.get_total_width()
            lines += wrap(f"- {what}: {amount}", width, subsequent_indent="  ")
        if self._not_counted:
            lines += wrap(f"not counted: {self._not_counted}", self.formatting.get_total_width())
        return "\n".join(lines)


def check_others(others: Mapping[str, object]) -> None:
    """Refuse options that torchinfo takes and a run without values does not, by a `TypeError`."""
    for option, value in others.items():
        if option not in _OTHERS:
            raise TypeError(
                f"summary got {option}={value!r}, which is not an option of torchinfo's; the "
                "forward gets one tensor of input_size and no other arguments"
            )
        harmless, advice = _OTHERS[option]
        if value is not None and str(value) != str(harmless):
            raise TypeError(f"summary can't take {option}={value!r}; {advice}")


def summarize(
    model: nn.Module,
    shape: tuple[int, ...],
    rows: Sequence[NamedRow],
    not_counted: str,
    **options: Any,
) -> Summary:
    """Let torchinfo describe a model, and put right what it miscounts.

    The model is on the meta device and in evaluation mode, and the summary keeps it. `rows` are
    what `convcost.measure` finds for it at this shape, `not_counted` says what they lack, `options`
    are torchinfo's own. A `ValueError`
    says that torchinfo can't describe the model, or does not take an option's value.
    """
    dtype = next((p.dtype for p in model.parameters() if p.is_floating_point()), None)
    image = torch.empty(shape, dtype=dtype, device="meta")
    # torchinfo prints its own text: ours is printed in its place.
    trace = Trace([(model, "", "")], [], [])
    with _cache_left_alone(), eyes_of(trace), redirect_stdout(io.StringIO()):
        try:
            found = torchinfo.summary(model, input_data=[image], **options)
        except (RuntimeError, TypeError) as error:
            reason = error.__cause__ or error
            raise ValueError(
                f"torchinfo can't describe {type(model).__name__}: “{reason}”; "
                "convcost.measure has its numbers without the tree"
            ) from error
    layers = [Layer(info, found.total_params) for info in found.summary_list]
    for number, layer in enumerate(layers):
        layer.children = get_children_layers([*layers], number)
    of_each = _rows_of_each(layers, model, rows)
    for layer, its_rows in zip(layers, of_each, strict=True):
        layer.macs = sum(row.macs for row in its_rows)
    for layer in layers:
        layer.all_macs = layer.macs + sum(child.macs for child in layer.children)
    _give_params(layers)
    distinct = {storage_key(p): p for p in model.parameters()}.values()
    totals = {
        "total_mult_adds": sum(row.macs for row in rows),
        "total_params": sum(p.numel() for p in distinct),
        "trainable_params": sum(p.numel() for p in distinct if p.requires_grad),
        "total_param_bytes": sum(p.numel() * p.element_size() for p in distinct),
    }
    corrections = {what: (gap, "multiply-adds") for what, gap in _misses(layers, of_each).items()}
    params = found.total_params - totals["total_params"]
    corrections[_SHARED if params > 0 else _SCATTERED] = (params, "parameters")
    # What is counted twice has its bytes twice, too; only what is left out is another matter.
    corrections[_NO_BYTES] = (
        min(found.total_param_bytes - totals["total_param_bytes"], 0), "bytes"
    )  # fmt: skip
    pieces = len(layers) - len(set(map(id, found.summary_list)))
    corrections[_IN_PIECES] = (pieces, "rows")
    tree = Summary(found, layers, totals, corrections, not_counted)
    if found.formatting.verbose:
        sys.stdout.write(f"{tree}\n")
    return tree


@contextmanager
def _cache_left_alone() -> Iterator[None]:
    """Take back what torchinfo keeps of a model after its run, and leave what it had before."""
    kept = dict(torchinfo.torchinfo._cached_forward_pass)
    try:
        yield
    finally:
        torchinfo.torchinfo._cached_forward_pass.clear()
        torchinfo.torchinfo._cached_forward_pass.update(kept)


def _rows_of_each(
    layers: list[Layer], model: nn.Module, rows: Iterable[NamedRow]
) -> list[list[NamedRow]]:
    """Hand each row to the call in which it ran, in the order of the calls.

    A module that runs several times does the same each time, so each call gets an equal share of
    its rows; where that does not come out, the first call gets all.
    """
    calls: dict[int, list[int]] = defaultdict(list)
    for number, layer in enumerate(layers):
        if layer.executed:
            calls[layer.layer_id].append(number)
    calls.setdefault(id(model), [0])
    names = {path: id(module) for path, module in model.named_modules()}
    of_module: dict[int, list[NamedRow]] = defaultdict(list)
    for row in rows:
        if row.macs or row.params_read:
            path = row.name
            while path and names[path] not in calls:  # a scripted part takes no hooks
                path = path.rpartition(".")[0]
            of_module[names[path]].append(row)
    of_each: list[list[NamedRow]] = [[] for _ in layers]
    for module, its_rows in of_module.items():
        count = len(calls[module])
        share = len(its_rows) // count if len(its_rows) % count == 0 else len(its_rows)
        for start in range(0, len(its_rows), share):
            of_each[calls[module][start // share]] = its_rows[start : start + share]
    return of_each


def _give_params(layers: list[Layer]) -> None:
    """Give each parameter to the first row that has it, and there to the innermost module."""
    sizes = {
        id(layer.module): {storage_key(p): p.numel() for p in layer.module.parameters()}
        for layer in layers
    }
    seen: set[int] = set()
    for layer in layers:
        every = sizes[id(layer.module)]
        inside = [sizes[id(m)] for m in layer.module.children() if id(m) in sizes]
        own = every.keys() - seen.union(*inside)
        layer.all_new_params = sum(every[key] for key in every.keys() - seen)
        layer.new_params = sum(every[key] for key in own)
        seen |= own


def _misses(layers: list[Layer], of_each: list[list[NamedRow]]) -> dict[str, int]:
    """Say what torchinfo does with each call, and how many operations that is too many."""
    misses: dict[str, int] = defaultdict(int)
    for layer, rows in zip(layers, of_each, strict=True):
        missed = layer.found.macs * layer.is_leaf_layer - layer.macs
        for row in rows:
            for what, by in _known_misses(row).items():
                misses[what] += by
                missed -= by
        if missed:
            misses[_BY_NAMES.format(layer.class_name)] += missed
    return misses


def _known_misses(row: NamedRow) -> dict[str, int]:
    convention = find("torchinfo")
    fault = next((fault for fault in convention.faults if fault.meets(row)), None)
    if fault is not None:
        return {fault.what: fault.counts(row) - row.macs}
    prices = price(row, convention)
    return {_ITEMS[item]: operations for item, operations in prices.items() if item in _ITEMS}


def _cell(theirs: str, number: int) -> str:
    """Return torchinfo's cell if it says the number, else the number and the mark."""
    digits = "".join(filter(str.isdigit, theirs))
    if int(digits or 0) == number:
        return theirs
    if not number:
        return f"--{MARK}"
    frozen = theirs.startswith("(") and digits
    return (f"({number:,})" if frozen else f"{number:,}") + MARK
