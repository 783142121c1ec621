"""Networks beside each other, a rectangle for each layer, whose area is the layer's cost."""

from __future__ import annotations

from collections.abc import Mapping

import altair as alt

from convcost.page.charts.look import COLORS, pixels, styled

__all__ = ["AREAS_TOP", "layer_areas"]

AREAS_TOP = 64
"""Where the topmost rectangles begin, below what is written above a network."""

#: Pixels left of a network, for its shortcuts, and between two networks.
ARCS, BETWEEN = 12, 18


def layer_areas(*, networks: Mapping[str, str], height: int) -> alt.LayerChart:
    """Networks from the image (top) to the classes (bottom), with arcs for shortcuts.

    Parameters
    ----------
    networks : mapping of str to str
        What a reader calls each network, from left to right -> its family, whose color it has.
    height : int
        Height of the chart, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``network``, ``place`` (0 for the leftmost), ``part`` ("body" or "head",
        which is outlined), ``top`` and ``tall`` (in pixels), ``across`` (from 0 to 1, of a
        network's column), ``arc`` (pixels that a shortcut spans from here on, else 0), and, each
        empty but in one row of a network, ``title``, ``depth``, ``total`` and ``body`` (above the
        drawing) and ``head`` (below it).
    """
    count = len(networks)
    column = f"((width - {(count - 1) * BETWEEN}) / {count} - {ARCS})"
    base = (
        alt.Chart(alt.NamedData("rows"), height=height)
        .transform_calculate(left=f"{ARCS} + datum.place * ({column} + {ARCS + BETWEEN})")
        .transform_calculate(
            right=f"datum.left + datum.across * {column}",
            bottom="datum.top + datum.tall",
        )
    )
    family = alt.Scale(
        domain=list(networks), range=[COLORS[family] for family in networks.values()]
    )
    here = {"x": pixels("left", alt.X), "y": pixels("top", alt.Y)}
    box = {**here, "x2": "right:Q", "y2": "bottom:Q"}
    told = alt.TooltipContent("data")
    body = (
        base.transform_filter("datum.part == 'body'")
        .mark_rect(tooltip=told)
        .encode(color=alt.Color("network:N", scale=family, legend=None), **box)
    )
    # A line is left of a head too small to be seen.
    head = (
        base.transform_filter("datum.part == 'head'")
        .mark_rect(tooltip=told, fillOpacity=0.22, strokeWidth=1.2)
        .encode(
            fill=alt.Fill("network:N", scale=family, legend=None),
            stroke=alt.Stroke("network:N", scale=family, legend=None),
            **box,
        )
    )
    arcs = (
        base.transform_filter("datum.arc > 0")
        .transform_calculate(
            bow=f"'M-2,0C-{ARCS - 2},0 -{ARCS - 2},' + datum.arc + ' -2,' + datum.arc"
        )
        # Vega scales a path by half the root of its size.
        .mark_point(filled=False, opacity=1, stroke=COLORS["line"], strokeWidth=1.2, size=4)
        .encode(shape=alt.Shape("bow:N", scale=None), **here)
    )
    above = base.transform_filter("datum.title != ''")
    words = [
        above.mark_text(align="left", baseline="top", y=y, **style).encode(
            x=pixels("left", alt.X), text=f"{field}:N"
        )
        for field, y, style in (
            ("title", 0, {"fontWeight": 600, "fontSize": 15}),
            ("depth", 17, {}),
            ("total", 32, {"fontSize": alt.ExprRef("width < 290 ? 11 : 13")}),
            ("body", 49, {"fontSize": 12, "fill": COLORS["muted"]}),
        )
    ]
    below = (
        base.transform_filter("datum.head != ''")
        .mark_text(align="left", baseline="top", dy=5, fontSize=12, fill=COLORS["muted"])
        .encode(x=pixels("left", alt.X), y=pixels("bottom", alt.Y), text="head:N")
    )
    return styled(alt.LayerChart(layer=[arcs, body, head, *words, below]), margins_change=False)
