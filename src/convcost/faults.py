"""Where a counter is wrong rather than of another opinion, operation by operation.

A convention says what a tool means to count; a `Fault` is a kind of operation of which the tool
counts something else, most often nothing. Both together give the tool's own number, to the unit,
on transformers too: convention + `differences` = tool.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import prod

from convcost.conventions import Row, find, price

__all__ = ["FAULTS", "Fault", "differences"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of operation that a tool miscounts.

    Attributes
    ----------
    counter : str
        The tool, by the name of its convention.
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

    counter: str
    what: str
    meets: Callable[[Row], bool]
    counts: Callable[[Row], int]
    when: str = ""


_CONVOLUTIONS = tuple(
    f"Conv{transposed}{dimensions}d" for transposed in ("", "Transpose") for dimensions in (1, 2, 3)
)
_LAYERS = ("Linear", *_CONVOLUTIONS)


def _is_attention(row: Row) -> bool:
    return row.kind == "attention"


def _is_fused_attention(row: Row) -> bool:
    return _is_attention(row) and row.class_name == "MultiheadAttention"


def _is_einsum_attention(row: Row) -> bool:
    return _is_attention(row) and row.class_name == "RelativePositionalMultiHeadAttention"


def _is_function(row: Row) -> bool:
    """Whether a convolution or linear layer ran as a function, in a module of another class."""
    return bool(row.macs) and not _is_attention(row) and row.class_name not in _LAYERS


def _is_function_without_layer(row: Row) -> bool:
    """As above, for a tool that takes any class with such a name for a layer."""
    return _is_function(row) and "Conv" not in row.class_name


def _is_in_a_larger_module(row: Row) -> bool:
    return row.kind == "batch_norm" and row.class_name == "BatchNormAct2d"


def _is_projection(row: Row) -> bool:
    return _is_function(row) and row.class_name == "MultiheadAttention"


def _is_first_projection(row: Row) -> bool:
    """Whether a row makes queries, keys and values at once."""
    return _is_projection(row) and row.output_shape[-1] == 3 * row.input_shape[-1]


def _is_linear_on_tokens(row: Row) -> bool:
    return row.kind == "linear" and row.class_name == "Linear" and len(row.input_shape) > 2


def _is_matmul_sign(row: Row) -> bool:
    """Whether queries meet keys by the sign @: they make a square of tokens."""
    queries_by_keys = _is_attention(row) and row.output_shape[-1] == row.output_shape[-2]
    return queries_by_keys and row.class_name == "ShiftedWindowAttentionV2"


def _is_transposed(row: Row) -> bool:
    return row.kind == "transposed_conv"


def _weights_at_output(row: Row) -> int:
    """Multiply-adds of a transposed convolution, had its weights met the pixels of its output."""
    return row.macs // prod(row.input_shape[2:]) * prod(row.output_shape[2:])


def _weights_and_bias_at_output(row: Row) -> int:
    return _weights_at_output(row) + row.bias * prod(row.output_shape)


def _nothing(_: Row) -> int:
    return 0


def _params_for_each_first(row: Row) -> int:
    return row.input_shape[0] * row.params_read


def _to_four_digits(row: Row) -> int:
    """Half of numpy's estimate in FLOPs, which fvcore reads off a printed report."""
    return int(float(f"{2 * row.macs:.3e}") // 2)


def _with_scaling(row: Row) -> int:
    return sum(price(row, find("ptflops")).values()) + prod(row.input_shape)


def _once_more(row: Row) -> int:
    fault = next((fault for fault in _PTFLOPS if fault.meets(row)), None)
    counted = fault.counts(row) if fault else sum(price(row, find("ptflops")).values())
    return counted + row.macs


_FUNCTION = "convolutions and linear layers that run as functions count nothing"
_ATTENTION = "attention products count nothing"
_TRANSPOSED = "a transposed convolution counts by its output, though weights meet its input"
_FUSED = "attention in one fused operator counts nothing"

_PTFLOPS = (
    Fault(
        "ptflops",
        "MultiheadAttention counts a multiplication for each query too",
        _is_first_projection,
        _with_scaling,
    ),
    Fault(
        "ptflops", _FUNCTION, lambda row: _is_function(row) and not _is_projection(row), _nothing
    ),
    Fault("ptflops", "attention by einsum counts nothing", _is_einsum_attention, _nothing),
    Fault("ptflops", "attention by the sign @ counts nothing", _is_matmul_sign, _nothing),
)

FAULTS = (
    Fault("torchinfo", _FUNCTION, _is_function_without_layer, _nothing),
    Fault(
        "torchinfo",
        "a batch norm that holds other modules, such as an activation, counts nothing",
        _is_in_a_larger_module,
        _nothing,
    ),
    Fault("torchinfo", _ATTENTION, _is_attention, _nothing),
    Fault(
        "torchinfo",
        "a linear layer on tokens counts once for each image or window, not for each token",
        _is_linear_on_tokens,
        _params_for_each_first,
    ),
    Fault("torchinfo", _TRANSPOSED, _is_transposed, _weights_and_bias_at_output),
    Fault("flop_counter", _FUSED, _is_fused_attention, _nothing, when="on the CPU"),
    Fault("fvcore", _FUSED, _is_fused_attention, _nothing),
    Fault(
        "fvcore",
        "MultiheadAttention is one fused operator and counts nothing",
        _is_projection,
        _nothing,
        when="without gradients",
    ),
    Fault("fvcore", "einsum is known to four digits only", _is_einsum_attention, _to_four_digits),
    Fault(
        "ptflops",
        "a linear layer counts once more inside torch, whose meta kernel calls what is patched",
        lambda row: row.kind == "linear" and row.bias,
        _once_more,
        when="on the meta device",
    ),
    *_PTFLOPS,
    Fault("ptflops_aten", _FUSED, _is_fused_attention, _nothing, when="on the CPU"),
    Fault("thop", _FUNCTION, _is_function, _nothing),
    Fault("thop", _ATTENTION, _is_attention, _nothing),
    Fault("thop", _TRANSPOSED, _is_transposed, _weights_at_output),
)
"""What is known to be wrong, on the versions that the tests run. The first that meets applies."""


def differences(rows: Iterable[Row], counter: str, when: str = "") -> dict[str, int]:
    """Say by how much a tool misses its own convention, fault by fault.

    Parameters
    ----------
    rows : iterable of LayerCost
        Rows of `ModelCost.layers`.
    counter : str
        Name of a convention.
    when : str
        Circumstances to include, as in `Fault.when`; those that always hold are in.

    Returns
    -------
    dict of str to int
        `Fault.what` -> operations that the tool counts too many, or (negative) too few; empty
        where it is right.

    Raises
    ------
    ValueError
        If there is no convention of that name.
    """
    convention = find(counter)
    faults = [fault for fault in FAULTS if fault.counter == counter and fault.when in ("", when)]
    found: dict[str, int] = {}
    for row in rows:
        fault = next((fault for fault in faults if fault.meets(row)), None)
        if fault is not None:
            gap = fault.counts(row) - sum(price(row, convention).values())
            found[fault.what] = found.get(fault.what, 0) + gap
    return {what: gap for what, gap in found.items() if gap}
