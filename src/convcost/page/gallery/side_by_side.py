"""Figures that set networks side by side, most of them of the chapter of that name."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.page.charts import cumulative_steps, labeled_bars, paired_bars
from convcost.page.drawing import outline
from convcost.page.gallery.cast import (
    PAPER,
    PLAIN,
    RESNET,
    TORCHVISION,
    VGG,
    Measure,
    Model,
    Network,
    measured_once,
)
from convcost.page.gallery.shared_controls import IMAGES, image_slider, quantity_switch
from convcost.page.gallery.stages import (
    HALVINGS,
    HEAD,
    QUANTITIES,
    as_many,
    by_halvings,
    stage_label,
)
from convcost.page.live.figure import LiveFigure
from convcost.page.palette import PALETTE

__all__ = ["along_the_depth", "any_two_stages", "same_start", "side_by_side"]

#: Height and width of the image, in pixels, where the reader can't choose it.
IMAGE = 224

#: What the reader can choose from.
SEVEN = ("VGG-11", "VGG-16", "VGG-19", "plain-34", "ResNet-18", "ResNet-34", "ResNet-50")

SERIES = ("first", "second")

#: Each network has the color of its family, whatever its place; of no family here, "accent".
FAMILIES = (VGG.name, RESNET.name, PLAIN.name, "accent")
PUBLISHED = {
    network.model: network.family.name for network in (*TORCHVISION.values(), *PAPER.values())
}


def side_by_side(
    measure: Measure,
    networks: Mapping[str, Model],
    *,
    name: str,
    caption: str = "",
    count: str = "params",
) -> LiveFigure:
    """Two networks, stage by stage: two for any image, or of more any two for one image.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    networks : mapping
        What a reader calls each of two or more networks -> what ``measure`` takes. VGGs, ResNets
        and plain networks have their family's color.
    name : str
        The figure's ``id`` on the page.
    caption : str
        What to notice; without it the caption names the first two networks.
    count : str
        What the figure counts first: "params", "macs" or "activations".

    Returns
    -------
    LiveFigure
        With a slider for the image if there are two networks, else with menus to choose two.

    Raises
    ------
    ValueError
        If there are fewer than two networks.
    """
    if len(networks) < 2:
        raise ValueError(f"side_by_side takes two networks or more; {len(networks)} were given")
    one, two = list(networks)[:2]
    choosing = len(networks) > 2
    measured = measured_once(measure)

    @functools.cache
    def stages(network: str, image: int, count: str) -> dict[int | str, int]:
        return by_halvings(measured(networks[network], image).layers, image, count)

    def rows(
        count: str, image: int = IMAGE, first: str = one, second: str = two
    ) -> list[dict[str, Any]]:
        largest_image = image if choosing else IMAGES[-1]
        pair = {"first": first, "second": second}
        found = {network: stages(network, image, count) for network in pair.values()}
        axis_end = max(max(stages(network, largest_image, count).values()) for network in found)
        return [
            {
                "group": stage_label(group, image),
                "series": series,
                "network": network,
                "family": PUBLISHED.get(networks[network], "accent"),
                "value": found[network].get(group, 0),
                "label": f"{units.count(found[network][group])} {network}"
                if group in found[network]
                else f"– {network}",
                "axis_end": axis_end,
            }
            for group in [*HALVINGS, HEAD]
            for series, network in pair.items()
        ]

    def finding(count: str, image: int = IMAGE, first: str = one, second: str = two) -> str:
        pair = {network: stages(network, image, count) for network in (first, second)}
        return _furthest_apart(pair, count, image) if choosing else _ratio(pair, count, image)

    controls: dict[str, widgets.Widget] = {"count": quantity_switch(count)}
    if choosing:
        controls = {**_choosers(networks), **controls}
    else:
        controls["image"] = image_slider()
    return LiveFigure(
        paired_bars(
            groups=len(HALVINGS) + 1, series=dict.fromkeys(SERIES, ""), domain=FAMILIES, name_px=68
        ),
        name=name,
        rows=rows,
        finding=finding,
        controls=controls,
        caption=caption
        or (
            f"{one[:1].upper()}{one[1:]} (upper bar of each pair) against {two} "
            "(lower bar), by the size of each layer's output map. Notice where each of them spends."
        ),
        columns={"group": "Map", "network": "Network", "value": "Count"},
    )


def _ratio(pair: Mapping[str, dict[int | str, int]], count: str, image: int) -> str:
    """Say how many more the larger of two networks has."""
    first, second = pair
    one, two = (sum(stages.values()) for stages in pair.values())
    more, ratio = (first, one / two) if one >= two else (second, two / one)
    compared = f"{more} has {as_many(ratio)}" if one != two else "equally many"
    sentence = (
        f"For an image of {image} × {image} pixels, {first} has {units.count(one)} "
        f"{QUANTITIES[count]} and {second} {units.count(two)}: {compared}."
    )
    if count == "params":
        sentence += " The image's size changes neither."
    return sentence


def _furthest_apart(pair: Mapping[str, dict[int | str, int]], count: str, image: int) -> str:
    """Say by how much two networks differ, and where most of it is."""
    (first, one), (second, two) = next(iter(pair.items())), list(pair.items())[-1]
    if first == second:
        return f"{first}, chosen twice, has {units.count(sum(one.values()))} {QUANTITIES[count]}."
    apart = {group: one.get(group, 0) - two.get(group, 0) for group in [*HALVINGS, HEAD]}
    whole = sum(apart.values())
    more, fewer = (first, second) if whole >= 0 else (second, first)
    widest = max(apart, key=lambda group: apart[group] * (1 if whole >= 0 else -1))
    place = "in the head" if widest == HEAD else f"on maps of {stage_label(widest, image)}"
    return (
        f"{more} has {units.count(abs(whole))} more {QUANTITIES[count]} than {fewer}. "
        f"They differ most {place}, by {units.count(abs(apart[widest]))}."
    )


def _choosers(networks: Iterable[str]) -> dict[str, widgets.Dropdown]:
    options = list(networks)
    return {
        "first": widgets.Dropdown(options=options, value="VGG-16", description="First network"),
        "second": widgets.Dropdown(
            options=options, value="ResNet-34", description="Second network"
        ),
    }


def any_two_stages(measure: Measure) -> LiveFigure:
    """Any two of seven networks, stage by stage.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.

    Returns
    -------
    LiveFigure
    """
    return side_by_side(
        measure,
        {label: PAPER[label].model for label in SEVEN},
        name="fig-any-two-stages",
        caption=(
            "Two networks of your choice, by the size of each layer's output map, for one image of "
            f"{IMAGE} × {IMAGE}. Notice that the two families never meet at equal width: "
            "what VGG does with 64 channels on the whole image, ResNet does on "
            f"{IMAGE // 4} × {IMAGE // 4}."
        ),
        count="macs",
    )


def along_the_depth(measure: Measure) -> LiveFigure:
    """What two of seven networks have spent after each part of their layers.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.

    Returns
    -------
    LiveFigure
    """
    measured = measured_once(measure)

    @functools.cache
    def spent(network: str, count: str) -> list[int]:
        """Cumulated over layers with weights; a shortcut's cost comes with its block's last."""
        found = outline(measured(PAPER[network].model, IMAGE).layers)
        weighted = [
            n
            for n, part in zip(found.costs(count), found.parts, strict=True)
            if part.kind != "pool"
        ]
        return [sum(weighted[: n + 1]) for n in range(len(weighted))]

    def rows(first: str, second: str, count: str) -> list[dict[str, Any]]:
        found = []
        for series, network in zip(SERIES, (first, second), strict=True):
            totals = [0, *spent(network, count)]
            found += [
                {
                    "series": series,
                    "network": network,
                    "family": PAPER[network].family.name,
                    "layer": n,
                    "depth": n / (len(totals) - 1),
                    "value": total,
                    "share": total / totals[-1],
                }
                for n, total in enumerate(totals)
            ]
        return found

    def finding(first: str, second: str, count: str) -> str:
        def halfway(network: str) -> str:
            totals = spent(network, count)
            middle = len(totals) // 2
            return (
                f"{network} has spent {totals[middle - 1] / totals[-1]:.0%} of its "
                f"{QUANTITIES[count]} after {middle} of its {len(totals)} layers"
            )

        if first == second:
            return f"{halfway(first)}."
        return f"{halfway(first)}, and {halfway(second)}."

    return LiveFigure(
        cumulative_steps(series=SERIES, domain=FAMILIES, shares="shares"),
        name="fig-along-the-depth",
        rows=rows,
        finding=finding,
        controls={
            **_choosers(SEVEN),
            "count": quantity_switch("params", quantities=("params", "macs")),
        },
        chart_controls={
            "shares": widgets.Checkbox(value=True, description="Each as a share of its own total")
        },
        caption=(
            f"What a network has spent after each of its layers, a dot for each: VGGs "
            f"{PALETTE['VGG'].word}, ResNets {PALETTE['ResNet'].word}, the second network dashed. "
            "Notice where each line jumps, and how straight ResNet's is by "
            "multiply-adds."
        ),
        columns={
            "network": "Network", "layer": "Layers passed", "value": "Spent",
            "share": "Share of the total",
        },
    )  # fmt: skip


def same_start(measure: Measure, networks: Mapping[tuple[Network, int, str], Model]) -> LiveFigure:
    """Networks with their own start and head, or all with the same.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    networks : mapping
        A network, how often its map is halved before its first 3 x 3 layers with 64 channels (0
        or 2), and a head; for each network all four -> the network with that start and head.

    Returns
    -------
    LiveFigure
    """
    measured = measured_once(measure)
    by_label = {network.label: network for network, _, _ in networks}

    def total(network: Network, start: int, head: str, count: str) -> int:
        number: int = getattr(measured(networks[network, start, head], IMAGE), count)
        return number

    def exchanged(network: Network, start: int, head: str, count: str) -> int:
        own = network.family
        halvings = own.halvings if start < 0 else start
        return total(network, halvings, own.head if head == "own" else head, count)

    def rows(start: int, head: str, count: str) -> list[dict[str, Any]]:
        axis_end = max(total(*key, count) for key in networks)
        found = {network: exchanged(network, start, head, count) for network in by_label.values()}
        return [
            {
                "name": network.label,
                "value": number,
                "label": units.count(number),
                "axis_end": axis_end,
                "family": network.family.name,
            }
            for network, number in found.items()
        ]

    starts = {-1: "its own start", 0: "the first layers on the whole image", 2: "the map halved "
              "twice at the start"}  # fmt: skip
    heads = {"own": "its own head", "gap": "a pooled head", "fc": "VGG's three linear layers"}

    def finding(start: int, head: str, count: str) -> str:
        one, other = (
            exchanged(by_label[label], start, head, count) for label in ("VGG-19", "ResNet-34")
        )
        ratio, who = (one / other, "VGG-19") if one >= other else (other / one, "ResNet-34")
        return (
            f"Each with {starts[start]} and {heads[head]}, VGG-19 has {units.count(one)} "
            f"{QUANTITIES[count]} and ResNet-34 {units.count(other)}: {who} has {as_many(ratio)}."
        )

    return LiveFigure(
        labeled_bars(rows=len(by_label), domain=[VGG.name, RESNET.name], label_px=80),
        name="fig-same-start",
        rows=rows,
        finding=finding,
        controls={
            "start": widgets.ToggleButtons(
                options=[("its own", -1), ("VGG's, none", 0), ("ResNet's, by 4", 2)], value=-1,
                description="Shrinking at the start",
            ),
            "head": widgets.ToggleButtons(
                options=[("its own", "own"), ("pooled", "gap"), ("VGG's", "fc")],
                value="own", description="Head",
            ),
            "count": quantity_switch("macs", quantities=("params", "macs")),
        },
        caption=(
            f"Networks for one image of {IMAGE} × {IMAGE}, each as its paper made it, or all with "
            "the same start and the same head; VGG's head takes in maps of 7 × 7, so smaller ones "
            "are enlarged by copying. Notice which of start and head decides the parameters, which "
            "the multiply-adds, and which family wins once both are equal."
        ),
        columns={"name": "Network", "value": "Count"},
    )  # fmt: skip
