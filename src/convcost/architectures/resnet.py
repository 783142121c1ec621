"""Residual networks and their plain counterparts: one table, two blocks, one builder.

He, Zhang, Ren & Sun 2015, "Deep residual learning for image recognition", arXiv 1512.03385,
table 1, figures 3 and 5.
"""

from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from convcost.architectures._heads import pooling_and_head
from convcost.architectures._options import initialize, one_of, positive_int
from convcost.arithmetic.networks import (
    BOTTLENECK_DEPTHS,  # noqa: F401  # chapters read the table here
    HEADS,
    SHORTCUTS,
    STAGE_BLOCKS,  # noqa: F401  # chapters read the table here
    STRIDE_PLACES,
    NetworkSpec,
    spec_of,
    widths_for,
)


class PaddedShortcut(nn.Module):
    """Shortcut of option A: every ``stride``-th position, and channels of zeros; no parameters.

    Parameters
    ----------
    extra_channels : int
        Channels of zeros to append.
    stride : int
        Distance between the positions kept, in height and width.
    """

    def __init__(self, extra_channels: int, stride: int) -> None:
        super().__init__()
        self.extra_channels = extra_channels
        self.stride = stride

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, channels, height, width) to the size and channels of the block's output."""
        x = x[:, :, :: self.stride, :: self.stride]
        return functional.pad(x, (0, 0, 0, 0, 0, self.extra_channels))


def shortcut_path(
    option: str,
    in_channels: int,
    out_channels: int,
    stride: int,
    *,
    batch_norm: bool = True,
    bias: bool = False,
) -> nn.Module | None:
    """Build what stands on a shortcut, or None where it is the plain identity.

    Parameters
    ----------
    option : {"A", "B", "C"}
        Section 4.1 of the paper. "A": the identity, with channels of zeros where the channels
        change. "B": a 1x1 convolution with batch norm where height, width or channels change, else
        the identity. "C": a 1x1 convolution with batch norm everywhere.
    in_channels, out_channels : int
        Channels of the block's input and output.
    stride : int
        Stride of the block.
    batch_norm, bias : bool
        Whether the convolution is followed by a batch norm, and whether it has biases.

    Returns
    -------
    torch.nn.Module or None
        Maps the block's input to the shape of its output.
    """
    changes = stride != 1 or in_channels != out_channels
    if option == "C" or (option == "B" and changes):
        return nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=bias),
            *([nn.BatchNorm2d(out_channels)] if batch_norm else []),
        )
    return PaddedShortcut(out_channels - in_channels, stride) if changes else None


class Block(nn.Module):
    """What the two blocks share: the way their output joins the shortcut.

    Parameters
    ----------
    in_channels, out_channels : int
        Channels of the block's input and output.
    stride : int
        Factor by which height and width shrink, rounded up.
    shortcut : {"A", "B", "C"} or None
        Option of `shortcut_path`; None leaves the shortcut out, for a plain network.
    batch_norm, bias : bool
        Whether each convolution is followed by a batch norm, and whether it has biases.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        stride: int,
        shortcut: str | None,
        *,
        batch_norm: bool = True,
        bias: bool = False,
    ) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.residual = shortcut is not None
        self.relu = nn.ReLU(inplace=True)
        self.downsample = (
            None
            if shortcut is None
            else shortcut_path(
                shortcut, in_channels, out_channels, stride, batch_norm=batch_norm, bias=bias
            )
        )

    def join(self, x: Tensor, out: Tensor) -> Tensor:
        """Add the shortcut of the block's input to its last map, and apply the ReLU."""
        if self.residual:
            out = out + (x if self.downsample is None else self.downsample(x))
        joined: Tensor = self.relu(out)
        return joined


class BasicBlock(Block):
    """Two 3x3 convolutions (figure 5, left); the stride is in the first.

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    width : int
        Channels of both convolutions, and so of the output.
    stride : int
        Factor by which height and width shrink, rounded up.
    shortcut : {"A", "B", "C"} or None
        Option of `shortcut_path`; None for a plain network.
    batch_norm, bias : bool
        As in `Block`.
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int,
        shortcut: str | None,
        *,
        batch_norm: bool = True,
        bias: bool = False,
    ) -> None:
        super().__init__(in_channels, width, stride, shortcut, batch_norm=batch_norm, bias=bias)
        norm = nn.BatchNorm2d if batch_norm else nn.Identity
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=bias)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=bias)
        self.bn2 = norm(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, h, w) to (batch, width, h / stride, w / stride)."""
        out = self.relu(self.bn1(self.conv1(x)))
        return self.join(x, self.bn2(self.conv2(out)))


class Bottleneck(Block):
    """1x1, 3x3 and 1x1 convolutions, the last four times as wide (figure 5, right).

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    width : int
        Channels of the first two convolutions; the output has four times as many.
    stride : int
        Factor by which height and width shrink, rounded up.
    shortcut : {"A", "B", "C"} or None
        Option of `shortcut_path`; None for a plain network.
    stride_in : {"1x1", "3x3"}
        The convolution that has the stride: the first 1x1, as in 2015, or the 3x3.
    batch_norm, bias : bool
        As in `Block`.
    """

    def __init__(
        self,
        in_channels: int,
        width: int,
        stride: int,
        shortcut: str | None,
        stride_in: str,
        *,
        batch_norm: bool = True,
        bias: bool = False,
    ) -> None:
        super().__init__(in_channels, 4 * width, stride, shortcut, batch_norm=batch_norm, bias=bias)
        norm = nn.BatchNorm2d if batch_norm else nn.Identity
        first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=bias)
        self.bn1 = norm(width)
        self.conv2 = nn.Conv2d(width, width, 3, second, padding=1, bias=bias)
        self.bn2 = norm(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=bias)
        self.bn3 = norm(4 * width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, h, w) to (batch, 4 width, h / stride, w / stride)."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.join(x, self.bn3(self.conv3(out)))


