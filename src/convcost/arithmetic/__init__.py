"""Closed forms: what one layer costs, with pencil and paper.

Over 400 lines: all closed forms stand together, each with its docstring and its source.

Every function takes plain integers and returns a plain integer, for one image.
One MAC is one multiply-add; a bias is a parameter, but adds no MAC.

The formulas use only ``+``, ``-``, ``*``, ``//`` and comparisons, and ask no question of a value,
so that a figure can call them with symbols in place of numbers and let the page compute the same
formula. Real integers are checked before they are used; symbols are taken as they come.
"""

from collections.abc import Iterable, Sequence
from numbers import Number
from typing import Any

__all__ = [
    "batch_norm_buffers",
    "batch_norm_params",
    "conv_macs",
    "conv_output_size",
    "conv_params",
    "linear_macs",
    "linear_params",
    "pool_output_size",
    "receptive_field",
]


def conv_output_size(
    in_size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1
) -> int:
    """Height (or width) of a convolution's output.

    Parameters
    ----------
    in_size, kernel, stride, dilation : int
        Height (or width) of the input and of the kernel, and its steps, in pixels; at least 1.
    padding : int
        Pixels added on each of the two sides; at least 0.

    Returns
    -------
    int
        ``floor((in_size + 2 padding - dilation (kernel - 1) - 1) / stride) + 1``

    Raises
    ------
    TypeError
        If a value is not an integer.
    ValueError
        If a value is out of range, or the kernel does not fit into the padded input.

    Notes
    -----
    Dumoulin and Visin, "A guide to convolution arithmetic for deep learning" (2016),
    relationships 6 and 15.

    Examples
    --------
    >>> conv_output_size(224, kernel=7, stride=2, padding=3)
    112
    """
    _check(1, in_size=in_size, kernel=kernel, stride=stride, dilation=dilation)
    _check(0, padding=padding)
    span = dilation * (kernel - 1) + 1
    padded = in_size + 2 * padding
    out_size = windows(padded, span, stride)
    _check_fits(out_size, span, padded)
    return out_size


def pool_output_size(
    in_size: int,
    kernel: int,
    stride: int | None = None,
    padding: int = 0,
    dilation: int = 1,
    ceil_mode: bool = False,
) -> int:
    """Height (or width) of a pooling layer's output.

    Parameters
    ----------
    in_size, kernel, dilation : int
        Height (or width) of the input and of the window, and the step inside it; at least 1.
    stride : int, optional
        Step from window to window; the kernel itself if not given, as in PyTorch.
    padding : int
        Pixels added on each of the two sides; at most half the window.
    ceil_mode : bool
        Round up instead of down, but drop a last window that would start in the padding.

    Returns
    -------
    int
        The number of windows.

    Raises
    ------
    TypeError
        If a value is not an integer.
    ValueError
        If a value is out of range, or the window does not fit into the padded input.

    Notes
    -----
    PyTorch's documentation of ``torch.nn.MaxPool2d``: "Shape", and the note on ``ceil_mode``.

    Examples
    --------
    >>> pool_output_size(112, kernel=3, stride=2, padding=1)
    56
    >>> pool_output_size(112, kernel=3, stride=2, ceil_mode=True)
    56
    """
    if stride is None:
        stride = kernel
    _check(1, in_size=in_size, kernel=kernel, stride=stride, dilation=dilation)
    _check(0, padding=padding)
    if _are_ints(padding, kernel) and 2 * padding > kernel:
        raise ValueError(
            f"padding={padding} is more than half the window kernel={kernel}, so a window could "
            f"lie in the padding alone; give at most {kernel // 2}"
        )
    span = dilation * (kernel - 1) + 1
    padded = in_size + 2 * padding
    out_size = windows(padded + ceil_mode * (stride - 1), span, stride)
    starts_in_padding = (out_size - 1) * stride >= in_size + padding
    out_size = out_size - ceil_mode * starts_in_padding
    _check_fits(out_size, span, padded)
    return out_size


