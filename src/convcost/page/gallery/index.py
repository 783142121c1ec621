"""Figures of the first page: the contest, and what the price of one wide layer buys."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from convcost.arithmetic import conv_macs
from convcost.page.charts import bundles
from convcost.page.charts.look import COLORS
from convcost.page.gallery.cast import TORCHVISION, Measure
from convcost.page.gallery.side_by_side import side_by_side
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text, where

__all__ = ["contest", "thin_for_wide"]

#: Where VGG's layers have 256 channels and ResNet's 64, the map has this height and width.
MAP = 56
WIDE = 256
THINNEST = 48


def contest(measure: Measure) -> LiveFigure:
    """VGG-19 against ResNet-34, stage by stage, for any image.

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
        {label: TORCHVISION[label].model for label in ("VGG-19", "ResNet-34")},
        name="fig-contest",
        caption=(
            "VGG-19 (upper bar of each pair) against ResNet-34 (lower bar), by the size of the map "
            "that a layer puts out. Notice where VGG-19 keeps its parameters, and that "
            "its multiply-adds are somewhere else."
        ),
    )


def thin_for_wide() -> LiveFigure:
    """How many thin layers the multiply-adds of one layer of 256 channels pay for.

    Returns
    -------
    LiveFigure
    """
    price = conv_macs(WIDE, WIDE, 3, MAP, MAP)

    def bought(channels: Any) -> tuple[Any, Any]:
        each = conv_macs(channels, channels, 3, MAP, MAP)
        return each, price // each

    def rows(channels: Any) -> list[dict[str, Any]]:
        each, layers = bought(channels)
        return [
            {
                "place": place,
                "name": name,
                "channels": width,
                "layers": times,
                "macs": times * one,
                "title": title,
            }
            for place, name, width, times, one, title in (
                (0, "wide", WIDE, 1, price, text("1 × ", WIDE, " channels")),
                (1, "thin", channels, layers, each, text(layers, " × ", channels, " channels")),
            )
        ]

    def finding(channels: Any) -> Any:
        each, layers = bought(channels)
        left = price - layers * each
        return text(
            "One layer of ", WIDE, " channels takes ", formatted(price, ","),
            " multiply-adds, one of ", channels, " takes ", formatted(each, ","),
            ": the first pays for ",
            where(layers > 1, text(layers, " of the others"), "one of the others"),
            where(left == 0, ", to the unit.", text(", with ", formatted(left / price, ".0%"),
                                                    " left over.")),
        )  # fmt: skip

    return LiveFigure(
        bundles(
            colors=[COLORS["VGG"], COLORS["ResNet"]],
            widest=WIDE,
            deepest=bought(THINNEST)[1],
        ),
        name="fig-thin-for-wide",
        rows=rows,
        finding=finding,
        controls={
            "channels": widgets.IntSlider(
                value=64, min=THINNEST, max=WIDE, step=8,
                description="Channels of each thin layer",
            ),
        },
        caption=(
            f"A 3 × 3 convolution with {WIDE} channels on a map of {MAP} × {MAP} (left), and the "
            "thinner ones that its multiply-adds pay for (right); a bar's length is the number of "
            "channels. Notice what half the width buys, and half of that again."
        ),
        columns={
            "name": "Layers", "channels": "Channels", "layers": "How many",
            "macs": "Multiply-adds together",
        },
        traced=True,
    )  # fmt: skip
