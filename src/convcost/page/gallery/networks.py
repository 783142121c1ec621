"""Figures that set whole networks side by side."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.page.charts import COLORS, labeled_bars, paired_bars
from convcost.page.gallery.stages import (
    COSTS,
    HALVINGS,
    HEAD,
    Costs,
    by_halvings,
    family,
    stage_label,
)
from convcost.page.live.figure import LiveFigure

__all__ = ["contest", "network_totals", "parameter_shares", "side_by_side"]

IMAGES = range(64, 321, 32)


def image_slider(value: int = 224) -> widgets.IntSlider:
    """Slider for the image's height and width in pixels, in steps that halve evenly five times."""
    return widgets.IntSlider(
        value=value, min=IMAGES[0], max=IMAGES[-1], step=IMAGES.step,
        description="Image height and width (pixels)",
    )  # fmt: skip


def cost_switch(
    value: str = "params", costs: tuple[str, ...] = tuple(COSTS)
) -> widgets.ToggleButtons:
    """Switch between what to count."""
    options = [(COSTS[cost].capitalize(), cost) for cost in costs]
    return widgets.ToggleButtons(options=options, value=value, description="Count")


def contest(costs: Costs) -> LiveFigure:
    """VGG-19 against ResNet-34, stage by stage, for any image.

    Parameters
    ----------
    costs : callable
        Name of a network and image size in pixels -> frame of layer costs.

    Returns
    -------
    LiveFigure
    """
    return side_by_side(
        costs,
        {"VGG-19": "vgg19", "ResNet-34": "resnet34"},
        name="fig-contest",
        caption=(
            "VGG-19 (upper bar of each pair) against ResNet-34 (lower bar), by the size of the map "
            "that a layer puts out. Notice where VGG-19's parameters are, then switch to "
            "multiply-adds: they are somewhere else."
        ),
    )


def side_by_side(
    costs: Costs,
    networks: dict[str, Any],
    *,
    name: str,
    caption: str = "",
    count: str = "params",
) -> LiveFigure:
    """Two networks, stage by stage, for any image: any two that `measure` takes.

    Parameters
    ----------
    costs : callable
        A network and image size in pixels -> frame of layer costs.
    networks : dict
        What a reader calls each of two networks -> what ``costs`` takes.
    name : str
        The figure's ``id`` on the page.
    caption : str
        What to notice; without it the caption names the two networks.
    count : str
        What the figure counts first: "params", "macs" or "activations".

    Returns
    -------
    LiveFigure

    Raises
    ------
    ValueError
        If there are not two networks.
    """
    if len(networks) != 2:
        raise ValueError(f"side_by_side takes two networks; {len(networks)} were given")
    first, second = networks
    frame = functools.cache(costs)

    @functools.cache
    def totals(image: int, cost: str) -> dict[str, dict[int | str, int]]:
        return {
            label: by_halvings(frame(network, image), image, cost)
            for label, network in networks.items()
        }

    def rows(image: int, count: str) -> list[dict[str, Any]]:
        found = totals(image, count)
        reach = max(max(stages.values()) for stages in totals(IMAGES[-1], count).values())
        return [
            {
                "group": stage_label(group, image),
                "series": label,
                "value": stages.get(group, 0),
                "label": f"{units.count(stages[group])} {label}"
                if group in stages
                else f"– {label}",
                "reach": reach,
            }
            for group in [*HALVINGS, HEAD]
            for label, stages in found.items()
        ]

    def finding(image: int, count: str) -> str:
        one, two = (sum(stages.values()) for stages in totals(image, count).values())
        more, ratio = (first, one / two) if one >= two else (second, two / one)
        compared = f"{more} has {ratio:.1f} times as many" if one != two else "equally many"
        sentence = (
            f"For an image of {image} × {image} pixels, {first} has {units.count(one)} "
            f"{COSTS[count]} and {second} {units.count(two)}: {compared}."
        )
        if count == "params":
            sentence += " The image's size changes neither."
        return sentence

    return LiveFigure(
        paired_bars(
            groups=len(HALVINGS) + 1,
            series={first: COLORS["VGG"], second: COLORS["ResNet"]},
            names=68,
        ),
        name=name,
        rows=rows,
        finding=finding,
        controls={"count": cost_switch(count), "image": image_slider()},
        caption=caption
        or (
            f"{first[:1].upper()}{first[1:]} (upper bar of each pair) against {second} "
            "(lower bar), by the size of the map that a layer puts out. Notice where each of them "
            "spends."
        ),
        columns={"group": "Map", "series": "Network", "value": "Count"},
    )


