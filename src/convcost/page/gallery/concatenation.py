"""Figures of the chapter on adding and concatenating: the maps, and what the layers cost."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from convcost.arithmetic import conv_macs, conv_params
from convcost.page.charts import curves, joined_maps
from convcost.page.charts.look import COLORS
from convcost.page.gallery.stages import compared
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import choose, formatted, text, where
from convcost.page.palette import PALETTE

__all__ = ["add_or_concatenate", "what_is_passed_on"]

#: Channels of the map that comes in.
CHANNELS = 64


def what_is_passed_on() -> LiveFigure:
    """The maps that layers pass on which add, beside those of layers which concatenate.

    Returns
    -------
    LiveFigure
    """
    most_layers, most_new = 6, 64
    adding, beside = "adding", "concatenating"

    def parts(way: str, layer: int, growth: int) -> list[tuple[int, int, str]]:
        """Return start, end and state of what a map is made of, in channels."""
        if layer == 0:
            return [(0, CHANNELS, "input")]
        if way == adding:
            return [(0, CHANNELS, "sum")]
        ends = [CHANNELS + growth * n for n in range(layer + 1)]
        states = ["kept"] * (layer - 1) + ["new"]
        return [
            (0, CHANNELS, "input"),
            *zip(ends[:-1], ends[1:], states, strict=True),
        ]

    def rows(layers: int, growth: int) -> list[dict[str, Any]]:
        found = []
        for way in (adding, beside):
            for layer in range(layers + 1):
                of_map = parts(way, layer, growth)
                found += [
                    {
                        "way": way,
                        "layer": layer,
                        "start": start,
                        "end": end,
                        "channels": end - start,
                        "state": state,
                        "name": "" if start or way == beside else f"layer {layer}" if layer else
                        "comes in",
                        "label": str(end) if end == of_map[-1][1] else "",
                    }
                    for start, end, state in of_map
                ]  # fmt: skip
        return found

    def finding(layers: int, growth: int) -> str:
        wide = CHANNELS + layers * growth
        outputs = "one output" if layers == 1 else f"{layers} outputs"
        return (
            f"After {layers} layer{'s' * (layers > 1)}, adding passes on {CHANNELS} channels, the "
            f"sum of the input and {outputs}. Concatenating passes on {wide} channels; the input's "
            f"{CHANNELS} still stand among them as they came, {CHANNELS / wide:.0%} of all."
        )

    return LiveFigure(
        joined_maps(
            ways=[(adding, CHANNELS), (beside, CHANNELS + most_layers * most_new)],
            states={
                "input": COLORS["plain"],
                "sum": COLORS["ResNet"],
                "kept": COLORS["VGG-soft"],
                "new": COLORS["accent"],
            },
            layers=most_layers,
        ),
        name="fig-what-is-passed-on",
        rows=rows,
        finding=finding,
        controls={
            "layers": widgets.IntSlider(value=4, min=1, max=most_layers, description="Layers"),
            "growth": widgets.IntSlider(
                value=32, min=8, max=most_new, step=8, description="New channels of each layer"
            ),
        },
        caption=(
            "Maps from top to bottom, each as wide as it has channels. Layers that add pass on a "
            f"sum ({PALETTE['ResNet'].word}) in which nothing can be told apart; layers that "
            f"concatenate pass on what came in ({PALETTE['plain'].word}), what layers above put "
            "out, and what is new, side by side. Notice that the next layer has to read all of it."
        ),
        columns={
            "way": "Way of joining", "layer": "Layer", "state": "Part", "channels": "Channels",
        },
    )  # fmt: skip


def add_or_concatenate() -> LiveFigure:
    """Layers that add to what they were given, against layers that lay their output beside it.

    Returns
    -------
    LiveFigure
    """
    layers, channels, map_size = 16, CHANNELS, 56
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

    def ends(growth: Any, count: Any) -> list[Any]:
        return [chosen(count, layers, growth, adding) for adding in (True, False)]

    def rows(growth: Any, count: Any) -> list[dict[str, Any]]:
        added, beside = ends(growth, count)
        return [
            {
                "step": upto,
                "series": name,
                "value": chosen(count, upto, growth, name == "adding"),
                "axis_end": where(beside > added, beside, added),
            }
            for name in series
            for upto in range(layers + 1)
        ]

    def finding(growth: Any, count: Any) -> Any:
        added, beside = ends(growth, count)
        return text(
            "After ", layers, " layers, adding comes to ", formatted(added, ","), " ",
            choose(count, list(what.values())), ". Concatenating ", growth,
            " new channels each time comes to ", formatted(beside, ","), ", ",
            compared(beside / added), ".",
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
            f"3 × 3 layers on a {map_size} × {map_size} map that begins with {channels} channels. "
            f"Layers that add put out {channels} channels again; layers that concatenate put out "
            "only the new ones and pass them on beside all the others. Memory is the convolutions' "
            "inputs, kept for the backward pass. Notice how the curves bend, and find the number "
            "of new channels at which concatenating costs as much as adding; the axis follows the "
            "higher curve."
        ),
        columns={"series": "Way of joining", "step": "Layers so far", "value": "Count"},
    )  # fmt: skip
