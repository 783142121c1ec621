"""What each counter counts: one record for each, and all there is to know of it in one place.

To add a counter, add its record to `_NAMED`, and to `benchmarks/_rivals.py` how the tool is asked:
the tests then hold the two together.
"""

from itertools import product
from math import prod

from convcost.conventions._pricing import Convention, Fault, Price, Row, nearest, price

__all__ = ["BY_NAME", "find"]

_ELEMENTWISE = ("ReLU", "ReLU6", "LeakyReLU", "PReLU", "ELU", "GELU")
_NORMS = tuple(
    f"{kind}{dimensions}d" for kind in ("BatchNorm", "InstanceNorm") for dimensions in (1, 2, 3)
)
_AVERAGES = tuple(f"AvgPool{dimensions}d" for dimensions in (1, 2, 3))
_ADAPTIVE_AVERAGES = tuple(f"Adaptive{name}" for name in _AVERAGES)
_POOL_PARTS = tuple(product(("", "Adaptive"), ("Avg", "Max"), (1, 2, 3)))
_POOLS = tuple(f"{adaptive}{kind}Pool{size}d" for adaptive, kind, size in _POOL_PARTS)
_UPSAMPLINGS = ("Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d")
_SCALED_NORMS = ("batch_norm", "group_norm", "instance_norm", "layer_norm")
# The functions of torch.nn.functional that ptflops watches.
_WATCHED_ALONE = ("relu", "prelu", "elu", "relu6", "gelu", "silu", "softmax", "interpolate")
_WATCHED_POOLS = (f"{a}_{kind}_pool{size}d".lower().lstrip("_") for a, kind, size in _POOL_PARTS)
_WATCHED = tuple(f"F.{name}" for name in (*_WATCHED_ALONE, *_WATCHED_POOLS))

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


def _is_layer(row: Row) -> bool:
    return bool(row.macs) and not _is_attention(row)


def _is_function(row: Row) -> bool:
    """Whether a convolution or linear layer ran as a function, in a module of another class."""
    return _is_layer(row) and not ("nn" in row.traits and row.class_name in _LAYERS)


def _is_function_without_layer(row: Row) -> bool:
    """As above, for a tool that takes any class with such a name for a layer."""
    return _is_layer(row) and row.class_name not in _LAYERS and "Conv" not in row.class_name


def _is_in_a_larger_module(row: Row) -> bool:
    return row.kind in _SCALED_NORMS and row.params_read > 0 and "leaf" not in row.traits


def _is_projection(row: Row) -> bool:
    return _is_function(row) and row.class_name == "MultiheadAttention"


def _is_first_projection(row: Row) -> bool:
    """Whether a row makes queries, keys and values at once."""
    return _is_projection(row) and row.output_shape[-1] == 3 * row.input_shape[-1]


def _is_linear_on_tokens(row: Row) -> bool:
    return row.kind == "linear" and row.class_name == "Linear" and len(row.input_shape) > 2


def _is_matmul_sign(row: Row) -> bool:
    """Whether two activations meet by the sign @, or in one fused function."""
    by_name = any(trait.startswith(("torch.", "Tensor.")) for trait in row.traits)
    return _is_attention(row) and not by_name and "nn" not in row.traits


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


_FUNCTION = "convolutions and linear layers that run as functions are not counted"
_ATTENTION = "attention products are not counted"
_TRANSPOSED = "a transposed convolution is counted by its output, though weights meet its input"
_FUSED = "attention in one fused operator is not counted"

_ONE_OPERATOR = Fault(
    "MultiheadAttention, one fused operator, is not counted",
    lambda row: _is_projection(row) or _is_fused_attention(row),
    _nothing,
    when="without gradients",
)
_PTFLOPS = (
    Fault(
        "MultiheadAttention counts a multiplication for each query too",
        _is_first_projection,
        _with_scaling,
    ),
    Fault(_FUNCTION, lambda row: _is_function(row) and not _is_projection(row), _nothing),
    Fault("attention by einsum is not counted", _is_einsum_attention, _nothing),
    Fault("attention by the sign @ is not counted", _is_matmul_sign, _nothing),
)

