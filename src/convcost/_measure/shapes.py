"""Results of the most frequent operators on the meta device, from the shapes of their inputs.

torch works most of them out in Python, by way of other operators, and takes 10 to 100 times as
long. Where a function here is not sure of torch's answer, it returns None and torch is asked: for
integers, tensors that do not lie in one piece, or whatever torch would refuse.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

aten = torch.ops.aten

# The statistics of half-precision numbers are kept in another type.
_FULL = (torch.float32, torch.float64)

Result = Tensor | tuple[Tensor, ...] | None


def result(func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Return what an operator returns on the meta device, or None if torch has to say."""
    rule = _RULES.get(func)
    if rule is None or (kwargs and func is not aten.clone.default):
        return None
    return rule(*args, **kwargs)


def _is_plain(tensor: Any) -> bool:
    """Say whether a tensor holds floating-point numbers on the meta device, row by row."""
    return (
        isinstance(tensor, Tensor)
        and tensor.is_meta
        and tensor.is_contiguous()
        and tensor.is_floating_point()
    )


def _empty(like: Tensor, shape: Iterable[int]) -> Tensor:
    """Make a tensor of another's type; its own `new_empty` takes three times as long."""
    return torch.empty(tuple(shape), dtype=like.dtype, device="meta")


def _like(tensor: Tensor) -> Tensor:
    return _empty(tensor, tensor.shape) if tensor.is_contiguous() else torch.empty_like(tensor)


def _like_first(image: Tensor, *_: Any) -> Result:
    return _like(image) if _is_plain(image) else None


def _first_itself(image: Tensor, *_: Any) -> Result:
    return image if _is_plain(image) else None


def _clone(image: Tensor, memory_format: Any = torch.preserve_format) -> Result:
    kept = memory_format in (None, torch.preserve_format) and _is_plain(image)
    contiguous = memory_format is torch.contiguous_format and image.is_meta
    return _empty(image, image.shape) if kept or contiguous else None


def _like_both(left: Tensor, right: Any) -> Result:
    """An element from each two, those of a length of 1 used again and again."""
    if not _is_plain(left):
        return None
    if isinstance(right, (int, float)):
        return _like(left)
    if not _is_plain(right) or left.dtype != right.dtype:
        return None
    first, second = left.shape, right.shape
    if first == second:
        return _like(left)
    longer = max(len(first), len(second))
    pairs = list(
        zip(
            (1,) * (longer - len(first)) + first,
            (1,) * (longer - len(second)) + second,
            strict=True,
        )
    )
    if any(one != other and 1 not in (one, other) for one, other in pairs):
        return None
    return _empty(left, [other if one == 1 else one for one, other in pairs])


def _into_left(left: Tensor, right: Any) -> Result:
    if isinstance(right, (int, float)):
        return _first_itself(left)
    same = isinstance(right, Tensor) and right.is_meta and left.shape == right.shape
    return left if same and _is_plain(left) and left.dtype == right.dtype else None


def _convolution(image: Tensor, weight: Tensor, _bias: Tensor | None, *settings: Any) -> Result:
    stride, padding, dilation, transposed, _output_padding, groups = settings
    channels, out_channels, kernel = weight.shape[1] * groups, weight.shape[0], weight.shape[2:]
    if transposed or not image.is_meta or image.shape[1] != channels:
        return None
    if not len(stride) == len(padding) == len(dilation) == len(kernel) == image.dim() - 2:
        return None
    sides = [
        (side + 2 * pad - spread * (width - 1) - 1) // step + 1
        for side, pad, spread, width, step in zip(
            image.shape[2:], padding, dilation, kernel, stride, strict=True
        )
    ]
    if min(sides) < 1:
        return None
    return _empty(image, (image.shape[0], out_channels, *sides))


def _batch_norm(image: Tensor, *others: Any) -> Result:
    *_, training, _momentum, _epsilon = others
    if training or not image.is_meta or image.dtype not in _FULL:
        return None
    return _like(image), _empty(image, image.shape[1:2]), _empty(image, image.shape[1:2])


def _channels_first(image: Tensor) -> Tensor:
    """Return a map that was turned around, so that its channels come last, as it was before."""
    turned = image.dim() == 4 and not image.is_contiguous()
    return image.permute(0, 3, 1, 2) if turned else image


def _layer_norm(image: Tensor, shape: list[int], weight: Any, bias: Any, _epsilon: float) -> Result:
    if image.dtype not in _FULL:
        return None
    first = image.dim() - len(shape)
    fits = all(one is None or list(one.shape) == shape for one in (weight, bias))
    if not fits or list(image.shape[first:]) != shape or not _is_plain(_channels_first(image)):
        return None
    statistics = (*image.shape[:first], *[1] * len(shape))
    return _like(image), _empty(image, statistics), _empty(image, statistics)


def _add_product(bias: Tensor, left: Tensor, right: Tensor) -> Result:
    rows, columns = left.shape[0], right.shape[-1]
    fits = left.shape[1:] == right.shape[:1] and bias.shape == (columns,)
    if not fits or not _is_plain(left) or not left.dtype == right.dtype == bias.dtype:
        return None
    return _empty(left, (rows, columns))


def _mean(image: Tensor, dims: list[int] | None, keepdim: bool = False) -> Result:
    if not dims or not _is_plain(image):
        return None
    gone = {dim % image.dim() for dim in dims}
    shape = [1 if d in gone else n for d, n in enumerate(image.shape) if keepdim or d not in gone]
    return _empty(image, shape)


def _concat(tensors: list[Tensor], dim: int = 0) -> Result:
    if not all(map(_is_plain, tensors)) or len({tensor.dtype for tensor in tensors}) > 1:
        return None
    dim %= tensors[0].dim()
    around = {(tensor.shape[:dim], tensor.shape[dim + 1 :]) for tensor in tensors}
    if len(around) > 1:
        return None
    ((before, after),) = around
    return _empty(tensors[0], (*before, sum(tensor.shape[dim] for tensor in tensors), *after))


_RULES: dict[Any, Callable[..., Result]] = {
    aten.convolution.default: _convolution,
    aten.native_batch_norm.default: _batch_norm,
    aten.native_layer_norm.default: _layer_norm,
    aten.addmm.default: _add_product,
    aten.mean.dim: _mean,
    aten.cat.default: _concat,
    aten.clone.default: _clone,
    **dict.fromkeys(
        (
            aten.add.Tensor, aten.div.Tensor, aten.mul.Scalar, aten.mul.Tensor, aten.sub.Tensor,
        ),
        _like_both,
    ),
    **dict.fromkeys((aten.add_.Tensor, aten.mul_.Tensor), _into_left),
    **dict.fromkeys(
        (
            aten.clamp.default, aten.clamp_min.default, aten.elu.default, aten.gelu.default,
            aten.hardsigmoid.default, aten.hardswish.default, aten.hardtanh.default,
            aten.leaky_relu.default, aten.relu.default, aten.roll.default, aten.sigmoid.default,
            aten.silu.default, aten.tanh.default, aten._softmax.default, aten._safe_softmax.default,
        ),
        _like_first,
    ),
    **dict.fromkeys(
        (
            aten.hardsigmoid_.default, aten.hardswish_.default, aten.hardtanh_.default,
            aten.leaky_relu_.default, aten.relu_.default, aten.sigmoid_.default,
            aten.silu_.default,
        ),
        _first_itself,
    ),
}  # fmt: skip
