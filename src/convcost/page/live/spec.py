"""From an Altair chart to the Vega specification of a live figure, and to its picture."""

from __future__ import annotations

import copy
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

import altair as alt
import vl_convert

from convcost.page.live import paths
from convcost.page.live.tracing import Expression, to_vega

__all__ = [
    "DATASET",
    "NARROW_WIDTH",
    "PICTURE_WIDTH",
    "RESERVED",
    "compile_chart",
    "picture",
    "trace_into",
]

Spec = dict[str, Any]

#: Name of the data that a chart reads.
DATASET = "rows"

#: Width of the picture that stands in for the chart in print and without scripts, in pixels.
PICTURE_WIDTH = 680

#: The same on a telephone, for a figure that has a picture for it.
NARROW_WIDTH = 330

VEGA_SIGNALS = {"width", "height", "padding", "autosize", "background", "style", "cursor", "data"}
VEGA_WORDS = {"datum", "event", "item", "group", "parent", "if", "true", "false", "null", "this"}
#: Names that Vega uses itself, and words that mean something else in its expressions.
RESERVED = VEGA_SIGNALS | VEGA_WORDS | {"NaN", "PI", "E"}

#: Names of our own signals and fields begin so; no control may.
OWN = "cc_"

#: Field that numbers the rows.
ROW_NUMBER = f"{OWN}row"


def compile_chart(chart: Any, signals: Mapping[str, Any]) -> Spec:
    """Compile a chart that reads the data set ``rows`` to Vega, with one signal for each control.

    Parameters
    ----------
    chart : altair.Chart (or a layered, concatenated or faceted chart)
    signals : mapping of str to number or bool
        Name and starting value of each control.

    Returns
    -------
    dict
        A Vega specification; a chart without a width is as wide as its container.

    Raises
    ------
    ValueError
        If the chart does not read ``alt.NamedData("rows")``.
    """
    vega_lite = chart.to_dict()
    vega_lite.pop("$schema", None)
    if not {"hconcat", "vconcat", "concat", "facet", "repeat"} & vega_lite.keys():
        vega_lite.setdefault("width", "container")
    # The figure has a text alternative as a whole; a label on each mark would drown it.
    vega_lite.setdefault("config", {}).setdefault("aria", False)
    params = {param["name"]: param for param in vega_lite.get("params", [])}
    for name, value in signals.items():
        params[name] = {**params.get(name, {"name": name}), "value": value}
    vega_lite["params"] = list(params.values())
    version = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    vega: Spec = vl_convert.vegalite_to_vega(vega_lite, vl_version=version)
    _silence(vega["marks"])
    if not any(data["name"] == DATASET for data in vega.get("data", [])):
        raise ValueError(
            f"The chart reads no data set named {DATASET!r}; "
            f"begin it with alt.Chart(alt.NamedData({DATASET!r}))."
        )
    # Labels grow and shrink as the rows change: the room beside the axes must follow, unless the
    # chart says that it need not.
    autosize = vega.get("autosize", "pad")
    vega["autosize"] = {
        "resize": True,
        **(autosize if isinstance(autosize, dict) else {"type": autosize}),
    }
    _keep_order(vega)
    return vega


#: Vega's transformations that pass rows on, with their number.
ROW_BY_ROW = {"bin", "extent", "filter", "fold", "formula", "joinaggregate", "stack", "window"}


def _keep_order(vega: Spec) -> None:
    """Let discrete scales without an order of their own follow the order of the rows.

    Left alone, Vega appends what is new and never reorders what it has seen: a chart would depend
    on the way by which the reader came to a position.
    """
    numbered = {DATASET}
    for data in vega["data"]:
        if data.get("source") in numbered and ROW_BY_ROW.issuperset(
            transform["type"] for transform in data.get("transform", [])
        ):
            numbered.add(data["name"])
    for scale in _scales(vega):
        domain = scale.get("domain")
        if (
            scale.get("type") not in ("band", "point", "ordinal")
            or not isinstance(domain, dict)
            or "sort" in domain
            or not domain.keys() & {"data", "fields"}
        ):
            continue
        sources = {field["data"] for field in domain.get("fields", [domain])}
        if not sources <= numbered:
            raise ValueError(
                f"The chart's scale {scale['name']!r} has no order that holds when the data change:"
                " give its encoding a sort=, for instance a list of the values."
            )
        domain["sort"] = {"op": "min", "field": ROW_NUMBER}


