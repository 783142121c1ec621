"""VGG: six columns of one table, and the builder that reads them.

Simonyan & Zisserman 2014, "Very deep convolutional networks for large-scale image recognition",
arXiv 1409.1556, table 1.
"""

from dataclasses import replace

import torch
from torch import Tensor, nn

from convcost.architectures._heads import pooling_and_head
from convcost.architectures._options import initialize, one_of, positive_int, true_or_false
from convcost.arithmetic.networks import (
    HEADS,
    KERNELS,
    STAGE_WIDTHS,  # noqa: F401  # chapters read the table here
    NetworkSpec,
    spec_of,
    widths_for,
)


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

    column = "a" if configuration == "a-lrn" else configuration
    spec = replace(
        spec_of(f"paper/vgg-{column}"), widths=widths_for("vgg", width), num_classes=num_classes,
        head=head, batch_norm=batch_norm,
    )  # fmt: skip
    model = vgg_network(spec)
    if configuration == "a-lrn":
        # The values of Krizhevsky et al. 2012; PyTorch divides alpha by the five channels.
        norm = nn.LocalResponseNorm(5, alpha=5e-4, beta=0.75, k=2)
        model.features.insert(3 if batch_norm else 2, norm)
    return model


def vgg_network(spec: NetworkSpec) -> VGG:
    """Build any network of the family "vgg".

    Parameters
    ----------
    spec : NetworkSpec
        What to build; its image's size is of no effect.

    Returns
    -------
    VGG
        Takes (batch, 3, height, width).
    """
    features = nn.Sequential()
    channels = 3

    def add(out_channels: int, kernel: int, stride: int = 1) -> None:
        nonlocal channels
        padding = kernel // 2 if spec.padding else 0
        features.append(
            nn.Conv2d(channels, out_channels, kernel, stride, padding=padding, bias=spec.bias)
        )
        if spec.batch_norm:
            features.append(nn.BatchNorm2d(out_channels))
        features.append(nn.ReLU(inplace=True))
        channels = out_channels

    if spec.stem_kernel:
        add(spec.widths[0], spec.stem_kernel, spec.stem_stride)
    if spec.stem_pool:
        features.append(nn.MaxPool2d(3, 2, padding=1 if spec.padding else 0))
    for blocks, ones, width in zip(spec.blocks, spec.pointwise, spec.widths, strict=True):
        for kernel in (3,) * blocks + (1,) * ones:
            add(width, kernel)
        if blocks:
            features.append(nn.MaxPool2d(2, 2))
    model = VGG(features, *pooling_and_head(spec.head, channels, spec.num_classes))
    initialize(model)
    return model
