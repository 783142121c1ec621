"""Figures of the chapter on VGG."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.charts import COLORS, labeled_bars
from convcost.figures.gallery.networks import cost_switch
from convcost.figures.gallery.stages import COSTS, Costs
from convcost.figures.live import LiveFigure

__all__ = ["configurations"]

CONFIGURATIONS = {
    "A (11 layers)": "paper/vgg-a",
    "A-LRN (11 layers)": "paper/vgg-a-lrn",
    "B (13 layers)": "paper/vgg-b",
    "C (16 layers, three of them 1 × 1)": "paper/vgg-c",
    "D (16 layers): VGG-16": "paper/vgg-d",
    "E (19 layers): VGG-19": "paper/vgg-e",
}


def configurations(costs: Costs) -> LiveFigure:
    """The six columns of VGG's Table 1, layer by layer.

    Parameters
    ----------
    costs : callable
        Name of a network and image size in pixels -> frame of layer costs.

    Returns
    -------
    LiveFigure
    """
    image = 224

    @functools.cache
    def layers(network: str) -> list[tuple[str, dict[str, int]]]:
        frame = costs(CONFIGURATIONS[network], image)
        weighted = frame[frame["kind"].isin(["conv", "linear"])]
        return [
            (
                _layer_name(row.kind, row.output_shape, number),
                {cost: getattr(row, cost) for cost in COSTS},
            )
            for number, row in enumerate(weighted.itertuples(), start=1)
        ]

    def rows(network: str, count: str) -> list[dict[str, Any]]:
        reach = max(cost[count] for other in CONFIGURATIONS for _, cost in layers(other))
        return [
            {"name": name, "value": cost[count], "label": units.count(cost[count]), "reach": reach}
            for name, cost in layers(network)
        ]

    def finding(network: str, count: str) -> str:
        costly = layers(network)
        total = sum(cost[count] for _, cost in costly)
        name, most = max(costly, key=lambda layer: layer[1][count])
        return (
            f"Configuration {network} has {units.count(total)} {COSTS[count]}. "
            f"The layer with most of them is {name}: {units.count(most[count])}, "
            f"{most[count] / total:.0%} of the network."
        )

    return LiveFigure(
        labeled_bars(rows=19, color=COLORS["VGG"], names=136),
        name="fig-vgg-configurations",
        rows=rows,
        finding=finding,
        controls={
            "network": widgets.Dropdown(
                options=list(CONFIGURATIONS), value="D (16 layers): VGG-16",
                description="Configuration",
            ),
            "count": cost_switch("macs"),
        },
        caption=(
            "One bar for each layer with weights, first layer on top; the scale is the same for "
            "all configurations. Notice that one layer of the head holds most parameters, and that "
            "the middle convolutions share the multiply-adds nearly evenly."
        ),
        columns={"name": "Layer", "value": "Count"},
    )  # fmt: skip


def _layer_name(kind: str, output_shape: tuple[int, ...], number: int) -> str:
    if kind == "linear":
        return f"{number}: linear, {output_shape[-1]:,}"
    return f"{number}: {output_shape[1]} at {output_shape[2]} × {output_shape[3]}"
