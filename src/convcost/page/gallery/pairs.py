"""Figures of the chapter that sets networks side by side."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.page.charts import COLORS, cumulative_steps, labeled_bars, paired_bars
from convcost.page.drawing import outline
from convcost.page.gallery.networks import cost_switch
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
from convcost.page.palette import PALETTE

__all__ = ["along_the_depth", "any_two_stages", "same_start"]

NAMES = {
    "VGG-11": "paper/vgg-a", "VGG-16": "paper/vgg-d", "VGG-19": "paper/vgg-e",
    "plain-34": "paper/plain-34", "ResNet-18": "paper/resnet-18", "ResNet-34": "paper/resnet-34",
    "ResNet-50": "paper/resnet-50",
}  # fmt: skip

IMAGE = 224

#: The two networks that the reader chooses; either may be of either family.
SERIES = {"first": COLORS["VGG"], "second": COLORS["ResNet"]}


def _choosers(first: str, second: str) -> dict[str, widgets.Dropdown]:
    return {
        "first": widgets.Dropdown(options=list(NAMES), value=first, description="First network"),
        "second": widgets.Dropdown(options=list(NAMES), value=second, description="Second network"),
    }


def any_two_stages(costs: Costs) -> LiveFigure:
    """Any two of seven networks, stage by stage.

    Parameters
    ----------
    costs : callable
        Name of a network and image size in pixels -> frame of layer costs.

    Returns
    -------
    LiveFigure
    """

    @functools.cache
    def stages(network: str, count: str) -> dict[int | str, int]:
        return by_halvings(costs(NAMES[network], IMAGE), IMAGE, count)

    def rows(first: str, second: str, count: str) -> list[dict[str, Any]]:
        both = {"first": first, "second": second}
        reach = max(max(stages(network, count).values()) for network in both.values())
        return [
            {
                "group": stage_label(group, IMAGE),
                "series": series,
                "network": network,
                "value": stages(network, count).get(group, 0),
                "label": f"{units.count(stages(network, count)[group])} {network}"
                if group in stages(network, count)
                else f"– {network}",
                "reach": reach,
            }
            for group in [*HALVINGS, HEAD]
            for series, network in both.items()
        ]

    def finding(first: str, second: str, count: str) -> str:
        one, two = (stages(network, count) for network in (first, second))
        if first == second:
            return f"{first} has {units.count(sum(one.values()))} {COSTS[count]}, whoever asks."
        apart = {group: one.get(group, 0) - two.get(group, 0) for group in [*HALVINGS, HEAD]}
        whole = sum(apart.values())
        more, fewer = (first, second) if whole >= 0 else (second, first)
        widest = max(apart, key=lambda group: apart[group] * (1 if whole >= 0 else -1))
        place = "in the head" if widest == HEAD else f"on maps of {stage_label(widest, IMAGE)}"
        return (
            f"{more} has {units.count(abs(whole))} {COSTS[count]} more than {fewer}. "
            f"They are furthest apart {place}, by {units.count(abs(apart[widest]))}."
        )

    return LiveFigure(
        paired_bars(groups=len(HALVINGS) + 1, series=SERIES, names=68),
        name="fig-any-two-stages",
        rows=rows,
        finding=finding,
        controls={**_choosers("VGG-16", "ResNet-34"), "count": cost_switch("macs")},
        caption=(
            "Two networks of your choice, by the size of the map that a layer puts out, for one "
            f"image of {IMAGE} × {IMAGE}. Notice that the two families never meet at equal width: "
            "what VGG does with 64 channels on the whole image, ResNet does on "
            f"{IMAGE // 4} × {IMAGE // 4}."
        ),
        columns={"group": "Map", "network": "Network", "value": "Count"},
    )


def along_the_depth(costs: Costs) -> LiveFigure:
    """What two of seven networks have spent after each part of their layers.

    Parameters
    ----------
    costs : callable
        Name of a network and image size in pixels -> frame of layer costs.

    Returns
    -------
    LiveFigure
    """

    @functools.cache
    def spent(network: str, count: str) -> list[int]:
        """Cumulated over layers with weights; a shortcut's cost comes with its block's last."""
        found = outline(costs(NAMES[network], IMAGE).itertuples())
        each = [getattr(part, count) for part in found.parts]
        for shortcut in found.shortcuts:
            each[shortcut.last] += getattr(shortcut, count)
        weighted = [n for n, part in zip(each, found.parts, strict=True) if part.kind != "pool"]
        return [sum(weighted[: n + 1]) for n in range(len(weighted))]

    def rows(first: str, second: str, count: str) -> list[dict[str, Any]]:
        found = []
        for series, network in (("first", first), ("second", second)):
            totals = [0, *spent(network, count)]
            found += [
                {
                    "series": series,
                    "network": network,
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
                f"{network} has spent {totals[middle - 1] / totals[-1]:.0%} of its {COSTS[count]} "
                f"after {middle} of its {len(totals)} layers"
            )

        if first == second:
            return f"{halfway(first)}."
        return f"{halfway(first)}, and {halfway(second)}."

    return LiveFigure(
        cumulative_steps(colors=SERIES, shares="shares"),
        name="fig-along-the-depth",
        rows=rows,
        finding=finding,
        controls={
            **_choosers("VGG-16", "ResNet-34"),
            "count": cost_switch("params", costs=("params", "macs")),
        },
        chart_controls={
            "shares": widgets.Checkbox(value=True, description="Each as a share of its own total")
        },
        caption=(
            "What is spent after so many of a network's layers (the first network "
            f"{PALETTE['VGG'].word}, the second {PALETTE['ResNet'].word}), a dot for each layer. "
            "Notice where each line jumps, and how straight ResNet's is as you switch to "
            "multiply-adds."
        ),
        columns={
            "network": "Network", "layer": "Layers passed", "value": "Spent",
            "share": "Share of the total",
        },
    )  # fmt: skip


def same_start(costs: Costs, networks: dict[tuple[str, int, str], Any]) -> LiveFigure:
    """Networks with their own start and head, or all with the same.

    Parameters
    ----------
    costs : callable
        A network and image size in pixels -> frame of layer costs.
    networks : dict
        What a reader calls a network, how often its map is halved before its first 3 x 3 layers
        with 64 channels (0 or 2), and its head ("gap" or "fc") -> what ``costs`` takes. A label
        that begins with "VGG" has a start of 0 and the head "fc" of its own, others 2 and "gap".

    Returns
    -------
    LiveFigure
    """
    names = list(dict.fromkeys(name for name, _, _ in networks))

    @functools.cache
    def total(name: str, start: int, head: str, count: str) -> int:
        return int(costs(networks[name, start, head], IMAGE)[count].sum())

    def worn(name: str, start: int, head: str, count: str) -> int:
        own = (0, "fc") if name.startswith("VGG") else (2, "gap")
        return total(name, own[0] if start < 0 else start, own[1] if head == "own" else head, count)

    def rows(start: int, head: str, count: str) -> list[dict[str, Any]]:
        reach = max(total(*key, count) for key in networks)
        found = {name: worn(name, start, head, count) for name in names}
        return [
            {
                "name": name,
                "value": cost,
                "label": units.count(cost),
                "reach": reach,
                "family": family(name),
            }
            for name, cost in found.items()
        ]

    starts = {-1: "its own start", 0: "the first layers on the whole image", 2: "the map halved "
              "twice at the start"}  # fmt: skip
    heads = {"own": "its own head", "gap": "a pooled head", "fc": "VGG's three linear layers"}

    def finding(start: int, head: str, count: str) -> str:
        one, other = (worn(name, start, head, count) for name in ("VGG-19", "ResNet-34"))
        ratio, who = (one / other, "VGG-19") if one >= other else (other / one, "ResNet-34")
        return (
            f"Each with {starts[start]} and {heads[head]}, VGG-19 has {units.count(one)} "
            f"{COSTS[count]} and ResNet-34 {units.count(other)}: {who} has {ratio:.1f} times as "
            "many."
        )

    return LiveFigure(
        labeled_bars(rows=len(names), domain=["VGG", "ResNet"], room=80),
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
            "count": cost_switch("macs", costs=("params", "macs")),
        },
        caption=(
            f"Networks for one image of {IMAGE} × {IMAGE}, each as its paper made it, or all with "
            "the same start and the same head. Notice which switch decides about the parameters, "
            "which about the multiply-adds, and who wins once both are equal."
        ),
        columns={"name": "Network", "value": "Count"},
    )  # fmt: skip
