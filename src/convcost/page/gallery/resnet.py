"""Figures of the chapter on ResNet."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.arithmetic import conv_macs, conv_params
from convcost.page.charts import curves, paired_bars
from convcost.page.charts.look import COLORS
from convcost.page.gallery.cast import Measure, Model, measured_once
from convcost.page.gallery.shared_controls import quantity_switch
from convcost.page.gallery.stages import HALVINGS, HEAD, QUANTITIES, by_halvings, stage_label
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import choose, formatted, text, where

__all__ = ["add_or_concatenate", "gradient_through_blocks", "shortcuts"]


def shortcuts(measure: Measure, networks: Mapping[tuple[int, str], Model]) -> LiveFigure:
    """What the three kinds of shortcut add to a residual network, stage by stage.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.
    networks : mapping
        Depth and shortcut ("A", "B", "C") -> the ResNet with that shortcut.

    Returns
    -------
    LiveFigure
    """
    image = 224
    depths = sorted({depth for depth, _ in networks})
    measured = measured_once(measure)

    @functools.cache
    def stages(depth: int, option: str, count: str) -> dict[int | str, int]:
        return by_halvings(measured(networks[depth, option], image).layers, image, count)

    def rows(depth: int, option: str, count: str) -> list[dict[str, Any]]:
        axis_end = max(max(stages(depth, other, count).values()) for other in ("A", "B", "C"))
        bare, chosen = stages(depth, "A", count), stages(depth, option, count)
        return [
            {
                "group": stage_label(group, image),
                "series": series,
                "value": value,
                "label": label,
                "axis_end": axis_end,
            }
            for group in [*HALVINGS[1:], HEAD]
            for series, value, label in (
                ("network", chosen.get(group, 0), units.count(chosen.get(group, 0))),
                (
                    "shortcuts",
                    chosen.get(group, 0) - bare.get(group, 0),
                    f"{units.count(chosen.get(group, 0) - bare.get(group, 0))} in shortcuts",
                ),
            )
        ]

    def finding(depth: int, option: str, count: str) -> str:
        bare = sum(stages(depth, "A", count).values())
        chosen = sum(stages(depth, option, count).values())
        sentence = (
            f"ResNet-{depth} with option {option} has {units.count(chosen)} {QUANTITIES[count]}. "
        )
        if chosen == bare:
            return sentence + "Its shortcuts only copy and add: they have none."
        return sentence + (
            f"Its shortcuts have {units.count(chosen - bare)} of them, "
            f"{(chosen - bare) / chosen:.1%}."
        )

    return LiveFigure(
        paired_bars(
            groups=len(HALVINGS),
            series={"network": COLORS["ResNet"], "shortcuts": COLORS["accent"]},
        ),
        name="fig-shortcuts",
        rows=rows,
        finding=finding,
        controls={
            "depth": widgets.Dropdown(
                options=[(f"ResNet-{depth}", depth) for depth in depths],
                value=depths[len(depths) // 2],
                description="Network",
            ),
            "option": widgets.ToggleButtons(
                options=["A", "B", "C"], value="B", description="Shortcut option"
            ),
            "count": quantity_switch("params"),
        },
        caption=(
            "Cost of a residual network by the size of the map that a layer puts out (upper bar), "
            "and how much of it is in the shortcuts (lower bar). Notice how little option B adds "
            "to ResNet-34, and what option C adds to ResNet-50."
        ),
        columns={"group": "Map", "series": "Part", "value": "Count"},
    )  # fmt: skip


def gradient_through_blocks() -> LiveFigure:
    """What arrives of a gradient behind a number of blocks, with and without shortcuts.

    Returns
    -------
    LiveFigure
    """
    blocks, low, high = 16, 1e-6, 1e6
    series = {"without shortcuts": COLORS["plain"], "with shortcuts": COLORS["ResNet"]}

    def factors(slope: Any) -> dict[str, Any]:
        return dict(zip(series, (slope, 1 + slope), strict=True))

    def behind(factor: Any) -> list[Any]:
        products = [1.0]
        for _ in range(blocks):
            products.append(products[-1] * factor)
        return products

    def rows(slope: Any) -> list[dict[str, Any]]:
        return [
            {
                "step": step,
                "series": name,
                "gradient": product,
                "value": where(product < 0, -product, product),
            }
            for name, factor in factors(slope).items()
            for step, product in enumerate(behind(factor))
        ]

    def arriving(factor: Any) -> Any:
        last = behind(factor)[-1]  # an even power, so it is not negative
        return where(
            (last > 0) & (last < 0.001),
            "less than 0.001",
            where(last < 100, formatted(last, ".3f"), formatted(last, ",.0f")),
        )

    def finding(slope: Any) -> Any:
        plain, residual = factors(slope).values()
        return text(
            "Each block multiplies the gradient by ", formatted(plain, ".1f"),
            " without its shortcut, and by ", formatted(residual, ".1f"), " with it. Of a "
            "gradient of 1, ", arriving(plain), f" arrives behind {blocks} blocks without "
            "shortcuts, and ", arriving(residual), " with them.",
        )  # fmt: skip

    return LiveFigure(
        curves(series=series, along="Blocks passed on the way back", log=(low, high)),
        name="fig-gradient-through-blocks",
        rows=rows,
        finding=finding,
        controls={
            "slope": widgets.FloatSlider(
                value=0.1, min=-1.0, max=1.0, step=0.1,
                readout_format=".1f",
                description="Slope of F in each block"
            )
        },
        caption=(
            f"Size of the gradient on its way back through {blocks} blocks of one number each, "
            "all with the same slope, on a logarithmic axis; what is smaller than the axis stays "
            "at its lower end. Notice what a shortcut does to a small slope, and find the slopes "
            "at which the gradient vanishes or explodes with shortcuts too."
        ),
        columns={"series": "Network", "step": "Blocks passed", "gradient": "Gradient"},
        traced=True,
    )  # fmt: skip


def add_or_concatenate() -> LiveFigure:
    """Layers that add to what they were given, against layers that lay their output beside it.

    Returns
    -------
    LiveFigure
    """
    layers, channels, map_size = 16, 64, 56
    pixels = map_size**2
    series = {"adding": COLORS["ResNet"], "concatenating": COLORS["accent"]}

    def taken(layer: int, growth: Any, adding: bool) -> Any:
        """Channels that layer takes in, counted from 0."""
        return channels if adding else channels + layer * growth

    def paid(upto: int, growth: Any, adding: bool) -> dict[str, Any]:
        """Costs of the first layers together."""
        weights = sum(
            conv_params(taken(n, growth, adding), channels if adding else growth, 3, bias=False)
            for n in range(upto)
        )
        return {
            "channels": taken(upto, growth, adding),
            "weights": weights,
            "macs": weights * conv_macs(1, 1, 1, map_size, map_size),
            "kept": sum(taken(n, growth, adding) for n in range(upto)) * pixels,
        }

    what = {
        "channels": "channels in the map",
        "weights": "weights",
        "macs": "multiply-adds",
        "kept": "values kept for the backward pass",
    }

    def chosen(count: Any, upto: int, growth: Any, adding: bool) -> Any:
        costs = paid(upto, growth, adding)
        return choose(count, [costs[name] for name in what])

    def rows(growth: Any, count: Any) -> list[dict[str, Any]]:
        return [
            {
                "step": upto,
                "series": name,
                "value": chosen(count, upto, growth, name == "adding"),
                "axis_end": chosen(count, layers, channels, False),
            }
            for name in series
            for upto in range(layers + 1)
        ]

    def finding(growth: Any, count: Any) -> Any:
        added, beside = (chosen(count, layers, growth, adding) for adding in (True, False))
        return text(
            "After ", layers, " layers, adding has ", formatted(added, ","), " ",
            choose(count, list(what.values())), ". Concatenating ", growth,
            " new channels each time has ", formatted(beside, ","), ", ",
            formatted(beside / added, ".2f"), " times as many.",
        )  # fmt: skip

    return LiveFigure(
        curves(series=series, along="Layers so far"),
        name="fig-add-or-concatenate",
        rows=rows,
        finding=finding,
        controls={
            "growth": widgets.IntSlider(
                value=64, min=4, max=64, step=4, description="New channels of each layer"
            ),
            "count": widgets.ToggleButtons(
                options=[
                    ("channels", 0), ("weights", 1), ("multiply-adds", 2), ("memory", 3),
                ],
                value=1,
                description="Count",
            ),
        },
        caption=(
            f"Layers of 3 × 3 on a {map_size} × {map_size} map that begins with {channels} "
            f"channels. Adding layers put out {channels} again; concatenating ones put out the new "
            "channels only and pass them on beside all the others. Memory is what the convolutions "
            "take in and keep for the backward pass. Notice how the curves bend, and find how many "
            "new channels cost as much as adding does."
        ),
        columns={"series": "Way to join", "step": "Layers so far", "value": "Count"},
    )  # fmt: skip
