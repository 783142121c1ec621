"""Figures of the chapter on VGG's head: where the parameters are, and what a swap changes."""

from __future__ import annotations

import functools
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.arithmetic import linear_params
from convcost.page.charts import labeled_bars
from convcost.page.gallery.networks import cost_switch
from convcost.page.gallery.stages import COSTS, HEAD, Costs, by_halvings, family
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
                "reach": linear_params(CHANNELS * 10 * 10, 4096),
                "family": "ResNet" if name == names[0] else "VGG",
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
        labeled_bars(rows=4, domain=["VGG", "ResNet"], room=100),
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
            "Parameters of VGG-16 with its own head and with others. Notice which of the two "
            "switches saves more, and that averaging makes the head forget the map's size."
        ),
        columns={"name": "Part", "value": "Parameters"},
        traced=True,
    )  # fmt: skip


def heads_compared(costs: Costs, networks: dict[tuple[str, str], Any]) -> LiveFigure:
    """Networks of two families, each with its own head, a pooled one, or VGG's.

    Parameters
    ----------
    costs : callable
        A network and image size in pixels -> frame of layer costs.
    networks : dict
        What a reader calls a network, and its head ("gap" or "fc") -> what ``costs`` takes; a
        label that starts with "VGG" has the head "fc" of its own, others have "gap".

    Returns
    -------
    LiveFigure
    """
    image = 224
    names = list(dict.fromkeys(name for name, _ in networks))

    @functools.cache
    def totals(name: str, head: str, count: str) -> tuple[int, int]:
        found = by_halvings(costs(networks[name, head], image), image, count)
        return sum(found.values()), found[HEAD]

    def of(name: str, head: str) -> str:
        own = "fc" if name.startswith("VGG") else "gap"
        return own if head == "own" else head

    def rows(head: str, count: str) -> list[dict[str, Any]]:
        reach = max(totals(name, any_head, count)[0] for name, any_head in networks)
        found = {name: totals(name, of(name, head), count) for name in names}
        return [
            {
                "name": name,
                "value": total,
                "head": in_head,
                "label": f"{units.count(total)} ({units.count(in_head)})",
                "reach": reach,
                "family": family(name),
            }
            for name, (total, in_head) in sorted(
                found.items(), key=lambda item: item[1], reverse=True
            )
        ]

    def finding(head: str, count: str) -> str:
        first, second = names[0], "ResNet-34"
        one, other = (totals(name, of(name, head), count)[0] for name in (first, second))
        heads = {
            "own": "Each with its own head",
            "gap": "Both with a pooled head",
            "fc": "Both with VGG's head",
        }
        more = "more" if one > other else "fewer"
        return (
            f"{heads[head]}, {first} has {units.count(one)} {COSTS[count]} and {second} "
            f"{units.count(other)}: VGG has {more}."
        )

    return LiveFigure(
        labeled_bars(rows=len(names), domain=["VGG", "ResNet"], room=130),
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
            "count": cost_switch("params", costs=("params", "macs")),
        },
        caption=(
            "The whole network and, in brackets, its head alone; the largest on top. Notice what "
            "the head does to the order of the parameters, and how little it does to the order of "
            "the multiply-adds."
        ),
        columns={"name": "Network", "value": "In all", "head": "In the head"},
    )  # fmt: skip
