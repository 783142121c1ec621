"""The plain and residual networks of 6n + 2 layers for images of 32 x 32.

He, Zhang, Ren & Sun 2015, "Deep residual learning for image recognition", arXiv 1512.03385,
section 4.2.
"""

from functools import partial

import torch
from torch import Tensor, nn

from convcost.architectures._options import initialize, one_of, positive_int
from convcost.architectures.resnet import SHORTCUTS, BasicBlock, BlockMaker, residual_stages


class CifarResNet(nn.Module):
    """A 3x3 convolution, three stages of blocks, global average pooling and a linear layer.

    Parameters
    ----------
    make_block : callable
        Builds a block from input channels, stage width and stride.
    blocks_per_stage : int
        The n of 6n + 2.
    num_classes : int
        Outputs of the last layer.
    width : int
        Channels of the first convolution and of the first stage.
    """

    def __init__(
        self, make_block: BlockMaker, blocks_per_stage: int, num_classes: int, width: int
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        stages, channels = residual_stages(make_block, (blocks_per_stage,) * 3, width, width)
        self.layer1, self.layer2, self.layer3 = stages
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (batch, 3, height, width) to scores (batch, num_classes)."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        scores: Tensor = self.fc(torch.flatten(self.avgpool(x), 1))
        return scores


def cifar_resnet(
    depth: int, *, num_classes: int = 10, width: int = 16, shortcut: str = "A"
) -> CifarResNet:
    """Build a residual network of 6n + 2 layers.

    Parameters
    ----------
    depth : int
        Layers with weights: 8, 14, 20, 26, ...
    num_classes : int
        Outputs of the last layer.
    width : int
        Channels of the first stage; the other two have 2 and 4 times as many.
    shortcut : {"A", "B", "C"}
        Option of section 4.1; the paper uses "A" here throughout, so that a residual network has
        exactly the parameters of its plain counterpart.

    Returns
    -------
    CifarResNet
        Takes (batch, 3, height, width), 32 x 32 in the paper.

    Raises
    ------
    TypeError, ValueError
        If `depth` is not 6n + 2, or an option has a value that it does not take.
    """
    one_of("shortcut", shortcut, SHORTCUTS)
    return _build(
        depth,
        partial(BasicBlock, shortcut=shortcut),
        num_classes,
        width,
    )


def cifar_plain_net(depth: int, *, num_classes: int = 10, width: int = 16) -> CifarResNet:
    """Build a plain network of 6n + 2 layers: `cifar_resnet` without its shortcuts.

    Parameters
    ----------
    depth, num_classes, width
        As in `cifar_resnet`.

    Returns
    -------
    CifarResNet
        As from `cifar_resnet`.

    Raises
    ------
    TypeError, ValueError
        If `depth` is not 6n + 2, or an option has a value that it does not take.
    """
    return _build(
        depth,
        partial(BasicBlock, shortcut=None),
        num_classes,
        width,
    )


def _build(depth: int, make_block: BlockMaker, num_classes: int, width: int) -> CifarResNet:
    """Check the depth and the options that both kinds take, and build."""
    positive_int("depth", depth)
    positive_int("num_classes", num_classes)
    positive_int("width", width)
    if depth < 8 or (depth - 2) % 6:
        nearest = max(8, 6 * round((depth - 2) / 6) + 2)
        raise ValueError(
            f"a CIFAR network of {depth} layers does not exist; the depth must be 6n + 2 "
            f"(8, 14, 20, 26, ...), the nearest is {nearest}"
        )
    model = CifarResNet(make_block, (depth - 2) // 6, num_classes, width)
    initialize(model)
    return model
