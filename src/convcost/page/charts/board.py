"""A network on one board: drawn stage by stage, what each stage costs, and the totals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from convcost.page.charts.look import COLORS, pixels, styled

__all__ = ["network_board"]

#: Heights in pixels: the drawing, what is written below it, one cost, one total.
DRAWING, WRITTEN, COST, TOTAL = 132, 72, 76, 36

#: A slice is so wide at most; the largest image, in pixels a side, is as high as the drawing.
SLICE, LARGEST = 13, 512

#: Below this width labels are small and short.
NARROW = 520

#: Widths kept free beside the scale of a total: its name, its number.
NAMED, NUMBERED = 128, 116

#: What is written small; on a narrow screen it is smaller still.
SMALL = alt.ExprRef(f"width < {NARROW} ? 10 : 12")


def network_board(
    *,
    stages: int,
    costs: Mapping[str, str],
    totals: Mapping[str, tuple[float, float]],
    marks: Mapping[str, str],
    colors: Mapping[str, str],
) -> alt.LayerChart:
    """A network from left to right, a column for each stage, with its totals below.

    Parameters
    ----------
    stages : int
        Columns, all of one width: nothing moves sideways.
    costs : mapping of str to str
        Field of a cost of a stage -> its title. The bars of each have a scale of their own.
    totals : mapping of str to (low, high)
        Title of a total -> ends of its logarithmic scale.
    marks : mapping of str to str
        What the totals are compared with -> the color of its marks.
    colors : mapping of str to str
        Families, in the field ``family`` -> their colors.

    Returns
    -------
    altair.LayerChart
        Reads the field ``kind``. Rows of the kind "stage" have ``place`` (0 for the leftmost),
        ``name`` and ``short_name``, ``family``, ``tall`` and ``image`` (heights of the map and of
        the image, in pixels), ``channels``, ``slices``, ``shortcuts`` (whether a line stands above
        each slice), ``map`` and ``short_map`` (as text), ``written`` and ``counted`` (two short
        lines below), ``trouble`` (what to write if the stage has no map, else empty), and for each
        cost its value, ``<cost>_label``, ``<cost>_most`` (where the bars end) and
        ``<cost>_pinned`` (None for nothing). Rows of the kind "total" have ``place``, ``name``,
        ``value`` (None for nothing), ``label``, ``pinned``, and ``mark_0``, ``mark_1``, … (None
        for nothing).
    """
    top_of_costs = DRAWING + WRITTEN
    top_of_totals = top_of_costs + COST * len(costs) + 34
    height = top_of_totals + TOTAL * len(totals)
    base = alt.Chart(alt.NamedData("rows"), height=height)
    column = f"(width / {stages})"
    stage = base.transform_filter("datum.kind == 'stage'").transform_calculate(
        left=f"{column} * datum.place", middle=f"{column} * (datum.place + 0.5)"
    )
    layers = [*_drawing(stage, column, colors), *_writing(stage)]
    for number, (cost, title) in enumerate(costs.items()):
        layers += _cost(stage, cost, title, top_of_costs + COST * number, column, colors)
    layers += _totals(base, totals, marks, top_of_totals)
    return styled(alt.LayerChart(layer=layers), margins_change=False)


def _drawing(
    stage: alt.Chart, column: str, colors: Mapping[str, str]
) -> list[alt.Chart | alt.LayerChart]:
    # One path for all slices of a stage: marks of their own would be made anew at each step.
    slices = (
        stage.transform_filter("datum.slices > 0")
        .transform_calculate(
            step=f"min(({column} - 8) / datum.slices, "
            f"3 + {SLICE - 3} * sqrt(datum.channels / 2048))",
            tall=f"max(2, {DRAWING - 8} * sqrt(datum.tall / {LARGEST}))",
            each="pad('', datum.slices, 'x')",
            ground=str(DRAWING),
        )
        .transform_calculate(
            gap="datum.step > 3 ? 1.5 : 0.5",
            start="-datum.slices * datum.step / 2",
        )
        .transform_calculate(wide="max(1, datum.step - datum.gap)")
        .transform_calculate(
            outline="'M' + datum.start + ',0' + replace(datum.each, /x/g, 'v-' + datum.tall + 'h'"
            " + datum.wide + 'v' + datum.tall + 'h' + datum.gap) + 'z'",
            lines="'M' + datum.start + ',' + (-datum.tall - 4) + replace(datum.each, /x/g, 'h'"
            " + datum.wide + 'm' + datum.gap + ',0')",
        )
    )
    here = {"x": pixels("middle", alt.X), "y": pixels("ground", alt.Y)}
    one = 4  # Vega scales a path by half the root of its size
    blocks = slices.mark_point(filled=True, opacity=1, strokeWidth=0, size=one).encode(
        shape=alt.Shape("outline:N", scale=None), color=_by_family(colors), **here
    )
    shortcuts = (
        slices.transform_filter("datum.shortcuts")
        .mark_point(filled=False, opacity=1, stroke=COLORS["ink"], strokeWidth=1.5, size=one)
        .encode(shape=alt.Shape("lines:N", scale=None), **here)
    )
    ground = (
        alt.Chart(alt.InlineData(values=[{}]))
        .mark_rule(stroke=COLORS["line"])
        .encode(y=alt.value(DRAWING + 0.5), x=alt.value(0), x2=alt.value("width"))
    )
    image = (
        stage.transform_filter("datum.place == 0")
        .transform_calculate(
            top=f"{DRAWING} - {DRAWING - 8} * sqrt(datum.image / {LARGEST})", ground=str(DRAWING)
        )
        .mark_rect(fill="none", stroke=COLORS["line"], strokeWidth=1)
        .encode(x=alt.value(1), x2=alt.value(9), y=pixels("top", alt.Y), y2="ground:Q")
    )
    return [image, blocks, shortcuts, ground]


def _writing(stage: alt.Chart) -> list[alt.Chart | alt.LayerChart]:
    def line(field: str, y: int, **look: Any) -> alt.Chart:
        text: alt.Chart = stage.mark_text(
            align="center", baseline="top", fontSize=SMALL, **look
        ).encode(x=pixels("middle", alt.X), y=alt.value(y), text=f"{field}:N")
        return text

    stage = stage.transform_calculate(
        map_words=f"width < {NARROW} ? datum.short_map : datum.map",
        channel_words=f"width < {NARROW} ? replace(datum.written, / .*/, '') : datum.written",
        name_words=f"width < {NARROW} ? datum.short_name : datum.name",
    )
    return [
        line("name_words", DRAWING + 6, fontWeight="bold"),
        line("map_words", DRAWING + 21, fill=COLORS["ink"]),
        line("trouble", DRAWING + 21, fill=COLORS["bad"], fontWeight="bold"),
        line("channel_words", DRAWING + 35, fill=COLORS["muted"]),
        line("counted", DRAWING + 49, fill=COLORS["muted"]),
    ]


def _cost(
    stage: alt.Chart, cost: str, title: str, top: int, column: str, colors: Mapping[str, str]
) -> list[alt.Chart | alt.LayerChart]:
    bottom = top + COST - 14
    most = COST - 48  # the title and a label stand above the highest bar
    bars = stage.transform_calculate(
        from_=f"datum.middle - min(18, {column} * 0.36)",
        to=f"datum.middle + min(18, {column} * 0.36)",
        ground=str(bottom),
        up=f"{bottom} - {most} * (datum.{cost} || 0) / datum.{cost}_most",
        pinned_up=f"{bottom} - {most} * (datum.{cost}_pinned || 0) / datum.{cost}_most",
        above="min(datum.up, datum.pinned_up)",
    )
    across = {"x": pixels("from_", alt.X), "x2": "to:Q", "y2": "ground:Q"}
    return [
        stage.transform_filter("datum.place == 0")
        .mark_text(align="left", baseline="top", text=title, fontWeight="bold", fontSize=12)
        .encode(x=alt.value(0), y=alt.value(top)),
        bars.mark_rect(cornerRadiusTopLeft=2, cornerRadiusTopRight=2).encode(
            y=pixels("up", alt.Y), color=_by_family(colors), **across
        ),
        bars.transform_filter(f"isValid(datum.{cost}_pinned)")
        .mark_rect(fill="none", stroke=COLORS["ink"], strokeWidth=1.5, strokeDash=[3, 2])
        .encode(y=pixels("pinned_up", alt.Y), **across),
        bars.mark_text(align="center", baseline="bottom", dy=-2, fontSize=SMALL).encode(
            x=pixels("middle", alt.X), y=pixels("above", alt.Y), text=f"{cost}_label:N"
        ),
    ]


def _totals(
    base: alt.Chart,
    totals: Mapping[str, tuple[float, float]],
    marks: Mapping[str, str],
    top: int,
) -> list[alt.Chart | alt.LayerChart]:
    lows = [low for low, _ in totals.values()]
    spans = [high / low for low, high in totals.values()]
    # On a narrow screen the scale stands below its name and number.
    begins = f"(width < {NARROW} ? 4 : {NAMED})"
    across = f"(width - (width < {NARROW} ? 8 : {NAMED + NUMBERED}))"

    def place(value: str) -> str:
        share = f"log({value} / {lows}[datum.place]) / log({spans}[datum.place])"
        return f"isValid({value}) ? {begins} + {across} * clamp({share}, 0, 1) : null"

    rows = base.transform_filter("datum.kind == 'total'").transform_calculate(
        at=place("datum.value"),
        pin_at=place("datum.pinned"),
        begins=begins,
        ends=f"{begins} + {across}",
        line=f"{top} + {TOTAL} * datum.place + (width < {NARROW} ? 24 : 12)",
        words=f"{top} + {TOTAL} * datum.place + (width < {NARROW} ? 6 : 12)",
        right="width",
        above="datum.line - 8",
        **{f"mark_{n}_at": place(f"datum.mark_{n}") for n in range(len(marks))},
    )
    found: list[alt.Chart | alt.LayerChart] = [
        rows.mark_rule(stroke=COLORS["rule"], strokeWidth=3, strokeCap="round").encode(
            x=pixels("begins", alt.X), x2="ends:Q", y=pixels("line", alt.Y)
        )
    ]
    for number, color in enumerate(marks.values()):
        found.append(
            rows.transform_filter(f"isValid(datum.mark_{number}_at)")
            .mark_point(shape="triangle-down", size=70, filled=True, opacity=1, color=color)
            .encode(x=pixels(f"mark_{number}_at", alt.X), y=pixels("above", alt.Y))
        )
    found += [
        rows.transform_filter("isValid(datum.pin_at)")
        .mark_point(shape="circle", size=110, opacity=1, strokeWidth=1.5, stroke=COLORS["ink"])
        .encode(x=pixels("pin_at", alt.X), y=pixels("line", alt.Y)),
        rows.transform_filter("isValid(datum.at)")
        .mark_point(shape="circle", size=90, filled=True, opacity=1, color=COLORS["accent"])
        .encode(x=pixels("at", alt.X), y=pixels("line", alt.Y)),
        rows.mark_text(align="left", baseline="middle").encode(
            x=alt.value(0), y=pixels("words", alt.Y), text="name:N"
        ),
        rows.mark_text(align="right", baseline="middle", fontWeight="bold").encode(
            x=pixels("right", alt.X), y=pixels("words", alt.Y), text="label:N"
        ),
    ]
    return [*found, *_legend(list(marks.items()), top - 22)]


def _legend(marks: Sequence[tuple[str, str]], y: int) -> list[alt.Chart | alt.LayerChart]:
    entries = [("this network", "circle", COLORS["accent"])]
    entries += [(name, "triangle-down", color) for name, color in marks]
    step = f"(width / {len(entries)})"
    found: list[alt.Chart | alt.LayerChart] = []
    for number, (name, shape, color) in enumerate(entries):
        one = alt.Chart(alt.InlineData(values=[{}]))
        at = alt.ExprRef(f"min({step}, 150) * {number} + 6")
        found += [
            one.mark_point(shape=shape, size=80, filled=True, opacity=1, color=color, x=at, y=y),
            one.mark_text(
                align="left", baseline="middle", text=name, fontSize=SMALL, y=y,
                x=alt.ExprRef(f"min({step}, 150) * {number} + 15"),
            ),
        ]  # fmt: skip
    return found


def _by_family(colors: Mapping[str, str]) -> alt.Color:
    scale = alt.Scale(domain=list(colors), range=list(colors.values()))
    return alt.Color("family:N", scale=scale, legend=None)
