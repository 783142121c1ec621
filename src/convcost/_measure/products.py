"""Which operators are products of two tensors, and how many multiply-adds each of them does.

A product sums up what it multiplies: convolutions, matrix products and what is made of them. Free
are steps that work element by element, look up, sort, pool, normalize or interpolate. What is
neither, such as a Fourier transform, a matrix's inverse or an operator that somebody registered,
is not counted, and said to be.
"""

import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from torch import Tensor

# In the names of torch's operators that multiply and sum, but for interpolations ("upsample").
_MULTIPLIES = re.compile(
    r"^aten::(?!_?upsample|.*(check|reorder|flatten|_pack|freq|fused_(gru|lstm)_cell$))"
    r".*(mm(_|$)|matmul|affine_grid|conv(?!ert)|linear|attention|encoder_layer|lstm|gru|rnn|fft|[cp]dist|"
    r"euclidean|linalg_(?!cross|vector_norm|_powsum)|solve|cholesky|geqrf|ormqr)"
)
_FREE_OF_OTHERS = re.compile(r"prims?::|profiler::|torchvision::_?(nms|(ps_)?roi_(align|pool))")


class Product(NamedTuple):
    """What an operator multiplied.

    `kind` is empty for a matrix product: it is a linear layer or attention, as its factors are.
    """

    macs: int
    factors: tuple[Tensor, Tensor]
    bias: bool = False
    kind: str = ""
    kernel: tuple[int, ...] = ()
    groups: int = 1


Rule = Callable[[tuple[Any, ...], Any], Product]


def rule_of(name: str) -> Rule | None:
    """Return what counts an operator such as "aten::mm", or None if it is no known product."""
    return _RULES.get(name)


def is_uncounted(name: str) -> bool:
    """Say whether an operator without a rule may multiply: a known one, or none of torch's."""
    if name.startswith("aten::"):
        return bool(_MULTIPLIES.match(name))
    return not _FREE_OF_OTHERS.match(name)


def _convolution(args: tuple[Any, ...], out: Tensor) -> Product:
    image, weight, bias, transposed, groups = (args[i] for i in (0, 1, 2, 6, 8))
    # Every weight meets every pixel of the output once; transposed, of the input.
    pixels = math.prod((image if transposed else out).shape[2:])
    macs = image.shape[0] * pixels * weight.numel()
    kind = "transposed_conv" if transposed else "conv"
    kernel = tuple(weight.shape[2:])
    return Product(macs, (image, weight), bias is not None, kind, kernel, groups)


def _time_first(args: tuple[Any, ...], out: Tensor) -> Product:
    """A convolution of (time, batch, channels) by (width, channels in, channels out)."""
    image, weight = args[:2]
    macs = math.prod(out.shape[:2]) * weight.numel()
    return Product(macs, (image, weight), bias=True, kind="conv", kernel=tuple(weight.shape[:1]))


def _convolution_backward(args: tuple[Any, ...], _: Any) -> Product:
    """The gradient of the image and that of the weight, each as much as the convolution."""
    gradient, image, weight, transposed, wanted = (args[i] for i in (0, 1, 2, 7, 10))
    pixels = math.prod((image if transposed else gradient).shape[2:])
    macs = image.shape[0] * pixels * weight.numel() * sum(wanted[:2])
    return Product(macs, (gradient, weight), kind="conv_backward")


def _matrix(first: int) -> Rule:
    """A matrix product, with the position of its first factor; a bias comes before it."""

    def rule(args: tuple[Any, ...], _: Any) -> Product:
        left, right = args[first], args[first + 1]
        columns = right.shape[-1] if right.dim() > 1 else 1
        return Product(left.numel() * columns, (left, right), first > 0)

    return rule


def _grouped(args: tuple[Any, ...], _: Any) -> Product:
    """Matrix products of one group of rows, or of columns, after the other."""
    left, right = args[:2]
    # If only the first factor is a stack, the groups share out the columns of the second.
    stacked = left.shape[0] if left.dim() > right.dim() else 1
    return Product(left.numel() * right.shape[-1] // stacked, (left, right))


def _bilinear(args: tuple[Any, ...], _: Any) -> Product:
    """Two contractions: of the first input with the weight, then with the second input."""
    tensors, expanded, summed = args[:3], args[3:6], args[6]
    longer = tensors[0].dim() + len(expanded[0])
    shape = [1] * longer
    for tensor, dims in zip(tensors, expanded, strict=True):
        sides = iter(tensor.shape)
        own = [1 if dim in dims else next(sides) for dim in range(longer)]
        shape = [max(pair) for pair in zip(shape, own, strict=True)]
    every = math.prod(shape)
    return Product(every + every // shape[summed[0]], (tensors[0], tensors[1]), kind="bilinear")


def _weighted_bag(args: tuple[Any, ...], _: Any) -> Product:
    """Rows of a table, added up: with factors if there are any."""
    table, places, factors = args[0], args[1], args[6] if len(args) > 6 else None
    macs = 0 if factors is None else places.numel() * table.shape[1]
    return Product(macs, (table, table), kind="embedding_bag")


_RULES: dict[str, Rule] = {
    "aten::convolution": _convolution,
    "aten::_convolution": _convolution,
    "aten::convolution_overrideable": _convolution,
    "aten::convolution_backward": _convolution_backward,
    "aten::conv_tbc": _time_first,
    "aten::_trilinear": _bilinear,
    "aten::_embedding_bag": _weighted_bag,
    "aten::_embedding_bag_forward_only": _weighted_bag,
    **{
        f"aten::{name}": _matrix(0)
        for name in ("mm", "bmm", "mv", "dot", "vdot", "_int_mm", "_scaled_mm", "_scaled_mm_v2")
    },
    **{
        f"aten::{name}{end}": _matrix(1)
        for name in ("addmm", "baddbmm", "addbmm", "addmv", "_addmm_activation")
        for end in ("", "_")
    },
    **{
        f"aten::{name}": _grouped
        for name in ("_grouped_mm", "_scaled_grouped_mm", "_scaled_grouped_mm_v2")
    },
}
