"""The head of VGG, three linear layers, which the ResNets here can wear too."""

from torch import nn

HEADS = ("fc", "gap")
HEAD_MAP = 7
"""Height and width of the map that the three linear layers see: 224 / 2**5."""

HIDDEN_FEATURES = 4096


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
