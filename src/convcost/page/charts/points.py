"""Charts of points and lines."""

from __future__ import annotations

import math
from collections.abc import Sequence

import altair as alt

from convcost.page.charts.look import COLORS, ROW_HEIGHT_PX, name_axis, pixels, styled

__all__ = ["cumulative_steps", "curves", "labeled_dots"]


def curves(
    *,
    series: dict[str, str],
    along: str,
    log: tuple[float, float] | None = None,
    zero_at_low_end: bool = False,
    height: int = 260,
) -> alt.LayerChart:
    """One line for each series, from step to step; the second and later ones are dashed.

    Parameters
    ----------
    series : dict of str to str
        Name of a series -> its color.
    along : str
        What a step is: the title of the horizontal axis.
    log : tuple of float, optional
        Lower and upper end of a logarithmic axis; values beyond stay at its ends. Without it the
        axis is linear and ends just above ``axis_end``.
    zero_at_low_end : bool
        Whether 0 is the one value below a logarithmic axis: its lower end is then labeled so.
    height : int
        Height of the chart, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``step``, ``series``, ``value`` and, on a linear axis, ``axis_end`` (the
        same in all rows).
    """
    base = alt.Chart(alt.NamedData("rows"), height=height)
    if log:
        low, high = log
        scale = alt.Scale(type="log", domain=[low, 1.5 * high], nice=False)
        # Vega leaves out a bar or point that has no logarithm, and the line would break.
        base = base.transform_calculate(height_of=f"clamp(datum.value, {low}, {high})")
        axis = alt.Axis(format=",~g", tickCount=7, title=None, domain=False)
        if zero_at_low_end:
            powers = range(math.floor(math.log10(low)) + 2, math.floor(math.log10(high)) + 1)
            axis.values = [low, *(float(f"1e{power}") for power in powers if power % 5 == 0)]
            axis.labelExpr = f"datum.value <= {low} ? '0' : format(datum.value, ',~g')"
    else:
        scale = alt.Scale(zero=True, nice=False)
        base = base.transform_calculate(height_of="datum.value")
        # By an expression, for Vega's own format writes nothing as "0M".
        label = "format(datum.value, '~s')"
        axis = alt.Axis(labelExpr=label, tickCount=5, title=None, domain=False)
    # However long the numbers get, the chart keeps its place: labels have a fixed width, and those
    # near an end of the axis stay within it.
    axis.minExtent = axis.maxExtent = 46
    axis.labelFlush = 8
    up = alt.Y("height_of:Q", scale=scale, axis=axis)
    names, dashes = list(series), [[1, 0], *[[6, 4]] * (len(series) - 1)]
    legend = alt.Legend(
        title=None, orient="top", labelFontSize=13, labelColor=COLORS["ink"], symbolSize=300,
        labelLimit=240, columns=1, symbolStrokeWidth=3,
    )  # fmt: skip
    lines = base.mark_line(strokeWidth=3, strokeJoin="round").encode(
        # The last label and the width of a line stay within the axis, wherever it ends.
        x=alt.X(
            "step:Q",
            title=along,
            scale=alt.Scale(padding=6, nice=False),
            axis=alt.Axis(tickMinStep=1, grid=False, labelFlush=12),
        ),
        y=up,
        color=alt.Color(
            "series:N", scale=alt.Scale(domain=names, range=list(series.values())), legend=legend
        ),
        strokeDash=alt.StrokeDash(
            "series:N", scale=alt.Scale(domain=names, range=dashes), legend=legend
        ),
    )
    if log:
        return styled(alt.LayerChart(layer=[lines]), margins_change=False)
    end_of_axis = (
        alt.Chart(alt.NamedData("rows"))
        .transform_aggregate(axis_end="max(axis_end)")
        .transform_calculate(above="1.02 * datum.axis_end")
        .mark_point(opacity=0, size=0)
        .encode(y=alt.Y("above:Q", scale=scale, axis=axis))
    )
    return styled(alt.LayerChart(layer=[end_of_axis, lines]), margins_change=False)


def labeled_dots(*, rows: int, color: str, label_px: int = 120) -> alt.LayerChart:
    """One dot for each row on an axis that need not begin at zero, its label beside it.

    Parameters
    ----------
    rows : int
        Number of dots, in rows; sets the height.
    color : str
        Color of the dots.
    label_px : int
        Width kept free for labels, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``value`` (None for no dot), ``label``, and ``low`` and ``high``,
        the ends of the axis, the same in all rows.
    """
    base = (
        alt.Chart(alt.NamedData("rows"), height=rows * ROW_HEIGHT_PX)
        .transform_calculate(
            place=f"isValid(datum.value) ? max(width - {label_px}, 60) * "
            "(datum.value - datum.low) / (datum.high - datum.low) : 0",
            zero="0",
        )
        .encode(y=alt.Y("name:N", sort=None, title=None, axis=name_axis()))
    )
    lines = base.mark_rule(stroke=COLORS["rule"]).encode(
        x=pixels("zero", alt.X), x2=alt.X2("place:Q")
    )
    dots = (
        base.transform_filter("isValid(datum.value)")
        .mark_point(filled=True, size=90, opacity=1, color=color)
        .encode(x=pixels("place", alt.X))
    )
    text = base.mark_text(align="left", baseline="middle", dx=10).encode(
        x=pixels("place", alt.X), text="label:N"
    )
    return styled(alt.LayerChart(layer=[lines, dots, text]))


def cumulative_steps(
    *, series: Sequence[str], domain: Sequence[str], shares: str, height: int = 300
) -> alt.LayerChart:
    """What two networks have spent after each part of their layers, as stairs.

    Parameters
    ----------
    series : sequence of str
        The two names in the field ``series``; the second has a dashed line.
    domain : sequence of str
        Families (keys of :data:`COLORS`) in the field ``family`` that color the lines.
    shares : str
        Name of a parameter: whether the axis shows ``share`` instead of ``value``.
    height : int
        Height of the chart, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``series``, ``family``, ``depth`` (from 0 to 1), ``value`` and ``share``
        (from 0 to 1).
    """
    base = alt.Chart(alt.NamedData("rows"), height=height).transform_calculate(
        up=f"{shares} ? 100 * datum.share : datum.value"
    )
    x = alt.X(
        "depth:Q",
        scale=alt.Scale(domain=[0, 1], nice=False),
        axis=alt.Axis(format="%", tickCount=5, title="Layers passed", grid=False),
    )
    y = alt.Y(
        "up:Q",
        scale=alt.Scale(zero=True, nice=True),
        axis=alt.Axis(
            title=None, tickCount=5,
            labelExpr=f"{shares} ? datum.label + '%' : format(datum.value, '~s')",
        ),
    )  # fmt: skip
    scale = alt.Scale(domain=list(domain), range=[COLORS[family] for family in domain])
    paint = alt.Color("family:N", scale=scale, legend=None)
    dashes = alt.Scale(domain=list(series), range=[[1, 0], [6, 4]])
    stairs = base.mark_line(interpolate="step-after", strokeWidth=2.5, clip=True).encode(
        x=x, y=y, color=paint, strokeDash=alt.StrokeDash("series:N", scale=dashes, legend=None)
    )
    dots = base.mark_point(filled=True, size=28, opacity=1).encode(
        x=x, y=y, color=paint, detail="series:N"
    )
    return styled(alt.LayerChart(layer=[stairs, dots]))
