"""Charts of what was measured: numbers with their spread, and layers under a roof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt

from convcost.page.charts.look import COLORS, ROW_HEIGHT_PX, name_axis, styled

__all__ = ["interval_dots", "roofline"]

SHAPES = ("circle", "diamond", "square", "triangle-up")


def interval_dots(
    *,
    rows: int,
    series: Mapping[str, str],
    ends: tuple[float, float],
    log: bool,
    title: str,
    name_px: int = 110,
) -> alt.LayerChart:
    """For each name a dot for each series, and a line over its interval.

    Parameters
    ----------
    rows : int
        Number of names; sets the height.
    series : mapping of str to str
        Name of a series, as in the field ``series`` -> its color; each has a shape of its own.
    ends : tuple of float
        Of the axis; what lies beyond stays at them.
    log : bool
        Whether the axis is logarithmic.
    title : str
        What the axis says.
    name_px : int
        Width of the names, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``series``, ``value`` (None for no dot), ``low`` and ``high``.
    """
    low, high = ends
    held = {
        field: f"clamp(datum.{source}, {low}, {high})"
        for field, source in (("at", "value"), ("from", "low"), ("to", "high"))
    }
    order = list(series)
    base = (
        alt.Chart(alt.NamedData("rows"), height=rows * ROW_HEIGHT_PX * 1.15)
        .transform_filter("isValid(datum.value)")
        .transform_calculate(**held)
        .encode(
            y=alt.Y(
                "name:N", sort=None, title=None, axis=name_axis(name_px),
                scale=alt.Scale(padding=0.1),
            ),
            yOffset=alt.YOffset("series:N", scale=alt.Scale(domain=order, paddingOuter=0.6)),
        )
    )  # fmt: skip
    # A dot at an end of the axis stays within it, and the room around the axes is the same.
    scale = alt.Scale(type="log" if log else "linear", domain=list(ends), nice=False, padding=8)
    axis = alt.Axis(format="~g", tickCount=5, title=title, grid=True, labelFlush=True)
    if log:  # a grid line at each digit would be too many
        axis.values = [tick for tick in _ticks(1, 3) if low <= tick <= high]
    legend = alt.Legend(
        title=None, orient="top", columns=1 if len(order) > 2 else 2, labelFontSize=13,
        labelColor=COLORS["ink"], labelLimit=260, symbolSize=110,
    )  # fmt: skip
    color = alt.Color(
        "series:N", scale=alt.Scale(domain=order, range=list(series.values())), legend=legend
    )
    form = alt.Shape(
        "series:N", scale=alt.Scale(domain=order, range=list(SHAPES[: len(order)])), legend=legend
    )
    lines = base.mark_rule(strokeWidth=3, strokeCap="round", opacity=1).encode(
        x=alt.X("from:Q", scale=scale, axis=axis), x2="to:Q", color=color
    )
    dots = base.mark_point(filled=True, size=85, opacity=1).encode(
        x=alt.X("at:Q", scale=scale, axis=axis), color=color, shape=form
    )
    return styled(alt.LayerChart(layer=[lines, dots]), margins_change=False)


def roofline(
    *, groups: Mapping[str, str], along: tuple[float, float], up: tuple[float, float]
) -> alt.LayerChart:
    """Layers by their operations per byte and their speed, under the roof of their machine.

    Parameters
    ----------
    groups : mapping of str to str
        Name of a group of layers, as in the field ``group`` -> its color.
    along, up : tuple of float
        Ends of the two logarithmic axes: operations per byte, and 10⁹ operations a second.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``intensity``, ``speed``, ``group``, ``milliseconds`` (the area of a dot),
        and ``roof`` and ``slope``, the machine's 10⁹ operations and bytes a second, the same in
        all rows.
    """
    (left, right), (bottom, top) = along, up
    base = alt.Chart(alt.NamedData("rows"), height=340)
    room = 1.5  # the largest dot stays within the axes, so that the room around them is the same
    x_scale = alt.Scale(type="log", domain=[left / room, right * room], nice=False)
    y_scale = alt.Scale(type="log", domain=[bottom / room, top * room], nice=False)
    ticks: dict[str, Any] = {"format": "~g", "domain": False, "title": None}
    below = alt.Axis(values=[tick for tick in _ticks(1) if left <= tick <= right], **ticks)
    beside = alt.Axis(values=[tick for tick in _ticks(1) if bottom <= tick <= top], **ticks)
    beside.minExtent = beside.maxExtent = 44
    names = list(groups)
    legend = alt.Legend(
        title=None, orient="top", columns=2, labelFontSize=13, labelColor=COLORS["ink"],
        labelLimit=200, symbolSize=110, offset=28,
    )  # fmt: skip
    dots = (
        base.transform_calculate(
            x=f"clamp(datum.intensity, {left}, {right})", y=f"clamp(datum.speed, {bottom}, {top})"
        )
        .mark_point(filled=True, opacity=1, fillOpacity=0.75, tooltip={"content": "data"})
        .encode(
            x=alt.X("x:Q", scale=x_scale, axis=below),
            y=alt.Y("y:Q", scale=y_scale, axis=beside),
            color=alt.Color(
                "group:N",
                scale=alt.Scale(domain=names, range=list(groups.values())),
                legend=legend,
            ),
            shape=alt.Shape(
                "group:N",
                scale=alt.Scale(domain=names, range=list(SHAPES[: len(names)])),
                legend=legend,
            ),
            size=alt.Size(
                "milliseconds:Q", scale=alt.Scale(range=[25, 420], zero=True), legend=None
            ),
        )
    )
    roof = (
        alt.Chart(alt.NamedData("rows"))
        .transform_aggregate(roof="max(roof)", slope="max(slope)")
        .transform_calculate(ridge="datum.roof / datum.slope", start=f"{bottom} / datum.slope")
    )
    line: dict[str, Any] = {"color": COLORS["ink"], "strokeWidth": 2}

    def part(**ends: str) -> alt.Chart:
        """Draw one of the two parts of the roof."""
        drawn: alt.Chart = (
            roof.transform_calculate(**ends)
            .mark_rule(**line, clip=True)
            .encode(
                x=alt.X("x1:Q", scale=x_scale), x2="x2:Q", y=alt.Y("y1:Q", scale=y_scale), y2="y2:Q"
            )
        )
        return drawn

    slope = part(x1="datum.start", y1=f"{bottom}", x2="datum.ridge", y2="datum.roof")
    flat = part(x1="datum.ridge", y1="datum.roof", x2=f"{right}", y2="datum.roof")
    once = alt.Chart(alt.InlineData(values=[{}]))
    quiet = COLORS["muted"]
    titles = [
        once.mark_text(
            text="10⁹ operations a second ↑", align="left", x=0, y=-12, color=quiet
        ),
        once.mark_text(
            text="operations per byte →", align="right", x="width", y=alt.ExprRef("height + 36"),
            color=quiet,
        ),
    ]  # fmt: skip
    return styled(alt.LayerChart(layer=[dots, slope, flat, *titles]), margins_change=False)


def _ticks(*digits: int) -> list[float]:
    """Return these digits of each power of ten from a thousandth to a thousand."""
    return [digit * 10.0**power for power in range(-3, 4) for digit in digits]