def conv_params(
    in_channels: int,
    out_channels: int,
    kernel: int | tuple[int, int],
    groups: int = 1,
    bias: bool = True,
) -> int:
    """Parameters of a 2-D convolution: one filter for each output channel, and its bias.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output.
    kernel : int or tuple of int
        One side of a square kernel, or (height, width).
    groups : int
        Groups that the channels are split into; divides both channel counts.
    bias : bool
        Whether each output channel has a bias.

    Returns
    -------
    int
        ``out_channels (in_channels / groups * height * width + bias)``

    Raises
    ------
    TypeError
        If a value is not an integer.
    ValueError
        If a value is below 1, or the groups do not divide the channels.

    Examples
    --------
    >>> conv_params(3, 64, kernel=3)
    1792
    """
    height, width = _height_width(kernel)
    _check_channels(in_channels, out_channels, groups)
    return out_channels * (in_channels // groups * height * width + bias)


def conv_macs(
    in_channels: int,
    out_channels: int,
    kernel: int | tuple[int, int],
    out_height: int,
    out_width: int,
    groups: int = 1,
) -> int:
    """Multiply-adds of a 2-D convolution on one image: every weight once for each output pixel.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the input and of the output.
    kernel : int or tuple of int
        One side of a square kernel, or (height, width).
    out_height, out_width : int
        Size of the *output*, in pixels: see `conv_output_size`.
    groups : int
        Groups that the channels are split into; divides both channel counts.

    Returns
    -------
    int
        ``out_height * out_width * out_channels * in_channels / groups * height * width``

    Raises
    ------
    TypeError
        If a value is not an integer.
    ValueError
        If a value is below 1, or the groups do not divide the channels.

    Examples
    --------
    >>> conv_macs(3, 64, kernel=3, out_height=224, out_width=224)
    86704128
    """
    _check(1, out_height=out_height, out_width=out_width)
    weights = conv_params(in_channels, out_channels, kernel, groups, bias=False)
    return weights * out_height * out_width


def linear_params(in_features: int, out_features: int, bias: bool = True) -> int:
    """Parameters of a fully connected layer.

    Parameters
    ----------
    in_features, out_features : int
        Numbers that go in and come out.
    bias : bool
        Whether each output has a bias.

    Returns
    -------
    int
        ``out_features (in_features + bias)``

    Raises
    ------
    TypeError
        If a value is not an integer.
    ValueError
        If a value is below 1.

    Examples
    --------
    >>> linear_params(512 * 7 * 7, 4096)  # three quarters of VGG-16
    102764544
    """
    _check(1, in_features=in_features, out_features=out_features)
    return out_features * (in_features + bias)


def linear_macs(in_features: int, out_features: int) -> int:
    """Multiply-adds of a fully connected layer on one vector: every weight once.

    Parameters
    ----------
    in_features, out_features : int
        Numbers that go in and come out.

    Returns
    -------
    int
        ``in_features * out_features``

    Raises
    ------
    TypeError
        If a value is not an integer.
    ValueError
        If a value is below 1.

    Examples
    --------
    >>> linear_macs(2048, 1000)
    2048000
    """
    return linear_params(in_features, out_features, bias=False)


def batch_norm_params(channels: int) -> int:
    """Parameters of a batch norm: a learned scale and shift for each channel.

    Parameters
    ----------
    channels : int
        Channels that are normalized.

    Returns
    -------
    int
        ``2 channels``

    Raises
    ------
    TypeError
        If `channels` is not an integer.
    ValueError
        If `channels` is below 1.

    Notes
    -----
    Ioffe and Szegedy, "Batch Normalization" (2015), algorithm 1: gamma and beta.
    """
    _check(1, channels=channels)
    return 2 * channels


def batch_norm_buffers(channels: int) -> int:
    """Statistics a batch norm keeps but does not learn: a running mean and variance per channel.

    Parameters
    ----------
    channels : int
        Channels that are normalized.

    Returns
    -------
    int
        ``2 channels``; they are no parameters, though Keras prints them among its total.

    Raises
    ------
    TypeError
        If `channels` is not an integer.
    ValueError
        If `channels` is below 1.

    Notes
    -----
    Ioffe and Szegedy, "Batch Normalization" (2015), section 3.1.
    """
    _check(1, channels=channels)
    return 2 * channels


def receptive_field(layers: Sequence[tuple[int, int] | tuple[int, int, int]]) -> int:
    """Side of the square of input pixels that one output pixel of a stack of layers can see.

    Parameters
    ----------
    layers : sequence of tuple
        ``(kernel, stride)`` or ``(kernel, stride, dilation)`` of each convolution or pooling, from
        the input on.

    Returns
    -------
    int
        ``1 +`` the sum over layers of ``dilation (kernel - 1)`` times the strides before it.

    Raises
    ------
    TypeError
        If a value is not an integer.
    ValueError
        If a value is below 1, or a layer is not a pair or a triple.

    Notes
    -----
    Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks",
    Distill (2019), equation 2.

    Examples
    --------
    >>> receptive_field([(3, 1), (3, 1), (3, 1)])  # as one 7x7
    7
    """
    field = 1
    step = 1  # input pixels between neighbors in the present layer
    for layer in layers:
        if len(layer) not in (2, 3):
            raise ValueError(
                f"got the layer {layer!r}; expected (kernel, stride) or (kernel, stride, dilation)"
            )
        kernel, stride, dilation = (*layer, 1)[:3]
        _check(1, kernel=kernel, stride=stride, dilation=dilation)
        field, step = widened(field, step, dilation * (kernel - 1) + 1, stride)
    return field


def windows(padded: int, span: int, stride: int) -> int:
    """Count the places of a window on a padded side; below 1 where it does not fit."""
    return (padded - span) // stride + 1


def widened(field: int, step: int, span: int, stride: int, times: int = 1) -> tuple[int, int]:
    """Return the receptive field, and the step between neighbors, after one more layer.

    A layer may come several `times` if its stride is 1, or not at all.
    """
    return field + times * (span - 1) * step, step * (1 + times * (stride - 1))


def _are_ints(*values: object) -> bool:
    return all(isinstance(value, int) for value in values)


def _check(minimum: int, **values: object) -> None:
    """Refuse numbers below the minimum and what is no integer; let symbols pass."""
    for name, value in values.items():
        if isinstance(value, int):
            if value < minimum:
                raise ValueError(f"got {name}={value}; give an integer of at least {minimum}")
        # A figure's symbol is no Number but can be divided; numpy's integers can do both.
        elif not hasattr(value, "__floordiv__") or (
            isinstance(value, Number) and not hasattr(value, "__index__")
        ):
            raise TypeError(
                f"got {name}={value!r} of type {type(value).__name__}; give an integer of at "
                f"least {minimum}"
            )


def largest(numbers: Iterable[Any]) -> Any:
    """Return the largest of some numbers, or 0; a figure's symbols write that down for the page."""
    given = [*numbers]
    symbols = [number for number in given if hasattr(number, "maximum")]
    return symbols[0].maximum(*given) if symbols else max(given, default=0)


def _check_fits(out_size: int, span: int, padded: int) -> None:
    if _are_ints(out_size, span, padded) and out_size < 1:
        raise ValueError(
            f"the kernel spans {span} pixels, the padded input only {padded}; give a larger input, "
            "a smaller kernel or dilation, or more padding"
        )


def _check_channels(in_channels: int, out_channels: int, groups: int) -> None:
    _check(1, in_channels=in_channels, out_channels=out_channels, groups=groups)
    for name, channels in (("in_channels", in_channels), ("out_channels", out_channels)):
        if _are_ints(channels, groups) and channels % groups:
            raise ValueError(
                f"{name}={channels} can't be split into groups={groups}; give a number of groups "
                "that divides both channel counts"
            )


def _height_width(kernel: int | tuple[int, int]) -> tuple[int, int]:
    if not isinstance(kernel, tuple):
        kernel = (kernel, kernel)
    if len(kernel) != 2:
        raise ValueError(f"got kernel={kernel}; give one side, or (height, width)")
    height, width = kernel
    _check(1, kernel_height=height, kernel_width=width)
    return height, width
