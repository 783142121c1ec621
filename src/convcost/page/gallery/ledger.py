"""Figures that add up a network: layer by layer, and by the size of the map."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.page.charts import labeled_bars
from convcost.page.gallery.networks import IMAGES, image_slider, share_rows
from convcost.page.gallery.stages import COSTS, HALVINGS, HEAD, Costs, by_halvings
from convcost.page.live.figure import LiveFigure

__all__ = ["layer_ledger", "work_shares"]

KINDS = {"conv": "convolution", "linear": "linear layer"}


def layer_ledger(costs: Costs, cost: str) -> LiveFigure:
    """VGG-16, one layer after the other: what it holds or does, and what has come together.

    Parameters
    ----------
    costs : callable
        Name of a network and image size in pixels -> frame of layer costs.
    cost : str
        What to add up: "params" or "macs".

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If the cost is another one.
    """
    if cost not in ("params", "macs"):
        raise ValueError(f"cost={cost!r}: layer_ledger adds up 'params' or 'macs'")
    frame = costs("vgg16", 224)
    layers = [row for row in frame.itertuples() if row.kind in KINDS]
    values = [int(getattr(row, cost)) for row in layers]

    def product(row: Any) -> str:
        into, out = row.input_shape[1], row.output_shape[1]
        factors = [*row.kernel, into, out]
        if cost == "macs":
            factors += row.output_shape[2:]
        written = " × ".join(map(str, factors))
        return f"{written} + {out}" if cost == "params" else written

    def rows(added: int) -> list[dict[str, Any]]:
        return [
            {
                "name": f"{number}: {row.kind} {row.output_shape[1]}",
                "by_hand": product(row),
                "value": value,
                "label": units.count(value),
                "reach": max(values),
                "family": "VGG" if number <= added else "plain",
            }
            for number, (row, value) in enumerate(zip(layers, values, strict=True), start=1)
        ]

    def finding(added: int) -> str:
        row, value, total = layers[added - 1], values[added - 1], sum(values)
        so_far = sum(values[:added])
        verb = "hold" if cost == "params" else "do"
        together = (
            f"The first {added} {verb} {units.count(so_far)}, {so_far / total:.1%} of all."
            if added < len(layers)
            else f"With it, all are added up: {total:,}."
        )
        return (
            f"Layer {added}, a {KINDS[row.kind]}: {product(row)} = {value:,} {COSTS[cost]}. "
            f"{together}"
        )

    notice = {
        "params": "Notice how little the convolutions hold, and which layer holds most.",
        "macs": "Notice that the layer with most parameters, the fourteenth, does next to nothing.",
    }
    return LiveFigure(
        labeled_bars(rows=len(layers), domain=["VGG", "plain"], room=80),
        name=f"fig-ledger-{cost}",
        rows=rows,
        finding=finding,
        controls={
            "added": widgets.IntSlider(
                value=3, min=1, max=len(layers), description="Layers added up"
            )
        },
        caption=(
            f"{COSTS[cost].capitalize()} of VGG-16's layers, for an image of 224 × 224; the "
            f"colored ones are added up. {notice[cost]}"
        ),
        columns={"name": "Layer", "by_hand": "By hand", "value": COSTS[cost].capitalize()},
    )


def work_shares(costs: Costs, networks: dict[str, str]) -> LiveFigure:
    """Where a network does its multiply-adds: by the size of the map, and the head.

    Parameters
    ----------
    costs : callable
        A network and image size in pixels -> frame of layer costs.
    networks : dict
        What a reader calls a network -> what ``costs`` takes; a label that starts with "VGG"
        gets VGG's color.

    Returns
    -------
    LiveFigure
    """

    @functools.cache
    def stages(network: str, image: int) -> dict[int | str, int]:
        return by_halvings(costs(networks[network], image), image, "macs")

    def rows(network: str, image: int) -> list[dict[str, Any]]:
        # One scale for all networks and sizes, so that what grows is seen to grow.
        reach = max(max(stages(other, IMAGES[-1]).values()) for other in networks)
        return share_rows(network, stages(network, image), image, reach=reach)

    def finding(network: str, image: int) -> str:
        found = stages(network, image)
        total = sum(found.values())
        large = sum(found.get(group, 0) for group in HALVINGS[:3])
        return (
            f"{network} does {units.count(total)} multiply-adds for an image of {image} × {image}: "
            f"{large / total:.0%} of them on maps of {image // 4} × {image // 4} and larger, "
            f"{found[HEAD] / total:.1%} in the head."
        )

    return LiveFigure(
        labeled_bars(rows=len(HALVINGS) + 1, domain=["VGG", "ResNet"], room=120, names=70),
        name="fig-work-shares",
        rows=rows,
        finding=finding,
        controls={
            "network": widgets.Dropdown(options=list(networks), description="Network"),
            "image": image_slider(),
        },
        caption=(
            "Multiply-adds by the size of the map that a layer puts out; all networks and sizes "
            "share one scale. Notice that VGG does most of its work on large maps and ResNet on "
            "small ones, and that the head's bar stays as it is while the image grows."
        ),
        columns={"name": "Map", "value": "Multiply-adds", "share": "Share"},
    )
