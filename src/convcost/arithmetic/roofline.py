"""How long a layer takes, with pencil and paper: its work, its traffic, and a machine's two rates.

The roofline of Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model
for Multicore Architectures" (2009), read as time: a layer takes as long as the slower of two
things that run at once, computing and moving bytes, and a little more to be started.

As in all of `convcost.arithmetic`, the formulas ask no question of a value, so that a figure can
call them with symbols and let the page compute the same.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

__all__ = [
    "Machine",
    "Work",
    "attainable",
    "bytes_moved",
    "flops_per_byte",
    "layer_seconds",
    "network_seconds",
    "ridge",
    "winograd_saving",
    "work_of",
]


class Machine(NamedTuple):
    """What a machine is capable of, as numbers that a roofline needs.

    `macs_per_second` is its rate at dense products: convolutions and linear layers.
    `grouped_macs_per_second` is that at grouped and depthwise convolutions, which use an input
    value less often and so keep fewer of its units busy; on a data sheet both are the same.
    `bytes_per_second` is what it moves to and from memory. `compares_per_second` is the rate of
    pooling, one for each value in a window. `launch_seconds` passes for each operation, whatever
    its size.
    """

    macs_per_second: float
    grouped_macs_per_second: float
    bytes_per_second: float
    compares_per_second: float
    launch_seconds: float


class Work(NamedTuple):
    """What one executed operation asks of a machine.

    `dense_macs` and `grouped_macs` are its multiply-adds, of which it has one or the other;
    `bytes` is what it reads and writes; `compares` are the values in all windows of a pooling.
    """

    dense_macs: int
    grouped_macs: int
    bytes: int
    compares: int


def bytes_moved(
    kind: str, in_elements: int, out_elements: int, params: int = 0, value_bytes: int = 4
) -> int:
    """Bytes that an operation reads and writes if each number travels once.

    Parameters
    ----------
    kind : str
        As in `convcost.LayerCost`: an "add" and a "mul" read a map of the output's size and
        another tensor, a "concat" what it writes, a "batch_norm" two statistics beside its two
        parameters of a channel; anything else reads its input and its parameters.
    in_elements, out_elements : int
        Elements of the input and of the output, of the whole batch.
    params : int
        Parameters that it reads, once for the whole batch.
    value_bytes : int
        Bytes of one number.

    Returns
    -------
    int
        ``value_bytes * (read + written)``

    Examples
    --------
    >>> bytes_moved("relu", 1000, 1000)
    8000
    >>> bytes_moved("add", 1000, 1000)
    12000
    """
    if kind in ("add", "mul"):
        read = out_elements + (params or min(in_elements, out_elements))
    elif kind == "concat":
        read = out_elements
    elif kind == "batch_norm":
        read = in_elements + 2 * params
    else:
        read = in_elements + params
    return value_bytes * (read + out_elements)


def flops_per_byte(macs: int, moved_bytes: int) -> float:
    """Operations for each byte moved, two for each multiply-add: the arithmetic intensity.

    Parameters
    ----------
    macs, moved_bytes : int
        Of a layer or of a network.

    Returns
    -------
    float
        ``2 * macs / moved_bytes``

    Examples
    --------
    >>> flops_per_byte(600, 300)
    4.0
    """
    return 2 * macs / moved_bytes


def ridge(macs_per_second: float, bytes_per_second: float) -> float:
    """FLOPs per byte above which a machine waits for its arithmetic, and below for its memory.

    Parameters
    ----------
    macs_per_second, bytes_per_second : float
        The machine's two rates.

    Returns
    -------
    float
        ``2 * macs_per_second / bytes_per_second``

    Examples
    --------
    >>> ridge(40e9, 20e9)
    4.0
    """
    return 2 * macs_per_second / bytes_per_second


def attainable(intensity: float, macs_per_second: float, bytes_per_second: float) -> float:
    """The roof: the most FLOPs a second that an intensity allows.

    Parameters
    ----------
    intensity : float
        FLOPs per byte; see `flops_per_byte`.
    macs_per_second, bytes_per_second : float
        The machine's two rates.

    Returns
    -------
    float
        The smaller of ``2 * macs_per_second`` and ``intensity * bytes_per_second``.

    Examples
    --------
    >>> attainable(1.0, 40e9, 20e9), attainable(100.0, 40e9, 20e9)
    (20000000000.0, 80000000000.0)
    """
    slope, flat = intensity * bytes_per_second, 2 * macs_per_second
    return flat + (slope - flat) * (slope < flat)


def layer_seconds(work: Any, machine: Any) -> float:
    """Seconds that one operation takes.

    Parameters
    ----------
    work : Work
        What it asks.
    machine : Machine
        What is asked.

    Returns
    -------
    float
        ``max(computing, moving) + launch_seconds``, where computing is the sum of each kind of
        work over its rate.

    Examples
    --------
    >>> machine = Machine(40e9, 8e9, 20e9, 1e9, 1e-5)
    >>> layer_seconds(Work(40_000_000, 0, 1_000_000, 0), machine)  # it computes for 1 ms
    0.00101
    """
    computing = (
        work.dense_macs / machine.macs_per_second
        + work.grouped_macs / machine.grouped_macs_per_second
        + work.compares / machine.compares_per_second
    )
    moving = work.bytes / machine.bytes_per_second
    # max() asks which is larger now; a symbol's comparison is 0 or 1 in the page.
    return computing + (moving - computing) * (moving > computing) + machine.launch_seconds  # type: ignore[no-any-return]


def network_seconds(works: Iterable[Work], machine: Machine) -> float:
    """Seconds that operations take one after the other.

    Parameters
    ----------
    works : iterable of Work
        Of all operations; see `work_of`.
    machine : Machine
        What runs them.

    Returns
    -------
    float
        The sum of `layer_seconds`.
    """
    return sum(layer_seconds(work, machine) for work in works)


def work_of(layer: Any, value_bytes: int = 4) -> Work:
    """Return the work of a row of a network's costs.

    Parameters
    ----------
    layer : LayerCost
        A row of ``convcost.measure(...).layers``, of any batch.
    value_bytes : int
        Bytes of one number.

    Returns
    -------
    Work
    """
    in_elements, out_elements = _product(layer.input_shape), _product(layer.output_shape)
    return Work(
        dense_macs=layer.macs if layer.groups == 1 else 0,
        grouped_macs=layer.macs if layer.groups > 1 else 0,
        bytes=bytes_moved(layer.kind, in_elements, out_elements, layer.params_read, value_bytes),
        compares=out_elements * _product(layer.kernel) if layer.kind.endswith("pool") else 0,
    )


def winograd_saving(outputs: int = 2, kernel: int = 3) -> float:
    """How many times fewer multiplications Winograd's algorithm F(m × m, r × r) takes.

    Parameters
    ----------
    outputs : int
        Side m of the tile of outputs that is computed at once.
    kernel : int
        Side r of the kernel.

    Returns
    -------
    float
        ``(m r)² / (m + r - 1)²``: that many multiplications of a tile, against one for each value
        of the transformed tile.

    Notes
    -----
    Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks" (2016), section 4.1. The
    additions that transform inputs, weights and outputs are not in it.

    Examples
    --------
    >>> winograd_saving()
    2.25
    """
    return (outputs * kernel) ** 2 / (outputs + kernel - 1) ** 2


def _product(sizes: Iterable[int]) -> int:
    product = 1
    for size in sizes:
        product *= size
    return product
