"""Charts of the book: named fields in, :class:`altair.Chart` out.

Every chart reads the data set ``rows`` (:class:`altair.NamedData`), so that one chart serves a
data frame, a live figure and a printed picture alike.  Colors are CSS variables with a fallback:
the page's theme restyles a chart without drawing it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import altair as alt

from convcost.page import palette

__all__ = [
    "COLORS",
    "bundles",
    "cell_grids",
    "centered_bars",
    "cumulative_steps",
    "curves",
    "labeled_bars",
    "labeled_dots",
    "layer_shapes",
    "log_bars",
    "nested_squares",
    "paired_bars",
    "product_bars",
    "styled",
]

COLORS = palette.COLORS
"""Role, or name of a family -> CSS color: see :mod:`convcost.page.palette`.

:meta hide-value:
"""

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

_Chart = TypeVar("_Chart", alt.Chart, alt.LayerChart)

#: Height of one bar with its gap, in pixels.
STEP = 26


def styled(chart: _Chart, *, room_changes: bool = True) -> _Chart:
    """Give a chart the book's look: no frame, quiet axes, text in the ink of the page.

    Parameters
    ----------
    chart : altair.Chart or altair.LayerChart
    room_changes : bool
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
            autosize=alt.AutoSizeParams(type="fit-x", contains="padding", resize=room_changes),
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


