"""Rows of layer costs gathered by the size of the map that a layer outputs."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from convcost import units
from convcost.page.live.tracing import formatted, text, where

if TYPE_CHECKING:
    from convcost.cost import LayerCost
    from convcost.page.gallery.cast import Network

__all__ = [
    "HALVINGS",
    "HEAD",
    "QUANTITIES",
    "as_many",
    "by_halvings",
    "compared",
    "share_rows",
    "stage_label",
]

QUANTITIES = {
    "params": "parameters",
    "macs": "multiply-adds",
    "activations": "activations",
}
"""Attribute of :class:`convcost.LayerCost` -> what a reader calls it."""

#: The networks of this book halve the image at most five times.
HALVINGS = range(6)

#: A ratio below this is said in percent: "1.1 times as many" would hide what is more.
IN_PERCENT = 1.5

#: Group of the layers that output no map.
HEAD = "head"


def by_halvings(layers: Iterable[LayerCost], image: int, quantity: str) -> dict[int | str, int]:
    """Total of one cost for each number of halvings between the image and a layer's output.

    Parameters
    ----------
    layers : iterable of LayerCost
        The rows of one network at one input size: ``ModelCost.layers``.
    image : int
        Height and width of the input, in pixels.
    quantity : str
        What to add up: ``params``, ``macs`` or ``activations``.

    Returns
    -------
    dict
        Number of halvings (0 to 5), or :data:`HEAD` for layers that output no map, or one that
        is smaller still -> total. Halvings without a layer are left out.
    """

    def halvings(shape: tuple[int, ...]) -> int | str:
        times = round(math.log2(image / shape[-1])) if len(shape) == 4 else len(HALVINGS)
        return times if times in HALVINGS else HEAD

    totals: dict[int | str, int] = {}
    for layer in layers:
        if (number := getattr(layer, quantity)) > 0:
            group = halvings(layer.output_shape)
            totals[group] = totals.get(group, 0) + number
    return totals


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
        For instance "56 × 56", "1/8 size" or "head".
    """
    if isinstance(group, str):
        return group
    parts = 2**group
    return f"{image // parts} × {image // parts}" if image % parts == 0 else f"1/{parts} size"


def share_rows(
    network: Network, totals: dict[int | str, int], image: int, axis_end: int
) -> list[dict[str, Any]]:
    """Return a row for each size of map and the head, with its share of the network's cost.

    Parameters
    ----------
    network : Network
        Whose family colors the bars.
    totals : dict
        What :func:`by_halvings` gives.
    image : int
        Height and width of the input, in pixels.
    axis_end : int
        Where the bars' axis ends.

    Returns
    -------
    list of dict
    """
    total = sum(totals.values())
    return [
        {
            "name": stage_label(group, image),
            "value": number,
            "share": f"{number / total:.1%}",
            "label": f"{units.count(number)} ({number / total:.1%})",
            "axis_end": axis_end,
            "family": network.family.name,
        }
        for group in [*HALVINGS, HEAD]
        for number in [totals.get(group, 0)]
    ]


def as_many(ratio: float) -> str:
    """Say how many more there are, of a ratio that is at least 1.

    Returns
    -------
    str
        For instance "14% more" or "5.4 times as many".
    """
    if ratio < IN_PERCENT:
        return f"{100 * (ratio - 1):.2g}% more"
    return f"{ratio:.1f} times as many"


def compared(ratio: Any) -> Any:
    """Say how one number compares with another, also in a figure that the page computes.

    Parameters
    ----------
    ratio : float or Expression
        The one by the other.

    Returns
    -------
    str or Expression
        For instance "8.50 times as many", "3.1% more", "as many" or "20.0% fewer".
    """
    less = text(formatted(1 - ratio, ".1%"), " fewer")
    more = text(formatted(ratio - 1, ".1%"), " more")
    near = where(ratio > 1, more, where(ratio < 1, less, "as many"))
    return where(ratio >= IN_PERCENT, text(formatted(ratio, ".2f"), " times as many"), near)
