"""Charts drawn to scale in pixels: grids of cells, nested squares, layers, bundles, maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from convcost.page.charts.look import COLORS, pixels, styled

__all__ = ["bundles", "cell_grids", "joined_maps", "layer_shapes", "nested_squares"]

#: Cells as large have room for a product, smaller ones for a number of two digits.
ROOMY_CELL_PX = 28


def cell_grids(
    *,
    grids: Sequence[str],
    side: float,
    states: dict[str, str],
    numbers: dict[str, str] | None = None,
    picture: Sequence[Sequence[int]] = (),
    height: int = 340,
) -> alt.LayerChart:
    """One square grid of cells, or two beside each other, on a narrow page below each other.

    Parameters
    ----------
    grids : sequence of str
        Names of one or two grids, as in the field ``grid``.
    side : float
        Height and width of each grid, in cells.
    states : dict of str to str
        What a cell can be -> its color.
    numbers : dict of str to str, optional
        The states in which a cell has its value written into it -> the color of that.
    picture : sequence of sequence of int
        Values in the middle of the first grid that never change: they are seen where a cell is
        transparent, and cost nothing when others move.
    height : int
        Height of the chart, in pixels; cells are as large as height and width allow.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``grid``, ``x``, ``y`` (of a cell's corner, in cells from the grid's),
        ``state`` and ``title`` (what to write above the grid, in the row of one cell, else empty);
        with `numbers` also ``value`` and ``weight``: where there is a weight, the value times the
        weight is written, in small cells their product.
    """
    two = len(grids) == 2
    title, gap = 24, 1.5
    across = f"{side * 2 + gap}" if two else f"{side}"
    stacked = f"({str(two).lower()} && width < 480)"
    beside = f"min(width / {across}, (height - {title}) / {side})"
    below = f"min(width / {side}, (height - {2 * title}) / {2 * side})"
    second = f"(datum.grid == '{grids[-1]}' && {str(two).lower()})"
    total = f"({stacked} ? {side} : {across})"
    grid_height = f"({side} * datum.unit + {title})"

    def placed(data: Any) -> alt.Chart:
        chart: alt.Chart = (
            alt.Chart(data, height=height)
            .transform_calculate(unit=f"{stacked} ? {below} : {beside}")
            .transform_calculate(
                from_left=f"(width - {total} * datum.unit) / 2 + "
                f"({second} && !{stacked} ? {side + gap} * datum.unit : 0)",
                from_top=f"{title} + ({second} && {stacked} ? {grid_height} : 0)",
            )
            .transform_calculate(
                left="datum.from_left + datum.unit * datum.x",
                top="datum.from_top + datum.unit * datum.y",
                right="datum.from_left + datum.unit * (datum.x + 0.93)",
                bottom="datum.from_top + datum.unit * (datum.y + 0.93)",
            )
        )
        return chart

    def boxes(chart: alt.Chart, **mark: Any) -> alt.Chart:
        drawn: alt.Chart = chart.mark_rect(cornerRadius=2, **mark).encode(
            x=pixels("left", alt.X), y=pixels("top", alt.Y), x2="right:Q", y2="bottom:Q"
        )
        return drawn

    def numbered(chart: alt.Chart, number: str, **mark: Any) -> alt.Chart:
        written: alt.Chart = (
            chart.transform_calculate(
                middle="(datum.left + datum.right) / 2",
                center="(datum.top + datum.bottom) / 2",
                number=number,
                font_px=f"{roomy} ? 12 : 10",
            )
            .mark_text(align="center", baseline="middle", **mark)
            .encode(
                x=pixels("middle", alt.X),
                y=pixels("center", alt.Y),
                text="number:N",
                size=alt.Size("font_px:Q", scale=None),
            )
        )
        return written

    roomy = f"datum.unit >= {ROOMY_CELL_PX}"
    base = placed(alt.NamedData("rows"))
    scale = alt.Scale(domain=list(states), range=list(states.values()))
    cells = boxes(base).encode(fill=alt.Fill("state:N", scale=scale, legend=None))
    # An empty text would take as long to draw as one that is read.
    titled = base.transform_filter("datum.title != ''")
    titles = titled.mark_text(align="left", baseline="bottom", dy=-6).encode(
        x=pixels("from_left", alt.X), y=pixels("from_top", alt.Y), text="title:N"
    )
    layers = [cells, titles]
    if numbers:
        paint = alt.Scale(domain=list(numbers), range=list(numbers.values()))
        shown = base.transform_filter(f"indexof({list(numbers)}, datum.state) >= 0")
        number = (
            f"!isValid(datum.weight) ? datum.value : {roomy} ? "
            "datum.value + '×' + datum.weight : datum.value * datum.weight"
        )
        color = alt.Color("state:N", scale=paint, legend=None)
        layers.insert(1, numbered(shown, number).encode(color=color))
    if picture:
        start = (side - len(picture)) / 2
        values = [
            {"grid": grids[0], "x": start + column, "y": start + row, "value": value}
            for row, line in enumerate(picture)
            for column, value in enumerate(line)
        ]
        still = placed(alt.InlineData(values=values))
        ground = boxes(still, fill=COLORS["rule"])
        layers = [ground, numbered(still, "datum.value", fill=COLORS["ink"]), *layers]
    return styled(alt.LayerChart(layer=layers))


def nested_squares(
    *,
    largest_side: float,
    states: dict[str, str],
    picture: Sequence[str] = (),
    height: int = 320,
) -> alt.LayerChart:
    """Squares around one center, drawn to scale.

    Parameters
    ----------
    largest_side : float
        Side of the largest square, in the unit of the field ``side``.
    states : dict of str to str
        What a square can be -> its color; the squares are see-through.
    picture : sequence of str
        Lines of as many characters as there are lines, ``largest_side`` of them: pixels below the
        squares, dark where a line has a #. A larger square is then drawn just around it.
    height : int
        Height of the chart, in pixels.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``side`` and ``state``.
    """
    around = 1 if picture else 0  # of the picture, in pixels of it
    unit = f"min(width, height - 4) / {largest_side + around}"
    side = f"min(datum.side, {largest_side + around})" if picture else "datum.side"
    base = (
        alt.Chart(alt.NamedData("rows"), height=height)
        .transform_calculate(half=f"{side} * {unit} / 2")
        .transform_calculate(
            left="width / 2 - datum.half",
            right="width / 2 + datum.half",
            top="height / 2 - datum.half",
            bottom="height / 2 + datum.half",
        )
    )
    scale = alt.Scale(domain=list(states), range=list(states.values()))
    squares = base.mark_rect(fillOpacity=0.09, strokeWidth=1.5).encode(
        x=pixels("left", alt.X),
        y=pixels("top", alt.Y),
        x2="right:Q",
        y2="bottom:Q",
        fill=alt.Fill("state:N", scale=scale, legend=None),
        stroke=alt.Stroke("state:N", scale=scale, legend=None),
    )
    if not picture:
        return styled(alt.LayerChart(layer=[squares]))
    middle = len(picture) / 2
    pixel_rows = [
        {"across": column - middle, "down": row - middle, "dark": pixel == "#"}
        for row, line in enumerate(picture)
        for column, pixel in enumerate(line)
    ]
    cells = (
        alt.Chart(alt.InlineData(values=pixel_rows), height=height)
        .transform_calculate(
            left=f"width / 2 + datum.across * {unit}",
            right=f"width / 2 + (datum.across + 0.93) * {unit}",
            top=f"height / 2 + datum.down * {unit}",
            bottom=f"height / 2 + (datum.down + 0.93) * {unit}",
        )
        .mark_rect()
        .encode(
            x=pixels("left", alt.X),
            y=pixels("top", alt.Y),
            x2="right:Q",
            y2="bottom:Q",
            color=alt.condition(
                "datum.dark", alt.value(COLORS["muted"]), alt.value(COLORS["faint"])
            ),
        )
    )
    return styled(alt.LayerChart(layer=[cells, squares]))


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
        layer, from 0 to 1), ``state`` ("map", "faint map" or "vector"), ``title`` (above the map)
        and ``label`` (below the cost).
    """
    ground, title_px = round(height * 4 / 7), 18
    half_label_px = 30
    base = (
        alt.Chart(alt.NamedData("rows"), height=height)
        .transform_calculate(unit="(width - datum.all_gaps) / datum.channels")
        .transform_calculate(left="datum.gaps + datum.unit * datum.before")
        .transform_calculate(
            right="datum.left + max(2, datum.unit * datum.wide)",
            top=f"{ground} - max(2, datum.tall * {ground - title_px})",
            bottom=str(ground),
            middle="datum.left + max(2, datum.unit * datum.wide) / 2",
            hung=f"{ground + 7} + datum.share * {height - ground - 8 - title_px}",
            hang=str(ground + 7),
        )
        .transform_calculate(
            label_at=f"clamp(datum.middle, {half_label_px}, width - {half_label_px})"
        )
    )
    fills = alt.Scale(
        domain=["map", "faint map", "vector"], range=[color, COLORS["VGG-soft"], "none"]
    )
    maps = base.mark_rect(stroke=color, strokeWidth=1).encode(
        x=pixels("left", alt.X),
        x2="right:Q",
        y=pixels("top", alt.Y),
        y2="bottom:Q",
        fill=alt.Fill("state:N", scale=fills, legend=None),
    )
    line = (
        base.transform_aggregate(hang="max(hang)")
        .mark_rule(stroke=COLORS["rule"], yOffset=-4)
        .encode(y=pixels("hang", alt.Y))
    )
    costs = base.mark_rule(strokeWidth=3, stroke=COLORS["ink"]).encode(
        x=pixels("middle", alt.X), y=pixels("hang", alt.Y), y2="hung:Q"
    )
    titles = base.mark_text(align="left", baseline="bottom", dy=-3).encode(
        x=pixels("left", alt.X), y=pixels("top", alt.Y), text="title:N"
    )
    labels = base.mark_text(align="center", baseline="top", dy=3).encode(
        x=pixels("label_at", alt.X), y=pixels("hung", alt.Y), text="label:N"
    )
    return styled(alt.LayerChart(layer=[line, maps, costs, titles, labels]))


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
            x=pixels("left", alt.X),
            x2="right:Q",
            y=pixels("y1", alt.Y),
            y2="y2:Q",
            color=alt.Color("place:O", scale=paint, legend=None),
        )
    )
    titles = base.mark_text(align="left", baseline="bottom").encode(
        x=pixels("left", alt.X), y=pixels("above", alt.Y), text="title:N"
    )
    return styled(alt.LayerChart(layer=[bars, titles]))


