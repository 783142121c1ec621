"""VGG: six columns of one table, and the builder that reads them.

Simonyan & Zisserman 2014, "Very deep convolutional networks for large-scale image recognition",
arXiv 1409.1556, table 1.
"""

import torch
from torch import Tensor, nn

from convcost.architectures._heads import HEAD_MAP, HEADS, three_linear_layers
from convcost.architectures._options import initialize, one_of, positive_int, true_or_false

STAGE_WIDTHS = (1, 2, 4, 8, 8)
"""Output channels of the five stages, in units of the first stage's width (64 in the paper)."""

KERNELS = {
    "a": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "a-lrn": ((3,), (3,), (3, 3), (3, 3), (3, 3)),
    "b": ((3, 3), (3, 3), (3, 3), (3, 3), (3, 3)),
    "c": ((3, 3), (3, 3), (3, 3, 1), (3, 3, 1), (3, 3, 1)),
    "d": ((3, 3), (3, 3), (3, 3, 3), (3, 3, 3), (3, 3, 3)),
    "e": ((3, 3), (3, 3), (3, 3, 3, 3), (3, 3, 3, 3), (3, 3, 3, 3)),
}
"""Kernel sizes of the convolutions, stage by stage; a pooling layer ends each stage."""


class VGG(nn.Module):
    """A VGG network, with the module names of torchvision's.

    Parameters
    ----------
    features : torch.nn.Sequential
        The five stages of convolutions, with their pooling layers.
    avgpool : torch.nn.Module
        Pooling to the map that the classifier expects.
    classifier : torch.nn.Module
        Maps the flattened map to classes.
    """

    def __init__(self, features: nn.Sequential, avgpool: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.features = features
        self.avgpool = avgpool
        self.classifier = classifier

    def forward(self, x: Tensor) -> Tensor:
        """Map images (batch, 3, height, width) to scores (batch, num_classes)."""
        x = self.avgpool(self.features(x))
        scores: Tensor = self.classifier(torch.flatten(x, 1))
        return scores


def vgg(
    configuration: str,
    *,
    num_classes: int = 1000,
    width: int = 64,
    head: str = "fc",
    batch_norm: bool = False,
) -> VGG:
    """Build a VGG network from its column of the table.

    Every convolution has a bias and padding that keeps the size; with ``batch_norm`` the biases
    stay, as in torchvision.

    Parameters
    ----------
    configuration : {"a", "a-lrn", "b", "c", "d", "e"}
        Column of table 1.
    num_classes : int
        Outputs of the last layer.
    width : int
        Output channels of the first stage; the later ones have 2, 4, 8 and 8 times as many.
    head : {"fc", "gap"}
        "fc": three linear layers of 4096, 4096 and `num_classes` outputs on a 7 x 7 map, as in the
        paper. "gap": global average pooling and one linear layer.
    batch_norm : bool
        Put a batch-norm layer behind every convolution.

    Returns
    -------
    VGG
        Takes (batch, 3, height, width) with height and width of at least 32. Maps of another size
        than 7 x 7, from inputs of another size than 224, are averaged to it, as in torchvision.

    Raises
    ------
    TypeError, ValueError
        If an option has a value that it does not take.
    """
    one_of("configuration", configuration, tuple(KERNELS))
    positive_int("num_classes", num_classes)
    positive_int("width", width)
    one_of("head", head, HEADS)
    true_or_false("batch_norm", batch_norm)

    layers: list[nn.Module] = []
    channels = 3
    for stage, kernels in enumerate(KERNELS[configuration]):
        for kernel in kernels:
            out_channels = width * STAGE_WIDTHS[stage]
            layers.append(nn.Conv2d(channels, out_channels, kernel, padding=kernel // 2))
            if batch_norm:
                layers.append(nn.BatchNorm2d(out_channels))
            layers.append(nn.ReLU(inplace=True))
            channels = out_channels
        if stage == 0 and configuration == "a-lrn":
            # The values of Krizhevsky et al. 2012; PyTorch divides alpha by the five channels.
            layers.append(nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2))
        layers.append(nn.MaxPool2d(2, 2))

    if head == "fc":
        model = VGG(
            nn.Sequential(*layers),
            nn.AdaptiveAvgPool2d(HEAD_MAP),
            three_linear_layers(channels, num_classes),
        )
    else:
        model = VGG(
            nn.Sequential(*layers), nn.AdaptiveAvgPool2d(1), nn.Linear(channels, num_classes)
        )
    initialize(model)
    return model