_NAMED = (
    Convention("macs", label="plain MACs"),
    Convention("flops", unit="FLOP", label="plain FLOPs"),
    # torchinfo 1.8: each weight and bias as often as its convolution has pixels, else once for
    # each image. So biases count by element, and batch norm by its parameters.
    Convention(
        "torchinfo",
        label="torchinfo",
        tool="torchinfo",
        adds="one for each bias and output; batch norm by its parameters, once for an image, "
        "however large the map",
        biases=1,
        normalization=Price(each="param"),
        activations=Price(each="param", kinds=("prelu",)),
        words={"normalization": "its parameters, once"},
        faults=(
            Fault(_FUNCTION, _is_function_without_layer, _nothing),
            Fault(
                "a batch norm that holds other modules, such as an activation, is not counted",
                _is_in_a_larger_module,
                _nothing,
            ),
            Fault(
                "a convolution that normalizes its own weights is counted like any other",
                lambda row: row.kind == "batch_norm" and "Conv" in row.class_name,
                _nothing,
            ),
            Fault(_ATTENTION, _is_attention, _nothing),
            Fault(
                "a linear layer on tokens is counted for each image or window, not for each token",
                _is_linear_on_tokens,
                _params_for_each_first,
            ),
            Fault(_TRANSPOSED, _is_transposed, _weights_and_bias_at_output),
        ),
    ),
    # ptflops 0.7, the back end "aten": operators, as they are run.
    Convention(
        "ptflops_aten",
        label="ptflops, aten",
        tool="ptflops",
        adds="biases",
        biases=1,
        faults=(Fault(_FUSED, _is_fused_attention, _nothing, when="on the CPU"), _ONE_OPERATOR),
    ),
    # fvcore 0.1.5, jit_handles: operators of the traced graph, a multiply-add as one "flop".
    Convention(
        "fvcore",
        label="fvcore",
        tool="fvcore",
        adds="two for each element that goes through batch norm; each input of a global mean; "
        "upsampling",
        normalization=(
            Price(kinds=("batch_norm",)),
            Price(3, kinds=("batch_norm",), traits=("batch statistics",)),
            Price(4, kinds=_SCALED_NORMS[1:]),
            Price(each="scaled input", kinds=_SCALED_NORMS),
        ),
        pooling=Price(each="input", traits=("F.adaptive_avg_pool2d",)),
        interpolation=(
            Price(traits=("nearest 2d",)),
            Price(4, traits=("bilinear 2d",)),
            Price(4, kinds=("grid_sample",)),
            Price(each="input", traits=("area 2d",)),
        ),
        words={"normalization": "2 for each element", "pooling": "inputs of a global mean"},
        faults=(
            Fault(_FUSED, _is_fused_attention, _nothing),
            _ONE_OPERATOR,
            Fault(
                'a convolution with padding "same" or "valid" is not counted',
                lambda row: "padding by name" in row.traits,
                _nothing,
            ),
            Fault("einsum is known to four digits only", _is_einsum_attention, _to_four_digits),
        ),
    ),
    # thop 0.1.1, vision/basic_hooks: a hook for each class of module. No bias, though its source
    # speaks of one; a normalization at 2, doubled if it has learned scale and shift.
    Convention(
        "thop",
        label="thop",
        tool="thop",
        adds="four for each element of batch norm; a sum and a division for each mean; PReLU, "
        "softmax and upsampling; no bias",
        normalization=(
            Price(2, each="input", modules=(*_NORMS, "SyncBatchNorm", "LayerNorm")),
            Price(2, each="scaled input", modules=(*_NORMS, "SyncBatchNorm", "LayerNorm")),
        ),
        activations=Price(each="input", modules=("PReLU",)),
        pooling=(
            Price(modules=_AVERAGES),
            Price(each="window", modules=_ADAPTIVE_AVERAGES),
        ),
        # An exponential and a division for each element, and one addition less.
        softmax=(Price(3, modules=("Softmax",)), Price(-1, each="row", modules=("Softmax",))),
        interpolation=tuple(
            Price(operations, modules=_UPSAMPLINGS, traits=modes)
            for operations, modes in (
                (1, ("nearest 1d", "nearest 2d", "nearest 3d")),
                (5, ("linear 1d",)),
                (11, ("bilinear 2d",)),
                (259, ("bicubic 2d",)),
            )
        ),
        words={"normalization": "4 for each element", "pooling": "sums and divisions of a mean"},
        faults=(
            Fault(_FUNCTION, _is_function, _nothing),
            Fault(_ATTENTION, _is_attention, _nothing),
            Fault(_TRANSPOSED, _is_transposed, _weights_at_output),
        ),
    ),
    # ptflops 0.7, its default back end, on the CPU: a hook for each class of module, and a patch
    # for each function of torch.nn.functional. What is met both ways is counted both ways.
    Convention(
        "ptflops",
        label="ptflops",
        tool="ptflops",
        adds="biases; two for each element of batch norm; each ReLU and each pooled input, once "
        "for the module and once more for the function that the module calls; softmax and "
        "upsampling",
        biases=1,
        normalization=(
            Price(each="input", modules=(*_NORMS, "GroupNorm", "LayerNorm")),
            Price(each="scaled input", modules=(*_NORMS, "GroupNorm")),
            # No hook, but its forward calls mul, add and mul again, and pools the padded map.
            Price(3, kinds=("local_response_norm",)),
            Price(each="padded input", kinds=("local_response_norm",)),
        ),
        activations=(Price(modules=_ELEMENTWISE), Price(traits=_WATCHED)),
        pooling=(
            Price(each="input", modules=_POOLS),
            Price(each="input", traits=_WATCHED),
            # Its function calls those of the mean and of ReLU, and mul.
            Price(each="input", kinds=("lp_pool",)),
            Price(2, kinds=("lp_pool",)),
        ),
        softmax=(Price(traits=_WATCHED), Price(modules=("MultiheadAttention",))),
        interpolation=(
            Price(modules=("Upsample",)),
            Price(traits=_WATCHED),
            Price(each="input", traits=("area 1d", "area 2d", "area 3d")),
        ),
        additions=Price(traits=("torch.add", "Tensor.add")),
        multiplications=Price(traits=("torch.mul", "Tensor.mul")),
        words={
            "normalization": "2 for each element",
            "activations": "by module and by function",
            "pooling": "all, by module and by function",
        },
        faults=(
            Fault(
                "a linear layer is counted once more inside torch, whose meta kernel calls what is "
                "patched",
                lambda row: row.kind == "linear" and row.bias,
                _once_more,
                when="on the meta device",
            ),
            *_PTFLOPS,
        ),
    ),
    # torch.utils.flop_counter.FlopCounterMode, on the meta device.
    Convention(
        "flop_counter",
        unit="FLOP",
        label="FlopCounterMode",
        tool="torch",
        adds="nothing, but it counts a multiply-add as two",
        faults=(Fault(_FUSED, _is_fused_attention, _nothing, when="on the CPU"), _ONE_OPERATOR),
    ),
    # torchvision 0.28, `_ops` of each set of weights.
    Convention(
        "torchvision",
        rounded_to=1_000_000,
        label="torchvision’s tables",
        adds="nothing; printed in thousandths of a G",
    ),
)

BY_NAME = {convention.name: convention for convention in _NAMED}


def find(name: str | Convention) -> Convention:
    """Return a convention by its name.

    Parameters
    ----------
    name : str or Convention
        A key of `convcost.conventions.CONVENTIONS`; a convention is returned as it is.

    Returns
    -------
    Convention

    Raises
    ------
    ValueError
        If there is none of that name; the message has the nearest.

    Examples
    --------
    >>> find("torchinfo").biases
    1
    """
    if isinstance(name, Convention):
        return name
    if name not in BY_NAME:
        raise ValueError(
            f"there is no convention {name!r}; there are {', '.join(BY_NAME)}"
            f"{nearest(name, BY_NAME)}"
        )
    return BY_NAME[name]
