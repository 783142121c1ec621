"""Figure of the chapter on counters: choose what counts, and see whose answer you get."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import ipywidgets as widgets

from convcost.conventions import CONVENTIONS, Convention, Price, total
from convcost.page.charts import distance_bars
from convcost.page.gallery.cast import Measure
from convcost.page.live.figure import LiveFigure
from convcost.page.live.tracing import choose, formatted, text, where

__all__ = ["ITEMS", "TOOLS", "counters", "positions"]

NETWORKS = {"VGG-16": "vgg16", "ResNet-50": "resnet50", "MobileNetV2": "mobilenet_v2"}
IMAGE = 224

TOOLS = {
    name: convention.label
    for name, convention in CONVENTIONS.items()
    if name == "macs" or convention.tool
}
"""Named convention -> what the figure calls its tool; this book's own count comes first."""

ITEMS = {"normalization": "Batch norm", "activations": "ReLU", "pooling": "Pooling"}
"""Item of a convention -> what its switch is called."""

OF_NO_TOOL = {"activations": {"1 for each element": Price()}}
"""Item -> what might be counted of it, and no tool does."""


def positions(item: str) -> dict[str, int | Price | tuple[Price, ...]]:
    """Return what an item's switch can be put to: nothing, or what a counter counts of it.

    Parameters
    ----------
    item : str
        One of `ITEMS`.

    Returns
    -------
    dict
        What a position is called -> what it counts.
    """
    found: dict[str, int | Price | tuple[Price, ...]] = {"none": 0, **OF_NO_TOOL.get(item, {})}
    for name in TOOLS:
        convention = CONVENTIONS[name]
        if item in convention.words:
            found.setdefault(convention.words[item], getattr(convention, item))
    return found


def counters(measure: Measure) -> LiveFigure:
    """Your total by a convention of your own, and how far each tool's answer is from it.

    Parameters
    ----------
    measure : callable
        :func:`convcost.measure`.

    Returns
    -------
    LiveFigure
    """
    layers = [measure(name, (1, 3, IMAGE, IMAGE)).layers for name in NETWORKS.values()]
    macs, biases, additions = (
        [total(rows, convention) for rows in layers]
        for convention in (
            CONVENTIONS["macs"],
            _only(biases=1),
            _only(additions=1),
        )
    )
    switches = {item: positions(item) for item in ITEMS}
    items = {
        item: [[total(rows, _only(**{item: prices})) for rows in layers] for prices in put.values()]
        for item, put in switches.items()
    }
    answers = {
        label: [total(rows, CONVENTIONS[name]) for rows in layers] for name, label in TOOLS.items()
    }

    def own_total(network: Any, unit: Any, bias: Any, shortcut: Any, **chosen: Any) -> Any:
        count = unit * choose(network, macs)
        count = (
            count + bias * _less(biases, macs, network) + shortcut * _less(additions, macs, network)
        )
        for item, position in chosen.items():
            count = count + choose(position, [_less(row, macs, network) for row in items[item]])
        return count

    def gaps(values: dict[str, Any]) -> dict[str, Any]:
        own = own_total(**values)
        return {label: choose(values["network"], found) - own for label, found in answers.items()}

    def rows(**values: Any) -> list[dict[str, Any]]:
        return [
            {
                "name": label,
                "answer": choose(values["network"], answers[label]),
                "gap": gap,
                "value": where(gap < 0, 0 - gap, gap),
                "role": where(gap == 0, "accent", "plain"),
                "label": where(
                    gap == 0,
                    "exactly yours",
                    text(
                        formatted(where(gap < 0, 0 - gap, gap), ".3s"),
                        where(gap < 0, " less", " more"),
                    ),
                ),
            }
            for label, gap in gaps(values).items()
        ]

    def finding(**values: Any) -> Any:
        hits: Any = 0
        named: Any = ""
        for label, gap in gaps(values).items():
            joined = text(named, where(hits == 0, "", " and "), label)
            named = where(gap == 0, joined, named)
            hits = hits + where(gap == 0, 1, 0)
        return text(
            "Counted your way, ", choose(values["network"], list(NETWORKS)), " takes ",
            formatted(own_total(**values), ","), where(values["unit"] == 1, " MACs: ", " FLOPs: "),
            where(hits == 0, "no counter here agrees.", text("exactly what ", named, " gives.")),
        )  # fmt: skip

    return LiveFigure(
        distance_bars(rows=len(TOOLS)),
        name="fig-counters",
        rows=rows,
        finding=finding,
        controls={
            "network": widgets.Dropdown(
                options=list(zip(NETWORKS, range(len(NETWORKS)), strict=True)),
                value=1,
                description="Network",
            ),
            "unit": widgets.ToggleButtons(
                options=[("1 (MAC)", 1), ("2 (FLOPs)", 2)],
                value=1,
                description="A multiply-add counts",
            ),
            "bias": widgets.Checkbox(value=False, description="Biases"),
            "shortcut": widgets.Checkbox(value=False, description="Additions of shortcuts"),
            **{
                item: widgets.Dropdown(
                    options=list(zip(put, range(len(put)), strict=True)),
                    value=0,
                    description=ITEMS[item],
                )
                for item, put in switches.items()
            },
        },
        caption=(
            "How far each counter's answer is from your total, for one image of 224 × 224 pixels; "
            "the scale grows by factors of ten, so half as long a bar may be a tiny part. "
            "Where a bar vanishes, you count as that tool does. Notice that for each tool one "
            "combination is exact."
        ),
        columns={"name": "Counter", "answer": "Its answer", "gap": "Its answer minus yours"},
        traced=True,
    )


def _only(**items: Any) -> Convention:
    """Make a convention of plain MACs and one item more."""
    return replace(CONVENTIONS["macs"], name="figure", **items)


def _less(totals: list[int], macs: list[int], network: Any) -> Any:
    """Return what an item adds to the multiply-adds of a network."""
    return choose(network, [count - bare for count, bare in zip(totals, macs, strict=True)])