def _bars_with_labels(
    base: alt.Chart, color: alt.Color | alt.Value[str], room: int
) -> alt.LayerChart:
    """Bars from zero along ``value``, each with its ``label`` at the end.

    ``reach`` (a field, the same in all rows) holds the axis still while the bars move; ``room``
    is kept free for the longest label, in pixels, however wide the chart is.
    """
    # Bars that could be stacked would each be drawn in a clipped group: four times the elements.
    along = alt.X("value:Q", axis=None, stack=None, scale=alt.Scale(zero=True, nice=False))
    beyond = f"datum.reach * width / max(width - {room}, 40)"
    far = alt.X("beyond:Q", axis=None)
    # One point for all rows: a mark for each would cost as much drawing time as the bars.
    hold = (
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
    return alt.LayerChart(layer=[hold, bars, text])


def labeled_bars(
    *,
    rows: int,
    color: str = COLORS["ResNet"],
    domain: Sequence[str] = (),
    room: int = 90,
    names: int | None = None,
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
    room : int
        Width kept free for labels, in pixels.
    names : int, optional
        Width of the names, in pixels; give it where names change as the figure moves, or the
        chart is laid out twice at each step.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``value``, ``label``, ``reach`` (and ``family``).
    """
    base = alt.Chart(alt.NamedData("rows"), height=rows * STEP).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=_name_axis(names)),
    )
    paint: alt.Color | alt.Value[str] = alt.value(color)
    if domain:
        scale = alt.Scale(domain=list(domain), range=[COLORS[family] for family in domain])
        paint = alt.Color("family:N", scale=scale, legend=None)
    return styled(_bars_with_labels(base, paint, room))


def paired_bars(
    *, groups: int, series: dict[str, str], room: int = 140, names: int | None = None
) -> alt.LayerChart:
    """Groups of bars, one bar for each series: network beside network, stage by stage.

    Parameters
    ----------
    groups : int
        Number of groups; sets the height.
    series : dict of str to str
        Name of a series -> its color.
    room : int
        Width kept free for labels, in pixels.
    names : int, optional
        Width of the groups' names, in pixels, as for :func:`labeled_bars`.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``group``, ``series``, ``value``, ``label``, ``reach``.
    """
    order = list(series)
    base = alt.Chart(alt.NamedData("rows"), height=groups * STEP * (len(order) + 0.5)).encode(
        y=alt.Y(
            "group:N", sort=None, title=None, axis=_name_axis(names), scale=alt.Scale(padding=0.12)
        ),
        yOffset=alt.YOffset("series:N", sort=order),
    )
    scale = alt.Scale(domain=order, range=list(series.values()))
    return styled(_bars_with_labels(base, alt.Color("series:N", scale=scale, legend=None), room))


def product_bars(*, colors: dict[str, str], reach: float) -> alt.LayerChart:
    """Factors and their product on a logarithmic axis, where multiplying is laying end to end.

    Parameters
    ----------
    colors : dict of str to str
        Values of the field ``name``, top to bottom -> their colors.
    reach : float
        Right end of the axis.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``start``, ``end``, ``label``; a bar runs from ``start`` to
        ``end`` (both at least 1).
    """
    base = alt.Chart(alt.NamedData("rows"), height=len(colors) * STEP * 1.35).encode(
        y=alt.Y("name:N", sort=None, title=None, axis=_name_axis()),
    )
    log = alt.Scale(type="log", domain=[1, reach], nice=False)
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


def log_bars(*, groups: int, series: dict[str, str], reach: float) -> alt.LayerChart:
    """Groups of bars on a logarithmic axis, for numbers that differ by factors of thousands.

    Parameters
    ----------
    groups : int
        Number of groups; sets the height.
    series : dict of str to str
        Name of a series -> its color.
    reach : float
        Right end of the axis; the left end is 1.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``group``, ``series``, ``value`` (at least 1), ``label``.
    """
    names = list(series)
    base = (
        alt.Chart(alt.NamedData("rows"), height=groups * STEP * (1.5 * len(names) + 0.4))
        .transform_calculate(start="1")
        .encode(
            y=alt.Y("group:N", sort=None, axis=_name_axis(), scale=alt.Scale(padding=0.16)),
            yOffset=alt.YOffset("series:N", sort=names),
        )
    )
    log = alt.Scale(type="log", domain=[1, reach], nice=False)
    axis = alt.Axis(format="~s", tickCount=4, title=None, domain=False)
    color = alt.Color("series:N", scale=alt.Scale(domain=names, range=list(series.values())))
    bars = base.mark_bar(height=alt.RelativeBandSize(0.34), yOffset=9, cornerRadiusEnd=2).encode(
        x=alt.X("start:Q", scale=log, axis=axis), x2="value:Q", color=color.legend(None)
    )
    text = base.mark_text(align="left", baseline="bottom", dx=1).encode(
        x=alt.value(0), text="label:N"
    )
    return styled(alt.LayerChart(layer=[bars, text]))


def cell_grids(
    *, grids: Sequence[str], side: float, states: dict[str, str], height: int = 340
) -> alt.LayerChart:
    """One square grid of cells, or two beside each other, on a narrow page below each other.

    Parameters
    ----------
    grids : sequence of str
        Names of one or two grids, as in the field ``grid``.
    side : float
        Room for each grid, in cells.
    states : dict of str to str
        What a cell can be -> its color.
    height : int
        Height of the chart, in pixels; cells are as large as height and width allow.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``grid``, ``x``, ``y`` (of a cell's corner, in cells from the grid's),
        ``state`` and ``title`` (what to write above the grid, in the row of one cell, else empty).
    """
    two = len(grids) == 2
    title, gap = 24, 1.5
    across = f"{side * 2 + gap}" if two else f"{side}"
    stacked = f"({str(two).lower()} && width < 480)"
    beside = f"min(width / {across}, (height - {title}) / {side})"
    below = f"min(width / {side}, (height - {2 * title}) / {2 * side})"
    second = f"(datum.grid == '{grids[-1]}' && {str(two).lower()})"
    total = f"({stacked} ? {side} : {across})"
    room = f"({side} * datum.unit + {title})"
    base = (
        alt.Chart(alt.NamedData("rows"), height=height)
        .transform_calculate(unit=f"{stacked} ? {below} : {beside}")
        .transform_calculate(
            from_left=f"(width - {total} * datum.unit) / 2 + "
            f"({second} && !{stacked} ? {side + gap} * datum.unit : 0)",
            from_top=f"{title} + ({second} && {stacked} ? {room} : 0)",
        )
        .transform_calculate(
            left="datum.from_left + datum.unit * datum.x",
            top="datum.from_top + datum.unit * datum.y",
            right="datum.from_left + datum.unit * (datum.x + 0.93)",
            bottom="datum.from_top + datum.unit * (datum.y + 0.93)",
        )
    )

    scale = alt.Scale(domain=list(states), range=list(states.values()))
    cells = base.mark_rect(cornerRadius=2).encode(
        x=_pixels("left", alt.X),
        y=_pixels("top", alt.Y),
        x2="right:Q",
        y2="bottom:Q",
        color=alt.Color("state:N", scale=scale, legend=None),
    )
    titles = base.mark_text(align="left", baseline="bottom", dy=-6).encode(
        x=_pixels("from_left", alt.X), y=_pixels("from_top", alt.Y), text="title:N"
    )
    return styled(alt.LayerChart(layer=[cells, titles]))


def nested_squares(*, reach: float, states: dict[str, str], height: int = 320) -> alt.LayerChart:
    """Squares around one center, drawn to scale.

    Parameters
    ----------
    reach : float
        Side of the largest square.
    states : dict of str to str
        What a square can be -> its color; the squares are see-through.
    height : int
        Height of the chart, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``side`` and ``state``.
    """
    unit = f"min(width, height - 4) / {reach}"
    base = (
        alt.Chart(alt.NamedData("rows"), height=height)
        .transform_calculate(half=f"datum.side * {unit} / 2")
        .transform_calculate(
            left="width / 2 - datum.half",
            right="width / 2 + datum.half",
            top="height / 2 - datum.half",
            bottom="height / 2 + datum.half",
        )
    )
    scale = alt.Scale(domain=list(states), range=list(states.values()))
    squares = base.mark_rect(fillOpacity=0.09, strokeWidth=1.5).encode(
        x=_pixels("left", alt.X),
        y=_pixels("top", alt.Y),
        x2="right:Q",
        y2="bottom:Q",
        fill=alt.Fill("state:N", scale=scale, legend=None),
        stroke=alt.Stroke("state:N", scale=scale, legend=None),
    )
    return styled(alt.LayerChart(layer=[squares]))


def centered_bars(*, rows: int, domain: Sequence[str], room: int = 40) -> alt.LayerChart:
    """One bar for each row about a common middle, so that the bars together show a shape.

    Parameters
    ----------
    rows : int
        Number of bars, in rows; sets the height.
    domain : sequence of str
        Families (keys of :data:`COLORS`) in a field ``family`` that color the bars.
    room : int
        Width kept free for labels on each side, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``value``, ``label``, ``reach``, ``family``.
    """
    unit = f"max(width - {2 * room}, 40) / datum.reach"
    base = (
        alt.Chart(alt.NamedData("rows"), height=rows * STEP)
        .transform_calculate(half=f"datum.value * {unit} / 2")
        .transform_calculate(left="width / 2 - datum.half", right="width / 2 + datum.half")
        .encode(y=alt.Y("name:N", sort=None, title=None, axis=_name_axis()))
    )
    scale = alt.Scale(domain=list(domain), range=[COLORS[family] for family in domain])
    bars = base.mark_bar(height=alt.RelativeBandSize(0.72), cornerRadius=2).encode(
        x=_pixels("left", alt.X),
        x2="right:Q",
        color=alt.Color("family:N", scale=scale).legend(None),
    )
    text = base.mark_text(align="left", baseline="middle", dx=6).encode(
        x=_pixels("right", alt.X), text="label:N"
    )
    return styled(alt.LayerChart(layer=[bars, text]))


def curves(
    *, series: dict[str, str], along: str, log: tuple[float, float] | None = None, height: int = 260
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
        axis is linear and ends just above ``reach``.
    height : int
        Height of the chart, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``step``, ``series``, ``value`` and, on a linear axis, ``reach`` (the same
        in all rows).
    """
    base = alt.Chart(alt.NamedData("rows"), height=height)
    if log:
        low, high = log
        scale = alt.Scale(type="log", domain=[low, 1.5 * high], nice=False)
        # Vega leaves out a bar or point that has no logarithm, and the line would break.
        base = base.transform_calculate(height_of=f"clamp(datum.value, {low}, {high})")
        axis = alt.Axis(format=",~g", tickCount=7, title=None, domain=False)
    else:
        scale = alt.Scale(zero=True, nice=False)
        base = base.transform_calculate(height_of="datum.value")
        # By an expression, for Vega's own format writes nothing as "0M".
        label = "format(datum.value, '~s')"
        axis = alt.Axis(labelExpr=label, tickCount=5, title=None, domain=False)
    # One room for all numbers: a fixed width for labels, those near an end flush with it, and lines
    # that do not touch the upper end.
    axis.minExtent = axis.maxExtent = 46
    axis.labelFlush = 8
    up = alt.Y("height_of:Q", scale=scale, axis=axis)
    names, dashes = list(series), [[1, 0], *[[6, 4]] * (len(series) - 1)]
    legend = alt.Legend(
        title=None, orient="top", labelFontSize=13, labelColor=COLORS["ink"], symbolSize=300,
        labelLimit=240, columns=1, symbolStrokeWidth=3,
    )  # fmt: skip
    lines = base.mark_line(strokeWidth=3).encode(
        x=alt.X("step:Q", title=along, axis=alt.Axis(tickMinStep=1, grid=False)),
        y=up,
        color=alt.Color(
            "series:N", scale=alt.Scale(domain=names, range=list(series.values())), legend=legend
        ),
        strokeDash=alt.StrokeDash(
            "series:N", scale=alt.Scale(domain=names, range=dashes), legend=legend
        ),
    )
    if log:
        return styled(alt.LayerChart(layer=[lines]), room_changes=False)
    hold = (
        alt.Chart(alt.NamedData("rows"))
        .transform_aggregate(reach="max(reach)")
        .transform_calculate(above="1.02 * datum.reach")
        .mark_point(opacity=0, size=0)
        .encode(y=alt.Y("above:Q", scale=scale, axis=axis))
    )
    return styled(alt.LayerChart(layer=[hold, lines]), room_changes=False)


def layer_shapes(*, color: str, height: int = 330) -> alt.LayerChart:
    """Layers from left to right, standing on a line as maps, hanging from it as costs.

    Parameters
    ----------
    color : str
        Color of the maps and costs.
    height : int
        Height of the chart, in pixels; four sevenths of it stand.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``before`` and ``wide`` (channels to the left, and of the layer),
        ``channels`` (of the longest network), ``gaps`` and ``all_gaps`` (pixels between layers, to
        the left and of the longest network), ``tall`` (from 0 to 1), ``share`` (of the costliest
        layer, from 0 to 1), ``state`` ("map", "faint map" or "vector") and ``title``.
    """
    ground, room = round(height * 4 / 7), 18
    base = (
        alt.Chart(alt.NamedData("rows"), height=height)
        .transform_calculate(unit="(width - datum.all_gaps) / datum.channels")
        .transform_calculate(left="datum.gaps + datum.unit * datum.before")
        .transform_calculate(
            right="datum.left + max(2, datum.unit * datum.wide)",
            top=f"{ground} - max(2, datum.tall * {ground - room})",
            bottom=str(ground),
            middle="datum.left + max(2, datum.unit * datum.wide) / 2",
            hung=f"{ground + 7} + datum.share * {height - ground - 8}",
            hang=str(ground + 7),
        )
    )
    fills = alt.Scale(
        domain=["map", "faint map", "vector"], range=[color, COLORS["VGG-soft"], "none"]
    )
    maps = base.mark_rect(stroke=color, strokeWidth=1).encode(
        x=_pixels("left", alt.X),
        x2="right:Q",
        y=_pixels("top", alt.Y),
        y2="bottom:Q",
        fill=alt.Fill("state:N", scale=fills, legend=None),
    )
    line = (
        base.transform_aggregate(hang="max(hang)")
        .mark_rule(stroke=COLORS["rule"], yOffset=-4)
        .encode(y=_pixels("hang", alt.Y))
    )
    costs = base.mark_rule(strokeWidth=3, stroke=COLORS["ink"]).encode(
        x=_pixels("middle", alt.X), y=_pixels("hang", alt.Y), y2="hung:Q"
    )
    titles = base.mark_text(align="left", baseline="bottom", dy=-3).encode(
        x=_pixels("left", alt.X), y=_pixels("top", alt.Y), text="title:N"
    )
    return styled(alt.LayerChart(layer=[line, maps, costs, titles]))


def bundles(*, colors: Sequence[str], widest: float, deepest: int) -> alt.LayerChart:
    """Bundles of equal bars beside each other: layers of one width, as many as there are.

    Parameters
    ----------
    colors : sequence of str
        Of the bundles, from left to right.
    widest : float
        Channels of the widest layer.
    deepest : int
        Most layers of a bundle.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``place`` (0 for the leftmost bundle, …), ``channels``, ``layers`` and
        ``title``.
    """
    top, step, gap = 26, 8, 16
    across = f"((width - {gap * (len(colors) - 1)}) / {len(colors)})"
    base = (
        alt.Chart(alt.NamedData("rows"), height=top + deepest * step)
        .transform_calculate(left=f"datum.place * ({across} + {gap})")
        .transform_calculate(right=f"datum.left + {across} * datum.channels / {widest}")
        .transform_calculate(above=str(top - 8), layer="sequence(datum.layers)")
    )
    paint = alt.Scale(domain=list(range(len(colors))), range=list(colors))
    bars = (
        base.transform_flatten(["layer"])
        .transform_calculate(
            y1=f"{top} + datum.layer * {step}", y2=f"{top - 2} + (datum.layer + 1) * {step}"
        )
        .mark_rect()
        .encode(
            x=_pixels("left", alt.X),
            x2="right:Q",
            y=_pixels("y1", alt.Y),
            y2="y2:Q",
            color=alt.Color("place:O", scale=paint, legend=None),
        )
    )
    titles = base.mark_text(align="left", baseline="bottom").encode(
        x=_pixels("left", alt.X), y=_pixels("above", alt.Y), text="title:N"
    )
    return styled(alt.LayerChart(layer=[bars, titles]))


def labeled_dots(*, rows: int, color: str, room: int = 120) -> alt.LayerChart:
    """One dot for each row on an axis that need not begin at zero, its label beside it.

    Parameters
    ----------
    rows : int
        Number of dots, in rows; sets the height.
    color : str
        Color of the dots.
    room : int
        Width kept free for labels, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``value`` (None for no dot), ``label``, and ``low`` and ``high``,
        the ends of the axis, the same in all rows.
    """
    base = (
        alt.Chart(alt.NamedData("rows"), height=rows * STEP)
        .transform_calculate(
            place=f"isValid(datum.value) ? max(width - {room}, 60) * (datum.value - datum.low) / "
            "(datum.high - datum.low) : 0",
            zero="0",
        )
        .encode(y=alt.Y("name:N", sort=None, title=None, axis=_name_axis()))
    )
    lines = base.mark_rule(stroke=COLORS["rule"]).encode(
        x=_pixels("zero", alt.X), x2=alt.X2("place:Q")
    )
    dots = (
        base.transform_filter("isValid(datum.value)")
        .mark_point(filled=True, size=90, opacity=1, color=color)
        .encode(x=_pixels("place", alt.X))
    )
    text = base.mark_text(align="left", baseline="middle", dx=10).encode(
        x=_pixels("place", alt.X), text="label:N"
    )
    return styled(alt.LayerChart(layer=[lines, dots, text]))


def cumulative_steps(*, colors: dict[str, str], shares: str, height: int = 300) -> alt.LayerChart:
    """What two networks have spent after each part of their layers, as stairs.

    Parameters
    ----------
    colors : dict of str to str
        Name of a series, as in the field ``series`` -> its color.
    shares : str
        Name of a parameter: whether the axis shows ``share`` instead of ``value``.
    height : int
        Height of the chart, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``series``, ``depth`` (from 0 to 1), ``value``, ``share`` (from 0 to 1)
        and ``title``, written where a series ends.
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
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    paint = alt.Color("series:N", scale=scale, legend=None)
    stairs = base.mark_line(interpolate="step-after", strokeWidth=2.5, clip=True).encode(
        x=x, y=y, color=paint
    )
    dots = base.mark_point(filled=True, size=28, opacity=1).encode(x=x, y=y, color=paint)
    return styled(alt.LayerChart(layer=[stairs, dots]))


def _pixels(field: str, channel: type[Any]) -> Any:
    """Encode a field that is in pixels already."""
    return channel(field, type="quantitative", scale=None, axis=None)


def _name_axis(width: int | None = None) -> alt.Axis:
    axis = alt.Axis(ticks=False, domain=False, labelPadding=8, labelLimit=150, title=None)
    if width is not None:
        axis.minExtent = axis.maxExtent = width
    return axis
