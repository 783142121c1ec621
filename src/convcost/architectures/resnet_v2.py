"""Residual networks with pre-activation: batch norm and ReLU stand before each convolution.

He, Zhang, Ren & Sun 2016, "Identity mappings in deep residual networks", arXiv 1603.05027, figure
1(b), laid out as in Keras's ResNet50V2, ResNet101V2 and ResNet152V2: a stage halves its map in its
last block, where the networks of 2015 halve it in their first.
"""

import torch
from torch import Tensor, nn

from convcost.architectures._options import initialize, one_of, positive_int, true_or_false
from convcost.arithmetic.networks import BOTTLENECK_DEPTHS, STAGE_BLOCKS

EPSILON = 1.001e-5
"""Keras's own; it shows in the outputs, and in no count."""


class PreactivationBlock(nn.Module):
    """Batch norm, ReLU and convolution, three times: 1x1, 3x3 and 1x1, the last 4 times as wide.

    Parameters
    ----------
    in_channels : int
        Channels of the input.
    width : int
        Channels of the first two convolutions; the output has four times as many.
    stride : int
        Stride of the 3x3; the shortcut then keeps every `stride`-th position.
    project : bool
        Put a 1x1 convolution on the shortcut, behind the first batch norm and ReLU. Without it the
        input must have ``4 * width`` channels.
    conv_bias : bool
        Give a bias to the convolutions that output the block's channels.
    """

    def __init__(
        self, in_channels: int, width: int, stride: int, *, project: bool, conv_bias: bool
    ) -> None:
        super().__init__()
        self.out_channels = 4 * width
        self.relu = nn.ReLU(inplace=True)
        self.bn1 = nn.BatchNorm2d(in_channels, EPSILON)
        self.conv1 = nn.Conv2d(in_channels, width, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width, EPSILON)
        self.conv2 = nn.Conv2d(width, width, 3, stride, padding=1, bias=False)
        self.bn3 = nn.BatchNorm2d(width, EPSILON)
        self.conv3 = nn.Conv2d(width, self.out_channels, 1, bias=conv_bias)
        self.projection = (
            nn.Conv2d(in_channels, self.out_channels, 1, bias=conv_bias) if project else None
        )
        self.thin = nn.MaxPool2d(1, stride) if stride > 1 else None

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, in_channels, h, w) to (batch, 4 width, h / stride, w / stride)."""
        out = self.relu(self.bn1(x))
        if self.projection is not None:
            x = self.projection(out)
        if self.thin is not None:
            x = self.thin(x)
        out = self.relu(self.bn2(self.conv1(out)))
        out = self.relu(self.bn3(self.conv2(out)))
        added: Tensor = x + self.conv3(out)
        return added


class PreactivationResNet(nn.Module):
    """A 7x7 convolution, max pooling, four stages of blocks, a last batch norm, a linear layer.

    Parameters
    ----------
    stage_blocks : tuple of int
        Blocks in each of the four stages.
    num_classes : int
        Outputs of the last layer.
    width : int
        Channels of the first convolution and width of the first stage.
    conv_bias : bool
        As in `preactivation_resnet`.
    """

    def __init__(
        self, stage_blocks: tuple[int, ...], num_classes: int, width: int, conv_bias: bool
    ) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 7, 2, padding=3, bias=conv_bias)
        # Keras pads with zeros here, where PyTorch's own pooling would pad with minus infinity.
        self.pad = nn.ZeroPad2d(1)
        self.maxpool = nn.MaxPool2d(3, 2)
        blocks = []
        channels = width
        for stage, count in enumerate(stage_blocks):
            for block in range(count):
                is_last = block == count - 1 and stage < len(stage_blocks) - 1
                blocks.append(
                    PreactivationBlock(
                        channels,
                        width * 2**stage,
                        2 if is_last else 1,
                        project=block == 0,
                        conv_bias=conv_bias,
                    )
                )
                channels = blocks[-1].out_channels
        self.blocks = nn.Sequential(*blocks)
        self.bn = nn.BatchNorm2d(channels, EPSILON)
        self.relu = nn.ReLU(inplace=True)
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(channels, num_classes)

    def forward(self, x: Tensor) -> Tensor:
        """Map images (batch, 3, height, width) to scores (batch, num_classes)."""
        x = self.blocks(self.maxpool(self.pad(self.conv1(x))))
        scores: Tensor = self.fc(torch.flatten(self.avgpool(self.relu(self.bn(x))), 1))
        return scores


def preactivation_resnet(
    depth: int, *, num_classes: int = 1000, width: int = 64, conv_bias: bool = False
) -> PreactivationResNet:
    """Build the pre-activation ResNet-50, 101 or 152 in Keras's layout.

    Parameters
    ----------
    depth : {50, 101, 152}
        Layers with weights, the shortcuts' not counted.
    num_classes : int
        Outputs of the last layer.
    width : int
        Channels of the first convolution and width of the first stage; it doubles at every stage.
    conv_bias : bool
        Give the first convolution, the last of each block and those on shortcuts a bias, as Keras
        does. A batch norm stands on every way on from there, and takes it out again.

    Returns
    -------
    PreactivationResNet
        Takes (batch, 3, height, width).

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    one_of("depth", str(depth), tuple(map(str, BOTTLENECK_DEPTHS)))
    positive_int("num_classes", num_classes)
    positive_int("width", width)
    true_or_false("conv_bias", conv_bias)
    model = PreactivationResNet(STAGE_BLOCKS[depth], num_classes, width, conv_bias)
    initialize(model)
    return model
