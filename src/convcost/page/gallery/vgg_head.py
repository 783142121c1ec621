"""Figures of the chapter on VGG's head: where the parameters are, and what a swap changes."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.arithmetic import linear_params
from convcost.page.charts import labeled_bars
from convcost.page.gallery.cast import PLAIN, RESNET, VGG, Measure, Model, Network, measured_once
from convcost.page.gallery.shared_controls import quantity_switch
from convcost.page.gallery.stages import HEAD, QUANTITIES, as_many, by_halvings
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text, where

__all__ = ["head_swap", "heads_compared"]

CLASSES = 1000
CHANNELS = 512


def head_swap(body_params: int) -> LiveFigure:
    """VGG's parameters, convolutions and linear layers, with one head or another.

    Parameters
    ----------
    body_params : int
        Parameters of the convolutions, which no head changes.

    Returns
    -------
    LiveFigure
    """
    names = ("convolutions", "linear, hidden 1", "linear, hidden 2", "linear, classes")

    def parts(pooled: Any, layers: Any, side: Any, hidden: Any) -> list[Any]:
        enter = where(pooled == 1, CHANNELS, CHANNELS * side * side)
        return [
            body_params,
            where(layers == 3, linear_params(enter, hidden), 0),
            where(layers == 3, linear_params(hidden, hidden), 0),
            linear_params(where(layers == 3, hidden, enter), CLASSES),
        ]

    def rows(pooled: Any, layers: Any, side: Any, hidden: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": name,
                "value": params,
                "label": formatted(params, ","),
                "axis_end": linear_params(CHANNELS * 10 * 10, 4096),
                "family": PLAIN.name if name == names[0] else VGG.name,
            }
            for name, params in zip(names, parts(pooled, layers, side, hidden), strict=True)
        ]

    def finding(pooled: Any, layers: Any, side: Any, hidden: Any) -> Any:
        body, *linear = parts(pooled, layers, side, hidden)
        head = linear[0] + linear[1] + linear[2]
        enter = where(pooled == 1, CHANNELS, CHANNELS * side * side)
        return text(
            "The head takes in ", formatted(enter, ","),
            " values and has ", formatted(head, ","), " parameters, ",
            formatted(head / (body + head), ".0%"), " of all ", formatted(body + head, ","), ".",
        )  # fmt: skip

    return LiveFigure(
        labeled_bars(rows=4, domain=[VGG.name, PLAIN.name], label_px=100),
        name="fig-head-swap",
        rows=rows,
        finding=finding,
        controls={
            "pooled": widgets.ToggleButtons(
                options=[("flatten", 0), ("average each", 1)], value=0,
                description="The last maps",
            ),
            "layers": widgets.ToggleButtons(
                options=[("three", 3), ("one", 1)], value=3, description="Linear layers"
            ),
            "hidden": widgets.IntSlider(
                value=4096, min=256, max=4096, step=256, description="Width of the hidden layers"
            ),
            "side": widgets.IntSlider(
                value=7, min=1, max=10,
                description="Last map's height and width (a 32nd of the image's)",
            ),
        },
        caption=(
            "Parameters of VGG-16 with its own head and with others. Notice how much less each of "
            "the two changes saves when it comes second, and that once the maps are averaged, "
            "their size no longer matters to the head."
        ),
        columns={"name": "Part", "value": "Parameters"},
        traced=True,
    )  # fmt: skip


def heads_compared(measure: Measure, networks: Mapping[tuple[Network, str], Model]) -> LiveFigure:
    """Networks of two families, each with its own head, a pooled one, or VGG's.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    networks : mapping
        A network and a head, for each network both -> the network with that head.

    Returns
    -------
    LiveFigure
    """
    image = 224
    measured = measured_once(measure)
    by_label = {network.label: network for network, _ in networks}

    @functools.cache
    def totals(network: Network, head: str, count: str) -> tuple[int, int]:
        found = by_halvings(measured(networks[network, head], image).layers, image, count)
        return sum(found.values()), found[HEAD]

    def with_head(network: Network, head: str, count: str) -> tuple[int, int]:
        return totals(network, network.family.head if head == "own" else head, count)

    def rows(head: str, count: str) -> list[dict[str, Any]]:
        axis_end = max(totals(*key, count)[0] for key in networks)
        found = {network: with_head(network, head, count) for network in by_label.values()}
        return [
            {
                "name": network.label,
                "value": total,
                "head": in_head,
                "label": f"{units.count(total)} ({units.count(in_head)})",
                "axis_end": axis_end,
                "family": network.family.name,
            }
            for network, (total, in_head) in sorted(
                found.items(), key=lambda item: item[1], reverse=True
            )
        ]

    def finding(head: str, count: str) -> str:
        first, second = next(iter(by_label)), "ResNet-34"
        one, other = (with_head(by_label[label], head, count)[0] for label in (first, second))
        heads = {
            "own": "Each with its own head",
            "gap": "Both with a pooled head",
            "fc": "Both with VGG's head",
        }
        more, ratio = ("VGG", one / other) if one > other else ("ResNet", other / one)
        return (
            f"{heads[head]}, {first} has {units.count(one)} {QUANTITIES[count]} and {second} "
            f"{units.count(other)}: {more} has {as_many(ratio)}."
        )

    return LiveFigure(
        labeled_bars(rows=len(by_label), domain=[VGG.name, RESNET.name], label_px=130),
        name="fig-heads-compared",
        rows=rows,
        finding=finding,
        controls={
            "head": widgets.ToggleButtons(
                options=[
                    ("its own", "own"), ("pooled, one layer", "gap"), ("VGG's three layers", "fc"),
                ],
                value="own", description="Head",
            ),
            "count": quantity_switch("params", quantities=("params", "macs")),
        },
        caption=(
            "The whole network and, in parentheses, its head alone; the largest on top. Notice how "
            "the head changes the order by parameters, and how little it changes the order by "
            "multiply-adds."
        ),
        columns={"name": "Network", "value": "In all", "head": "In the head"},
    )  # fmt: skip
