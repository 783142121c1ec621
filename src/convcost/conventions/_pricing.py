"""What a convention is made of, and how it prices an executed operation."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from math import prod
from typing import Protocol

__all__ = ["Convention", "Fault", "Price", "Row", "nearest", "price", "total"]


class Row(Protocol):
    """What a convention asks of an executed operation: `convcost.LayerCost` has it all."""

    @property
    def class_name(self) -> str:
        """Class of the module that ran it."""

    @property
    def kind(self) -> str:
        """What was done: "conv", "batch_norm", "relu", …."""

    @property
    def input_shape(self) -> tuple[int, ...]:
        """Shape of what came in, batch included."""

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Shape of what went out, batch included."""

    @property
    def kernel(self) -> tuple[int, ...]:
        """Window of a convolution or a pooling."""

    @property
    def bias(self) -> bool:
        """Whether a bias was added."""

    @property
    def params_read(self) -> int:
        """Parameters that it read."""

    @property
    def macs(self) -> int:
        """Multiply-adds of its products."""

    @property
    def traits(self) -> tuple[str, ...]:
        """What tells it from others of its kind: "F.relu", "bilinear 2d", …."""


@dataclass(frozen=True, slots=True)
class Price:
    """So many operations for each of something, where a kind of step or of module is met.

    Attributes
    ----------
    operations : int
        For each; 1 if not given.
    each : str
        "output" or "input", an element that goes out or comes in; "scaled input", an element that
        comes into a step with learned scale and shift; "param", a parameter that is read, once for
        each image; "row", a vector along which a softmax runs; "window", see `_window_elements`;
        "padded input", see `_padded_elements`.
    kinds : tuple of str
        Kinds of rows that pay; all of the item's if empty.
    modules : tuple of str
        Classes of torch's modules that pay, for a tool that sees a ReLU module, but no call of the
        function; any if empty.
    traits : tuple of str
        A row pays that has one of these of `LayerCost.traits`; any if empty.
    """

    operations: int = 1
    each: str = "output"
    kinds: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    traits: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.each not in _COUNTED:
            raise ValueError(
                f"a price is for each {', '.join(_COUNTED)}; got each={self.each!r}"
                f"{nearest(self.each, _COUNTED)}"
            )


