"""Rows of layer costs gathered by the size of the map they put out."""

from __future__ import annotations

import math
from collections.abc import Callable

import pandas as pd

__all__ = ["COSTS", "HALVINGS", "HEAD", "Costs", "by_halvings", "family", "stage_label"]

Costs = Callable[[str, int], pd.DataFrame]
"""Name of a network, image height and width in pixels -> rows of layer costs."""

COSTS = {"params": "parameters", "macs": "multiply-adds", "activations": "activations"}
"""Column of the frame -> what a reader calls it."""

#: The networks of this book halve the image at most five times.
HALVINGS = range(6)

#: Group of the layers that put out no map.
HEAD = "head"


def by_halvings(frame: pd.DataFrame, image: int, cost: str) -> dict[int | str, int]:
    """Total of one cost for each number of halvings between the image and a layer's output.

    Parameters
    ----------
    frame : pandas.DataFrame
        Rows of layer costs of one network at one input size.
    image : int
        Height and width of the input, in pixels.
    cost : str
        Column to add up: ``params``, ``macs`` or ``activations``.

    Returns
    -------
    dict
        Number of halvings (0 to 5), or :data:`HEAD` for layers that put out no map, or one that
        is smaller still -> total. Halvings without a layer are left out.
    """

    def halvings(shape: tuple[int, ...]) -> int | str:
        times = round(math.log2(image / shape[-1])) if len(shape) == 4 else len(HALVINGS)
        return times if times in HALVINGS else HEAD

    costly = frame[frame[cost] > 0]
    totals = costly[cost].groupby(costly["output_shape"].map(halvings), sort=False).sum()
    return {group: int(total) for group, total in totals.items()}


def family(label: str) -> str:
    """Return the family, and so the color, of a network that a reader calls `label`.

    Parameters
    ----------
    label : str
        For instance "VGG-16" or "ResNet-34".

    Returns
    -------
    str
        "VGG" or "ResNet".
    """
    return "VGG" if label.startswith("VGG") else "ResNet"


def stage_label(group: int | str, image: int) -> str:
    """Name a group by the map it works on, exactly where the image halves evenly.

    Parameters
    ----------
    group : int or str
        Number of halvings, or :data:`HEAD`.
    image : int
        Height and width of the input, in pixels.

    Returns
    -------
    str
        For instance "56 × 56", "1/4 of the image" or "head".
    """
    if isinstance(group, str):
        return group
    parts = 2**group
    return f"{image // parts} × {image // parts}" if image % parts == 0 else f"1/{parts} size"
