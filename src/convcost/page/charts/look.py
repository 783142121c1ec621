"""What all charts share: the book's colors, its look, and encodings that several charts need."""

from __future__ import annotations

from typing import Any, TypeVar

import altair as alt

from convcost.page import palette

__all__ = ["COLORS", "ROW_HEIGHT_PX", "name_axis", "pixels", "styled"]

COLORS = palette.COLORS
"""Role, or name of a family -> CSS color: see :mod:`convcost.page.palette`.

:meta hide-value:
"""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_Chart = TypeVar("_Chart", alt.Chart, alt.LayerChart)

#: Height of one bar with its gap, in pixels.
ROW_HEIGHT_PX = 26


def styled(chart: _Chart, *, margins_change: bool = True) -> _Chart:
    """Give a chart the book's look: no frame, quiet axes, text in the ink of the page.

    Parameters
    ----------
    chart : altair.Chart or altair.LayerChart
    margins_change : bool
        Whether what stands around the axes (names, labels, legends) can get longer or shorter with
        the rows. At every change Vega then lays the chart out a second time, which takes as long
        as drawing it.

    Returns
    -------
    altair.Chart or altair.LayerChart
        A copy as wide as its container.
    """
    look: _Chart = (
        chart.properties(width="container", background="transparent")
        .configure(
            font=FONT,
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding", resize=margins_change),
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=COLORS["ink"],
            titleColor=COLORS["muted"],
            labelFontSize=13,
            titleFontSize=13,
            titleFontWeight="normal",
            domainColor=COLORS["rule"],
            gridColor=COLORS["rule"],
            tickColor=COLORS["rule"],
        )
        .configure_text(fontSize=13, fill=COLORS["ink"])
    )
    return look


def pixels(field: str, channel: type[Any]) -> Any:
    """Encode a field that is in pixels already."""
    return channel(field, type="quantitative", scale=None, axis=None)


def name_axis(width_px: int | None = None) -> alt.Axis:
    """Return the axis of names beside bars; with a width it does not follow the names' lengths."""
    axis = alt.Axis(ticks=False, domain=False, labelPadding=8, labelLimit=150, title=None)
    if width_px is not None:
        axis.minExtent = axis.maxExtent = width_px
    return axis
