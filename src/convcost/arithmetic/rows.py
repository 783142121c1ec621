"""The rows of a network by closed forms: numbers in, numbers out; symbols in, formulas out.

A `Run` is a row, or several alike: the blocks of a stage after its first are one run, so that a
figure computes with numbers of blocks that it does not know yet. `runs` gives those of a whole
network; `convcost.arithmetic.ledger` asks for one block at a time instead.

Nothing here asks a question of a value. What a setting leaves out has ``times`` 0.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from convcost.arithmetic import (
    batch_norm_buffers,
    batch_norm_params,
    conv_params,
    linear_macs,
    linear_params,
    windows,
)
from convcost.arithmetic.networks import BLOCK_LAYERS, HEAD_MAP, HIDDEN_FEATURES, NetworkSpec

__all__ = ["Kept", "Map", "Run", "runs"]

IMAGE_CHANNELS = 3
_LAYERS = max(map(len, BLOCK_LAYERS.values()))
_INDEX_BYTES = 8


class Kept(NamedTuple):
    """How many numbers of a forward pass training keeps for the backward pass, for one image.

    `values` are maps in the network's number format, `masks` those of dropouts, `indices` those of
    max poolings, of 64 bits, `statistics` those of norms, which do not grow with the batch.
    """

    values: Any = 0
    masks: Any = 0
    indices: Any = 0
    statistics: Any = 0

    def bytes(self, batch: Any = 1, value_bytes: Any = 4) -> Any:
        """Return what that takes on the CPU, as `convcost.memory.kept_for_backward` does."""
        each = (self.values + self.masks) * value_bytes + self.indices * _INDEX_BYTES
        return batch * each + self.statistics * value_bytes


@dataclass(frozen=True, slots=True)
class Map:
    """The map that a layer takes in, of one image.

    Attributes
    ----------
    channels, height, width : int
        Its shape.
    unkept : int
        1 if nothing keeps it for the backward pass so far, 0 if its ReLU does.
    """

    channels: Any
    height: Any
    width: Any
    unkept: Any = 1

    @property
    def shape(self) -> tuple[Any, ...]:
        """Channels, height and width."""
        return self.channels, self.height, self.width

    @property
    def elements(self) -> Any:
        """Number of its values."""
        return self.channels * self.height * self.width


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`times` rows that are alike but for the size of their maps.

    Attributes
    ----------
    kind : str
        As in `convcost.LayerCost`.
    name : str
        Within its block or part, such as "conv1"; "" is the part itself.
    times : int
        How many rows; 0 if the setting leaves it out.
    in_shape, out_shape : tuple of int
        Of the first: (channels, height, width) or (features,).
    reads, writes : int
        Elements of maps that all of them together read and write; an addition reads two maps.
    kernel, stride, padding, bias : int
        Of a convolution or pooling.
    params, buffers, macs, activations : int
        Of all of them together, for one image.
    kept : Kept
        What they are the first to keep, all together.
    live : int
        Elements of maps that are held while the first of them runs, if each map is dropped after
        its last reader; 0 if there is none.
    on_path : bool
        Whether it stands on the path from the image to the scores, not on a shortcut.
    """

    kind: str
    name: str
    times: Any
    in_shape: tuple[Any, ...]
    out_shape: tuple[Any, ...]
    reads: Any
    writes: Any
    kernel: Any = 0
    stride: Any = 1
    padding: Any = 0
    bias: Any = False
    params: Any = 0
    buffers: Any = 0
    macs: Any = 0
    activations: Any = 0
    kept: Kept = field(default_factory=Kept)
    live: Any = 0
    on_path: bool = True

    @property
    def slides(self) -> bool:
        """Whether it is a window that slides on the path from the image to the scores."""
        return self.on_path and self.kind in ("conv", "max_pool")


