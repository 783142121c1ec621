"""The cast: what a figure knows of a network, and how it gets the network's costs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from torch import nn

    from convcost.cost import ModelCost

__all__ = [
    "PAPER",
    "PLAIN",
    "RESNET",
    "TORCHVISION",
    "VGG",
    "Family",
    "Measure",
    "Model",
    "Network",
    "measured_once",
]

Model: TypeAlias = "str | nn.Module"
"""What :func:`convcost.measure` takes: a name that ``build`` takes, or a module."""

Measure: TypeAlias = "Callable[[Model, tuple[int, ...]], ModelCost]"
"""What the figures take as ``measure``: :func:`convcost.measure` itself."""


@dataclass(frozen=True, slots=True)
class Family:
    """What the networks of one paper have in common, as it was published.

    Attributes
    ----------
    name : str
        Key of its color in :data:`convcost.page.charts.look.COLORS`.
    head : {"fc", "gap"}
        Its own head: three linear layers on the flattened maps, or one on averaged maps.
    halvings : int
        How often the map is halved before the first 3 x 3 layers with 64 channels.
    """

    name: str
    head: str
    halvings: int


VGG = Family("VGG", head="fc", halvings=0)
"""Simonyan and Zisserman 2014, arXiv 1409.1556, table 1."""

RESNET = Family("ResNet", head="gap", halvings=2)
"""He et al. 2015, arXiv 1512.03385, table 1."""

PLAIN = Family("plain", head="gap", halvings=2)
"""ResNet's counterpart without shortcuts, from the same paper."""


@dataclass(frozen=True, slots=True)
class Network:
    """A network as figures show it.

    Attributes
    ----------
    label : str
        What a reader calls it, for instance "VGG-16".
    model : str or torch.nn.Module
        What ``measure`` takes.
    family : Family
        Whose color it has, and whose head and start are its own.
    """

    label: str
    model: Model
    family: Family


def _by_label(*networks: Network) -> dict[str, Network]:
    return {network.label: network for network in networks}


TORCHVISION = _by_label(
    Network("VGG-11", "vgg11", VGG),
    Network("VGG-13", "vgg13", VGG),
    Network("VGG-16", "vgg16", VGG),
    Network("VGG-19", "vgg19", VGG),
    Network("ResNet-18", "resnet18", RESNET),
    Network("ResNet-34", "resnet34", RESNET),
    Network("ResNet-50", "resnet50", RESNET),
    Network("ResNet-101", "resnet101", RESNET),
    Network("ResNet-152", "resnet152", RESNET),
)
"""Label -> network, as torchvision builds it."""

PAPER = _by_label(
    Network("VGG-11", "paper/vgg-a", VGG),
    Network("VGG-16", "paper/vgg-d", VGG),
    Network("VGG-19", "paper/vgg-e", VGG),
    Network("plain-34", "paper/plain-34", PLAIN),
    Network("ResNet-18", "paper/resnet-18", RESNET),
    Network("ResNet-34", "paper/resnet-34", RESNET),
    Network("ResNet-50", "paper/resnet-50", RESNET),
    Network("ResNet-101", "paper/resnet-101", RESNET),
)
"""Label -> network, as its paper describes it."""


def measured_once(measure: Measure) -> Callable[[Model, int], ModelCost]:
    """Return a function that measures each network at each size of image once.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.

    Returns
    -------
    callable
        A network, and the image's height and width in pixels -> what one image costs.
    """

    @functools.cache
    def measured(model: Model, image: int) -> ModelCost:
        return measure(model, (1, 3, image, image))

    return measured
