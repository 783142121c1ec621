"""Residual networks and their plain counterparts: one table, two blocks, one builder.

He, Zhang, Ren & Sun 2015, "Deep residual learning for image recognition", arXiv 1512.03385,
table 1, figures 3 and 5.
"""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn
from torch.nn import functional

from convcost.architectures._heads import HEAD_MAP, HEADS, three_linear_layers
from convcost.architectures._options import initialize, one_of, positive_int

STAGE_BLOCKS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
"""Blocks in each of the four stages; each stage is twice as wide as the one before."""

BOTTLENECK_DEPTHS = (50, 101, 152)
"""Depths whose blocks have three layers (figure 5, right); the others' have two."""

SHORTCUTS = ("A", "B", "C")
STRIDE_PLACES = ("1x1", "3x3")

BlockMaker = Callable[[int, int, int], "Block"]
"""Builds a block from its input channels, its stage's width and its stride."""


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
    option: str, in_channels: int, out_channels: int, stride: int
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

    Returns
    -------
    torch.nn.Module or None
        Maps the block's input to the shape of its output.
    """
    changes = stride != 1 or in_channels != out_channels
    if option == "C" or (option == "B" and changes):
        return nn.Sequential(
            nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
            nn.BatchNorm2d(out_channels),
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
    """

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, shortcut: str | None
    ) -> None:
        super().__init__()
        self.out_channels = out_channels
        self.residual = shortcut is not None
        self.relu = nn.ReLU(inplace=True)
        self.downsample = (
            None if shortcut is None else shortcut_path(shortcut, in_channels, out_channels, stride)
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
    """

    def __init__(self, in_channels: int, width: int, stride: int, shortcut: str | None) -> None:
        super().__init__(in_channels, width, stride, shortcut)
        self.conv1 = nn.Conv2d(in_channels, width, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)

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
    """

    def __init__(
        self, in_channels: int, width: int, stride: int, shortcut: str | None, stride_in: str
    ) -> None:
        super().__init__(in_channels, 4 * width, stride, shortcut)
        first, second = (stride, 1) if stride_in == "1x1" else (1, stride)
        self.conv1 = nn.Conv2d(in_channels, width, 1, first, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, second, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, 4 * width, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(4 * width)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, h, w) to (batch, 4 width, h / stride, w / stride)."""
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.relu(self.bn2(self.conv2(out)))
        return self.join(x, self.bn3(self.conv3(out)))


class ImageNetResNet(nn.Module):
    """The five stages of table 1, with the module names of torchvision's ResNets.

    Parameters
    ----------
    make_block : callable
        Builds a block from input channels, stage width and stride.
    stage_blocks : tuple of int
        Blocks in each of the four stages after the stem.
    num_classes : int
        Outputs of the last layer.
    width : int
        Channels of the stem and width of the first stage.
    head : {"fc", "gap"}
        Three linear layers as in VGG, or global average pooling and one linear layer.
    """

    def __init__(
        self,
        make_block: BlockMaker,
        stage_blocks: tuple[int, ...],
        num_classes: int,
        width: int,
        head: str,
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, padding=1)
        stages, channels = residual_stages(make_block, stage_blocks, width, width)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(HEAD_MAP if head == "fc" else 1)
        self.fc: nn.Module = (
            three_linear_layers(channels, num_classes)
            if head == "fc"
            else nn.Linear(channels, num_classes)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map images (batch, 3, height, width) to scores (batch, num_classes)."""
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        scores: Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return scores


def residual_stages(
    make_block: BlockMaker, stage_blocks: tuple[int, ...], in_channels: int, width: int
) -> tuple[list[nn.Sequential], int]:
    """Build stages of blocks; from the second on, each halves the map and doubles the width.

    Parameters
    ----------
    make_block : callable
        Builds a block from input channels, stage width and stride.
    stage_blocks : tuple of int
        Blocks in each stage.
    in_channels : int
        Channels that the first stage receives.
    width : int
        Width of the first stage.

    Returns
    -------
    list of torch.nn.Sequential
        The stages.
    int
        Channels of the last stage's output.
    """
    stages = []
    channels = in_channels
    for stage, blocks in enumerate(stage_blocks):
        made = []
        for block in range(blocks):
            stride = 2 if stage > 0 and block == 0 else 1
            made.append(make_block(channels, width * 2**stage, stride))
            channels = made[-1].out_channels
        stages.append(nn.Sequential(*made))
    return stages, channels


def basic_resnet(
    depth: int,
    *,
    num_classes: int = 1000,
    width: int = 64,
    head: str = "gap",
    shortcut: str = "B",
) -> ImageNetResNet:
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
    ImageNetResNet
        Takes (batch, 3, height, width); a final map other than 7 x 7 is averaged to 7 x 7 for the
        head "fc".

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    one_of("shortcut", shortcut, SHORTCUTS)
    return _build(
        depth,
        partial(BasicBlock, shortcut=shortcut),
        num_classes,
        width,
        head,
    )


def bottleneck_resnet(
    depth: int,
    *,
    num_classes: int = 1000,
    width: int = 64,
    head: str = "gap",
    shortcut: str = "B",
    stride_in: str = "1x1",
) -> ImageNetResNet:
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
    ImageNetResNet
        As from `basic_resnet`.

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    one_of("shortcut", shortcut, SHORTCUTS)
    one_of("stride_in", stride_in, STRIDE_PLACES)
    return _build(
        depth,
        partial(Bottleneck, shortcut=shortcut, stride_in=stride_in),
        num_classes,
        width,
        head,
    )


def plain_net(
    depth: int, *, num_classes: int = 1000, width: int = 64, head: str = "gap"
) -> ImageNetResNet:
    """Build plain-18 or plain-34: the residual network of that depth without its shortcuts.

    Parameters
    ----------
    depth : {18, 34}
        Layers with weights.
    num_classes, width, head
        As in `basic_resnet`.

    Returns
    -------
    ImageNetResNet
        As from `basic_resnet`.

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    return _build(
        depth,
        partial(BasicBlock, shortcut=None),
        num_classes,
        width,
        head,
    )


def _build(
    depth: int, make_block: BlockMaker, num_classes: int, width: int, head: str
) -> ImageNetResNet:
    """Check the options that all networks of this module take, and build."""
    positive_int("num_classes", num_classes)
    positive_int("width", width)
    one_of("head", head, HEADS)
    model = ImageNetResNet(make_block, STAGE_BLOCKS[depth], num_classes, width, head)
    initialize(model)
    return model