def share_rows(
    network: str, found: dict[int | str, int], image: int, reach: int
) -> list[dict[str, Any]]:
    """Return a row for each size of map and the head, with its share of the network's cost.

    Parameters
    ----------
    network : str
        What a reader calls it; VGG's color is for labels that start with "VGG".
    found : dict
        What :func:`~convcost.page.gallery.stages.by_halvings` gives.
    image : int
        Height and width of the input, in pixels.
    reach : int
        Where the bars' scale ends.

    Returns
    -------
    list of dict
    """
    total = sum(found.values())
    costs = [(group, found.get(group, 0)) for group in [*HALVINGS, HEAD]]
    return [
        {
            "name": stage_label(group, image),
            "value": cost,
            "share": f"{cost / total:.1%}",
            "label": f"{units.count(cost)} ({cost / total:.1%})",
            "reach": reach,
            "family": family(network),
        }
        for group, cost in costs
    ]


def parameter_shares(costs: Costs, networks: dict[str, Any]) -> LiveFigure:
    """Where a network keeps its parameters: by the size of the map, and the head.

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
    frame = functools.cache(costs)
    image = 224

    def stages(network: str) -> dict[int | str, int]:
        return by_halvings(frame(networks[network], image), image, "params")

    def rows(network: str) -> list[dict[str, Any]]:
        found = stages(network)
        return share_rows(network, found, image, reach=max(found.values()))

    def finding(network: str) -> str:
        found = stages(network)
        total = sum(found.values())
        return (
            f"{network} has {units.count(total)} parameters; its head holds "
            f"{units.count(found[HEAD])} of them, {found[HEAD] / total:.1%}."
        )

    return LiveFigure(
        labeled_bars(rows=len(HALVINGS) + 1, domain=["VGG", "ResNet"]),
        name="fig-parameter-shares",
        rows=rows,
        finding=finding,
        controls={"network": widgets.Dropdown(options=list(networks), description="Network")},
        caption=(
            "Parameters by the size of the map that a layer puts out; the bars share one scale "
            "within a network. Notice how the head shrinks when VGG-16 pools its last map first."
        ),
        columns={"name": "Map", "value": "Parameters", "share": "Share"},
    )


def network_totals(costs: Costs) -> LiveFigure:
    """Multiply-adds of ten networks at any image size, as MACs or as FLOPs.

    Parameters
    ----------
    costs : callable
        Name of a network and image size in pixels -> frame of layer costs.

    Returns
    -------
    LiveFigure
    """
    names = {
        "VGG-11": "vgg11", "VGG-13": "vgg13", "VGG-16": "vgg16", "VGG-19": "vgg19",
        "ResNet-18": "resnet18", "ResNet-34": "resnet34", "ResNet-50": "resnet50",
        "ResNet-101": "resnet101", "ResNet-152": "resnet152",
    }  # fmt: skip

    @functools.cache
    def macs(network: str, image: int) -> int:
        return int(costs(names[network], image)["macs"].sum())

    def rows(image: int, unit: int) -> list[dict[str, Any]]:
        ranked = sorted(names, key=lambda network: macs(network, image), reverse=True)
        return [
            {
                "name": network,
                "value": unit * macs(network, image),
                "label": units.count(unit * macs(network, image)),
                "reach": unit * max(macs(other, IMAGES[-1]) for other in names),
                "family": family(network),
            }
            for network in ranked
        ]

    def finding(image: int, unit: int) -> str:
        name = "FLOPs" if unit == 2 else "MACs"
        deepest, vgg = macs("ResNet-152", image), macs("VGG-16", image)
        return (
            f"For an image of {image} × {image} pixels, VGG-16 needs {units.count(unit * vgg)} "
            f"{name} and ResNet-152 {units.count(unit * deepest)}: {deepest / vgg:.0%} of it, "
            f"with {152 / 16:.1f} times as many layers."
        )

    return LiveFigure(
        labeled_bars(rows=len(names), domain=["VGG", "ResNet"]),
        name="fig-network-totals",
        rows=rows,
        finding=finding,
        controls={
            "unit": widgets.ToggleButtons(
                options=[("MACs", 1), ("FLOPs (2 × MACs)", 2)], value=1, description="Count in"
            ),
            "image": image_slider(),
        },
        caption=(
            "Operations for one image, the costliest network on top. Notice that doubling the "
            "image's side makes every bar about four times as long, and that the order hardly "
            "changes."
        ),
        columns={"name": "Network", "value": "Operations"},
    )