class ResNet(nn.Module):
    """A stem, stages of blocks and a head, with the module names of torchvision's ResNets.

    From the second stage on, each halves the map in its first block.

    Parameters
    ----------
    spec : NetworkSpec
        What to build, of the family "plain", "basic" or "bottleneck".
    """

    def __init__(self, spec: NetworkSpec) -> None:
        super().__init__()
        channels = 3
        if spec.stem_kernel:
            kernel, channels = spec.stem_kernel, spec.widths[0]
            self.conv1 = nn.Conv2d(
                3, channels, kernel, spec.stem_stride, padding=kernel // 2, bias=spec.bias
            )
            if spec.batch_norm:
                self.bn1 = nn.BatchNorm2d(channels)
            self.relu = nn.ReLU(inplace=True)
        if spec.stem_pool:
            self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        for stage, (blocks, width) in enumerate(zip(spec.blocks, spec.widths, strict=True)):
            made = nn.Sequential()
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                one = _block(spec, channels, width, stride)
                made.append(one)
                channels = one.out_channels
            self.add_module(f"layer{stage + 1}", made)
        self.avgpool, self.fc = pooling_and_head(spec.head, channels, spec.num_classes)
        initialize(self)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (batch, 3, height, width) to scores (batch, num_classes)."""
        *layers, head = self.children()
        for layer in layers:
            x = layer(x)
        scores: Tensor = head(torch.flatten(x, 1))
        return scores


def _block(spec: NetworkSpec, in_channels: int, width: int, stride: int) -> Block:
    options = {"batch_norm": spec.batch_norm, "bias": spec.bias}
    if spec.family == "bottleneck":
        return Bottleneck(in_channels, width, stride, spec.shortcut, spec.stride_in, **options)
    shortcut = None if spec.family == "plain" else spec.shortcut
    return BasicBlock(in_channels, width, stride, shortcut, **options)


def basic_resnet(
    depth: int,
    *,
    num_classes: int = 1000,
    width: int = 64,
    head: str = "gap",
    shortcut: str = "B",
) -> ResNet:
    """Build ResNet-18 or ResNet-34, of blocks of two 3x3 convolutions.

    Parameters
    ----------
    depth : {18, 34}
        Layers with weights, the shortcuts' not counted.
    num_classes : int
        Outputs of the last layer.
    width : int
        Channels of the stem and width of the first stage; it doubles at every stage.
    head : {"gap", "fc"}
        "gap": global average pooling and one linear layer, as in the paper. "fc": VGG's three
        linear layers (4096, 4096, `num_classes`) on the 7 x 7 map.
    shortcut : {"B", "A", "C"}
        Option of section 4.1: "A" has no parameters (table 2 and figure 4), "B" projects where the
        shape changes (as torchvision, and the deeper networks of the paper), "C" projects
        everywhere.

    Returns
    -------
    ResNet
        Takes (batch, 3, height, width); a final map other than 7 x 7 is averaged to 7 x 7 for the
        head "fc".

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    one_of("shortcut", shortcut, SHORTCUTS)
    return _build(f"paper/resnet-{depth}", num_classes, width, head, shortcut=shortcut)


def bottleneck_resnet(
    depth: int,
    *,
    num_classes: int = 1000,
    width: int = 64,
    head: str = "gap",
    shortcut: str = "B",
    stride_in: str = "1x1",
) -> ResNet:
    """Build ResNet-50, 101 or 152, of bottleneck blocks.

    Parameters
    ----------
    depth : {50, 101, 152}
        Layers with weights, the shortcuts' not counted.
    num_classes, width, head
        As in `basic_resnet`; a stage outputs four times its width.
    shortcut : {"B", "A", "C"}
        As in `basic_resnet`; the paper's bottleneck networks have "B".
    stride_in : {"1x1", "3x3"}
        The convolution of a block that halves the map: the first 1x1, as in the paper's own
        networks, or the 3x3, as in torchvision, which costs 6 % more for ResNet-50.

    Returns
    -------
    ResNet
        As from `basic_resnet`.

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    one_of("shortcut", shortcut, SHORTCUTS)
    one_of("stride_in", stride_in, STRIDE_PLACES)
    return _build(
        f"paper/resnet-{depth}", num_classes, width, head, shortcut=shortcut, stride_in=stride_in
    )


def plain_net(depth: int, *, num_classes: int = 1000, width: int = 64, head: str = "gap") -> ResNet:
    """Build plain-18 or plain-34: the residual network of that depth without its shortcuts.

    Parameters
    ----------
    depth : {18, 34}
        Layers with weights.
    num_classes, width, head
        As in `basic_resnet`.

    Returns
    -------
    ResNet
        As from `basic_resnet`.

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    return _build(f"paper/plain-{depth}", num_classes, width, head)


def _build(name: str, num_classes: int, width: int, head: str, **options: Any) -> ResNet:
    """Check the options that all networks of table 1 take, and build."""
    positive_int("num_classes", num_classes)
    positive_int("width", width)
    one_of("head", head, HEADS)
    widths = widths_for("basic", width, stages=4)
    own: dict[str, Any] = {"widths": widths, "num_classes": num_classes, "head": head}
    return ResNet(replace(spec_of(name), **own, **options))
