"""Charts of bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from convcost.page.charts.look import COLORS, ROW_HEIGHT_PX, name_axis, pixels, styled

__all__ = [
    "centered_bars",
    "distance_bars",
    "labeled_bars",
    "log_bars",
    "paired_bars",
    "product_bars",
    "stacked_columns",
]


def labeled_bars(
    *,
    rows: int,
    color: str = COLORS["ResNet"],
    domain: Sequence[str] = (),
    label_px: int = 90,
    name_px: int | None = None,
) -> alt.LayerChart:
    """One horizontal bar for each row, its label at the end.

    Parameters
    ----------
    rows : int
        Number of bars, in rows; sets the height.
    color : str
        Color of the bars where ``domain`` is empty.
    domain : sequence of str
        Families (keys of :data:`COLORS`) in a field ``family`` that color the bars.
    label_px : int
        Width kept free for labels, in pixels.
    name_px : int, optional
        Width of the names, in pixels; give it where names change as the figure moves, or the
        chart is laid out twice at each step.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``value``, ``label``, ``axis_end`` (and ``family``).
    """
    base = alt.Chart(alt.NamedData("rows"), height=rows * ROW_HEIGHT_PX).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=name_axis(name_px)),
    )
    paint: alt.Color | alt.Value[str] = alt.value(color)
    if domain:
        scale = alt.Scale(domain=list(domain), range=[COLORS[family] for family in domain])
        paint = alt.Color("family:N", scale=scale, legend=None)
    return styled(_bars_with_labels(base, paint, label_px))


def paired_bars(
    *,
    groups: int,
    series: dict[str, str],
    domain: Sequence[str] = (),
    label_px: int = 140,
    name_px: int | None = None,
) -> alt.LayerChart:
    """Groups of bars, one bar for each series: network beside network, stage by stage.

    Parameters
    ----------
    groups : int
        Number of groups; sets the height.
    series : dict of str to str
        Name of a series -> its color.
    domain : sequence of str
        Families (keys of :data:`COLORS`) in a field ``family`` that color the bars instead.
    label_px : int
        Width kept free for labels, in pixels.
    name_px : int, optional
        Width of the groups' names, in pixels, as for :func:`labeled_bars`.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``group``, ``series``, ``value``, ``label``, ``axis_end`` (and
        ``family``).
    """
    order = list(series)
    base = alt.Chart(
        alt.NamedData("rows"), height=groups * ROW_HEIGHT_PX * (len(order) + 0.5)
    ).encode(
        y=alt.Y(
            "group:N", sort=None, title=None, axis=name_axis(name_px), scale=alt.Scale(padding=0.12)
        ),
        yOffset=alt.YOffset("series:N", sort=order),
    )
    field, scale = "series:N", alt.Scale(domain=order, range=list(series.values()))
    if domain:
        field = "family:N"
        scale = alt.Scale(domain=list(domain), range=[COLORS[family] for family in domain])
    return styled(_bars_with_labels(base, alt.Color(field, scale=scale, legend=None), label_px))


def product_bars(*, colors: dict[str, str], axis_end: float) -> alt.LayerChart:
    """Factors and their product on a logarithmic axis, where multiplying is laying end to end.

    Parameters
    ----------
    colors : dict of str to str
        Values of the field ``name``, top to bottom -> their colors.
    axis_end : float
        Right end of the axis, in the unit of the values.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``start``, ``end``, ``label``; a bar runs from ``start`` to
        ``end`` (both at least 1).
    """
    base = alt.Chart(alt.NamedData("rows"), height=len(colors) * ROW_HEIGHT_PX * 1.35).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=name_axis()),
    )
    log = alt.Scale(type="log", domain=[1, axis_end], nice=False)
    axis = alt.Axis(format="~s", tickCount=5, title=None, domain=False)
    color = alt.Color(
        "name:N",
        scale=alt.Scale(domain=list(colors), range=list(colors.values())),
        legend=None,
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(0.5), cornerRadius=2, yOffset=6).encode(
        x=alt.X("start:Q", scale=log, axis=axis), x2="end:Q", color=color
    )
    text = base.mark_text(align="left", baseline="bottom", dy=-2).encode(
        x=alt.X("start:Q", scale=log), text="label:N"
    )
    return styled(alt.LayerChart(layer=[bars, text]))


def log_bars(*, groups: int, series: dict[str, str], axis_end: float) -> alt.LayerChart:
    """Groups of bars on a logarithmic axis, for numbers that differ by factors of thousands.

    Parameters
    ----------
    groups : int
        Number of groups; sets the height.
    series : dict of str to str
        Name of a series -> its color.
    axis_end : float
        Right end of the axis, in the unit of the values; the left end is 1.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``group``, ``series``, ``value`` (at least 1), ``label``.
    """
    names = list(series)
    base = (
        alt.Chart(alt.NamedData("rows"), height=groups * ROW_HEIGHT_PX * (1.5 * len(names) + 0.4))
        .transform_calculate(start="1")
        .encode(
            y=alt.Y("group:N", sort=None, axis=name_axis(), scale=alt.Scale(padding=0.16)),
            yOffset=alt.YOffset("series:N", sort=names),
        )
    )
    log = alt.Scale(type="log", domain=[1, axis_end], nice=False)
    axis = alt.Axis(format="~s", tickCount=4, title=None, domain=False)
    color = alt.Color("series:N", scale=alt.Scale(domain=names, range=list(series.values())))
    bars = base.mark_bar(height=alt.RelativeBandSize(0.34), yOffset=9, cornerRadiusEnd=2).encode(
        x=alt.X("start:Q", scale=log, axis=axis), x2="value:Q", color=color.legend(None)
    )
    text = base.mark_text(align="left", baseline="bottom", dx=1).encode(
        x=alt.value(0), text="label:N"
    )
    return styled(alt.LayerChart(layer=[bars, text]))


def centered_bars(*, rows: int, domain: Sequence[str], label_px: int = 40) -> alt.LayerChart:
    """One bar for each row about a common middle, so that the bars together show a shape.

    Parameters
    ----------
    rows : int
        Number of bars, in rows; sets the height.
    domain : sequence of str
        Families (keys of :data:`COLORS`) in a field ``family`` that color the bars.
    label_px : int
        Width kept free for labels on each side, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``value``, ``label``, ``axis_end``, ``family``.
    """
    unit = f"max(width - {2 * label_px}, 40) / datum.axis_end"
    base = (
        alt.Chart(alt.NamedData("rows"), height=rows * ROW_HEIGHT_PX)
        .transform_calculate(half=f"datum.value * {unit} / 2")
        .transform_calculate(left="width / 2 - datum.half", right="width / 2 + datum.half")
        .encode(y=alt.Y("name:N", sort=None, title=None, axis=name_axis()))
    )
    scale = alt.Scale(domain=list(domain), range=[COLORS[family] for family in domain])
    bars = base.mark_bar(height=alt.RelativeBandSize(0.72), cornerRadius=2).encode(
        x=pixels("left", alt.X),
        x2="right:Q",
        color=alt.Color("family:N", scale=scale).legend(None),
    )
    text = base.mark_text(align="left", baseline="middle", dx=6).encode(
        x=pixels("right", alt.X), text="label:N"
    )
    return styled(alt.LayerChart(layer=[bars, text]))


def stacked_columns(
    *, parts: dict[str, str], colors: Sequence[str], marks: dict[int, str], unit: int
) -> alt.LayerChart:
    """One column for each row, from left to right, made of parts; the highest has its label.

    Parameters
    ----------
    parts : dict of str to str
        Field of each part, bottom to top -> what the legend calls it.
    colors : sequence of str
        Of the parts.
    marks : dict of int to str
        Place -> what the axis says there, the last near the right end.
    unit : int
        What the axis counts in.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``place``, those of the parts, ``held`` (their sum), ``highest`` (whether
        it is the column to mark) and ``label``.
    """
    names = list(parts.values())
    base = alt.Chart(alt.NamedData("rows"), height=300).transform_calculate(
        top=f"datum.held / {unit}"
    )
    label = "".join(f"datum.value == {place} ? '{text}' : " for place, text in marks.items())
    x = alt.X(
        "place:O",
        scale=alt.Scale(paddingInner=0.12),
        axis=alt.Axis(
            labelExpr=f"{label}''", labelAngle=0, labelOverlap=False, ticks=False, title=None
        ),
    )
    axis = alt.Axis(format=",~r", tickCount=5, title=None, domain=False)
    # However large the numbers get, the chart keeps its place.
    axis.minExtent = axis.maxExtent = 60
    axis.labelFlush = 8
    scale = alt.Scale(zero=True, nice=False)
    which = "".join(f"datum.field == '{field}' ? '{name}' : " for field, name in parts.items())
    columns = (
        base.transform_fold(list(parts), as_=["field", "value"])
        .transform_calculate(
            part=f"{which}''", along=f"datum.value / {unit}", order=f"indexof({list(parts)}, "
            "datum.field)",
        )
        .mark_bar()
        .encode(
            x=x,
            y=alt.Y("along:Q", stack="zero", scale=scale, axis=axis),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=names, range=list(colors)),
                legend=alt.Legend(
                    title=None, orient="top", columns=2, labelFontSize=12, labelLimit=240,
                    labelColor=COLORS["ink"],
                ),
            ),
            order=alt.Order("order:Q"),
        )
    )  # fmt: skip
    # Near the right end the label stands to the left, or the chart would be laid out anew.
    ends = max(marks) - 1
    style: dict[str, Any] = {"baseline": "bottom", "dy": -4, "fontWeight": "bold"}
    labels = [
        base.transform_filter(f"datum.highest && datum.place {where}")
        .mark_text(**style, **side)
        .encode(x=x, y=alt.Y("top:Q", scale=scale, axis=axis), text="label:N")
        for where, side in (
            (f"< {ends}", {"align": "center"}),
            (f">= {ends}", {"align": "right", "dx": 10}),
        )
    ]
    room = (
        alt.Chart(alt.NamedData("rows"))
        .transform_aggregate(most="max(held)")
        .transform_calculate(above=f"1.12 * datum.most / {unit}")
        .mark_point(opacity=0)
        .encode(y=alt.Y("above:Q", scale=scale, axis=axis))
    )
    return styled(alt.LayerChart(layer=[room, columns, *labels]), margins_change=False)


def _bars_with_labels(
    base: alt.Chart, color: alt.Color | alt.Value[str], label_px: int
) -> alt.LayerChart:
    """Bars from zero along ``value``, each with its ``label`` at the end.

    The axis ends at the field ``axis_end``, which is the same in all rows: so its scale stays the
    same while values change. Beyond it ``label_px`` pixels are kept free for the longest label,
    however wide the chart is.
    """
    # Bars that could be stacked would each be drawn in a clipped group: four times the elements.
    along = alt.X("value:Q", axis=None, stack=None, scale=alt.Scale(zero=True, nice=False))
    beyond = f"datum.axis_end * width / max(width - {label_px}, 40)"
    far = alt.X("beyond:Q", axis=None)
    # An unseen point extends the axis; a point for each row would take as long to draw as its bar.
    end_of_axis = (
        alt.Chart(alt.NamedData("rows"))
        .transform_calculate(beyond=beyond)
        .transform_aggregate(beyond="max(beyond)")
        .mark_point(opacity=0)
        .encode(x=far)
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(0.82), cornerRadiusEnd=2).encode(
        x=along, color=color
    )
    text = base.mark_text(align="left", baseline="middle", dx=6).encode(x=along, text="label:N")
    return alt.LayerChart(layer=[end_of_axis, bars, text])


def distance_bars(*, rows: int) -> alt.LayerChart:
    """One bar for each row, from zero to at most some ten billion, on a logarithmic scale.

    Parameters
    ----------
    rows : int
        Number of bars, in rows; sets the height.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``value`` (0 or more), ``label`` and ``role`` ("plain" or
        "accent").
    """
    # From 4 thousand to 15 billion; beyond is space for the longest bar's label.
    scale = alt.Scale(type="symlog", constant=1000, domain=[0, 10**17], nice=False)
    axis = alt.Axis(
        values=[0, 10**4, 10**6, 10**8, 10**10],
        labelExpr="datum.value ? format(datum.value, '~s') : '0'",
        labelOverlap="greedy",
        labelSeparation=8,
        title=None,
        domain=False,
    )
    base = alt.Chart(alt.NamedData("rows"), height=rows * ROW_HEIGHT_PX * 1.1).encode(
        y=alt.Y(
            "name:N",
            sort=None,
            title=None,
            axis=name_axis(120),
        ),
        x=alt.X("value:Q", scale=scale, axis=axis),
    )
    bars = base.mark_bar(height=alt.RelativeBandSize(0.7), cornerRadiusEnd=2).encode(
        color=alt.Color(
            "role:N",
            scale=alt.Scale(domain=["plain", "accent"], range=[COLORS["plain"], COLORS["accent"]]),
            legend=None,
        )
    )
    labels = base.mark_text(align="left", baseline="middle", dx=6).encode(text="label:N")
    return styled(alt.LayerChart(layer=[bars, labels]))
