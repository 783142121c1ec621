"""The plain and residual networks of 6n + 2 layers for images of 32 x 32.

He, Zhang, Ren & Sun 2015, "Deep residual learning for image recognition", arXiv 1512.03385,
section 4.2.
"""

from dataclasses import replace

from convcost.architectures._options import one_of, positive_int
from convcost.architectures.resnet import ResNet
from convcost.arithmetic.networks import SHORTCUTS, spec_of, widths_for


def cifar_resnet(
    depth: int, *, num_classes: int = 10, width: int = 16, shortcut: str = "A"
) -> ResNet:
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
    ResNet
        Takes (batch, 3, height, width), 32 x 32 in the paper.

    Raises
    ------
    TypeError, ValueError
        If `depth` is not 6n + 2, or an option has a value that it does not take.
    """
    one_of("shortcut", shortcut, SHORTCUTS)
    return _build("resnet", depth, num_classes, width, shortcut)


def cifar_plain_net(depth: int, *, num_classes: int = 10, width: int = 16) -> ResNet:
    """Build a plain network of 6n + 2 layers: `cifar_resnet` without its shortcuts.

    Parameters
    ----------
    depth, num_classes, width
        As in `cifar_resnet`.

    Returns
    -------
    ResNet
        As from `cifar_resnet`.

    Raises
    ------
    TypeError, ValueError
        If `depth` is not 6n + 2, or an option has a value that it does not take.
    """
    return _build("plain", depth, num_classes, width, "A")


def _build(kind: str, depth: int, num_classes: int, width: int, shortcut: str) -> ResNet:
    """Check the depth and the options that both kinds take, and build."""
    positive_int("depth", depth)
    positive_int("num_classes", num_classes)
    positive_int("width", width)
    if depth < 8 or (depth - 2) % 6:
        nearest = max(8, 6 * round((depth - 2) / 6) + 2)
        raise ValueError(
            f"a CIFAR network of {depth} layers does not exist; the depth must be 6n + 2 "
            f"(8, 14, 20, 26, ...); the nearest is {nearest}"
        )
    spec = spec_of(f"cifar/{kind}-{depth}")
    widths = widths_for("basic", width, stages=3)
    return ResNet(replace(spec, widths=widths, num_classes=num_classes, shortcut=shortcut))
