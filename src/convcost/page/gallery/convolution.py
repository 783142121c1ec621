"""Figures of the chapter on one convolution: the sliding window, shared weights, groups."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ipywidgets as widgets

from convcost.arithmetic import conv_macs, conv_output_size, conv_params, linear_macs, linear_params
from convcost.page.charts import cell_grids, log_bars
from convcost.page.charts.look import COLORS
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import choose, formatted, text, where

__all__ = ["channel_groups", "shared_weights", "sliding_window"]

#: Height and width of the input that the window slides over, and the widest padding, in pixels.
IMAGE, WIDEST = 6, 2

#: Lines of a grid: enough for the padded input, and for any map that it gives.
LINES = IMAGE + 2 * WIDEST

#: The pixels are products of a factor for each row and one for each column, and so are the weights:
#: then a value of the output is the product of two sums, and the page needs no table of them.
ROW_FACTORS, COLUMN_FACTORS = (0, 1, 2, 2, 1, 1), (1, 2, 2, 1, 0, 1)

#: The last pixel that a window begun within the grid may read.
FURTHEST = (LINES - 1) * 3 + 4 * 3

WINDOW_STATES = {
    "pixel": "transparent",  # its value stands below
    "pixel, read now": COLORS["VGG"],
    "padding": COLORS["faint"],
    "padding, read now": COLORS["VGG-soft"],
    "computed": COLORS["ResNet"],
    "computed now": COLORS["VGG"],
    "to come": COLORS["rule"],
    "outside": "transparent",
}

#: In which states a cell's number is shown -> its color.
NUMBERS = {
    "pixel, read now": COLORS["paper"],
    "padding, read now": COLORS["ink"],
    "computed": COLORS["paper"],
    "computed now": COLORS["paper"],
}


def weight_factor(place: Any, kernel: Any) -> Any:
    """Return what a row or column of the window contributes to its weights: 1, 2, 1 for three."""
    other = kernel - 1 - place
    return where(place < other, place, other) + 1


def sliding_window() -> LiveFigure:
    """A window that slides over an input, one value of the output at each step.

    Returns
    -------
    LiveFigure
    """

    def shape(kernel: Any, stride: Any, pad: Any, dilation: Any) -> tuple[Any, Any, Any]:
        span = dilation * (kernel - 1) + 1
        fits = span <= IMAGE + 2 * pad
        # An input that is surely large enough stands in where the window does not fit.
        image = where(fits, IMAGE, span)
        out = conv_output_size(image, kernel, stride, pad, dilation)
        return span, fits, where(fits, out, 0)

    def rows(kernel: Any, stride: Any, pad: Any, dilation: Any, step: Any) -> list[dict]:  # type: ignore[type-arg]
        span, fits, out = shape(kernel, stride, pad, dilation)
        side = where(fits, out, 1)  # a divisor
        now = where(step < out * out, step, out * out) - 1

        def read(line: int, first: Any) -> tuple[Any, Any]:
            """Whether the window that begins at `first` reads this line; its factor of weights."""
            offset = line - first
            hit = fits & (offset >= 0) & (offset < span) & (offset % dilation == 0)
            return hit, where(hit, weight_factor(offset // dilation, kernel), 0)

        top = now // side * stride - pad
        left = now % side * stride - pad
        lines = range(-WIDEST, IMAGE + WIDEST)
        in_rows = {line: read(line, top) for line in lines}
        in_columns = {line: read(line, left) for line in lines}
        cells = []
        for row in lines:
            for column in lines:
                (row_read, row_weight), (column_read, column_weight) = (
                    in_rows[row],
                    in_columns[column],
                )
                hit, weight = row_read & column_read, row_weight * column_weight
                inside = 0 <= row < IMAGE and 0 <= column < IMAGE
                pixel = ROW_FACTORS[row] * COLUMN_FACTORS[column] if inside else 0
                state = where(hit, "pixel, read now", "pixel")
                if not inside:
                    beyond = max(-row, -column, row - IMAGE + 1, column - IMAGE + 1)
                    state = where(hit, "padding, read now", "padding")
                    state = where(pad >= beyond, state, "outside")
                cell = _cell("input", row, column, row + WIDEST, column + WIDEST, state)
                cell |= {
                    "value": pixel,
                    "weight": where(hit, weight, None),
                }
                cells.append(cell)
        # The map stands in the middle of its grid; what is not there, in the corner.
        at = [where(line < out, line + (LINES - out) / 2, 0) for line in range(LINES)]
        row_sums, column_sums = sums(kernel, stride, pad, dilation)
        for row in range(LINES):
            for column in range(LINES):
                number = row * out + column
                state = where(number < now, "computed", "to come")
                state = where(number == now, "computed now", state)
                state = where((row < out) & (column < out), state, "outside")
                total = row_sums[row] * column_sums[column]
                cell = _cell("output", row, column, at[row], at[column], state)
                known = (row < out) & (column < out) & (number <= now)
                cell |= {
                    "value": where(known, total, None),
                    "weight": None,
                }
                cells.append(cell)
        cells[0]["title"] = "Input and its padding"
        cells[LINES * LINES]["title"] = "Output"
        return cells

    def sums(kernel: Any, stride: Any, pad: Any, dilation: Any) -> tuple[list[Any], list[Any]]:
        """Return what the rows, and the columns, of each of the output's windows add up to."""

        def along(factors: Sequence[int], line: int) -> Any:
            beyond = [0] * (FURTHEST - IMAGE + 1)
            padded = [0] * WIDEST + [*factors] + beyond
            return sum(
                where(
                    place < kernel,
                    weight_factor(place, kernel)
                    * choose(line * stride - pad + dilation * place + WIDEST, padded),
                    0,
                )
                for place in range(5)
            )

        return (
            [along(ROW_FACTORS, line) for line in range(LINES)],
            [along(COLUMN_FACTORS, line) for line in range(LINES)],
        )

    def finding(kernel: Any, stride: Any, pad: Any, dilation: Any, step: Any) -> Any:
        span, fits, out = shape(kernel, stride, pad, dilation)
        steps, side = out * out, where(fits, out, 1)
        now = where(step < steps, step, steps)
        weights = conv_params(1, 1, kernel, bias=False)
        macs = weights * out * out
        padded = IMAGE + 2 * pad
        unread = padded - span - (out - 1) * stride
        row, column = (now - 1) // side, (now - 1) % side
        row_sums, column_sums = sums(kernel, stride, pad, dilation)
        total = choose(where(fits, row, 0), row_sums) * choose(where(fits, column, 0), column_sums)
        slides = text(
            "Step ", now, " of ", steps, ": the window multiplies ", weights,
            " values by its weights; the products add up to ", total, ", the value in row ",
            row + 1, ", column ", column + 1, ". The map is ", out, " × ", out, "; at ", weights,
            " multiply-adds for each value, it costs ", macs, ".",
            where(unread > 0, text(
                " No window reaches the last ", where(unread > 1, text(unread, " rows and columns"),
                "row and column"), " of the padded input.",
            ), ""),
        )  # fmt: skip
        stuck = text(
            "The window spans ", span, " × ", span, " pixels, and the padded input has ", padded,
            " × ", padded, ": it fits nowhere, so there is no output. Choose a smaller kernel "
            "or dilation, or more padding.",
        )  # fmt: skip
        return where(fits, slides, stuck)

    return LiveFigure(
        cell_grids(
            grids=("input", "output"), side=LINES, states=WINDOW_STATES, numbers=NUMBERS,
            picture=[[down * across for across in COLUMN_FACTORS] for down in ROW_FACTORS],
        ),
        name="fig-sliding-window",
        rows=rows,
        finding=finding,
        controls={
            "step": widgets.IntSlider(value=9, min=1, max=64, description="Step"),
            "kernel": widgets.IntSlider(
                value=3, min=1, max=5, description="Kernel height and width"
            ),
            "stride": widgets.IntSlider(value=1, min=1, max=3, description="Stride"),
            "pad": widgets.IntSlider(value=1, min=0, max=WIDEST, description="Padding"),
            "dilation": widgets.IntSlider(value=1, min=1, max=3, description="Dilation"),
        },
        caption=(
            "A window slides over a gray image of 6 × 6 pixels. In the cells that it reads stand "
            "their values, times its weights where there is room, else the products; the value "
            "that they add up to has the same color. Notice which settings keep the map at 6 × 6, "
            "and what a stride of 2 does to the number of steps."
        ),
        columns={
            "grid": "Grid", "row": "Row", "column": "Column", "value": "Value",
            "weight": "Weight", "state": "State",
        },
        traced=True,
        plays="step",
    )  # fmt: skip


