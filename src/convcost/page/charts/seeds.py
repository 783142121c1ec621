"""Charts of what was run several times: every run is drawn, and their median."""

from __future__ import annotations

import altair as alt

from convcost.page.charts.look import COLORS, ROW_HEIGHT_PX, name_axis, pixels, styled

__all__ = ["seed_curves", "seed_points", "seed_rows"]

SHAPES = ["circle", "diamond", "square", "triangle-up"]


def seed_points(
    *,
    series: dict[str, str],
    along: str,
    up: str,
    steps: list[int] | None = None,
    begins: bool = False,
    height: int = 280,
) -> alt.LayerChart:
    """A point for each seed at each step, and a line through the medians.

    Parameters
    ----------
    series : dict of str to str
        Name of a series -> its color.
    along, up : str
        What a step and a value are: the titles of the axes.
    steps : list of int, optional
        Steps that the axis names; without them it chooses.
    begins : bool
        Whether the axis begins where the field ``axis_start`` says, as values may be negative.
    height : int
        Height of the chart, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``step``, ``series``, ``value`` and ``median`` (the same for all seeds of
        a series at a step), and ``axis_end`` (the same in all rows).
    """
    base = alt.Chart(alt.NamedData("rows"), height=height)
    axis = alt.Axis(grid=False, tickMinStep=1)
    if steps:
        axis.values = steps
    x = alt.X("step:Q", title=along, axis=axis, scale=alt.Scale(zero=False, padding=14))
    paint, shape = _paint(series), _shape(series)
    dots = base.mark_point(size=46, strokeWidth=1.6, opacity=1, strokeOpacity=0.8).encode(
        x=x, y=_up("value", up), color=paint, shape=shape
    )
    medians = base.transform_aggregate(median="max(median)", groupby=["series", "step"])
    lines = medians.mark_line(strokeWidth=2.5).encode(
        x=x, y=_up("median", up), color=paint, strokeDash=_dash(series, None)
    )
    layers = [*_ends_of_axis(up, height, begins), lines, dots]
    return styled(alt.LayerChart(layer=layers), margins_change=False)


def seed_curves(
    *, series: dict[str, str], along: str, up: str, height: int = 280
) -> alt.LayerChart:
    """A thin line for each seed from step to step, and a thick one through the medians.

    Parameters
    ----------
    series, along, up, height
        As for :func:`seed_points`.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``step``, ``series``, ``seed``, ``value``, ``median`` and ``axis_end``.
    """
    base = alt.Chart(alt.NamedData("rows"), height=height)
    # The last label and the width of a line stay within the axis, wherever it ends.
    axis = alt.Axis(grid=False, tickMinStep=1, tickCount=6, labelFlush=12)
    x = alt.X("step:Q", title=along, axis=axis, scale=alt.Scale(padding=6, nice=False))
    paint, dash = _paint(series), _dash(series, _legend())
    thin = base.mark_line(strokeWidth=1, strokeOpacity=0.55, strokeJoin="round").encode(
        x=x, y=_up("value", up), color=paint, strokeDash=dash, detail="seed:N"
    )
    # Once for all seeds of a step: the same place five times makes a long path, and shows nothing.
    medians = base.transform_aggregate(median="max(median)", groupby=["series", "step"])
    thick = medians.mark_line(strokeWidth=3, strokeJoin="round").encode(
        x=x, y=_up("median", up), color=paint, strokeDash=dash
    )
    return styled(
        alt.LayerChart(layer=[*_ends_of_axis(up, height), thin, thick]), margins_change=False
    )


def seed_rows(*, rows: int, domain: list[str], name_px: int, label_px: int = 70) -> alt.LayerChart:
    """Named rows with a point for each seed, a tick at the median and a label at its end.

    Parameters
    ----------
    rows : int
        Number of names, in rows; sets the height.
    domain : list of str
        Families (keys of :data:`COLORS`) in the field ``family`` that color the points.
    name_px, label_px : int
        Widths kept free for names and labels, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``family``, ``value``, ``median`` (the same for all seeds of a
        name), ``label`` (empty but for one of them) and ``axis_end`` (the same in all rows).
    """
    scaled = f"/ datum.axis_end * max(width - {label_px}, 60)"
    base = (
        alt.Chart(alt.NamedData("rows"), height=rows * ROW_HEIGHT_PX * 1.15)
        .transform_calculate(place=f"datum.value {scaled}", middle=f"datum.median {scaled}",
                             zero="0", end="width")
        .encode(y=alt.Y("name:N", sort=None, title=None, axis=name_axis(name_px)))
    )  # fmt: skip
    scale = alt.Scale(domain=domain, range=[COLORS[family] for family in domain])
    paint = alt.Color("family:N", scale=scale, legend=None)
    middle = pixels("middle", alt.X)
    once = base.transform_filter("datum.label")  # what belongs to a name and not to each seed
    lines = once.mark_rule(stroke=COLORS["rule"]).encode(
        x=pixels("zero", alt.X), x2=alt.X2("middle:Q")
    )
    ticks = once.mark_tick(thickness=3, size=20).encode(x=middle, color=paint)
    dots = base.mark_point(size=46, strokeWidth=1.6, opacity=1, strokeOpacity=0.8).encode(
        x=pixels("place", alt.X), color=paint
    )
    text = once.mark_text(align="right", baseline="middle").encode(
        x=pixels("end", alt.X), text="label:N"
    )
    return styled(alt.LayerChart(layer=[lines, ticks, dots, text]), margins_change=False)


def _up(field: str, title: str) -> alt.Y:
    axis = alt.Axis(tickCount=5, domain=False, minExtent=34, maxExtent=34)
    return alt.Y(f"{field}:Q", title=title, axis=axis, scale=alt.Scale(zero=True, nice=False))


def _ends_of_axis(up: str, height: int, begins: bool = False) -> list[alt.Chart]:
    """Return marks that nobody sees, which end the axis just above ``axis_end``.

    A point at ``axis_end`` stays within the axis so, and the room around the axes as it is.
    """
    chart = alt.Chart(alt.NamedData("rows"), height=height)
    ends = [
        chart.transform_aggregate(axis_end="max(axis_end)")
        .transform_calculate(above="1.02 * datum.axis_end")
        .encode(y=_up("above", up))
    ]
    if begins:
        start = chart.transform_aggregate(axis_start="min(axis_start)")
        ends.append(start.encode(y=_up("axis_start", up)))
    return [end.mark_point(opacity=0, size=0) for end in ends]


def _paint(series: dict[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(series), range=list(series.values()))
    return alt.Color("series:N", scale=scale, legend=_legend())


def _shape(series: dict[str, str]) -> alt.Shape:
    scale = alt.Scale(domain=list(series), range=SHAPES[: len(series)])
    return alt.Shape("series:N", scale=scale, legend=_legend())


def _dash(series: dict[str, str], legend: alt.Legend | None) -> alt.StrokeDash:
    dashes = [[1, 0], *[[6, 4]] * (len(series) - 1)]
    scale = alt.Scale(domain=list(series), range=dashes)
    return alt.StrokeDash("series:N", scale=scale, legend=legend)


def _legend() -> alt.Legend:
    return alt.Legend(
        title=None, orient="top", labelFontSize=13, labelColor=COLORS["ink"], symbolSize=160,
        labelLimit=240, columns=2, symbolStrokeWidth=2.5,
    )  # fmt: skip