def _scales(part: Spec) -> Iterator[Spec]:
    yield from part.get("scales", [])
    for mark in part.get("marks", []):
        yield from _scales(mark)


def _silence(marks: list[Spec]) -> None:
    """Say nothing of each mark to screen readers: Vega heeds ``config.aria`` in guides alone."""
    for mark in marks:
        mark["aria"] = False
        _silence(mark.get("marks", []))


def trace_into(
    spec: Spec,
    rows: Sequence[Mapping[str, Any]],
    finding: Any,
    more: Mapping[str, Any] = types.MappingProxyType({}),
) -> Spec:
    """Return a specification that computes its rows and its finding itself.

    Parameters
    ----------
    spec : dict
        Compiled Vega specification.
    rows : sequence of mappings
        Cells are plain values or expressions of the specification's signals.
    finding : str or Expression
    more : mapping of str to Expression or dict
        Further signals: what each computes, or, if it is a dictionary, holds until it is set.

    Returns
    -------
    dict
        The data set ``rows`` holds the plain cells, formulas fill in the others; the signal
        ``cc_finding`` holds the finding.
    """
    spec = copy.deepcopy(spec)
    computed = [key for key in rows[0] if any(isinstance(row[key], Expression) for row in rows)]
    cells = [row[key] for key in computed for row in rows]
    computing = {name: value for name, value in more.items() if not isinstance(value, dict)}
    codes, signals = to_vega([*cells, finding, *computing.values()], prefix=f"{OWN}part_")
    held = [{"name": name, "value": value} for name, value in more.items() if name not in computing]
    formulas = []
    for number, key in enumerate(computed):
        column = codes[number * len(rows) : (number + 1) * len(rows)]
        name = f"{OWN}column_{number}"
        signals.append({"name": name, "update": f"[{', '.join(column)}]"})
        formulas.append({"type": "formula", "as": key, "expr": f"{name}[datum.{ROW_NUMBER}]"})
    for name, code in zip([f"{OWN}finding", *computing], codes[len(cells) :], strict=True):
        signals.append({"name": name, "update": code})
    spec["signals"] = [*spec.get("signals", []), *held, *signals]
    source = _source(spec)
    source["values"] = [
        {ROW_NUMBER: number, **{k: v for k, v in row.items() if k not in computed}}
        for number, row in enumerate(rows)
    ]
    source["transform"] = [*formulas, *source.get("transform", [])]
    return spec


#: Attributes that say where something is, and digits of a number beyond a hundredth of a pixel,
#: which nobody sees and everybody would load.
PLACES = re.compile(r' (?:transform|[xy][12]?|[cr][xy]?|width|height)="[^"]*"')
DIGITS = re.compile(r"(\.\d\d)\d+")
PATH = re.compile(r' d="([^"]*)"')


def picture(
    spec: Spec,
    *,
    name: str,
    label: str,
    rows: list[dict[str, Any]] | None,
    signals: Spec,
    width: int = PICTURE_WIDTH,
) -> str:
    """Draw the chart as an SVG element that can stand in a page beside others.

    Parameters
    ----------
    spec : dict
        Compiled Vega specification.
    name : str
        Begins every ``id`` in the picture.
    label : str
        The text alternative.
    rows : list of dict or None
        The data; None where the specification computes its rows itself.
    signals : mapping
        The controls' positions.
    width : int
        In pixels.
    """
    spec = copy.deepcopy(spec)
    if rows is not None:
        _source(spec)["values"] = [{ROW_NUMBER: number, **row} for number, row in enumerate(rows)]
    for signal in spec.get("signals", []):
        if signal["name"] in signals:
            signal["value"] = signals[signal["name"]]
        if signal["name"] == "width" and "containerSize" in signal.get("init", ""):
            signal["init"] = str(width)  # no container here
    svg: str = vl_convert.vega_to_svg(spec)
    svg = PLACES.sub(lambda place: DIGITS.sub(r"\1", place[0]), svg)
    svg = PATH.sub(lambda path: f' d="{paths.short(path[1])}"', svg)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{name}-", svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(label)}" ', 1)


def _source(spec: Spec) -> Spec:
    found: Spec = next(data for data in spec["data"] if data["name"] == DATASET)
    return found