def joined_maps(
    *, ways: Sequence[tuple[str, float]], states: dict[str, str], layers: int
) -> alt.LayerChart:
    """Maps below one another, each as wide as it has channels, for ways of joining side by side.

    Parameters
    ----------
    ways : sequence of tuple
        Name of each way, as in the field ``way``, and the most channels of one of its maps.
    states : dict of str to str
        What a part of a map can be -> its color.
    layers : int
        Most layers after the first map.

    Returns
    -------
    altair.LayerChart
        Reads the fields ``way``, ``layer`` (0 for the map that comes in), ``start`` and ``end`` (of
        a part, in channels), ``state``, ``name`` (of the layer, in one row of each, else empty) and
        ``label`` (behind a map, in the row of its last part, else empty).
    """
    name_px, label_px, top, step = 64, 40, 30, 24
    room = name_px + label_px * len(ways)
    unit = f"(width - {room}) / {sum(most for _, most in ways)}"
    before, lefts = 0.0, {}
    for number, (way, most) in enumerate(ways):
        lefts[way] = f"{name_px + label_px * number} + {before} * {unit}"
        before += most
    left = "".join(f"datum.way == '{way}' ? {place} : " for way, place in lefts.items())
    base = (
        alt.Chart(alt.NamedData("rows"), height=top + step * (layers + 1))
        .transform_calculate(from_left=f"{left}0", above=f"{top} + {step} * datum.layer")
        .transform_calculate(
            left=f"datum.from_left + datum.start * {unit}",
            right=f"datum.from_left + datum.end * {unit}",
            below=f"datum.above + {step - 5}",
            middle=f"datum.above + {(step - 5) / 2}",
            heading="datum.layer == 0 && datum.start == 0 ? datum.way : ''",
        )
    )
    fills = alt.Scale(domain=list(states), range=list(states.values()))
    parts = base.mark_rect(stroke=COLORS["paper"], strokeWidth=1).encode(
        x=pixels("left", alt.X),
        x2="right:Q",
        y=pixels("above", alt.Y),
        y2="below:Q",
        fill=alt.Fill("state:N", scale=fills, legend=None),
    )
    names = base.mark_text(align="left", baseline="middle", x=0).encode(
        y=pixels("middle", alt.Y), text="name:N"
    )
    labels = base.mark_text(align="left", baseline="middle", dx=5).encode(
        x=pixels("right", alt.X), y=pixels("middle", alt.Y), text="label:N"
    )
    headings = base.mark_text(align="left", baseline="bottom", dy=-8, fontWeight="bold").encode(
        x=pixels("left", alt.X), y=pixels("above", alt.Y), text="heading:N"
    )
    return styled(alt.LayerChart(layer=[parts, names, labels, headings]))
