"""Figures of the chapter on the bottleneck and the family of ResNets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import ipywidgets as widgets

from convcost.arithmetic import (
    batch_norm_params,
    conv_macs,
    conv_params,
    linear_macs,
    linear_params,
)
from convcost.page.charts import centered_bars, labeled_bars
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import choose, formatted, text, where
from convcost.page.palette import PALETTE

__all__ = ["compose", "equal_cost"]


def equal_cost() -> LiveFigure:
    """The bottleneck that costs what a basic block costs, for any number of channels carried.

    Returns
    -------
    LiveFigure
    """
    width, map_size = 64, 56
    price = 2 * conv_params(width, width, 3, bias=False)
    widest = 512

    def layers(carried: int, inner: int) -> list[int]:
        """Weights of the three layers."""
        return [
            conv_params(carried, inner, 1, bias=False),
            conv_params(inner, inner, 3, bias=False),
            conv_params(inner, carried, 1, bias=False),
        ]

    def affordable(carried: int) -> int:
        """Largest inner width that costs no more than the basic block."""
        inner = 1
        while sum(layers(carried, inner + 1)) <= price:
            inner += 1
        return inner

    def rows(carried: int) -> list[dict[str, Any]]:
        inner = affordable(carried)
        basic = [conv_params(width, width, 3, bias=False)] * 2
        shown = [
            ("comes in", width, 0, "plain"),
            ("3 × 3", width, basic[0], "plain"),
            ("3 × 3 again", width, basic[1], "plain"),
            ("carried", carried, 0, "ResNet"),
            *(
                (name, channels, weights, "ResNet")
                for name, channels, weights in zip(
                    ("1 × 1", "3 × 3 inside", "1 × 1 back"),
                    (inner, inner, carried),
                    layers(carried, inner),
                    strict=True,
                )
            ),
        ]
        return [
            {
                "name": name,
                "value": channels,
                "weights": weights,
                "macs": weights * map_size**2,
                "label": f"{channels}",
                "axis_end": widest,
                "family": family,
            }
            for name, channels, weights, family in shown
        ]

    def finding(carried: int) -> str:
        inner = affordable(carried)
        weights = layers(carried, inner)
        return (
            f"A bottleneck that carries {carried} channels can have {inner} inside for the price "
            f"of a basic block of {width}: {sum(weights):,} weights instead of {price:,}. Its "
            f"3 × 3 layer has {weights[1] / sum(weights):.0%} of them."
        )

    return LiveFigure(
        centered_bars(rows=7, domain=["plain", "ResNet"]),
        name="fig-equal-cost",
        rows=rows,
        finding=finding,
        controls={
            "carried": widgets.IntSlider(
                value=256, min=32, max=widest, step=32, description="Channels carried"
            )
        },
        caption=(
            f"Channels of each map in a basic block ({PALETTE['plain'].word}), and in the widest "
            f"bottleneck block ({PALETTE['ResNet'].word}) that has no more weights. "
            "Notice how wide the 3 × 3 layer stays while the block carries four times the "
            "channels, and where the bottleneck becomes a barrel."
        ),
        columns={
            "name": "Map", "value": "Channels", "weights": "Weights of the layer before it",
            "macs": f"Its multiply-adds on a {map_size} × {map_size} map",
        },
    )  # fmt: skip


def network_cost(blocks: Sequence[Any], bottleneck: bool) -> tuple[Any, Any]:
    """Parameters and multiply-adds of a residual network at 224 x 224, with option B.

    As in the paper, a bottleneck block has its stride in the first 1x1: so every layer of a block
    works on the map that the block outputs, and each weight once at each of its positions.
    """
    width, side, classes = 64, 112, 1000
    params = conv_params(3, width, 7, bias=False) + batch_norm_params(width)
    macs = conv_macs(3, width, 7, side, side)
    carried = width
    for stage, count in enumerate(blocks):
        inner, side = width * 2**stage, side // 2
        out = 4 * inner if bottleneck else inner
        # The first block of a stage takes in what the stage before carried; the others do not
        # change the number of channels.
        for repeats, enters in ((1, carried), (count - 1, out)):
            if bottleneck:
                weights = (
                    conv_params(enters, inner, 1, bias=False)
                    + conv_params(inner, inner, 3, bias=False)
                    + conv_params(inner, out, 1, bias=False)
                )
                norms = 2 * batch_norm_params(inner) + batch_norm_params(out)
            else:
                weights = conv_params(enters, out, 3, bias=False) + conv_params(
                    out, out, 3, bias=False
                )
                norms = 2 * batch_norm_params(out)
            if enters != out:
                weights += conv_params(enters, out, 1, bias=False)
                norms += batch_norm_params(out)
            params = params + repeats * (weights + norms)
            macs = macs + repeats * weights * conv_macs(1, 1, 1, side, side)
        carried = out
    return params + linear_params(carried, classes), macs + linear_macs(carried, classes)


def compose(stage_blocks: Mapping[int, Sequence[int]], bottlenecks: Sequence[int]) -> LiveFigure:
    """A residual network put together from blocks, beside the family of the paper.

    Parameters
    ----------
    stage_blocks : mapping of int to sequence of int
        Depth -> blocks in each of the four stages.
    bottlenecks : sequence of int
        The depths whose blocks have three layers.

    Returns
    -------
    LiveFigure
    """
    quantities = ("parameters", "multiply-adds")
    family = {
        f"ResNet-{depth}": network_cost(blocks, depth in bottlenecks)
        for depth, blocks in stage_blocks.items()
    }
    axis_ends = [max(costs[count] for costs in family.values()) for count in range(2)]

    def yours(kind: Any, blocks: Sequence[Any]) -> tuple[Any, Any]:
        basic, neck = (network_cost(blocks, bottleneck) for bottleneck in (False, True))
        return where(kind == 3, neck[0], basic[0]), where(kind == 3, neck[1], basic[1])

    def rows(
        kind: Any, first: Any, second: Any, third: Any, fourth: Any, count: Any
    ) -> list[dict[str, Any]]:
        shown = {"yours": yours(kind, (first, second, third, fourth)), **family}
        return [
            {
                "name": name,
                "value": choose(count, costs),
                "params": costs[0],
                "macs": costs[1],
                "label": choose(
                    count,
                    [
                        text(formatted(costs[0] / 10**6, ".1f"), " M"),
                        text(formatted(costs[1] / 10**9, ".2f"), " G"),
                    ],
                ),
                "axis_end": choose(count, axis_ends),
                "family": "accent" if name == "yours" else "ResNet",
            }
            for name, costs in shown.items()
        ]

    def finding(kind: Any, first: Any, second: Any, third: Any, fourth: Any, **_: Any) -> Any:
        blocks = (first, second, third, fourth)
        params, macs = yours(kind, blocks)
        number = first + second + third + fourth
        name: Any = ""
        for depth, theirs in stage_blocks.items():
            same = kind == (3 if depth in bottlenecks else 2)
            for one, other in zip(blocks, theirs, strict=True):
                same = same & (one == other)
            name = where(same, f" It is ResNet-{depth}.", name)
        return text(
            number, " blocks of ", kind, " layers make ", 2 + kind * number, " layers, with ",
            formatted(params, ","), " parameters and ", formatted(macs, ","), " multiply-adds.",
            name,
        )  # fmt: skip

    start = stage_blocks[50]
    choices = [(1, 2, 3, 4), (1, 2, 3, 4, 6, 8), (1, 2, 3, 4, 6, 12, 23, 36), (1, 2, 3, 4)]
    names = ("first", "second", "third", "fourth")
    return LiveFigure(
        labeled_bars(rows=1 + len(family), domain=["accent", "ResNet"], label_px=70),
        name="fig-compose",
        rows=rows,
        finding=finding,
        controls={
            "kind": widgets.ToggleButtons(
                options=[("basic", 2), ("bottleneck", 3)], value=3, description="Block"
            ),
            **{
                name: widgets.SelectionSlider(
                    options=options, value=value,
                    description=f"Blocks at {side} × {side}",
                )
                for name, options, value, side in zip(
                    names, choices, start, (56, 28, 14, 7), strict=True
                )
            },
            "count": widgets.ToggleButtons(
                options=[(name, k) for k, name in enumerate(quantities)],
                value=1,
                description="Count",
            ),
        },
        caption=(
            "A network of your own blocks beside the paper's five, with shortcuts of option B, at "
            "224 × 224 pixels. Notice that one more block costs the same multiply-adds in "
            "every stage, but not the same parameters."
        ),
        columns={"name": "Network", "params": "Parameters", "macs": "Multiply-adds"},
        traced=True,
    )  # fmt: skip
