"""The head of VGG, three linear layers, which the ResNets here can wear too."""

from torch import nn

from convcost.arithmetic.networks import HEAD_MAP, HIDDEN_FEATURES


def pooling_and_head(head: str, channels: int, num_classes: int) -> tuple[nn.Module, nn.Module]:
    """Build what stands behind the last map: a pooling, and what takes its flattened output.

    Parameters
    ----------
    head : {"fc", "gap"}
        Three linear layers on a map averaged to 7 x 7, or one on the average of the whole map.
    channels : int
        Channels of the map.
    num_classes : int
        Outputs of the last layer.
    """
    if head == "fc":
        return nn.AdaptiveAvgPool2d(HEAD_MAP), three_linear_layers(channels, num_classes)
    return nn.AdaptiveAvgPool2d(1), nn.Linear(channels, num_classes)


def three_linear_layers(channels: int, num_classes: int) -> nn.Sequential:
    """Build VGG's classifier, for a flattened map of 7 x 7.

    Parameters
    ----------
    channels : int
        Channels of the map; the first layer has ``channels * 7 * 7`` inputs.
    num_classes : int
        Outputs of the last layer.

    Returns
    -------
    torch.nn.Sequential
        Linear, ReLU and dropout twice, and a linear layer: (batch, channels * 49) to
        (batch, num_classes).

    Notes
    -----
    Simonyan & Zisserman 2014, arXiv 1409.1556, section 2.1.
    """
    return nn.Sequential(
        nn.Linear(channels * HEAD_MAP * HEAD_MAP, HIDDEN_FEATURES),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Linear(HIDDEN_FEATURES, HIDDEN_FEATURES),
        nn.ReLU(inplace=True),
        nn.Dropout(),
        nn.Linear(HIDDEN_FEATURES, num_classes),
    )