def runs(spec: NetworkSpec, *, one_by_one: bool = False) -> Iterator[tuple[str, Map, list[Run]]]:
    """Go through a network, from the stem to the head.

    Parameters
    ----------
    spec : NetworkSpec
    one_by_one : bool
        Give each block by itself, where their number is known; else the blocks of a stage after
        its first come together.

    Yields
    ------
    tuple
        Where it is ("stem", "1.0" for the first block of stage 1, "1.pool", "head"), the map that
        goes out, and the runs.
    """
    x = Map(IMAGE_CHANNELS, spec.in_height, spec.in_width)
    x, made = _stem(spec, x)
    yield "stem", x, made
    for stage, (blocks, ones) in enumerate(zip(spec.blocks, spec.pointwise, strict=True), start=1):
        there = blocks > 0
        x, made = _block(spec, x, stage, times=there, first=True)
        yield f"{stage}.0", x, made
        others = blocks - there
        of_vgg = there * (spec.family == "vgg")
        for block, times in enumerate([1] * others if one_by_one else [others], start=1):
            x, made = _block(spec, x, stage, times=times, first=False)
            yield f"{stage}.{block}", x, made
        for times in [1] * (ones * of_vgg) if one_by_one else [ones * of_vgg]:
            x, made = _conv(spec, x, spec.widths[stage - 1], 1, times=times)
            yield f"{stage}.pointwise", x, [*made, _relu(x, times)]
        x, made = _pool(x, kernel=2, stride=2, padding=0, times=of_vgg)
        yield f"{stage}.pool", x, made
    yield "head", *_head(spec, x)


def _stem(spec: NetworkSpec, x: Map) -> tuple[Map, list[Run]]:
    there = spec.stem_kernel > 0
    kernel = spec.stem_kernel + (1 - there)  # of no stem, one that changes nothing
    x, made = _conv(spec, x, spec.widths[0], kernel, spec.stem_stride, times=there, keeps_input=1)
    pools, padding = there * spec.stem_pool, 1 - _unpadded(spec)
    pooled, pool = _pool(x, kernel=3, stride=2, padding=padding, times=pools)
    return pooled, [*made, _relu(x, there), *pool]


def _block(
    spec: NetworkSpec, x: Map, stage: int, *, times: Any, first: bool
) -> tuple[Map, list[Run]]:
    """Return the map behind blocks that are alike, and their runs.

    The first block of a stage (from 1) may change channels and size; `times` is then 0 or 1.
    """
    adds = (spec.family == "basic") + (spec.family == "bottleneck")
    halves = (spec.family != "vgg") * 1 if first and stage > 1 else 0
    late = (spec.family == "bottleneck") * (spec.stride_in == "3x3")
    strides = (1 + halves * (1 - late), 1 + halves * late, 1)
    shrink = 0 if first else 2 * _unpadded(spec)  # from block to block
    start, held = x, adds * x.elements
    made: list[Run] = []
    for place, (here, kernel, factor) in enumerate(_layers(spec.family)):
        if place:
            made.append(_relu(x, times * here, held=held))
        x, layer = _conv(
            spec, x, spec.widths[stage - 1] * factor, kernel, strides[place] if first else 1,
            times=times * here, names=(f"conv{place + 1}", f"bn{place + 1}"), shrink=shrink,
            keeps_input=first and place == 0, held=(held if place else 0, held),
        )  # fmt: skip
        made += layer
    made += _shortcut(spec, start, x, 1 + halves, times=adds * times, first=first)
    made.append(
        Run(
            kind="add", name="", times=adds * times, in_shape=x.shape, out_shape=x.shape,
            reads=2 * adds * times * x.elements, writes=adds * times * x.elements,
            live=3 * adds * (times > 0) * x.elements,
        )
    )  # fmt: skip
    made.append(_relu(x, times, shrink=shrink))
    return x, made


