"""The records of a network's costs: one for each executed operation, one for the network.

They need neither torch nor pandas, since not only `convcost.measure` gives them: `convcost.ledger`
computes the same by closed forms.
"""

import html
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, NamedTuple

from convcost import units
from convcost.conventions._counters import find
from convcost.conventions._pricing import Convention, price, total

if TYPE_CHECKING:
    import pandas as pd


class Saved(NamedTuple):
    """A tensor kept for the backward pass; without `elements`, something that has no rule.

    It has the same `number` wherever it is kept. `bytes_each` is None for values in the network's
    own format; `grows` says whether there are so many elements for each image.
    """

    number: int
    part: str
    elements: int | None
    bytes_each: int | None = None
    grows: bool = True


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
    traits : tuple of str
        What else a convention may ask: the function by whose name it was called ("F.relu",
        "torch.add"); "nn" where the module's class is torch's own, "leaf" where it holds no other;
        "scaled" and "batch statistics" of a normalization, "dim 1" of a softmax, "bilinear 2d".
    saved : tuple of Saved
        Tensors that autograd would keep of it in training; see `convcost.memory`. Not in frames.
    """

    name: str
    class_name: str
    kind: str
    stage: int
    input_shape: tuple[int, ...] = ()
    output_shape: tuple[int, ...] = ()
    out_height: int = 0
    out_width: int = 0
    kernel: tuple[int, ...] = ()
    groups: int = 1
    bias: bool = False
    params: int = 0
    params_read: int = 0
    buffers: int = 0
    macs: int = 0
    activations: int = 0
    traits: tuple[str, ...] = ()
    saved: tuple[Saved, ...] = field(default=(), repr=False, compare=False)

    def operations(self, convention: Convention | str) -> int:
        """Price this operation; see `ModelCost.operations`."""
        return sum(price(self, find(convention)).values())


class Uncounted(NamedTuple):
    """An operator that multiplies and is in no total, in which module it ran, and how often.

    The name is torch's, such as "aten._fft_c2c", that of the module as in `LayerCost`.
    """

    operator: str
    module: str
    times: int


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
        Multiply-adds of all that sums up products of two tensors, for the whole batch, no bias:
        convolutions, linear and bilinear layers, attention. Steps that work element by element,
        normalize, pool, interpolate or look up have none; nor has what makes a weight of other
        weights in a parametrization or a hook.
    activations : int
        Elements that convolution and linear layers output, every call counted.
    layers : tuple of LayerCost
        One row for each executed operation, in order, then the "unused" ones.
    uncounted : tuple of Uncounted
        What ran and multiplies and is not in `macs`: Fourier transforms, inverses, distances,
        operators that torch does not know. Empty if all was counted; else `macs` is too small.
    """

    name: str
    input_size: tuple[int, ...]
    params: int
    buffers: int
    macs: int
    activations: int
    layers: tuple[LayerCost, ...]
    uncounted: tuple[Uncounted, ...] = ()

    def operations(self, convention: Convention | str) -> int:
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
        return total(self.layers, find(convention))

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
            f"{len(self.layers)} rows" + f"; not counted: {self.not_counted}" * bool(self.uncounted)
        )

    @property
    def not_counted(self) -> str:
        """What the totals lack, in words; empty if nothing."""
        return ", ".join(
            f"{times} × {operator} in {module or 'the model itself'}"
            for operator, module, times in self.uncounted
        )

    def _repr_html_(self) -> str:
        table = self.to_frame().drop(columns="traits").to_html(max_rows=60)
        return f"<p>{html.escape(repr(self))}</p>{table}"


def _times(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
