"""Figures of the chapter on 3 x 3 kernels: what a stack sees, and what it costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from convcost.arithmetic import conv_macs, conv_params, receptive_field
from convcost.page.charts import labeled_bars, nested_squares
from convcost.page.charts.look import COLORS
from convcost.page.gallery.stages import compared
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text, where

__all__ = ["field_growth", "kernel_stack", "network_field"]

CAT = (
    "...............",
    "..#.........#..",
    "..##.......##..",
    "..#.#.....#.#..",
    "..#..#####..#..",
    "..#.........#..",
    ".#...........#.",
    ".#..#.....#..#.",
    ".#...........#.",
    ".#.....#.....#.",
    ".#....#.#....#.",
    "..#..#...#..#..",
    "...#.......#...",
    "....#######....",
    "...............",
)
"""An image for the field to grow on: a dark pixel for each #."""


def _field(depth: Any, kernel: Any) -> Any:
    """Receptive field of equal layers; a depth that is a symbol can't make a list of layers."""
    return 1 + depth * (receptive_field([(kernel, 1)]) - 1)


def field_growth() -> LiveFigure:
    """The pixels that one value depends on, layer by layer.

    Returns
    -------
    LiveFigure
    """
    side, most = len(CAT), 8

    def rows(depth: Any, kernel: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": f"{layer} layers" if layer > 1 else "1 layer",
                "side": _field(layer, kernel),
                "state": where(depth < layer, "after", where(depth > layer, "before", "now")),
            }
            for layer in range(1, most + 1)
        ]

    def finding(depth: Any, kernel: Any) -> Any:
        field = _field(depth, kernel)
        return text(
            "One value on top of ", where(depth > 1, text(depth, " layers"), "one layer"), " of ",
            kernel, " × ", kernel, " depends on ", field, " × ", field, " pixels.",
            where(field > side, " The image is smaller: the rest is padding.", ""),
        )  # fmt: skip

    return LiveFigure(
        nested_squares(
            largest_side=side,
            states={
                "before": COLORS["VGG"],
                "now": COLORS["VGG"],
                "after": "transparent",
            },
            picture=CAT,
            height=330,
        ),
        name="fig-field-growth",
        rows=rows,
        finding=finding,
        controls={
            "depth": widgets.IntSlider(value=2, min=1, max=most, description="Layers in the stack"),
            "kernel": widgets.ToggleButtons(
                options=[("3 × 3", 3), ("5 × 5", 5), ("7 × 7", 7)], value=3, description="Kernel"
            ),
        },
        caption=(
            "The receptive field of one value in the middle of the last map, on a picture of "
            f"{side} × {side} pixels, a square for each layer; a field larger than the picture is "
            "drawn around it. Notice that each layer adds the same to the side, and find two ways "
            "to see 7 × 7."
        ),
        columns={"name": "Stack", "side": "Side of the field (pixels)"},
        traced=True,
    )


def kernel_stack() -> LiveFigure:
    """Stacked 3 x 3 convolutions against one convolution that sees as far.

    Returns
    -------
    LiveFigure
    """
    map_size = 56
    names = ("stack of 3 × 3", "one large kernel")

    def both(depth: Any, channels: Any, first: Any) -> tuple[Any, Any, Any]:
        field = _field(depth, 3)
        enter = where(first == 1, 3, channels)
        stack = conv_params(enter, channels, 3, bias=False) + (depth - 1) * conv_params(
            channels, channels, 3, bias=False
        )
        return field, stack, conv_params(enter, channels, field, bias=False)

    def rows(depth: Any, channels: Any, first: Any) -> list[dict[str, Any]]:
        _, stack, single = both(depth, channels, first)
        return [
            {
                "name": name,
                "value": params,
                "macs": params * conv_macs(1, 1, 1, map_size, map_size),
                "label": formatted(params, ","),
                "axis_end": where(
                    first == 1,
                    both(4, 256, 1)[1],
                    conv_params(256, 256, 9, bias=False),
                ),
                "family": family,
            }
            for name, params, family in zip(names, (stack, single), ("VGG", "plain"), strict=True)
        ]

    def finding(depth: Any, channels: Any, first: Any) -> Any:
        field, stack, single = both(depth, channels, first)
        return text(
            where(depth > 1, text(depth, " layers of 3 × 3 see "), "One layer of 3 × 3 sees "),
            field, " × ", field, " pixels with ", formatted(stack, ","), " weights; one layer of ",
            field, " × ", field, " needs ", formatted(single, ","), ", ",
            compared(single / stack), ".",
        )  # fmt: skip

    return LiveFigure(
        labeled_bars(rows=2, domain=["VGG", "plain"], label_px=90),
        name="fig-kernel-stack",
        rows=rows,
        finding=finding,
        controls={
            "depth": widgets.IntSlider(value=3, min=1, max=4, description="Layers of 3 × 3"),
            "channels": widgets.IntSlider(
                value=128, min=16, max=256, step=16, description="Channels out"
            ),
            "first": widgets.ToggleButtons(
                options=[("as many as out", 0), ("3, an image", 1)], value=0,
                description="Channels in",
            ),
        },
        caption=(
            "Weights, biases left out, of a stack of 3 × 3 convolutions and of the one convolution "
            "that sees as far. Notice that the ratio does not depend on the number of channels "
            "while as many come in as go out, and what happens to it when an image comes in."
        ),
        columns={
            "name": "Design", "value": "Weights",
            "macs": f"Multiply-adds on a {map_size} × {map_size} map",
        },
        traced=True,
    )  # fmt: skip


def network_field(layers: Sequence[tuple[str, int, int]], image: int) -> LiveFigure:
    """The receptive field after each layer of a network, on its image.

    Parameters
    ----------
    layers : sequence of tuple
        What a reader calls the layer, its kernel and its stride, from the image on.
    image : int
        Height and width of the image, in pixels.

    Returns
    -------
    LiveFigure
    """
    moves = [(kernel, stride) for _, kernel, stride in layers]
    fields = [receptive_field(moves[: n + 1]) for n in range(len(moves))]

    def rows(layer: int) -> list[dict[str, Any]]:
        squares = [
            {
                "name": f"{n}: {name}",
                "side": field,
                "state": "after" if n > layer else "now" if n == layer else "before",
            }
            for n, ((name, _, _), field) in enumerate(zip(layers, fields, strict=True), start=1)
        ]
        return [{"name": "image", "side": image, "state": "image"}, *squares]

    def finding(layer: int) -> str:
        name, field = layers[layer - 1][0], fields[layer - 1]
        part = min(field, image) ** 2 / image**2
        return (
            f"After layer {layer}, {name}, one value depends on {field} × {field} pixels, "
            f"{part:.1%} of the image."
        )

    return LiveFigure(
        nested_squares(
            largest_side=max(image, *fields),
            states={
                "image": COLORS["muted"],
                "before": COLORS["VGG"],
                "now": COLORS["VGG"],
                "after": "transparent",
            },
        ),
        name="fig-network-field",
        rows=rows,
        finding=finding,
        controls={
            "layer": widgets.IntSlider(
                value=10, min=1, max=len(layers), description="Layers passed (pooling included)"
            )
        },
        caption=(
            "How far a value in the middle of the map sees, drawn to scale on the image (outer "
            "square), layer by layer. Notice how slowly the field grows at first, and how fast "
            "after the poolings: each of them doubles the step of every later layer."
        ),
        columns={"name": "Layer", "side": "Side of the field (pixels)"},
    )