def _shortcut(
    spec: NetworkSpec, start: Map, end: Map, stride: Any, *, times: Any, first: bool
) -> list[Run]:
    """Return what stands on the shortcuts from one map to another: options A, B, C."""
    changes = 1 - (stride == 1) * (start.channels == end.channels) if first else 0
    projects = (spec.shortcut == "C") + (spec.shortcut == "B") * changes
    _, made = _conv(
        spec, start, end.channels, 1, stride, times=times * projects,
        names=("downsample.0", "downsample.1"), held=(end.elements, end.elements), on_path=False,
    )  # fmt: skip
    if first:
        pads = times * (spec.shortcut == "A") * changes
        made.append(
            Run(
                kind="pad", name="downsample", times=pads, on_path=False,
                in_shape=(start.channels, end.height, end.width), out_shape=end.shape,
                reads=pads * start.channels * end.height * end.width, writes=pads * end.elements,
                live=pads * (start.elements + 2 * end.elements),
            )
        )  # fmt: skip
    return made


def _head(spec: NetworkSpec, x: Map) -> tuple[Map, list[Run]]:
    is_fc = (spec.head == "fc") * 1
    side = 1 + is_fc * (HEAD_MAP - 1)
    pooled = Map(x.channels, side, side)
    made = [
        Run(
            kind="adaptive_avg_pool", name="avgpool", times=1, in_shape=x.shape,
            out_shape=pooled.shape, reads=x.elements, writes=pooled.elements,
            kept=Kept(values=is_fc * x.unkept * x.elements), live=x.elements + pooled.elements,
        )
    ]  # fmt: skip
    hidden, classes = HIDDEN_FEATURES, spec.num_classes
    first_out = classes + is_fc * (hidden - classes)
    made += [
        _linear("0", pooled.elements, first_out, times=1, dropped=0),
        _relu_of_vector("1", hidden, times=is_fc),
        _linear("3", hidden, hidden, times=is_fc, dropped=1),
        _relu_of_vector("4", hidden, times=is_fc),
        _linear("6", hidden, classes, times=is_fc, dropped=1),
    ]
    return Map(classes, 1, 1), made


