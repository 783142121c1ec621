"""What training must store: closed forms, from the rows of a network's costs.

The rules are those of PyTorch's autograd for networks of convolutions, batch norms, ReLUs in
place, poolings, additions and linear layers; a tensor that several operations need is kept once.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

__all__ = ["OPTIMIZER_VALUES", "kept_for_backward"]

OPTIMIZER_VALUES = {"SGD": 0, "SGD with momentum": 1, "Adam": 2}
"""Optimizer -> numbers that it stores for each parameter, beside the parameter itself."""

INDEX_BYTES = 8
"""A max pooling keeps where each maximum was, as a 64-bit integer."""

STATISTIC_BYTES = 4
"""The mean and deviation that a batch norm keeps are 32-bit floats whatever its input is."""

#: After a convolution or linear layer, these need no copy of its output: a ReLU overwrites it in
#: place, an addition needs neither of its inputs, and at the end (None) nothing follows.
_NEED_NO_COPY = {"relu", "add", None}


def kept_for_backward(
    layers: Iterable[Any], *, batch: int = 1, value_bytes: int = 4
) -> dict[str, int]:
    """Bytes that a forward pass in training keeps for the backward pass, weights left out.

    Parameters
    ----------
    layers : iterable of LayerCost, or of rows of a frame
        The executed operations in order, for one image: ``kind``, ``input_shape`` and
        ``output_shape``, as in :class:`convcost.LayerCost`.
    batch : int
        Images in a batch.
    value_bytes : int
        Bytes of one value: 4 for 32-bit floats, 2 for 16-bit ones.

    Returns
    -------
    dict of str to int
        What is kept -> bytes.

    Raises
    ------
    ValueError
        If an operation is met whose rule is not among those below.

    Notes
    -----
    The rules, each tensor counted once:

    - the first convolution keeps the image;
    - a batch norm keeps its input, and a mean and a deviation for each channel, which do not grow
      with the batch and are 32-bit floats always;
    - a ReLU in place keeps its output, which has overwritten its input;
    - a max pooling keeps an index for each value of its output, and the layer after it keeps that
      output;
    - a linear layer keeps its input, here the output of an average pooling;
    - an addition keeps nothing.

    Dropout is not among the rows, since costs are measured in evaluation mode.
    """
    rows = list(layers)
    if not rows or rows[0].kind != "conv":
        raise ValueError("expected the rows of a network that begins with a convolution")
    kept = {
        "image": _values(rows[0].input_shape) * batch * value_bytes,
        "outputs of convolutions, for batch norm": 0,
        "statistics of batch norm": 0,
        "outputs of ReLUs": 0,
        "outputs of poolings": 0,
        "indices of max poolings": 0,
    }
    for row, following in pairwise([*rows, None]):
        values = _values(row.output_shape) * batch
        after = following.kind if following else None
        if row.kind in ("conv", "linear") and after == "batch_norm":
            kept["outputs of convolutions, for batch norm"] += values * value_bytes
        elif row.kind == "batch_norm":
            kept["statistics of batch norm"] += 2 * row.output_shape[1] * STATISTIC_BYTES
        elif row.kind == "relu":
            kept["outputs of ReLUs"] += values * value_bytes
        elif row.kind in ("max_pool", "adaptive_avg_pool"):
            kept["outputs of poolings"] += values * value_bytes
            if row.kind == "max_pool":
                kept["indices of max poolings"] += values * INDEX_BYTES
        elif row.kind != "add" and not (row.kind in ("conv", "linear") and after in _NEED_NO_COPY):
            raise ValueError(
                f"got the operation {row.kind!r}, followed by {after!r}, for which there is no "
                "rule; count what it keeps with torch.autograd.graph.saved_tensors_hooks"
            )
    return kept


def _values(shape: tuple[int, ...]) -> int:
    return math.prod(shape)