Prices = int | Price | tuple[Price, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of operation of which a tool counts something else, most often nothing.

    Attributes
    ----------
    what : str
        What it does there, for a table.
    meets : callable
        Row -> whether it is of this kind. Modules are told by the names of their classes.
    counts : callable
        Row -> what the tool counts for it, in its own unit.
    when : str
        "" for always, or where it happens only: "on the CPU" and "on the meta device" (where the
        tool runs the network), "without gradients" (under ``torch.no_grad()``).
    """

    what: str
    meets: Callable[[Row], bool]
    counts: Callable[[Row], int]
    when: str = ""


@dataclass(frozen=True, slots=True)
class Convention:
    """What counts as an operation, item by item.

    Where an item takes prices, an integer is so many operations for each element that goes out.
    Of your own convention the name and the items are enough; the rest says whose a named one is.

    Attributes
    ----------
    name : str
        What to call it.
    unit : str
        "MAC": a multiply-add is one operation; "FLOP": it is two.
    attention : bool
        Whether the products of queries by keys, and of scores by values, count.
    biases : int
        For each element that a convolution or linear layer with a bias outputs.
    normalization, activations, pooling, softmax : int, Price or tuple of Price
        Batch, layer, group, instance and local response norm; ReLU, SiLU, … ; maximum and average
        pooling, global ones included; softmax.
    interpolation, additions, multiplications : int, Price or tuple of Price
        Upsampling; additions, such as that of a shortcut; products element by element, such as
        those of squeeze-and-excitation.
    rounded_to : int
        A total is given in whole multiples of this: 1,000,000 is 0.001 G.
    label : str
        What a chart or table calls it; "" for its name.
    tool : str
        The Python package that gives this number when it is asked; "" if none does.
    adds : str
        What it adds to the multiply-adds, in words for a table.
    words : mapping of str to str
        Item -> what it counts of it, in words for a switch; for items that count anything.
    faults : tuple of Fault
        Operations that the tool miscounts; of several that meet an operation the first applies.
    """

    name: str
    unit: str = "MAC"
    attention: bool = True
    biases: int = 0
    normalization: Prices = 0
    activations: Prices = 0
    pooling: Prices = 0
    softmax: Prices = 0
    interpolation: Prices = 0
    additions: Prices = 0
    multiplications: Prices = 0
    rounded_to: int = 1
    label: str = ""
    tool: str = ""
    adds: str = ""
    words: Mapping[str, str] = field(default_factory=dict, compare=False)
    faults: tuple[Fault, ...] = ()

    def __post_init__(self) -> None:
        if self.unit not in _PER_MAC:
            raise ValueError(f"a convention counts in MAC or FLOP; got unit={self.unit!r}")


_PER_MAC = {"MAC": 1, "FLOP": 2}

_KINDS = {
    "normalization": {
        "batch_norm", "group_norm", "instance_norm", "layer_norm", "local_response_norm",
        "rms_norm",
    },
    "activations": {
        "celu", "elu", "gelu", "glu", "hardshrink", "hardsigmoid", "hardswish", "hardtanh",
        "leaky_relu", "log_sigmoid", "mish", "prelu", "relu", "relu6", "rrelu", "selu", "sigmoid",
        "silu", "softplus", "softshrink", "softsign", "tanh", "tanhshrink", "threshold",
    },
    "pooling": {
        "adaptive_avg_pool", "adaptive_max_pool", "avg_pool", "fractional_max_pool", "lp_pool",
        "max_pool", "mean",
    },
    "softmax": {"log_softmax", "softmax", "softmin"},
    "interpolation": {"grid_sample", "interpolate"},
    "additions": {"add"},
    "multiplications": {"mul"},
}  # fmt: skip
_ITEM_OF = {kind: item for item, kinds in _KINDS.items() for kind in kinds}


def _input_elements(row: Row) -> int:
    return prod(row.input_shape)


def _output_elements(row: Row) -> int:
    return prod(row.output_shape)


def _scaled_input_elements(row: Row) -> int:
    return prod(row.input_shape) if "scaled" in row.traits else 0


def _params(row: Row) -> int:
    return row.params_read * row.input_shape[0]


def _rows(row: Row) -> int:
    dim = next((int(trait[4:]) for trait in row.traits if trait.startswith("dim ")), -1)
    return prod(row.output_shape) // row.output_shape[dim]


def _window_elements(row: Row) -> int:
    """Sum and division of each mean, where a window is input over output long, whole or not.

    thop's rule; a float cut to an integer in the end, in the order in which thop works.
    """
    window = 1.0
    for before, after in zip(row.input_shape[2:], row.output_shape[2:], strict=True):
        window *= before / after
    return int((window + 1) * prod(row.output_shape))


def _padded_elements(row: Row) -> int:
    """Elements of the map with the channels that a local response norm pads it with."""
    batch, channels, *size = row.input_shape
    return batch * (channels + row.kernel[0] - 1) * prod(size)


_COUNTED: dict[str, Callable[[Row], int]] = {
    "input": _input_elements,
    "output": _output_elements,
    "padded input": _padded_elements,
    "param": _params,
    "row": _rows,
    "scaled input": _scaled_input_elements,
    "window": _window_elements,
}


def price(row: Row, convention: Convention) -> dict[str, int]:
    """Price one executed operation.

    Parameters
    ----------
    row : LayerCost
        A row of `ModelCost.layers`, for the whole batch.
    convention : Convention

    Returns
    -------
    dict of str to int
        Operations, in the convention's unit, by item: one or two of `ITEMS`, such as
        "multiply_adds" and "biases" for a convolution; empty where nothing is ever counted.
    """
    if row.macs:
        item = "attention" if row.kind == "attention" else "multiply_adds"
        counts = convention.attention or item != "attention"
        operations = {item: _PER_MAC[convention.unit] * row.macs * counts}
        if row.bias:
            operations["biases"] = convention.biases * _output_elements(row)
        return operations
    if row.kind not in _ITEM_OF:
        return {}
    item = _ITEM_OF[row.kind]
    return {item: _sum_prices(row, getattr(convention, item))}


def total(rows: Iterable[Row], convention: Convention) -> int:
    """Add up the prices of executed operations.

    Parameters
    ----------
    rows : iterable of LayerCost
        Rows of `ModelCost.layers`.
    convention : Convention

    Returns
    -------
    int
        Operations, in the convention's unit, rounded as the convention says.
    """
    exact = sum(sum(price(row, convention).values()) for row in rows)
    return round(exact / convention.rounded_to) * convention.rounded_to


def _sum_prices(row: Row, prices: Prices) -> int:
    if isinstance(prices, int):
        return prices * _output_elements(row) if prices else 0
    return sum(
        entry.operations * _COUNTED[entry.each](row)
        for entry in ((prices,) if isinstance(prices, Price) else prices)
        if (not entry.kinds or row.kind in entry.kinds)
        and (not entry.modules or ("nn" in row.traits and row.class_name in entry.modules))
        and (not entry.traits or not set(entry.traits).isdisjoint(row.traits))
    )


def nearest(given: str, known: Iterable[str]) -> str:
    matches = get_close_matches(str(given).lower(), list(known), n=1, cutoff=0.5)
    return f"; did you mean {matches[0]!r}?" if matches else ""