def _conv(
    spec: NetworkSpec,
    x: Map,
    channels: Any,
    kernel: Any,
    stride: Any = 1,
    *,
    times: Any,
    names: tuple[str, str] = ("conv1", "bn1"),
    shrink: Any = 0,
    keeps_input: int = 0,
    held: tuple[Any, Any] = (0, 0),
    on_path: bool = True,
) -> tuple[Map, list[Run]]:
    """Return the map behind convolutions and their batch norms, and both runs.

    Several `times` need stride 1; `shrink` is then what each of them takes off the map. `held` are
    elements of other maps that wait while the convolution and the norm run.
    """
    there = times > 0
    unpadded = _unpadded(spec)
    padded = kernel - 1 - times * unpadded * (kernel - 1)
    y = Map(
        x.channels + there * (channels - x.channels),
        windows(x.height + padded, kernel, 1 + there * (stride - 1)),
        windows(x.width + padded, kernel, 1 + there * (stride - 1)),
        unkept=x.unkept * (1 - there),
    )
    shape, elements = _maps(y, times, shrink)
    weights = conv_params(x.channels, channels, kernel, bias=False)
    first_out = channels * shape[1] * shape[2]
    conv = Run(
        kind="conv", name=names[0], times=times, in_shape=x.shape, out_shape=shape,
        reads=x.channels * _pixels(x, times, -shrink), writes=elements,
        kernel=kernel, stride=stride, padding=(1 - unpadded) * (kernel // 2), bias=spec.bias,
        params=times * conv_params(x.channels, channels, kernel, bias=spec.bias),
        macs=weights * _pixels(y, times, shrink), activations=elements,
        kept=Kept(values=there * x.unkept * x.elements if keeps_input else 0),
        live=there * (x.elements + first_out + held[0]), on_path=on_path,
    )  # fmt: skip
    normed = spec.batch_norm * elements
    norm = Run(
        kind="batch_norm", name=names[1], times=spec.batch_norm * times, in_shape=shape,
        out_shape=shape, reads=normed, writes=normed,
        params=spec.batch_norm * times * batch_norm_params(channels),
        buffers=spec.batch_norm * times * batch_norm_buffers(channels),
        kept=Kept(values=normed, statistics=spec.batch_norm * times * 2 * channels),
        live=spec.batch_norm * there * (2 * first_out + held[1]), on_path=on_path,
    )  # fmt: skip
    return y, [conv, norm]


def _relu(x: Map, times: Any, *, shrink: Any = 0, held: Any = 0) -> Run:
    """Return the ReLUs, in place, whose last one puts out a map."""
    shape, elements = _maps(x, times, shrink)
    return Run(
        kind="relu", name="relu", times=times, in_shape=shape, out_shape=shape, reads=elements,
        writes=elements, kept=Kept(values=elements),
        live=(times > 0) * (x.channels * shape[1] * shape[2] + held),
    )  # fmt: skip


def _pool(x: Map, *, kernel: int, stride: int, padding: Any, times: Any) -> tuple[Map, list[Run]]:
    """Return the map behind a max pooling, of which there is one or none, and its run."""
    span, step = 1 + times * (kernel - 1), 1 + times * (stride - 1)
    y = Map(
        x.channels,
        windows(x.height + 2 * times * padding, span, step),
        windows(x.width + 2 * times * padding, span, step),
        unkept=x.unkept + times * (1 - x.unkept),
    )
    run = Run(
        kind="max_pool", name="maxpool", times=times, in_shape=x.shape, out_shape=y.shape,
        reads=times * x.elements, writes=times * y.elements,
        kernel=kernel, stride=stride, padding=padding,
        kept=Kept(indices=times * y.elements), live=times * (x.elements + y.elements),
    )  # fmt: skip
    return y, [run]


def _linear(name: str, in_features: Any, out_features: Any, *, times: Any, dropped: int) -> Run:
    """Return a linear layer, of which there is one or none, behind a dropout or not."""
    return Run(
        kind="linear", name=name, times=times, in_shape=(in_features,), out_shape=(out_features,),
        reads=times * in_features, writes=times * out_features, bias=True,
        params=times * linear_params(in_features, out_features),
        macs=times * linear_macs(in_features, out_features), activations=times * out_features,
        kept=Kept(values=times * in_features, masks=times * in_features * dropped),
        live=times * (in_features + out_features),
    )  # fmt: skip


def _relu_of_vector(name: str, features: int, *, times: Any) -> Run:
    return Run(
        kind="relu", name=name, times=times, in_shape=(features,), out_shape=(features,),
        reads=times * features, writes=times * features, kept=Kept(values=times * features),
        live=times * features,
    )  # fmt: skip


def _layers(family: Any) -> Iterator[tuple[Any, Any, Any]]:
    """Go through the convolutions of a block: whether each is there, its kernel, its channels.

    What is not there has a kernel of 1 and the channels of the stage.
    """
    for place in range(_LAYERS):
        here: Any = 0
        kernel: Any = 1
        factor: Any = 1
        for name, layers in BLOCK_LAYERS.items():
            if place < len(layers):
                here += family == name
                kernel += (family == name) * (layers[place][0] - 1)
                factor += (family == name) * (layers[place][1] - 1)
        yield here, kernel, factor


def _unpadded(spec: NetworkSpec) -> Any:
    """Return 1 if maps shrink at each convolution for lack of padding, else 0."""
    return (spec.family == "vgg") * (1 - spec.padding)


def _maps(last: Map, times: Any, shrink: Any) -> tuple[tuple[Any, ...], Any]:
    """Return the shape of the first of some maps, the last of which is given, and all elements."""
    more = shrink * (times - 1) if _may_be_more(shrink) else 0
    shape = (last.channels, last.height + more, last.width + more)
    return shape, last.channels * _pixels(last, times, shrink)


def _pixels(x: Map, times: Any, grows: Any) -> Any:
    """Return the pixels of some maps together, each larger in height and width than the last."""
    same = times * x.height * x.width
    if not _may_be_more(grows):
        return same
    linear = times * (times - 1) // 2
    squares = (times - 1) * times * (2 * times - 1) // 6
    return same + grows * (x.height + x.width) * linear + grows * grows * squares


def _may_be_more(number: Any) -> bool:
    """Say whether it is anything but a plain zero; a symbol may be."""
    return not isinstance(number, int) or number != 0
