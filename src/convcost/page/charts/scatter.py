"""All networks as points in one chart whose axes the reader chooses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import altair as alt

from convcost.page.charts.look import COLORS, styled

__all__ = ["network_scatter"]

#: Found networks, at most, whose names are written into the chart.
MOST_NAMED = 3


def network_scatter(
    *,
    quantities: Mapping[str, str],
    accuracy: str,
    families: Sequence[str],
    always_named: Sequence[str],
) -> alt.LayerChart:
    """Networks as points, by two of their quantities; a line joins those that nobody beats.

    Parameters
    ----------
    quantities : mapping of str to str
        Field of a quantity -> its name on an axis.
    accuracy : str
        Field of the accuracy, in percent.
    families : sequence of str
        What the parameter ``family`` counts: first "VGG and ResNet", then families as in the
        field ``family``.
    always_named : sequence of str
        Networks, as in the field ``name``, whose names are always written into the chart.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``name``, ``family``, ``front`` and ``fits`` (bool), the quantities and
        the accuracy; and the parameters ``along`` (number of a quantity), ``up`` (0 for the
        accuracy, then the quantities), ``axes`` (0 for logarithmic), ``family`` and ``search``
        (part of a name).
    """
    picked = {
        "x": f"[{_fields(quantities)}][along]",
        "y": f"[{_fields([accuracy, *quantities])}][up]",
    }
    # A scale can't change its type on a page, so that logarithms are taken before it.
    logs = {"at_x": "axes == 0 ? log(datum.x) / LN10 : datum.x",
            "at_y": "axes == 0 && up > 0 ? log(datum.y) / LN10 : datum.y"}  # fmt: skip
    styles = {
        "chosen": f"family == 0 ? datum.family == 'VGG' || datum.family == 'ResNet' "
                  f": datum.family == {list(families)}[family]",
        # vgg16 is what VGG-16 is called in torchvision.
        "found": f"{_bare('search')} != '' "
                 f"&& indexof({_bare('datum.name')}, {_bare('search')}) >= 0 ? 1 : 0",
        "paint": f"datum.fits && datum.chosen ? datum.family == 'VGG' ? '{COLORS['VGG']}' "
                 f": '{COLORS['ResNet']}' : '{COLORS['plain']}'",
        "form": "!datum.chosen ? 'circle' : datum.family == 'VGG' ? 'square' : 'diamond'",
        "area": "datum.chosen ? 80 : 34",
        "density": "datum.fits ? datum.chosen ? 0.63 : 0.25 : 0",
    }  # fmt: skip
    base = alt.Chart(alt.NamedData("rows"), height=420).transform_calculate(**picked)
    base = base.transform_filter("isValid(datum.x) && isValid(datum.y)")
    base = base.transform_calculate(**logs).transform_calculate(**styles)
    base = base.transform_joinaggregate(hits="sum(found)")
    x = alt.X("at_x:Q", scale=_scale(), axis=_axis("axes == 0"))
    beside = _axis("axes == 0 && up > 0", "up == 0")
    beside.minExtent = beside.maxExtent = 50  # wider than any label
    y = alt.Y("at_y:Q", scale=_scale(), axis=beside)
    line = (
        base.transform_filter("datum.front")
        .mark_line(color=COLORS["accent"], strokeWidth=2, interpolate="linear", strokeOpacity=0.7)
        .encode(x=x, y=y, order="at_x:Q")
    )
    # A mark that is faint as a whole is painted on a layer of its own: only colors are faint here.
    points = base.mark_point(
        strokeWidth=1.5, opacity=1, strokeOpacity=0.7, tooltip={"content": "data"}
    ).encode(
        x=x,
        y=y,
        shape=alt.Shape("form:N", scale=None),
        stroke=alt.Stroke("paint:N", scale=None),
        fill=alt.Fill("paint:N", scale=None),
        fillOpacity=alt.FillOpacity("density:Q", scale=None),
        size=alt.Size("area:Q", scale=None),
    )
    # Some are always named: of no point at all a scale can't take its domain.
    noted = base.transform_filter(f"datum.found || indexof({list(always_named)}, datum.name) >= 0")
    rings = noted.mark_point(size=220, strokeWidth=2, stroke=COLORS["ink"], opacity=1).encode(
        x=x, y=y, strokeOpacity=alt.StrokeOpacity("found:Q", scale=None)
    )
    # Many names would hide one another.
    few = f"datum.found && datum.hits > {MOST_NAMED} ? '' : datum.name"
    # To the lower right, where the accuracy of dearer networks seldom is; a name at the edge stays
    # inside.
    align = "scale('x', datum.at_x) > width - 140 ? 'right' : 'left'"
    named = noted.transform_calculate(label=few)
    style: dict[str, Any] = {"dx": 6, "dy": 22, "fontWeight": "bold", "align": alt.ExprRef(align)}
    # A rim in the color of the page sets a name off from the points that it lies on.
    rims = named.mark_text(
        **style, stroke=COLORS["paper"], strokeWidth=5, strokeJoin="round", aria=False
    ).encode(x=x, y=y, text="label:N")
    labels = named.mark_text(**style).encode(x=x, y=y, text="label:N")
    said = (
        "search == '' ? '' : datum.hits == 0 ? 'no name contains this; try vgg or b0' : "
        "datum.hits + (datum.hits == 1 ? ' network' : ' networks') + ' found'"
    )
    answer = (
        base.transform_aggregate(hits="sum(found)")
        .transform_calculate(said=said)
        .mark_text(align="right", x="width", y=-12, color=COLORS["muted"])
        .encode(text="said:N")
    )
    titles = _titles([name.capitalize() for name in quantities.values()])
    return styled(alt.LayerChart(layer=[line, rings, points, rims, labels, answer, *titles]))


def _bare(text: str) -> str:
    """Return the expression of a text in small letters, without what separates its parts."""
    return f"replace(lower({text}), /[-_ .]/g, '')"


def _fields(names: Iterable[str]) -> str:
    return ", ".join(f"datum.{name}" for name in names)


def _scale() -> alt.Scale:
    return alt.Scale(zero=False, nice=True)


def _axis(is_log: str, is_percent: str = "false") -> alt.Axis:
    """Build an axis whose labels undo the logarithm."""
    number = f"format({is_log} ? pow(10, datum.value) : datum.value, '~s')"
    return alt.Axis(
        title=None,
        labelExpr=f"{is_percent} ? datum.value + '%' : {number}",
        tickMinStep=alt.ExprRef(f"{is_log} ? 1 : 0"),
        tickCount=6,
    )


def _titles(names: Sequence[str]) -> list[alt.Chart]:
    """Name the axes by what is chosen, which an axis's own title can't follow."""
    once = alt.Chart(alt.InlineData(values=[{}]))
    up = f"{['Top-1 accuracy', *names]}[up] + ' ↑'"
    along = f"{list(names)}[along] + ' →'"
    below = alt.ExprRef("height + 36")
    quiet = COLORS["muted"]
    return [
        once.mark_text(text=alt.ExprRef(up), align="left", x=0, y=-12, color=quiet),
        once.mark_text(text=alt.ExprRef(along), align="right", x="width", y=below, color=quiet),
    ]
