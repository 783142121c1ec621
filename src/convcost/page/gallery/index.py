"""Figures of the first page: both networks as areas, the contest, thin layers for a wide one."""

from __future__ import annotations

from typing import Any

import ipywidgets as widgets

from convcost import units
from convcost.arithmetic import conv_macs
from convcost.page.charts import bundles, layer_areas
from convcost.page.charts.areas import AREAS_TOP
from convcost.page.charts.look import COLORS
from convcost.page.drawing import HEAD, Part, outline
from convcost.page.gallery.cast import TORCHVISION, Measure
from convcost.page.gallery.shared_controls import quantity_switch
from convcost.page.gallery.side_by_side import IMAGE, side_by_side
from convcost.page.gallery.stages import QUANTITIES
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import formatted, text, where

__all__ = ["contest", "thin_for_wide", "two_networks"]

#: Where VGG's layers have 256 channels and ResNet's 64, the map has this height and width.
MAP = 56
WIDE = 256
THINNEST = 48

PAIR = ("VGG-19", "ResNet-34")

#: In pixels: height of a layer in the body with its gap, gap where maps get smaller, greatest
#: height of a head, and space for what is written below it.
ROW, GAP, STAGE, TALLEST, BELOW = 5, 1, 2, 84, 20


def two_networks(measure: Measure) -> LiveFigure:
    """VGG-19 and ResNet-34 beside each other, each layer as large as its cost.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.

    Returns
    -------
    LiveFigure
    """
    found = {
        network: outline(measure(TORCHVISION[network].model, (1, 3, IMAGE, IMAGE)).layers)
        for network in PAIR
    }

    def layers(network: str, count: str) -> list[tuple[int, Part, int]]:
        """Return position, part and cost of each layer with weights."""
        outlined = found[network]
        costs = outlined.costs(count)
        return [
            (position, part, costs[position])
            for position, part in enumerate(outlined.parts)
            if part.kind != "pool"
        ]

    def in_part(network: str, count: str, part: str) -> list[int]:
        return [cost for _, one, cost in layers(network, count) if _part_of(one) == part]

    def square(count: str) -> float:
        """Return the cost that is one pixel high and as wide as a network's column.

        So that the widest layer of a body fits into it, and the largest head is not too tall.
        """
        widest = max(cost for network in PAIR for cost in in_part(network, count, "body"))
        heads = max(sum(in_part(network, count, "head")) for network in PAIR)
        return max(widest / (ROW - GAP), heads / TALLEST)

    def rows(count: str) -> list[dict[str, Any]]:
        return [
            row for place, network in enumerate(PAIR) for row in network_rows(place, network, count)
        ]

    def network_rows(place: int, network: str, count: str) -> list[dict[str, Any]]:
        unit = square(count)
        shortcuts = {shortcut.first: shortcut.last for shortcut in found[network].shortcuts}
        sums = {part: sum(in_part(network, count, part)) for part in ("body", "head")}
        whole = sum(sums.values())
        drawn: list[dict[str, Any]] = []
        tops: dict[int, float] = {}
        top, side = float(AREAS_TOP), None
        for position, part, cost in layers(network, count):
            where = _part_of(part)
            top += STAGE * (side not in (None, part.side)) * (2 if where == "head" else 1)
            tall = ROW - GAP if where == "body" else cost / unit
            tops[position], side = top, part.side
            drawn.append(
                {
                    "name": f"{network}, layer {len(drawn) + 1}",
                    "network": network,
                    "place": place,
                    "part": where,
                    "top": round(top, 2),
                    "tall": round(tall, 2),
                    "across": round(cost / unit / (ROW - GAP), 4) if where == "body" else 1,
                    "arc": 0,
                    "title": "",
                    "depth": "",
                    "total": "",
                    "body": "",
                    "head": "",
                    "value": cost,
                    "share": cost / whole,
                }
            )
            top += ROW if where == "body" else tall
        for number, (position, _, _) in enumerate(layers(network, count)):
            if position in shortcuts:
                drawn[number]["arc"] = tops[shortcuts[position]] + ROW - GAP - tops[position]
        drawn[0] |= {
            "title": network,
            "depth": f"{len(drawn)} layers",
            "total": f"{units.count(whole)} {QUANTITIES[count]}",
            "body": f"body: {units.count(sums['body'])}",
        }
        drawn[-1]["head"] = f"head: {units.count(sums['head'])}{_share(sums['head'] / whole)}"
        return drawn

    def finding(count: str) -> str:
        one, two = PAIR
        first, second = (sum(cost for *_, cost in layers(name, count)) for name in PAIR)
        return (
            f"{two} has {len(layers(two, count))} layers instead of {len(layers(one, count))}, yet "
            f"only {second / first:.0%} of {one}'s {QUANTITIES[count]}: {units.count(second)}, not "
            f"{units.count(first)}."
        )

    drawn = [row for count in QUANTITIES for row in rows(count)]
    return LiveFigure(
        layer_areas(
            networks={network: TORCHVISION[network].family.name for network in PAIR},
            height=round(max(row["top"] + row["tall"] for row in drawn)) + BELOW,
        ),
        name="fig-deeper-yet-cheaper",
        rows=rows,
        finding=finding,
        controls={"count": quantity_switch("macs")},
        caption=(
            "The two networks from the image (top) to the classes (bottom), for one image of "
            f"{IMAGE} × {IMAGE}. Each bar is a layer, and its area is what the layer costs, on one "
            "scale for both networks; the head is outlined, arcs are shortcuts. Notice which part "
            "is large by which measure."
        ),
        columns={
            "name": "Layer",
            "part": "Part",
            "value": "Count",
            "share": "Share of its network",
        },
        waits=True,
    )


def _part_of(part: Part) -> str:
    """Say whether a layer belongs to the body, which puts out maps, or to the head."""
    return "head" if part.side == HEAD else "body"


def _share(part: float) -> str:
    """Write a share in percent behind its number, unless it is too small to matter."""
    return f", {part:.0%}" if part >= 0.01 else f", {part:.1%}" if part >= 0.001 else ""


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
            "that a layer puts out. Notice where VGG-19 does its multiply-adds, and that its "
            "parameters are somewhere else and do not change with the image."
        ),
        count="macs",
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