def _cell(grid: str, row: int, column: int, y: Any, x: Any, state: Any) -> dict[str, Any]:
    return {
        "grid": grid, "row": row + 1, "column": column + 1, "x": x, "y": y, "state": state,
        "title": "",
    }  # fmt: skip


def shared_weights() -> LiveFigure:
    """Three layers between the same maps: all pairs, separate windows, shared windows.

    Returns
    -------
    LiveFigure
    """
    layers = ("linear", "local", "convolution")

    def parts(side: Any, channels: Any, kernel: Any) -> list[tuple[Any, Any]]:
        positions = side * side
        values = channels * positions
        weights = conv_params(channels, channels, kernel, bias=False)
        return [
            (linear_params(values, values, bias=False), linear_macs(values, values)),
            (weights * positions, weights * positions),
            (weights, conv_macs(channels, channels, kernel, side, side)),
        ]

    def rows(side: Any, channels: Any, kernel: Any) -> list[dict[str, Any]]:
        return [
            {
                "group": layer,
                "series": series,
                "value": number,
                "label": text(formatted(number, ".3s"), " ", series),
            }
            for layer, (weights, macs) in zip(layers, parts(side, channels, kernel), strict=True)
            for series, number in (("weights", weights), ("multiply-adds", macs))
        ]

    def finding(side: Any, channels: Any, kernel: Any) -> Any:
        (dense, _), _, (weights, macs) = parts(side, channels, kernel)
        return text(
            "Each weight of the convolution is used ", formatted(macs // weights, ","), " times (",
            side, " × ", side, "), each weight of the linear layer once. The linear layer has ",
            formatted(dense / weights, ",d"), " times as many weights and does ",
            formatted(dense / macs, ",d"), " times the work.",
        )  # fmt: skip

    return LiveFigure(
        log_bars(
            groups=len(layers),
            series={"weights": COLORS["VGG"], "multiply-adds": COLORS["ResNet"]},
            axis_end=10**13,
        ),
        name="fig-shared-weights",
        rows=rows,
        finding=finding,
        controls={
            "side": widgets.IntSlider(
                value=56, min=7, max=112, step=7, description="Map height and width"
            ),
            "channels": widgets.IntSlider(
                value=64, min=16, max=256, step=16, description="Channels in and out"
            ),
            "kernel": widgets.IntSlider(
                value=3, min=1, max=7, step=2, description="Kernel height and width"
            ),
        },
        caption=(
            "Weights (upper bar) and multiply-adds (lower bar) of three layers between the same "
            "two sets of maps, on a logarithmic scale. Notice that looking only at a window "
            "shortens both bars, while sharing shortens only the upper one."
        ),
        columns={"group": "Layer", "series": "Cost", "value": "Number"},
        traced=True,
    )


def channel_groups() -> LiveFigure:
    """Which channels that come in reach which that go out, for a number of groups.

    Returns
    -------
    LiveFigure
    """
    channels, kernel, side = 8, 3, 56

    def rows(groups: int) -> list[dict[str, Any]]:
        size = channels // groups
        return [
            {
                "grid": "channels",
                "out": row + 1,
                "in": column + 1,
                "x": column,
                "y": row,
                "state": "connected" if row // size == column // size else "not connected",
                "title": "Channels in, left to right; out, top to bottom" if not cell else "",
            }
            for cell, (row, column) in enumerate(
                (row, column) for row in range(channels) for column in range(channels)
            )
        ]

    def finding(groups: int) -> str:
        weights = conv_params(channels, channels, kernel, groups, bias=False)
        macs = conv_macs(channels, channels, kernel, side, side, groups)
        whole = conv_params(channels, channels, kernel, bias=False)
        kind = {1: "One group, the ordinary convolution", channels: "Depthwise, a group for each "
                "channel"}.get(groups, f"{groups} groups")  # fmt: skip
        part = "all" if groups == 1 else f"1/{whole // weights} of them"
        return (
            f"{kind}: {channels * channels // groups} of {channels * channels} pairs are "
            f"connected, each by {kernel} × {kernel} weights. That makes {weights} weights "
            f"({part}) and {macs:,} multiply-adds on a {side} × {side} map."
        )

    return LiveFigure(
        cell_grids(
            grids=("channels",),
            side=channels,
            states={"connected": COLORS["ResNet"], "not connected": COLORS["rule"]},
            height=270,
        ),
        name="fig-channel-groups",
        rows=rows,
        finding=finding,
        controls={
            "groups": widgets.ToggleButtons(
                options=[("1", 1), ("2", 2), ("4", 4), ("8 (depthwise)", 8)],
                value=2,
                description="Groups",
            )
        },
        caption=(
            "Eight channels in, eight out: a filled cell is a pair with weights of its own. Notice "
            "that weights and multiply-adds are both divided by the number of groups, and that no "
            "channel ever sees another group."
        ),
        columns={"out": "Channel out", "in": "Channel in", "state": "State"},
    )
