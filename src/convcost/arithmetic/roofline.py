"""How long a layer takes, with pencil and paper: its work, its traffic, and a machine's two rates.

The roofline of Williams, Waterman and Patterson, "Roofline: An Insightful Visual Performance Model
for Multicore Architectures" (2009), read as time: a layer takes as long as the slower of two
things that run at once, computing and moving bytes, and a little more to be started.

As in all of `convcost.arithmetic`, the formulas ask no question of a value, so that a figure can
call them with symbols and let the page compute the same.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Any, NamedTuple

from convcost.arithmetic import largest

__all__ = [
    "Machine",
    "Work",
    "attainable",
    "bytes_moved",
    "flops_per_byte",
    "group_of",
    "layer_seconds",
    "map_elements",
    "network_seconds",
    "ridge",
    "winograd_saving",
    "work_of",
    "works_of",
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
    """What one executed operation asks of a machine, for one image.

    `dense_macs` and `grouped_macs` are its multiply-adds, of which it has one or the other;
    `map_bytes` is what it reads and writes for each image; `weight_bytes` the parameters and
    statistics that it reads once, however many images are in the batch; `compares` are the values
    in all windows of a pooling.
    """

    dense_macs: int
    grouped_macs: int
    map_bytes: int
    weight_bytes: int
    compares: int


def map_elements(kind: str, in_elements: int, out_elements: int, params: int = 0) -> int:
    """Numbers of maps that an operation reads and writes if each travels once.

    Parameters
    ----------
    kind : str
        As in `convcost.LayerCost`. An "add" and a "mul" read a map of the output's size and, if
        they read no parameters, one as large as the input; a "concat" reads what it writes.
    in_elements, out_elements : int
        Elements of the input and of the output.
    params : int
        Parameters that it reads.

    Returns
    -------
    int
        What is read, and what is written.

    Examples
    --------
    >>> map_elements("relu", 1000, 1000), map_elements("add", 1000, 1000)
    (2000, 3000)
    """
    if kind in ("add", "mul"):
        read = out_elements + (0 if params else min(in_elements, out_elements))
    elif kind == "concat":
        read = out_elements
    else:
        read = in_elements
    return read + out_elements


def bytes_moved(work: Any, batch: int = 1) -> int:
    """Bytes that an operation reads and writes: the maps for each image, the weights once.

    Parameters
    ----------
    work : Work
        Of one image.
    batch : int
        Images that go in at once.

    Returns
    -------
    int
        ``batch * map_bytes + weight_bytes``

    Examples
    --------
    >>> bytes_moved(Work(0, 0, 8000, 400, 0), batch=10)
    80400
    """
    return batch * work.map_bytes + work.weight_bytes  # type: ignore[no-any-return]


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


def layer_seconds(work: Any, machine: Any, batch: int = 1) -> float:
    """Seconds that one operation takes.

    Parameters
    ----------
    work : Work
        What it asks, of one image.
    machine : Machine
        What is asked.
    batch : int
        Images that go in at once.

    Returns
    -------
    float
        ``max(computing, moving) + launch_seconds``, where computing is the sum of each kind of
        work over its rate.

    Examples
    --------
    >>> machine = Machine(40e9, 8e9, 20e9, 1e9, 1e-5)
    >>> layer_seconds(Work(40_000_000, 0, 1_000_000, 0, 0), machine)
    0.00101
    """
    computing = batch * (
        work.dense_macs / machine.macs_per_second
        + work.grouped_macs / machine.grouped_macs_per_second
        + work.compares / machine.compares_per_second
    )
    moving = bytes_moved(work, batch) / machine.bytes_per_second
    return largest((computing, moving)) + machine.launch_seconds  # type: ignore[no-any-return]


def network_seconds(works: Iterable[Work], machine: Any, batch: int = 1) -> float:
    """Seconds that operations take one after the other.

    Parameters
    ----------
    works : iterable of Work
        Of all operations, for one image; see `work_of`.
    machine : Machine
        What runs them.
    batch : int
        Images that go in at once.

    Returns
    -------
    float
        The sum of `layer_seconds`, in which equal operations are computed once.
    """
    return sum(
        times * layer_seconds(work, machine, batch) for work, times in Counter(works).items()
    )


def work_of(layer: Any, value_bytes: int = 4) -> Work:
    """Return the work of a row of a network's costs.

    Parameters
    ----------
    layer : LayerCost
        A row of ``convcost.measure(...).layers``, for one image.
    value_bytes : int
        Bytes of one number.

    Returns
    -------
    Work
    """
    in_elements, out_elements = _product(layer.input_shape), _product(layer.output_shape)
    maps = map_elements(layer.kind, in_elements, out_elements, layer.params_read)
    statistics = layer.params_read if layer.kind == "batch_norm" else 0  # a mean and a variance
    return Work(
        dense_macs=layer.macs if layer.groups == 1 else 0,
        grouped_macs=layer.macs if layer.groups > 1 else 0,
        map_bytes=value_bytes * maps,
        weight_bytes=value_bytes * (layer.params_read + statistics),
        compares=out_elements * _product(layer.kernel) if layer.kind.endswith("pool") else 0,
    )


def group_of(works: Iterable[Work]) -> str:
    """Say which kind of work a module does.

    Parameters
    ----------
    works : iterable of Work
        Of its operations.

    Returns
    -------
    str
        "dense products", "grouped products", "pooling", or "passes" that only run over maps.

    Examples
    --------
    >>> group_of([Work(600, 0, 80, 40, 0), Work(0, 0, 80, 0, 0)])
    'dense products'
    """
    asked = [*works]
    if any(work.dense_macs for work in asked):
        return "dense products"
    if any(work.grouped_macs for work in asked):
        return "grouped products"
    return "pooling" if any(work.compares for work in asked) else "passes"


def works_of(layers: Iterable[Any], value_bytes: int = 4) -> list[Work]:
    """Return the work of all rows of a network's costs that run.

    Parameters
    ----------
    layers : iterable of LayerCost
        ``convcost.measure(...).layers``, for one image.
    value_bytes : int
        Bytes of one number.

    Returns
    -------
    list of Work
    """
    return [work_of(layer, value_bytes) for layer in layers if layer.kind != "unused"]


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
