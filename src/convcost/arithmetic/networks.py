"""Networks as data: the papers' tables, and a record that describes any network of their kind.

The builders of `convcost.architectures` and the closed forms of `convcost.arithmetic.ledger` read
the same tables and the same record, so that a network has one description.

Simonyan & Zisserman 2014, "Very deep convolutional networks for large-scale image recognition",
arXiv 1409.1556, table 1; He, Zhang, Ren & Sun 2015, "Deep residual learning for image recognition",
arXiv 1512.03385, table 1, figures 3 and 5, section 4.2.
"""

from dataclasses import dataclass
from typing import Any

__all__ = [
    "BLOCK_LAYERS", "BOTTLENECK_DEPTHS", "HEAD_MAP", "KERNELS", "STAGE_BLOCKS", "STAGE_WIDTHS",
    "NetworkSpec", "spec_of", "widths_for",
]  # fmt: skip

KERNELS = {
    "a": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "a-lrn": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "b": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "c": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "d": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "e": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
"""VGG: kernel sizes of the convolutions, stage by stage; a pooling layer ends each stage."""

STAGE_WIDTHS = (1, 2, 4, 8, 8)
"""VGG: channels of the five stages, in units of the first stage's width (64 in the paper)."""

STAGE_BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""ResNet: blocks in each of the four stages; each stage is twice as wide as the one before."""

BOTTLENECK_DEPTHS = (50, 101, 152)
"""Depths whose blocks have three layers (figure 5, right); the others' have two."""

BLOCK_LAYERS = {
    "vgg": ((3, 1),),
    "plain": ((3, 1), (3, 1)),
    "basic": ((3, 1), (3, 1)),
    "bottleneck": ((1, 1), (3, 1), (1, 4)),
}
"""Family -> kernel of each convolution of a block, and its channels in units of the stage's."""

SHORTCUTS = ("A", "B", "C")
STRIDE_PLACES = ("1x1", "3x3")

HEADS = ("fc", "gap")
HEAD_MAP = 7
"""Height and width of the map that the three linear layers see: 224 / 2**5."""

HIDDEN_FEATURES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSpec:
    """A VGG-like, plain or residual network, and the size of the image that it is given.

    A figure may give symbols in place of numbers and texts; what is known is checked.

    Attributes
    ----------
    family : {"vgg", "plain", "basic", "bottleneck"}
        "vgg": stages of 3x3 convolutions, each stage followed by a 2x2 max pooling. The others have
        blocks, as in `BLOCK_LAYERS`, and each stage but the first begins with stride 2; "basic" and
        "bottleneck" have shortcuts.
    blocks : tuple of int
        Blocks in each stage, for "vgg" 3x3 convolutions. A stage with none is left out, with its
        pooling or stride; the first stage has at least one.
    widths : tuple of int
        Channels of each stage; a bottleneck block puts out four times as many.
    pointwise : tuple of int
        1x1 convolutions after the blocks of each stage, as in VGG's column C; only for "vgg".
        Empty means none.
    stem_kernel, stem_stride : int
        Of a convolution before the first stage, with ``widths[0]`` channels; no stem with kernel 0.
    stem_pool : bool
        Whether a 3x3 max pooling of stride 2 follows it.
    padding : bool
        Whether convolutions, and the stem's pooling, keep the size by padding. Only "vgg" can do
        without, since a shortcut adds maps of one size.
    shortcut : {"A", "B", "C"}
        As in `convcost.build`; of no effect without shortcuts.
    stride_in : {"1x1", "3x3"}
        Convolution of a bottleneck block that has the stride: as in 2015, or as in torchvision.
    head : {"gap", "fc"}
        Global average pooling and one linear layer, or VGG's three linear layers on the map
        averaged to 7 x 7.
    num_classes : int
        Outputs of the last layer.
    batch_norm, bias : bool
        Whether each convolution is followed by a batch norm, and whether it has biases.
    in_height, in_width : int
        Of the image, which has three channels.

    Examples
    --------
    >>> widths = (64, 128, 256, 512)
    >>> spec = NetworkSpec(family="basic", blocks=(2, 2, 2, 2), widths=widths)
    >>> spec.in_height
    224
    """

    family: Any
    blocks: tuple[Any, ...]
    widths: tuple[Any, ...]
    pointwise: tuple[Any, ...] = ()
    stem_kernel: Any = 0
    stem_stride: Any = 1
    stem_pool: Any = False
    padding: Any = True
    shortcut: Any = "B"
    stride_in: Any = "1x1"
    head: Any = "gap"
    num_classes: Any = 1000
    batch_norm: Any = True
    bias: Any = False
    in_height: Any = 224
    in_width: Any = 224

    def __post_init__(self) -> None:
        if not self.pointwise:
            object.__setattr__(self, "pointwise", (0,) * len(self.blocks))
        _check(self)


def widths_for(family: Any, width: Any, stages: int = 5) -> tuple[Any, ...]:
    """Return the channels of each stage, as the papers' networks have them.

    Parameters
    ----------
    family : {"vgg", "plain", "basic", "bottleneck"}
        VGG's are twice as wide from stage to stage up to eight times, the others' without end.
    width : int
        Channels of the first stage.
    stages : int
        How many; at most five.

    Returns
    -------
    tuple of int

    Examples
    --------
    >>> widths_for("vgg", 64), widths_for("basic", 64, stages=4)
    ((64, 128, 256, 512, 512), (64, 128, 256, 512))
    """
    is_vgg = family == "vgg"
    return tuple(
        width * (2**stage + is_vgg * (of_vgg - 2**stage))
        for stage, of_vgg in enumerate(STAGE_WIDTHS[:stages])
    )


def spec_of(name: str) -> NetworkSpec:
    """Describe a network of the papers.

    Parameters
    ----------
    name : str
        As `convcost.build` takes it: "paper/…", "cifar/resnet-56", "cifar/plain-20".

    Returns
    -------
    NetworkSpec
        With an image of 224 x 224, for CIFAR of 32 x 32.

    Raises
    ------
    ValueError
        If it is none of these, or VGG's column A-LRN: no other network has its normalization.

    Examples
    --------
    >>> spec_of("paper/vgg-c").pointwise
    (0, 0, 1, 1, 1)
    """
    source, _, rest = name.partition("/")
    kind, _, which = rest.partition("-")
    if source == "paper" and kind == "vgg" and which in KERNELS.keys() - {"a-lrn"}:
        kernels = KERNELS[which]
        return NetworkSpec(
            family="vgg",
            blocks=tuple(stage.count(3) for stage in kernels),
            pointwise=tuple(stage.count(1) for stage in kernels),
            widths=widths_for("vgg", 64),
            head="fc", batch_norm=False, bias=True,
        )  # fmt: skip
    depth = int(which) if which.isdecimal() else 0
    if source == "paper" and kind in ("resnet", "plain") and depth in STAGE_BLOCKS:
        family = "bottleneck" if depth in BOTTLENECK_DEPTHS else "basic"
        if kind == "resnet" or family == "basic":
            return NetworkSpec(
                family="plain" if kind == "plain" else family,
                blocks=STAGE_BLOCKS[depth],
                widths=widths_for(family, 64, stages=4),
                stem_kernel=7, stem_stride=2, stem_pool=True,
            )  # fmt: skip
    if source == "cifar" and kind in ("resnet", "plain") and depth >= 8 and depth % 6 == 2:
        return NetworkSpec(
            family="plain" if kind == "plain" else "basic",
            blocks=((depth - 2) // 6,) * 3,
            widths=widths_for("basic", 16, stages=3),
            stem_kernel=3, shortcut="A", num_classes=10, in_height=32, in_width=32,
        )  # fmt: skip
    raise ValueError(
        f"got {name!r}; give a network of VGG's or ResNet's papers, such as 'paper/vgg-d', "
        "'paper/resnet-50', 'paper/plain-34', 'cifar/resnet-56'; A-LRN is left out"
    )


def _check(spec: NetworkSpec) -> None:
    """Refuse what is known to be out of range; let symbols pass."""
    for name, choices in (
        ("family", tuple(BLOCK_LAYERS)), ("shortcut", SHORTCUTS), ("stride_in", STRIDE_PLACES),
        ("head", HEADS),
    ):  # fmt: skip
        value = getattr(spec, name)
        if _is_known(value) and value not in choices:
            expected = " or ".join(map(repr, choices))
            raise ValueError(f"got {name}={value!r}; give {expected}")
    for name in ("blocks", "widths", "pointwise"):
        values = getattr(spec, name)
        if not isinstance(values, tuple) or not values or len(values) != len(spec.blocks):
            raise ValueError(
                f"got {name}={values!r}; give a tuple with a number for each stage, as many as "
                f"blocks={spec.blocks!r} has"
            )
    numbers = [("stem_kernel", 0), ("stem_stride", 1), ("num_classes", 1), ("in_height", 1),
               ("in_width", 1)]  # fmt: skip
    found = [(name, getattr(spec, name), least) for name, least in numbers]
    for stage, (blocks, width, ones) in enumerate(
        zip(spec.blocks, spec.widths, spec.pointwise, strict=True)
    ):
        found += [(f"blocks[{stage}]", blocks, int(stage == 0)), (f"widths[{stage}]", width, 1),
                  (f"pointwise[{stage}]", ones, 0)]  # fmt: skip
    for name, value, least in found:
        if _is_known(value) and (isinstance(value, bool) or not isinstance(value, int)):
            raise TypeError(f"got {name}={value!r}; give an integer of at least {least}")
        if _is_known(value) and value < least:
            raise ValueError(f"got {name}={value}; give an integer of at least {least}")
    for name in ("stem_pool", "padding", "batch_norm", "bias"):
        value = getattr(spec, name)
        if _is_known(value) and not isinstance(value, bool):
            raise TypeError(f"got {name}={value!r}; give True or False")
    _check_together(spec)


def _check_together(spec: NetworkSpec) -> None:
    """Refuse values that do not go together, as far as they are known."""
    kernel = spec.stem_kernel
    if _is_known(kernel) and kernel > 0 and kernel % 2 == 0:
        raise ValueError(f"got stem_kernel={kernel}; give an odd one, which padding can center")
    if _is_known(kernel) and kernel == 0 and spec.stem_pool is True:
        raise ValueError("got stem_pool=True without a stem; give stem_kernel, such as 7")
    if not _is_known(spec.family) or spec.family == "vgg":
        pairs = zip(spec.blocks, spec.pointwise, strict=True)
        if any(_is_known(n) and _is_known(ones) and ones > 0 and n == 0 for n, ones in pairs):
            raise ValueError(
                f"got pointwise={spec.pointwise}, blocks={spec.blocks}; 1x1 convolutions follow "
                "the 3x3 ones of their stage: give it at least one block"
            )
        return
    if spec.padding is False:
        raise ValueError(
            f"got padding=False for {spec.family!r}, whose blocks keep their size; give "
            "padding=True, or family='vgg'"
        )
    if any(_is_known(ones) and ones > 0 for ones in spec.pointwise):
        raise ValueError(
            f"got pointwise={spec.pointwise} for {spec.family!r}; only family='vgg' has 1x1 "
            "convolutions after its blocks"
        )


def _is_known(value: object) -> bool:
    """Say whether a value is one already; a figure's symbol only takes its place."""
    return isinstance(value, (int, float, str, type(None), list, tuple))
